package afxdp

import (
	"fmt"
	"strconv"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"govs/netdev"
)

// options are a port's, as ovs-vswitchd.conf.db(5) has them.
type options struct {
	mode       string // xdp-mode
	needWakeup bool   // use-need-wakeup
	rxqs       int    // n_rxq
}

const maxQueues = 64

func parseOptions(o map[string]string) (options, error) {
	p := options{mode: "best-effort", needWakeup: true, rxqs: 1}
	if s, ok := o["xdp-mode"]; ok {
		if s != "best-effort" && modeNamed(s) == nil {
			return p, fmt.Errorf("xdp-mode %q: %w", s, unix.EINVAL)
		}
		p.mode = s
	}
	if s, ok := o["use-need-wakeup"]; ok {
		p.needWakeup = s != "false"
	}
	if s, ok := o["n_rxq"]; ok {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > maxQueues {
			return p, fmt.Errorf("n_rxq %q is not from 1 to %d: %w", s, maxQueues, unix.EINVAL)
		}
		p.rxqs = n
	}
	return p, nil
}

// A mode is a way to run the XDP program and to carry frames to the socket.
type mode struct {
	name     string
	flags    link.XDPAttachFlags
	zeroCopy bool
}

// modes lists the ways, the best one first.
var modes = []mode{
	{"native-with-zerocopy", link.XDPDriverMode, true},
	{"native", link.XDPDriverMode, false},
	{"generic", link.XDPGenericMode, false},
}

func modeNamed(name string) *mode {
	for i := range modes {
		if modes[i].name == name {
			return &modes[i]
		}
	}
	return nil
}

// inUseKey is what shows the way that was chosen.
const inUseKey = "xdp-mode-in-use"

// Options implements netdev.Configurable.
func (d *Device) Options() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shown()
}

// shown are the options in force and what came of them. The caller holds mu.
func (d *Device) shown() map[string]string {
	m := map[string]string{
		"n_rxq": strconv.Itoa(d.opts.rxqs), "use-need-wakeup": strconv.FormatBool(d.opts.needWakeup),
		"xdp-mode": d.opts.mode, inUseKey: "unknown",
	}
	if d.inUse != nil {
		m[inUseKey] = d.inUse.name
	}
	return m
}

// SetOptions implements netdev.Configurable. The number of queues is what the
// datapath polls, so it stays for the port's life.
func (d *Device) SetOptions(o map[string]string) error {
	p, err := parseOptions(o)
	if err != nil {
		return &netdev.OpError{Op: "set options", Name: d.cfg.Name, Err: err}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if p == d.opts || d.closed {
		return nil
	}
	if p.rxqs != d.opts.rxqs {
		return &netdev.OpError{Op: "set options", Name: d.cfg.Name, Err: fmt.Errorf("n_rxq: %w", netdev.ErrReopen)}
	}
	old := d.opts
	d.opts = p
	if err := d.start(); err != nil {
		d.opts = old
		d.start()
		return &netdev.OpError{Op: "set options", Name: d.cfg.Name, Err: err}
	}
	return nil
}
