package ofctl

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"govs/cli"
	"govs/daemon/unixctl"
	"govs/openflow"
	"govs/openflow/conn"
)

// watcher is monitor and snoop at work: it prints what comes, and does what
// ovs-appctl asks.
type watcher struct {
	t  *tool
	sw string
	c  *conn.Client

	mu      sync.Mutex
	out     io.Writer // guarded by mu
	file    *os.File  // out, when it is a file of set-output-file
	blocked bool      // guarded by mu
	changed sync.Cond // of blocked
	barrier uint32    // guarded by mu: transaction id awaited, or 0
	passed  chan struct{}
	names   *openflow.Names // to read packet-outs by, once there was one
	resume  bool            // send packets that come with a continuation on their way
}

// watch is what monitor and snoop have in common: setUp asks for what is to
// come, and then messages are printed until the connection ends or exit is
// asked for.
func (t *tool) watch(sw string, open func() (*conn.Client, error), setUp func(w *watcher) error) error {
	w := &watcher{t: t, sw: sw, out: t.Err}
	w.changed.L = &w.mu
	t.process.KeepStderr()
	t.process.Server().Register(w.commands()...)
	if code, done := t.process.Start(); done {
		return &failure{"", code}
	}
	defer t.process.Close()
	c, err := open()
	if err != nil {
		return err
	}
	defer c.Close()
	w.c = c
	if err := setUp(w); err != nil {
		return err
	}
	t.process.Ready()
	return w.run()
}

// run prints what comes until the connection ends.
func (w *watcher) run() error {
	ctx := w.t.process.Context()
	go func() {
		<-ctx.Done()
		w.c.Close()
		w.changed.Broadcast()
	}()
	for {
		w.mu.Lock()
		for w.blocked && ctx.Err() == nil {
			w.changed.Wait()
		}
		w.mu.Unlock()
		b, err := w.c.Recv()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return transactError(err)
		case err != nil:
			return fatalf("%s: connection closed (%s)", w.c.Name(), ioText(err))
		}
		if err := w.message(b); err != nil {
			return err
		}
	}
}

func (w *watcher) message(b []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.t.timestamp {
		fmt.Fprint(w.out, time.Now().UTC().Format("2006-01-02 15:04:05.000: "))
	}
	w.print(b)
	if w.resume {
		if err := w.resumePacket(b); err != nil {
			return err
		}
	}
	h := openflow.ParseHeader(b)
	if h.Type == openflow.TypeEchoRequest {
		if err := w.c.AnswerEcho(b); err != nil {
			return transactError(err)
		}
	}
	if w.barrier != 0 && h.Xid == w.barrier {
		w.barrier = 0
		close(w.passed)
	}
	return nil
}

func (w *watcher) print(b []byte) { w.t.print(w.out, b, 2, w.t.shown("")) }

func (w *watcher) printSent(b []byte) { w.t.print(w.out, b, 0, nil) }

// commands are those of ovs-appctl beside those every daemon has.
func (w *watcher) commands() []unixctl.Command {
	return []unixctl.Command{
		{Name: "ofctl/barrier", Run: w.barrierCommand},
		{Name: "ofctl/block", Run: func(r *unixctl.Request) { w.block(r, true, "already blocking") }},
		{Name: "ofctl/packet-out", Usage: `"in_port=<port> packet=<hex data> actions=..."`, MinArgs: 1, MaxArgs: 1, Run: w.packetOutCommand},
		{Name: "ofctl/send", Usage: "OFMSG...", MinArgs: 1, MaxArgs: unixctl.Many, Run: w.sendCommand},
		{Name: "ofctl/set-output-file", Usage: "FILE", MinArgs: 1, MaxArgs: 1, Run: w.outputCommand},
		{Name: "ofctl/unblock", Run: func(r *unixctl.Request) { w.block(r, false, "already unblocked") }},
	}
}

func (w *watcher) block(r *unixctl.Request, on bool, already string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.blocked == on {
		r.Reply(already)
		return
	}
	w.blocked = on
	w.changed.Broadcast()
	r.Reply("")
}

// sendCommand sends messages given in hex.
func (w *watcher) sendCommand(r *unixctl.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var reply strings.Builder
	ok := true
	for _, a := range r.Args {
		b, whole := parseHexBlob(a)
		switch {
		case !whole:
			fmt.Fprintln(&reply, "Trailing garbage in hex data")
			ok = false
			continue
		case len(b) < openflow.HeaderLen:
			fmt.Fprintln(&reply, "Message too short for OpenFlow")
			ok = false
			continue
		}
		fmt.Fprint(w.out, "send: ")
		w.printSent(b)
		if err := w.c.Send(b); err != nil {
			fmt.Fprintln(&reply, cli.Strerror(err))
			ok = false
			continue
		}
		fmt.Fprintln(&reply, "sent")
	}
	if !ok {
		r.Error(reply.String())
		return
	}
	r.Reply(reply.String())
}

func (w *watcher) packetOutCommand(r *unixctl.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.names == nil {
		before := w.t.xids
		w.names = w.t.accept(w.sw)
		w.c.SkipXids(w.t.xids - before)
	}
	m, _, err := openflow.ParsePacketOut(r.Args[0], w.names)
	if err != nil {
		r.Error(err.Error())
		return
	}
	if !openflow.Encodable(m, w.c.Protocol()) {
		r.Errorf("%s cannot carry this packet-out", w.c.Version())
		return
	}
	b := w.c.Encode(m)
	w.printSent(b)
	if err := w.c.Send(b); err != nil {
		r.Error(cli.Strerror(err))
		return
	}
	r.Reply("")
}

// barrierCommand sends a barrier and answers when the switch's answer has been
// printed.
func (w *watcher) barrierCommand(r *unixctl.Request) {
	w.mu.Lock()
	if w.barrier != 0 {
		w.mu.Unlock()
		r.Error("already waiting for a barrier reply")
		return
	}
	b := w.c.Encode(&openflow.BarrierRequest{})
	w.barrier, w.passed = openflow.ParseHeader(b).Xid, make(chan struct{})
	passed := w.passed
	err := w.c.Send(b)
	w.mu.Unlock()
	if err != nil {
		r.Error(cli.Strerror(err))
		return
	}
	select {
	case <-passed:
		r.Reply("")
	case <-w.t.process.Context().Done():
		r.Error("exiting")
	}
}

func (w *watcher) outputCommand(r *unixctl.Request) {
	f, err := os.OpenFile(r.Args[0], os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o666)
	if err != nil {
		r.Error(cli.Strerror(err))
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file != nil {
		w.file.Close()
	}
	w.out, w.file = f, f
	r.Reply("")
}

func (t *tool) snoop(args []string) error {
	return t.watch(args[0], func() (*conn.Client, error) { return t.openSocket(args[0], "snoop", t.versions) },
		func(*watcher) error { return nil })
}

func (t *tool) monitor(args []string) error {
	vs := t.versions
	for _, a := range args[1:] {
		if a == "invalid_ttl" {
			const ttl = 1<<openflow.V10 | 1<<openflow.V11 | 1<<openflow.V12
			if vs &= ttl; vs == 0 {
				return fatalf("invalid_ttl requires one of the OpenFlow versions %s but none is enabled (use -O)", strings.ReplaceAll(openflow.Versions(ttl).String(), ",", ", "))
			}
		}
	}
	return t.watch(args[0], func() (*conn.Client, error) { return t.openSocket(args[0], "mgmt", vs) },
		func(w *watcher) error { return w.setUp(args[1:]) })
}

// setUp asks the switch for what the arguments of monitor name.
func (w *watcher) setUp(args []string) error {
	t := w.t
	for _, a := range args {
		var err error
		switch {
		case a == "":
			return fatalf("%s: unsupported \"monitor\" argument", a)
		case a[0] >= '0' && a[0] <= '9':
			n := 0
			for i := 0; i < len(a) && a[i] >= '0' && a[i] <= '9'; i++ {
				n = (n*10 + int(a[i]-'0')) & 0xffff // as atoi and a 16-bit field
			}
			err = w.configure(func(c *openflow.SwitchConfig) { c.MissSendLen = uint16(n) })
		case a == "invalid_ttl":
			err = w.configure(func(c *openflow.SwitchConfig) { c.InvalidTTLToController = 1 })
			if err == nil {
				var cfg openflow.SwitchConfig
				if cfg, err = t.config(w.c); err == nil && cfg.InvalidTTLToController <= 0 {
					err = fatalf("%s: setting invalid_ttl_to_controller failed (this switch probably doesn't support this mode)", w.c.Name())
				}
			}
		case a == "resume":
			w.resume = true
			err = w.configure(func(c *openflow.SwitchConfig) { c.MissSendLen = 0xffff })
		case strings.HasPrefix(a, "watch:"):
			err = w.watchFlows(strings.TrimPrefix(a, "watch:"))
		default:
			err = fatalf("%s: unsupported \"monitor\" argument", a)
		}
		if err != nil {
			return err
		}
	}
	return w.setFormat()
}

func (w *watcher) configure(change func(*openflow.SwitchConfig)) error {
	cfg, err := w.t.config(w.c)
	if err != nil {
		return err
	}
	change(&cfg)
	return w.t.tell(w.c, &openflow.SetConfig{SwitchConfig: cfg})
}

// setFormat asks for packets in the form of -P, which must succeed, or the one
// that says most.
func (w *watcher) setFormat() error {
	format := openflow.PacketInNXT2
	if w.t.packetIn != "" {
		format, _ = openflow.ParsePacketInFormat(w.t.packetIn)
	}
	r, err := w.c.Request(&openflow.SetPacketInFormat{Format: format})
	if err != nil {
		return transactError(err)
	}
	if w.t.packetIn != "" && r != nil {
		return w.t.refused(r)
	}
	return nil
}

// watchFlows asks for changes of flows to be told, and prints the first answer,
// the flows there are.
func (w *watcher) watchFlows(spec string) error {
	before := w.t.xids
	if w.names == nil {
		w.names = w.t.accept(w.sw)
	}
	m, _, err := openflow.ParseFlowMonitor(spec, w.names)
	w.c.SkipXids(w.t.xids - before)
	if err != nil {
		return err
	}
	return w.t.dumpMulti(w.c, &openflow.FlowMonitorRequest{Monitors: []openflow.FlowMonitor{*m}}, w.t.shown(w.sw))
}

// resumePacket sends a packet that was paused on its way.
func (w *watcher) resumePacket(b []byte) error {
	d, err := openflow.Decode(b, openflow.DecodeOptions{})
	pin, ok := d.Message.(*openflow.PacketIn)
	if err != nil || !ok || len(pin.Continuation) == 0 {
		return nil
	}
	r := openflow.Encode(&openflow.Resume{PacketIn: *pin}, w.c.Protocol(), 0)
	fmt.Fprint(w.out, "send: ")
	w.t.print(w.out, r, 2, w.t.shown(""))
	if err := w.c.Send(r); err != nil {
		return transactError(err)
	}
	return nil
}
