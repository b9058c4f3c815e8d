package ofctl

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"govs/openflow"
	"govs/openflow/conn"
)

func (t *tool) show(args []string) error {
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	r, err := c.TransactRaw(c.Encode(&openflow.FeaturesRequest{}))
	if err != nil {
		return transactError(err)
	}
	d, err := openflow.Decode(r, openflow.DecodeOptions{})
	features, ok := d.Message.(*openflow.SwitchFeatures)
	if !ok || err != nil {
		return fatalf("%s: received bad features reply", args[0])
	}
	if t.json {
		return t.jsonShow(c, features, t.shown(args[0]))
	}
	t.print(t.Out, r, 1, nil)
	if c.Version() >= openflow.V13 {
		if err := t.dumpMulti(c, &openflow.PortDescRequest{Port: openflow.PortNone}, nil); err != nil {
			return err
		}
	}
	c.NewXid() // OVS uses up one here
	return t.dump(c, &openflow.GetConfigRequest{}, nil)
}

func (t *tool) dumpDesc(args []string) error {
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	return t.dumpMulti(c, &openflow.DescRequest{}, nil)
}

func (t *tool) dumpTables(args []string) error {
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	return t.dumpMulti(c, &openflow.TableStatsRequest{}, t.shown(args[0]))
}

func (t *tool) dumpPorts(args []string) error {
	port := openflow.PortNone
	if len(args) > 1 {
		var err error
		if port, err = t.port(args[0], args[1]); err != nil {
			return err
		}
	}
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	return t.dumpMulti(c, &openflow.PortStatsRequest{Port: port}, t.shown(args[0]))
}

// port reads a port of a switch.
func (t *tool) port(sw, s string) (openflow.Port, error) {
	n := &openflow.Names{Warn: t.warn, Ports: &lookup{t: t, sw: sw}}
	p, ok := n.ParsePort(s)
	if _, plain := (&openflow.Names{}).ParsePort(s); !plain {
		t.xids += lookupXids / 2
	}
	if !ok {
		return 0, fatalf("%s: unknown port `%s'", sw, s)
	}
	return p, nil
}

func (t *tool) dumpPortsDesc(args []string) error {
	port := openflow.PortNone
	if len(args) > 1 {
		var err error
		if port, err = t.port(args[0], args[1]); err != nil {
			return err
		}
	}
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	return t.dumpMulti(c, &openflow.PortDescRequest{Port: port}, nil)
}

func (t *tool) queueStats(args []string) error {
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	m := &openflow.QueueStatsRequest{Port: openflow.PortNone, Queue: openflow.QueueAll}
	if len(args) > 1 && args[1] != "" && !strings.EqualFold(args[1], "all") {
		if m.Port, err = t.port(args[0], args[1]); err != nil {
			return err
		}
	}
	if len(args) > 2 && args[2] != "" && !strings.EqualFold(args[2], "all") {
		n, err := strconv.ParseUint(args[2], 10, 32)
		if err != nil {
			return fatalf("invalid queue \"%s\"", args[2])
		}
		m.Queue = uint32(n)
	}
	return t.dumpMulti(c, m, t.shown(args[0]))
}

func (t *tool) config(c *conn.Client) (openflow.SwitchConfig, error) {
	d, err := c.Transact(&openflow.GetConfigRequest{})
	r, ok := d.Message.(*openflow.GetConfigReply)
	if !ok || err != nil {
		return openflow.SwitchConfig{}, fatalf("%s: bad reply to config request", c.Name())
	}
	return r.SwitchConfig, nil
}

func (t *tool) getFrags(args []string) error {
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	cfg, err := t.config(c)
	switch {
	case err != nil:
		return err
	case t.json:
		return t.printJSON(jsonReply{"frags", c.Version().String(), []any{jsonFrags{cfg.Frag.String()}}})
	}
	fmt.Fprintln(t.Out, cfg.Frag)
	return nil
}

func (t *tool) setFrags(args []string) error {
	mode, ok := openflow.ParseFragHandling(args[1])
	if !ok {
		return fatalf("%s: unknown fragment handling mode", args[1])
	}
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	cfg, err := t.config(c)
	if err != nil || cfg.Frag == mode {
		return err
	}
	cfg.Frag = mode
	if err := t.tell(c, &openflow.SetConfig{SwitchConfig: cfg}); err != nil {
		return err
	}
	if cfg, err = t.config(c); err == nil && cfg.Frag != mode {
		err = fatalf("%s: setting fragment handling mode failed (this switch probably doesn't support mode \"%s\")", args[0], mode)
	}
	return err
}

// portBits are the words of mod-port: the bits they set or clear.
var portBits = [...]struct {
	word string
	bit  openflow.PortConfig
	on   bool
}{
	{"up", openflow.PortDown, false}, {"down", openflow.PortDown, true},
	{"stp", openflow.PortNoSTP, false}, {"no-stp", openflow.PortNoSTP, true},
	{"receive", openflow.PortNoRecv, false}, {"no-receive", openflow.PortNoRecv, true},
	{"receive-stp", openflow.PortNoRecvSTP, false}, {"no-receive-stp", openflow.PortNoRecvSTP, true},
	{"flood", openflow.PortNoFlood, false}, {"no-flood", openflow.PortNoFlood, true},
	{"forward", openflow.PortNoFwd, false}, {"no-forward", openflow.PortNoFwd, true},
	{"packet-in", openflow.PortNoPacketIn, false}, {"no-packet-in", openflow.PortNoPacketIn, true},
}

func (t *tool) modPort(args []string) error {
	var m openflow.PortMod
	known := false
	for _, w := range portBits {
		if strings.EqualFold(args[2], w.word) {
			known = true
			m.Mask = w.bit
			if w.on {
				m.Config = w.bit
			}
		}
	}
	if !known {
		return fatalf("unknown mod-port command '%s'", args[2])
	}
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	ports, err := fetchPorts(c)
	if err != nil {
		return transactError(err)
	}
	number, numberOK := (&openflow.Names{}).ParsePort(args[1])
	for _, p := range ports {
		if p.Name == args[1] || numberOK && p.Port == number {
			m.Port, m.HWAddr = p.Port, p.HWAddr
			return t.tell(c, &m)
		}
	}
	return fatalf("%s: couldn't find port `%s'", args[0], args[1])
}

func (t *tool) probe(args []string) error {
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	r, err := c.TransactRaw(c.Encode(&openflow.EchoRequest{}))
	if err != nil {
		return transactError(err)
	}
	if len(r) != openflow.HeaderLen {
		return fatalf("reply does not match request")
	}
	return nil
}

func (t *tool) ping(args []string) error {
	n := 64
	if len(args) > 1 {
		v, err := strconv.Atoi(args[1])
		if err != nil || v < 0 || v > 65535-openflow.HeaderLen {
			return fatalf("payload must be between 0 and %d bytes", 65535-openflow.HeaderLen)
		}
		n = v
	}
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	for range 10 {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(i*7 + 1)
		}
		start := time.Now()
		req := c.Encode(&openflow.EchoRequest{Data: data})
		r, err := c.TransactRaw(req)
		if err != nil {
			return transactError(err)
		}
		ms := float64(time.Since(start).Microseconds()) / 1000
		if len(r) != len(req) || string(r[openflow.HeaderLen:]) != string(data) {
			fmt.Fprintln(t.Out, "Reply does not match request.  Request:")
			t.print(t.Out, req, 2, nil)
			fmt.Fprintln(t.Out, "Reply:")
			t.print(t.Out, r, 2, nil)
		}
		fmt.Fprintf(t.Out, "%d bytes from %s: xid=%08x time=%.1f ms\n", len(r)-openflow.HeaderLen, args[0], openflow.ParseHeader(r).Xid, ms)
	}
	return nil
}

func (t *tool) benchmark(args []string) error {
	n, e1 := strconv.Atoi(args[1])
	count, e2 := strconv.Atoi(args[2])
	if e1 != nil || n < 0 || n > 65535-openflow.HeaderLen {
		return fatalf("payload must be between 0 and %d bytes", 65535-openflow.HeaderLen)
	}
	if e2 != nil || count < 0 {
		return fatalf("invalid count \"%s\"", args[2])
	}
	fmt.Fprintf(t.Out, "Sending %d packets * %d bytes (with header) = %d bytes total\n", count, openflow.HeaderLen+n, count*(openflow.HeaderLen+n))
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	start := time.Now()
	for range count {
		if _, err := c.TransactRaw(c.Encode(&openflow.EchoRequest{Data: make([]byte, n)})); err != nil {
			return transactError(err)
		}
	}
	d := time.Since(start)
	s := d.Seconds()
	fmt.Fprintf(t.Out, "Finished in %.1f ms (%.0f packets/s) (%.0f bytes/s)\n", s*1000, float64(count)/s, float64(count*(openflow.HeaderLen+n))/s)
	return nil
}
