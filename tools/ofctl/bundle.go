package ofctl

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
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
	for _, m := range msgs {
		b.add(bundled(m, c.Protocol()))
	}
	return b.commit(t)
}

// bundled returns a message put into a bundle, under transaction id 0.
func bundled(m openflow.Message, p openflow.Protocols) []byte {
	return openflow.Encode(&openflow.BundleAdd{Flags: bundleFlags, Raw: openflow.Encode(m, p, 0)}, p, 0)
}

// bundle is one that is being sent: the switch does all or nothing of it.
type bundle struct {
	c                   *conn.Client
	xid                 uint32 // of the next message
	open, close, finish []byte
	out                 []byte
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

// bundlePiece is how much is sent at once.
const bundlePiece = 128 << 10

// start opens the bundle and sends what is added from now on.
func (b *bundle) start() {
	b.out = append(b.out, b.open...)
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
}

func (b *bundle) refuse(msg []byte) { b.refused = append(b.refused, msg) }

// add sends a message as bundled made it.
func (b *bundle) add(msg []byte) {
	at := len(b.out)
	b.out = append(b.out, msg...)
	add := b.out[at:]
	binary.BigEndian.PutUint32(add[4:], b.xid)
	// The message itself is last.
	in := add[openflow.BundleAddLen(b.c.Version()):]
	binary.BigEndian.PutUint32(in[4:], b.xid)
	b.xid++
	if len(b.out) >= bundlePiece {
		b.push()
		b.out = make([]byte, 0, bundlePiece+4096)
	}
}

func (b *bundle) push() {
	select {
	case b.pieces <- b.out:
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
	b.out = append(b.out, b.close...)
	b.push()
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
	in, err := t.input(file)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(in)
	in.Close()
	if err != nil {
		return fatalf("%s: read failed (%s)", file, cli.Strerror(err))
	}
	n := 0
	for line := range bytes.Lines(text) {
		if openflow.CleanLine(string(line)) != "" {
			n++
		}
	}
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
		}
	}
	err = openflow.MapFlows(bytes.NewReader(text), file, cmd, names, func(l openflow.FlowLine) []byte {
		if l.Usable&p == 0 {
			return nil
		}
		return bundled(l.Mod, p)
	}, func(l openflow.FlowLine, msg []byte) error {
		usable &= l.Usable
		switch {
		case usable&p == 0 || failed != nil:
		case b != nil:
			b.add(msg)
		default:
			unsent = append(unsent, msg)
			if size += len(msg); size < bundlePiece {
				break
			}
			if begin(); b != nil {
				for _, msg := range unsent {
					b.add(msg)
				}
			}
			unsent = nil
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
		if begin(); b != nil {
			for _, msg := range unsent {
				b.add(msg)
			}
		}
	}
	if failed != nil {
		return failed
	}
	defer b.c.Close()
	return b.commit(t)
}

// bundleInAnother is bundleFlows where some flow needs another protocol than the
// richest. All of text has been parsed before.
func (t *tool) bundleInAnother(sw, file string, cmd openflow.FlowModCommand, text []byte, names *openflow.Names) error {
	usable := openflow.Protocols(openflow.ProtoAny)
	var msgs []openflow.Message
	quiet := &openflow.Names{Ports: names.Ports, Tables: names.Tables}
	err := openflow.ReadFlows(bytes.NewReader(text), file, cmd, quiet, func(l openflow.FlowLine) error {
		usable &= l.Usable
		msgs = append(msgs, l.Mod)
		return nil
	})
	if err != nil {
		return err
	}
	return t.bundleMessages(sw, msgs, usable)
}
