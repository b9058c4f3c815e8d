package ofproto

import (
	"time"

	"govs/ofproto/flowtable"
	"govs/openflow"
)

// DefaultBundleIdle is how long a bundle may wait for the next message about it
// unless other_config:bundle-idle-timeout says otherwise.
const DefaultBundleIdle = 10 * time.Second

// bundleChunk is how much of a bundle is kept in one piece.
const bundleChunk = 64 << 10

// msgBundle is an OpenFlow bundle of one connection. Its messages are kept as
// they came, which takes far less room than what most are decoded to. Those that
// add flows, which may be many, are kept as the flows they will be, too.
type msgBundle struct {
	flags  openflow.BundleFlags
	closed bool
	used   time.Time
	chunks [][]byte
	flows  []*flowtable.Rule // for each message, or nil
}

func (x *msgBundle) add(raw []byte, r *flowtable.Rule) {
	n := len(x.chunks)
	if n == 0 || len(x.chunks[n-1])+len(raw) > cap(x.chunks[n-1]) {
		x.chunks = append(x.chunks, make([]byte, 0, max(bundleChunk, len(raw))))
		n++
	}
	x.chunks[n-1] = append(x.chunks[n-1], raw...)
	x.flows = append(x.flows, r)
}

// each calls f with each message until it returns an error. It lets go of them
// on the way.
func (x *msgBundle) each(f func(raw []byte, r *flowtable.Rule) error) error {
	at := 0
	for i, c := range x.chunks {
		x.chunks[i] = nil
		for len(c) > 0 {
			n := int(openflow.ParseHeader(c).Length)
			r := x.flows[at]
			x.flows[at] = nil
			at++
			if err := f(c[:n:n], r); err != nil {
				return err
			}
			c = c[n:]
		}
	}
	return nil
}

// bundle returns the connection's bundle with a number; one that has waited too
// long is gone.
func (o *ofConn) bundle(id uint32, now time.Time) *msgBundle {
	idle := time.Duration(o.p.backer.host.bundleIdle.Load())
	if x := o.bundles[id]; x != nil && len(o.bundles) == 1 && now.Sub(x.used) <= idle {
		x.used = now
		return x
	}
	for id, x := range o.bundles {
		if now.Sub(x.used) > idle {
			connLog.InfoRL(&badRL, "%s: bundle %#x timed out", o.c.Name(), id)
			delete(o.bundles, id)
		}
	}
	x := o.bundles[id]
	if x != nil {
		x.used = now
	}
	return x
}

func (o *ofConn) openBundle(id uint32, flags openflow.BundleFlags, now time.Time) *msgBundle {
	if o.bundles == nil {
		o.bundles = map[uint32]*msgBundle{}
	}
	x := &msgBundle{flags: flags, used: now}
	o.bundles[id] = x
	return x
}

func (o *ofConn) bundleControl(m *openflow.BundleControl, b []byte) error {
	if refused, err := o.refuseSecondary(b); refused {
		return err
	}
	now := o.p.now()
	x := o.bundle(m.ID, now)
	var err error
	switch m.Type {
	case openflow.BundleOpen:
		switch {
		case x != nil:
			delete(o.bundles, m.ID)
			err = openflow.ErrBundleFailedBadID
		case m.Flags&^(openflow.BundleAtomic|openflow.BundleOrdered) != 0:
			err = openflow.ErrBundleFailedBadFlags
		default:
			o.openBundle(m.ID, m.Flags, now)
		}
	case openflow.BundleClose:
		switch {
		case x == nil:
			err = openflow.ErrBundleFailedBadID
		case x.closed:
			delete(o.bundles, m.ID)
			err = openflow.ErrBundleFailedBundleClosed
		case x.flags != m.Flags:
			delete(o.bundles, m.ID)
			err = openflow.ErrBundleFailedBadFlags
		default:
			x.closed = true
		}
	case openflow.BundleCommit:
		switch {
		case x == nil:
			err = openflow.ErrBundleFailedBadID
		case x.flags != m.Flags:
			err = openflow.ErrBundleFailedBadFlags
		default:
			err = o.commit(m.ID, x)
		}
		delete(o.bundles, m.ID)
	case openflow.BundleDiscard:
		if x == nil {
			err = openflow.ErrBundleFailedBadID
		}
		delete(o.bundles, m.ID)
	default:
		err = openflow.ErrBundleFailedBadType
	}
	if err != nil {
		return o.fail(errorCode(err, openflow.ErrBundleFailedUnknown), b)
	}
	return o.reply(&openflow.BundleControl{ID: m.ID, Type: m.Type + 1, Flags: m.Flags}, openflow.ParseHeader(b).Xid)
}

func (o *ofConn) bundleAdd(m *openflow.BundleAdd, b []byte, now time.Time) error {
	if refused, err := o.refuseSecondary(b); refused {
		return err
	}
	x := o.bundle(m.ID, now)
	var err error
	switch {
	case x == nil:
		x = o.openBundle(m.ID, m.Flags, now)
	case x.closed:
		err = openflow.ErrBundleFailedBundleClosed
	case x.flags != m.Flags:
		err = openflow.ErrBundleFailedBadFlags
	}
	if err == nil {
		x.add(m.Raw, o.prepare(m.Message))
		return nil
	}
	delete(o.bundles, m.ID)
	return o.fail(errorCode(err, openflow.ErrBundleFailedUnknown), b)
}

// prepare returns the flow that a message adds, or nil if it does something else
// or committing must find out what is wrong with it.
func (o *ofConn) prepare(m openflow.Message) *flowtable.Rule {
	fm, ok := m.(*openflow.FlowMod)
	if !ok || fm.Command != openflow.FlowAdd {
		return nil
	}
	r, err := o.p.tables.Prepare(fm)
	if err != nil {
		return nil
	}
	return r
}

// commit does what a bundle's messages ask, or nothing: then the message that
// is at fault is answered with its error.
func (o *ofConn) commit(id uint32, x *msgBundle) error {
	var after []func()
	var failed []byte
	err := o.p.tables.Bundle(&origin{o, 0}, o.p.now(), func(t flowtable.Bundle) error {
		t.Expect(len(x.flows))
		return x.each(func(raw []byte, r *flowtable.Rule) error {
			var then func()
			var err error
			if r != nil {
				err = t.Add(r)
			} else {
				then, err = o.bundled(t, raw)
			}
			if err != nil {
				failed = raw
			}
			if then != nil {
				after = append(after, then)
			}
			return err
		})
	})
	if err != nil {
		add := openflow.Encode(&openflow.BundleAdd{ID: id, Flags: x.flags, Raw: failed}, o.protocol(), openflow.ParseHeader(failed).Xid)
		if err := o.fail(errorCode(err, openflow.ErrBundleFailedMsgFailed), add); err != nil {
			return err
		}
		return openflow.ErrBundleFailedMsgFailed
	}
	for _, f := range after {
		f()
	}
	o.p.backer.wake()
	return nil
}

// bundled does what one message of a bundle asks. What cannot be undone is
// checked, and returned to be done once the bundle holds.
func (o *ofConn) bundled(t flowtable.Bundle, raw []byte) (after func(), err error) {
	d, err := openflow.Decode(raw, openflow.DecodeOptions{Protocol: o.protocol(), Names: o.names(), FlowMod: &o.flowMods})
	if err != nil {
		return nil, err
	}
	switch m := d.Message.(type) {
	case *openflow.FlowMod:
		if !m.Delete() {
			if err := o.p.checkTLVs(m.Actions); err != nil {
				return nil, err
			}
		}
		return nil, t.Flow(m)
	case *openflow.GroupMod:
		return nil, t.Group(m)
	case *openflow.PortMod:
		o.p.locked(func() { _, err = o.p.portToMod(m) })
		return func() { o.p.portMod(m) }, err
	case *openflow.PacketOut:
		return func() { o.sendOut(m) }, o.checkPacketOut(m, t)
	}
	return nil, openflow.ErrBundleFailedMsgUnsup
}
