package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"govs/internal/netlab"
)

// Maker says whose programs run on a host, and what they need.
type Maker struct {
	// Program returns the path to run for a tool's name.
	Program func(tool string) string
	// Schema is given to "ovsdb-tool create" unless it is empty.
	Schema string
	// DatapathType is set on every bridge unless it is empty.
	DatapathType string
	// PhyBridge puts the underlay NIC into a bridge br-phy that holds its
	// address: the tunnels of Open vSwitch's netdev datapath need that.
	PhyBridge bool
	// NoOffload switches checksum offload off in the machines, for a
	// datapath that cannot finish checksums.
	NoOffload bool
}

// self is the maker whose tools are this very program.
func self() Maker {
	return Maker{Program: func(string) string { return "/proc/self/exe" }}
}

// toolTimeout bounds every call of a tool.
const toolTimeout = 60 * time.Second

// Host is one of the two hosts: a namespace with its own database and switch.
type Host struct {
	hostPlan
	Maker Maker
	NS    *netlab.Namespace
	Dir   string // run, log and db directories are below

	daemons map[string]*exec.Cmd
	orphans bool // daemons outlive this process
}

// Env is the environment in which the host's tools and daemons run.
func (h *Host) Env() []string {
	env := os.Environ()
	if h.Maker.Schema == "" {
		// Another Open vSwitch's schema on this machine is not ours.
		env = append(env, "OVS_PKGDATADIR="+filepath.Join(h.Dir, "share"))
	}
	return append(env,
		"OVS_RUNDIR="+filepath.Join(h.Dir, "run"),
		"OVS_LOGDIR="+filepath.Join(h.Dir, "log"),
		"OVS_DBDIR="+filepath.Join(h.Dir, "db"),
		"OVS_SYSCONFDIR="+filepath.Join(h.Dir, "etc"))
}

func (h *Host) command(ctx context.Context, tool string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, h.Maker.Program(tool), args...)
	cmd.Args[0] = tool
	cmd.Env = h.Env()
	return cmd
}

// Tool runs one of the host's tools to its end and returns what it printed.
// The error holds what it printed to stderr.
func (h *Host) Tool(ctx context.Context, tool string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	cmd := h.command(ctx, tool, args...)
	// A process group of its own: Ctrl-C reaches us alone, and we end it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := h.NS.Run(cmd); err != nil {
		if ctx.Err() == context.DeadlineExceeded {
			err = fmt.Errorf("no end after %v", toolTimeout)
		}
		msg := strings.TrimSpace(stderr.String())
		return out.String(), fmt.Errorf("%s %s: %w: %s", tool, strings.Join(args, " "), err, msg)
	}
	return out.String(), nil
}

// startDatabase makes the host's database and starts its server.
func (h *Host) startDatabase(ctx context.Context) error {
	for _, d := range []string{"run", "log", "db", "etc/openvswitch"} {
		if err := os.MkdirAll(filepath.Join(h.Dir, d), 0o755); err != nil {
			return err
		}
	}
	db := filepath.Join(h.Dir, "db/conf.db")
	args := []string{"create", db}
	if h.Maker.Schema != "" {
		args = append(args, h.Maker.Schema)
	}
	if _, err := h.Tool(ctx, "ovsdb-tool", args...); err != nil {
		return err
	}
	return h.StartServer(ctx)
}

// StartServer starts the host's ovsdb-server and waits until it serves.
func (h *Host) StartServer(ctx context.Context) error {
	sock := filepath.Join(h.Dir, "run/db.sock")
	err := h.start("ovsdb-server", "-vconsole:off", "--pidfile", "--log-file",
		"--remote=punix:"+sock, filepath.Join(h.Dir, "db/conf.db"))
	if err != nil {
		return err
	}
	if err := h.await(ctx, "ovsdb-server", sock); err != nil {
		return err
	}
	_, err = h.Tool(ctx, "ovs-vsctl", "--no-wait", "init")
	return err
}

// StartSwitch starts the host's ovs-vswitchd and waits until it answers.
func (h *Host) StartSwitch(ctx context.Context) error {
	sock := filepath.Join(h.Dir, "run/db.sock")
	if err := h.start("ovs-vswitchd", "-vconsole:off", "--pidfile", "--log-file", "unix:"+sock); err != nil {
		return err
	}
	ctl := fmt.Sprintf("run/ovs-vswitchd.%d.ctl", h.daemons["ovs-vswitchd"].Process.Pid)
	return h.await(ctx, "ovs-vswitchd", filepath.Join(h.Dir, ctl))
}

func (h *Host) start(daemon string, args ...string) error {
	cmd := h.command(context.Background(), daemon, args...)
	cmd.Dir = h.Dir
	// In a session of its own Ctrl-C does not reach it. When this process is
	// killed outright, the kernel kills the daemon too, unless it is to stay.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if !h.orphans {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	}
	stderr, err := os.OpenFile(filepath.Join(h.Dir, "log", daemon+".stderr"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer stderr.Close()
	cmd.Stderr = stderr
	if err := h.NS.Start(cmd); err != nil {
		return fmt.Errorf("starting %s: %w", daemon, err)
	}
	if h.daemons == nil {
		h.daemons = map[string]*exec.Cmd{}
	}
	h.daemons[daemon] = cmd
	return nil
}

// await waits until a daemon takes connections on a socket.
func (h *Host) await(ctx context.Context, daemon, sock string) error {
	pid := h.daemons[daemon].Process.Pid
	for range 500 {
		c, err := net.Dial("unix", sock)
		if err == nil {
			c.Close()
			return nil
		}
		var ws syscall.WaitStatus
		if got, _ := syscall.Wait4(pid, &ws, syscall.WNOHANG, nil); got == pid {
			said, _ := os.ReadFile(filepath.Join(h.Dir, "log", daemon+".stderr"))
			return fmt.Errorf("%s on %s ended at once (status %d): %s", daemon, h.ip, ws.ExitStatus(), bytes.TrimSpace(said))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s on %s does not serve on %s", daemon, h.ip, sock)
}

// Pid returns the process of a running daemon, 0 if it does not run.
func (h *Host) Pid(daemon string) int {
	if cmd := h.daemons[daemon]; cmd != nil {
		return cmd.Process.Pid
	}
	return 0
}

// Kill ends a daemon without warning, as a crash would, and waits for its end.
func (h *Host) Kill(daemon string) error {
	cmd := h.daemons[daemon]
	if cmd == nil {
		return errors.New(daemon + " does not run")
	}
	delete(h.daemons, daemon)
	err := cmd.Process.Kill()
	_ = cmd.Wait()
	return err
}

// stop ends the daemons, politely first.
func (h *Host) stop() {
	for _, name := range []string{"ovs-vswitchd", "ovsdb-server"} {
		cmd := h.daemons[name]
		if cmd == nil {
			continue
		}
		delete(h.daemons, name)
		_ = cmd.Process.Signal(syscall.SIGTERM)
		force := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		force.Stop()
	}
}

// complaints returns the last warnings and errors of the host's daemons.
func (h *Host) complaints() string {
	var b strings.Builder
	for _, name := range []string{"ovsdb-server.log", "ovs-vswitchd.log", "ovsdb-server.stderr", "ovs-vswitchd.stderr"} {
		log, _ := os.ReadFile(filepath.Join(h.Dir, "log", name))
		var lines []string
		for line := range strings.Lines(string(log)) {
			if strings.HasSuffix(name, ".stderr") || strings.Contains(line, "|WARN|") || strings.Contains(line, "|ERR|") || strings.Contains(line, "|EMER|") {
				lines = append(lines, line)
			}
		}
		if len(lines) > 12 {
			lines = lines[len(lines)-12:]
		}
		for _, l := range lines {
			fmt.Fprintf(&b, "%s %s: %s", h.ip, name, l)
		}
	}
	return b.String()
}
