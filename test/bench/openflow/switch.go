package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// settle is how long a switch may take to give back what it no longer needs
// before its memory is looked at.
const settle = 2 * time.Second

// maker says where one maker's programs are.
type maker func(program string) string

func debian(program string) string {
	switch program {
	case "ovsdb-server", "ovs-vswitchd":
		return "/usr/sbin/" + program
	}
	return "/usr/bin/" + program
}

// daemons are a maker's database server and switch, with a bridge br0 of two
// dummy ports.
type daemons struct {
	m   maker
	dir string
	env []string
	run []*exec.Cmd
}

func start(m maker, parent string) (*daemons, error) {
	dir, err := os.MkdirTemp(parent, "d")
	if err != nil {
		return nil, err
	}
	d := &daemons{m: m, dir: dir, env: append(os.Environ(), "OVS_RUNDIR="+dir, "OVS_LOGDIR="+dir, "OVS_DBDIR="+dir, "OVS_SYSCONFDIR="+dir)}
	db := filepath.Join(dir, "conf.db")
	create := []string{"create", db}
	if schema := "/usr/share/openvswitch/vswitch.ovsschema"; m("ovs-vsctl") == debian("ovs-vsctl") {
		create = append(create, schema)
	}
	if err := d.tool("ovsdb-tool", create...); err != nil {
		return d, err
	}
	sock := filepath.Join(dir, "db.sock")
	if err := d.daemon("ovsdb-server", db, "--remote=punix:"+sock); err != nil {
		return d, err
	}
	for i := 0; ; i++ {
		if _, err := os.Stat(sock); err == nil {
			break
		}
		if i > 3000 {
			return d, fmt.Errorf("%s does not listen", m("ovsdb-server"))
		}
		time.Sleep(time.Millisecond)
	}
	if err := d.tool("ovs-vsctl", "--no-wait", "init"); err != nil {
		return d, err
	}
	if err := d.daemon("ovs-vswitchd", "--enable-dummy=override", "--disable-system", "unix:"+sock); err != nil {
		return d, err
	}
	return d, d.tool("ovs-vsctl", "--timeout=20", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy", "fail_mode=secure",
		"protocols=[OpenFlow10,OpenFlow13,OpenFlow14]", "--", "add-port", "br0", "p1", "--", "set", "interface", "p1", "type=dummy", "ofport_request=1", "--",
		"add-port", "br0", "p2", "--", "set", "interface", "p2", "type=dummy", "ofport_request=2")
}

func (d *daemons) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(d.m(program), args...)
	cmd.Env = d.env
	return cmd
}

func (d *daemons) daemon(program string, args ...string) error {
	cmd := d.command(program, append(args, "-vconsole:off", "-vsyslog:off", "--no-chdir")...)
	cmd.Dir = d.dir
	d.run = append(d.run, cmd)
	return cmd.Start()
}

// tool runs a tool whose output nobody reads.
func (d *daemons) tool(program string, args ...string) error {
	_, err := d.command(program, args...).Output()
	return err
}

// ofctl runs ovs-ofctl, its output going to a file, and returns how long it
// took in seconds.
func (d *daemons) ofctl(args ...string) (float64, error) {
	out, err := os.Create(filepath.Join(d.dir, "out"))
	if err != nil {
		return 0, err
	}
	defer out.Close()
	var stderr bytes.Buffer
	cmd := d.command("ovs-ofctl", args...)
	cmd.Stdout, cmd.Stderr = out, &stderr
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("ovs-ofctl %v: %w\n%s", args, err, &stderr)
	}
	return time.Since(begin).Seconds(), nil
}

// calls returns how long one call takes, the mean of some.
func (d *daemons) calls() (float64, error) {
	if _, err := d.ofctl("add-flow", "br0", "actions=drop"); err != nil {
		return 0, err
	}
	const n = 20
	total := 0.0
	for range n {
		secs, err := d.ofctl("dump-flows", "br0")
		if err != nil {
			return 0, err
		}
		total += secs
	}
	return total / n, nil
}

// resident returns the switch's resident memory in bytes.
func (d *daemons) resident() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.run[len(d.run)-1].Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if f := bytes.Fields(line); len(f) > 1 && string(f[0]) == "VmRSS:" {
			kb, err := strconv.ParseFloat(string(f[1]), 64)
			return kb * 1024, err
		}
	}
	return 0, fmt.Errorf("no VmRSS")
}

func (d *daemons) stop() {
	if d == nil {
		return
	}
	for _, c := range d.run {
		c.Process.Kill()
		c.Wait()
	}
	d.run = nil
	os.RemoveAll(d.dir)
}
