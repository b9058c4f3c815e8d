package dummy

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"govs/daemon/unixctl"
)

// Commands returns the rows of netdev-dummy/*. compose makes a frame of at least
// size bytes (0: its own idea) from a flow in datapath syntax; its error text is
// shown to the user. With a nil compose only packets in hex are taken.
func Commands(compose func(text string, size int) ([]byte, error)) []unixctl.Command {
	return []unixctl.Command{
		{Name: "netdev-dummy/receive", Usage: "name [--qid queue_id] packet|flow [--len packet_len]", MinArgs: 2, MaxArgs: unixctl.Many,
			Run: func(r *unixctl.Request) { cmdReceive(r, compose) }},
		{Name: "netdev-dummy/set-admin-state", Usage: "[netdev] up|down", MinArgs: 1, MaxArgs: 2, Run: cmdAdmin},
		{Name: "netdev-dummy/conn-state", Usage: "[netdev]", MaxArgs: 1, Run: cmdConn},
		{Name: "netdev-dummy/ip4addr", Usage: "[netdev] ipaddr/mask-prefix-len", MinArgs: 2, MaxArgs: 2, Run: cmdAddr},
		{Name: "netdev-dummy/ip6addr", Usage: "[netdev] ip6addr", MinArgs: 2, MaxArgs: 2, Run: cmdAddr},
	}
}

// named returns the device called name.
func named(name string) *Device {
	devices.mu.Lock()
	defer devices.mu.Unlock()
	return devices.m[name]
}

// all returns the devices in order of their names.
func all() []*Device {
	devices.mu.Lock()
	defer devices.mu.Unlock()
	var l []*Device
	for _, d := range devices.m {
		l = append(l, d)
	}
	slices.SortFunc(l, func(a, b *Device) int { return strings.Compare(a.cfg.Name, b.cfg.Name) })
	return l
}

func cmdReceive(r *unixctl.Request, compose func(string, int) ([]byte, error)) {
	d := named(r.Args[0])
	if d == nil {
		r.Error("no such dummy netdev")
		return
	}
	args, q := r.Args[1:], d.rx[0]
	if args[0] == "--qid" {
		if len(args) < 3 {
			r.Error("syntax error at --qid")
			return
		}
		n, err := strconv.Atoi(args[1])
		if err != nil || n < 0 || n >= len(d.rx) {
			r.Error("bad rx queue id.")
			return
		}
		q = d.rx[n]
		args = args[2:]
	}
	var frames [][]byte
	for i := 0; i < len(args); i++ {
		text, size := args[i], 0
		if i+2 < len(args) && args[i+1] == "--len" {
			n, err := strconv.Atoi(args[i+2])
			switch {
			case err != nil || n <= 0:
				r.Error("too small packet len")
				return
			case n > 65535: // the reference makes any
				r.Error("bad packet length")
				return
			}
			size = n
			i += 2
		}
		b, err := frame(text, size, compose)
		if err != nil {
			r.Error(err.Error())
			return
		}
		frames = append(frames, b)
	}
	var done <-chan struct{}
	for _, f := range frames {
		done = q.receive(f)
	}
	// The answer tells a script that the packets were switched, so that it can
	// look for the effect at once.
	go func() {
		await(done)
		r.Reply("")
	}()
}

// frame reads a packet in hex or as a flow.
func frame(text string, size int, compose func(string, int) ([]byte, error)) ([]byte, error) {
	if b, err := hex.DecodeString(strings.Join(strings.Fields(text), "")); err == nil && len(b) >= 14 {
		return b, nil
	}
	if compose == nil {
		return nil, fmt.Errorf("syntax error at %s", text)
	}
	return compose(text, size)
}

func cmdAdmin(r *unixctl.Request) {
	var up bool
	switch strings.ToLower(r.Args[len(r.Args)-1]) {
	case "up":
		up = true
	case "down":
	default:
		r.Error("Invalid Admin State")
		return
	}
	list := all()
	if len(r.Args) > 1 {
		d := named(r.Args[0])
		if d == nil {
			r.Error("Unknown Dummy Interface")
			return
		}
		list = []*Device{d}
	}
	for _, d := range list {
		d.SetUp(up)
	}
	r.Reply("OK")
}

func cmdConn(r *unixctl.Request) {
	var b strings.Builder
	list := all()
	if len(r.Args) > 0 {
		list = nil
		if d := named(r.Args[0]); d != nil {
			list = []*Device{d}
		}
		if len(list) == 0 || list[0].connection() == nil {
			fmt.Fprintf(&b, "%s: unknown\n", r.Args[0])
		}
	}
	for _, d := range list {
		if conn := d.connection(); conn != nil && (conn.target != "" || len(r.Args) > 0) {
			fmt.Fprintf(&b, "%s: %s\n", d.cfg.Name, conn.state())
		}
	}
	r.Reply(b.String())
}

// connection returns what a device is connected by; nil for one that is not.
func (d *Device) connection() *conns {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.conn
}

func cmdAddr(r *unixctl.Request) {
	d := named(r.Args[0])
	if d == nil {
		r.Error("Unknown Dummy Interface")
		return
	}
	p, err := netip.ParsePrefix(r.Args[1])
	if a, aerr := netip.ParseAddr(r.Args[1]); aerr == nil {
		p, err = netip.PrefixFrom(a, a.BitLen()), nil
	}
	if v4 := r.Name == "netdev-dummy/ip4addr"; err != nil || p.Addr().Is4() != v4 {
		if v4 {
			r.Error(r.Args[1] + ": invalid IP address")
		} else {
			r.Error(r.Args[1] + ": invalid IPv6 address")
		}
		return
	}
	d.mu.Lock()
	if p.Addr().Is4() {
		d.addr.v4 = p
	} else {
		d.addr.v6 = p
	}
	d.mu.Unlock()
	r.Reply("OK")
}
