// Package netlab makes small networks on one machine, for the lab and for
// tests: named network namespaces, veth cables, and probes that need no
// program but this one (ping, ARP, a sniffer, a TCP transfer). It needs root.
//
// A Namespace may be used by any goroutine; whatever runs inside one runs on a
// thread of its own for that time.
package netlab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"govs/internal/away"
)

// Dir is where named network namespaces are mounted, for "ip netns" too.
const Dir = "/run/netns"

// Namespace is a named network namespace.
type Namespace struct {
	Name string
	ns   netns.NsHandle
	nl   *netlink.Handle
}

// Path returns the file that nsenter --net= and setns take.
func (n *Namespace) Path() string { return filepath.Join(Dir, n.Name) }

// New makes a namespace with its loopback up. The name must not exist.
func New(name string) (*Namespace, error) {
	n := &Namespace{Name: name}
	err := away.Do(func() error {
		h, err := netns.NewNamed(name)
		n.ns = h
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("network namespace %s: %w", name, err)
	}
	if n.nl, err = netlink.NewHandleAt(n.ns); err == nil {
		err = n.Up("lo")
	}
	if err != nil {
		n.Close()
		return nil, fmt.Errorf("network namespace %s: %w", name, err)
	}
	return n, nil
}

// Do runs f on a thread inside the namespace. Sockets and processes that f
// makes itself, not from other goroutines, belong to the namespace.
func (n *Namespace) Do(f func() error) error {
	return away.Do(func() error {
		if err := netns.Set(n.ns); err != nil {
			return fmt.Errorf("entering %s: %w", n.Name, err)
		}
		return f()
	})
}

// Start starts cmd inside the namespace.
func (n *Namespace) Start(cmd *exec.Cmd) error { return n.Do(cmd.Start) }

// Run runs cmd inside the namespace and waits for it.
func (n *Namespace) Run(cmd *exec.Cmd) error {
	if err := n.Start(cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

// Sysctl writes a value below /proc/sys/net of the namespace.
func (n *Namespace) Sysctl(path, value string) error {
	return n.Do(func() error {
		return os.WriteFile(filepath.Join("/proc/sys/net", path), []byte(value), 0)
	})
}

// Close takes the name away; the namespace itself ends with its last process
// and socket. It may be called twice.
func (n *Namespace) Close() error {
	if n.nl != nil {
		n.nl.Close()
		n.nl = nil
	}
	if n.ns > 0 {
		n.ns.Close()
		n.ns = -1
	}
	if n.Name == "" {
		return nil // Here
	}
	return Delete(n.Name)
}

// Delete takes a namespace's name away; a name that is not there is no error.
func Delete(name string) error {
	path := filepath.Join(Dir, name)
	if err := unix.Unmount(path, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmounting %s: %w", path, err)
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

// List returns the names of the namespaces that begin with prefix.
func List(prefix string) []string {
	all, _ := filepath.Glob(filepath.Join(Dir, prefix+"*"))
	for i := range all {
		all[i] = filepath.Base(all[i])
	}
	return all
}

// Pids returns the processes, other than this one, that live in the named
// namespace.
func Pids(name string) []int {
	var want syscall.Stat_t
	if syscall.Stat(filepath.Join(Dir, name), &want) != nil {
		return nil
	}
	entries, _ := os.ReadDir("/proc")
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		var have syscall.Stat_t
		if syscall.Stat(fmt.Sprintf("/proc/%d/ns/net", pid), &have) == nil && have.Ino == want.Ino && have.Dev == want.Dev {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Clear ends every process in the named namespace, politely first, and
// deletes the name.
func Clear(name string) error {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		for _, pid := range Pids(name) {
			_ = syscall.Kill(pid, sig)
		}
		for range 100 {
			if len(Pids(name)) == 0 {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return Delete(name)
}
