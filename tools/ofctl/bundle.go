package ofctl

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"

	"govs/cli"
	"govs/openflow"
	"govs/openflow/conn"
)

const bundleFlags = openflow.BundleAtomic | openflow.BundleOrdered

// useBundles makes the tool speak a version that has bundles.
func (t *tool) useBundles() {
	vs := t.versions & openflow.VersionsOf(openflow.V13, openflow.V14, openflow.V15)
	if vs == 0 || t.anyVersion {
		vs = openflow.VersionsOf(openflow.V14)
	}
	t.versions, t.protocols, t.anyVersion = vs, openflow.ProtocolsOf(vs), false
}

// bundleFile does the flows, groups and packet-outs of a file as one bundle.
func (t *tool) bundleFile(args []string) error {
	t.useBundles()
	names := t.accept(args[0])
	usable := openflow.Protocols(openflow.ProtoAny)
	var msgs []openflow.Message
	err := t.fileLines(args[1], func(text string) error {
		word, rest, _ := strings.Cut(text, " ")
		var m openflow.Message
		var u openflow.Protocols
		var err error
		switch word {
		case "flow":
			m, u, err = openflow.ParseFlowLine(rest, openflow.FlowAdd, names)
		case "group":
			m, u, err = openflow.ParseGroupLine(rest, names)
		case "packet-out":
			m, u, err = openflow.ParsePacketOut(rest, names)
		default:
			err = fmt.Errorf("Unsupported bundle message type: %s", word)
		}
		usable &= u
		msgs = append(msgs, m)
		return err
	})
	if err != nil {
		return err
	}
	return t.bundleMessages(args[0], msgs, usable)
}

// bundleMessages connects and sends messages as one bundle.
func (t *tool) bundleMessages(sw string, msgs []openflow.Message, usable openflow.Protocols) error {
	c, err := t.openVersion(sw, usable)
	if err != nil {
		return err
	}
	defer c.Close()
	return t.sendBundle(c, msgs)
}

// sendBundle sends messages as one bundle.
func (t *tool) sendBundle(c *conn.Client, msgs []openflow.Message) error {
	b := newBundle(c, len(msgs))
	b.start()
	var out []byte
	for _, m := range msgs {
		out = appendBundled(out, m, c.Protocol())
		if len(out) >= bundlePiece {
			b.add(out)
			out = nil
		}
	}
	b.add(out)
	return b.commit(t)
}

// appendBundled appends a message put into a bundle, under transaction id 0.
func appendBundled(out []byte, m openflow.Message, p openflow.Protocols) []byte {
	return openflow.AppendEncode(out, &openflow.BundleAdd{Flags: bundleFlags, Message: m}, p, 0)
}

// bundle is one that is being sent: the switch does all or nothing of it.
type bundle struct {
	c                   *conn.Client
	xid                 uint32 // of the next message
	open, close, finish []byte
	pieces              chan []byte
	done                chan struct{} // all is sent, and what the switch refused is known
	refused             [][]byte
	err                 error
}

// newBundle returns a bundle of n messages. Transaction ids are given in the
// order of OVS's tool, which opens the bundle last.
func newBundle(c *conn.Client, n int) *bundle {
	b := &bundle{c: c, pieces: make(chan []byte, 4), done: make(chan struct{})}
	b.xid = c.NewXid()
	c.SkipXids(n - 1)
	control := func(typ openflow.BundleType) []byte {
		return c.Encode(&openflow.BundleControl{Type: typ, Flags: bundleFlags})
	}
	b.open, b.close, b.finish = control(openflow.BundleOpen), control(openflow.BundleClose), control(openflow.BundleCommit)
	return b
}

// bundlePiece is how much is sent at once, about.
const bundlePiece = 64 << 10

// start opens the bundle and sends what is added from now on.
func (b *bundle) start() {
	go func() {
		defer close(b.done)
		b.err = b.c.BarrierFrom(func(yield func([]byte) bool) {
			for p := range b.pieces {
				if !yield(p) {
					return
				}
			}
		}, b.refuse)
	}()
	b.push(b.open)
}

func (b *bundle) refuse(msg []byte) { b.refused = append(b.refused, msg) }

// add sends messages as appendBundled made them. It keeps them.
func (b *bundle) add(msgs []byte) {
	inner := openflow.BundleAddLen(b.c.Version()) // the message itself is last
	for m := msgs; len(m) > 0; m = m[openflow.ParseHeader(m).Length:] {
		binary.BigEndian.PutUint32(m[4:], b.xid)
		binary.BigEndian.PutUint32(m[inner+4:], b.xid)
		b.xid++
	}
	b.push(msgs)
}

func (b *bundle) push(piece []byte) {
	select {
	case b.pieces <- piece:
	case <-b.done: // the connection has ended
	}
}

// giveUp ends the connection, and with it the bundle.
func (b *bundle) giveUp() {
	b.c.Close()
	close(b.pieces)
	<-b.done
}

// commit closes the bundle and, if the switch took all of it, commits it.
func (b *bundle) commit(t *tool) error {
	b.push(b.close)
	close(b.pieces)
	<-b.done
	if err := b.answer(t); err != nil {
		return err
	}
	b.c.Queue(b.finish)
	b.err = b.c.BarrierEach(b.refuse)
	return b.answer(t)
}

// answer prints what the switch refused and returns how it went.
func (b *bundle) answer(t *tool) error {
	for _, msg := range b.refused {
		d, err := openflow.Decode(msg, openflow.DecodeOptions{})
		if e, ok := d.Message.(*openflow.ErrorMsg); ok && err == nil {
			data := e.Data
			if d, err := openflow.Decode(data, openflow.DecodeOptions{}); err == nil {
				if add, ok := d.Message.(*openflow.BundleAdd); ok {
					data = add.Raw
				}
			}
			fmt.Fprintf(t.Err, "Error %s for: ", e.Code)
			t.print(t.Err, data, 1, nil)
		}
	}
	switch {
	case b.err != nil:
		return transactError(b.err)
	case len(b.refused) > 0:
		return fatalf("talking to %s (Protocol error)", b.c.Name())
	}
	return nil
}

// bundleFlows sends the flows of a file as one bundle. Sending begins while the
// rest of a long file is parsed; if a later line is wrong, the connection ends
// and the switch forgets the bundle.
func (t *tool) bundleFlows(sw, file string, cmd openflow.FlowModCommand) error {
	t.useBundles()
	names := t.accept(sw)
	text, err := t.readAll(file)
	if err != nil {
		return err
	}
	n := countFlows(text)
	p := richest(t.protocols)
	var b *bundle
	var unsent [][]byte
	var size int
	var failed error // of connecting, which what is wrong with a line goes before
	usable := openflow.Protocols(openflow.ProtoAny)
	begin := func() {
		var c *conn.Client
		if c, failed = t.openForFlows(sw, p); failed == nil {
			b = newBundle(c, n)
			b.start()
			for _, msgs := range unsent {
				b.add(msgs)
			}
		}
		unsent = nil
	}
	err = openflow.MapFlows(strings.NewReader(text), file, cmd, names, func(out []byte, l *openflow.FlowLine) []byte {
		if l.Usable&p == 0 {
			return out
		}
		return appendBundled(out, l.Mod, p)
	}, func(x *openflow.FlowBatch) error {
		for i := range x.Lines {
			usable &= x.Lines[i].Usable
		}
		switch {
		case usable&p == 0 || failed != nil:
		case b != nil:
			b.add(x.Out)
		default:
			unsent = append(unsent, x.Out)
			if size += len(x.Out); size >= bundlePiece {
				begin()
			}
		}
		return nil
	})
	if b != nil && (err != nil || usable&p == 0) {
		b.giveUp()
	}
	switch {
	case err != nil || n == 0:
		return err
	case usable&p == 0:
		return t.bundleInAnother(sw, file, cmd, text, names)
	case b == nil && failed == nil:
		begin()
	}
	if failed != nil {
		return failed
	}
	defer b.c.Close()
	return b.commit(t)
}

// bundleInAnother is bundleFlows where some flow needs another protocol than the
// richest. All of text has been parsed before.
func (t *tool) bundleInAnother(sw, file string, cmd openflow.FlowModCommand, text string, names *openflow.Names) error {
	usable := openflow.Protocols(openflow.ProtoAny)
	var msgs []openflow.Message
	quiet := &openflow.Names{Ports: names.Ports, Tables: names.Tables}
	err := openflow.ReadFlows(strings.NewReader(text), file, cmd, quiet, func(l openflow.FlowLine) error {
		usable &= l.Usable
		msgs = append(msgs, l.Mod)
		return nil
	})
	if err != nil {
		return err
	}
	return t.bundleMessages(sw, msgs, usable)
}

// readAll returns what is in a file.
func (t *tool) readAll(file string) (string, error) {
	in, err := t.input(file, "open failed")
	if err != nil {
		return "", err
	}
	defer in.Close()
	var text strings.Builder
	if f, ok := in.(*os.File); ok {
		if st, err := f.Stat(); err == nil {
			text.Grow(int(st.Size()))
		}
	}
	if _, err := io.Copy(&text, in); err != nil {
		return "", fatalf("%s: read failed (%s)", file, cli.Strerror(err))
	}
	return text.String(), nil
}

// countFlows returns how many lines of a file say something.
func countFlows(text string) (n int) {
	for line := range strings.Lines(text) {
		// Most lines show it by their first byte.
		if line[0] > '#' || openflow.CleanLine(line) != "" {
			n++
		}
	}
	return n
}
