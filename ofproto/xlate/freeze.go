package xlate

import (
	"encoding/binary"
	"unsafe"

	"govs/flow"
	"govs/openflow"
)

// Some actions can only be translated when the datapath has had the packet: it
// tells what is behind a popped header, or a hash, or what the connection
// tracker knows. Translation stops there and is frozen: what is left of the
// pipeline is kept under a number, the datapath is told to recirculate the
// packet with that number, and when it comes up again translation is thawed.

// Frozen is what a packet on its way to a controller or through the datapath
// again needs to be continued.
type Frozen struct {
	Bridge      string
	Table       uint8
	Metadata    flow.Key // in_port, tunnel, registers and metadata as they were
	Stack       []flow.Value
	Mirrors     MirrorSet
	Conntracked bool
	// Sent is where a packet that a controller sent out was said to have come in,
	// which the datapath may not know.
	Sent SentIn
	// Hashed says that the packet comes back with a hash. Those that come back
	// without one do not look at it, and must not share its number.
	Hashed bool
	// Steps is the rest of the rules' actions, innermost first; without any,
	// translation goes on with a lookup in Table.
	Steps     []openflow.ContinuationStep
	ActionSet []openflow.Action
	// For a packet that goes to a controller; if it is Paused, the controller
	// can have it continued.
	Paused   bool
	Reason   openflow.PacketInReason
	Userdata []byte
}

// SentIn is the port by which a controller says that a packet came in; none if Bridge
// is not set.
type SentIn struct {
	Bridge string
	Port   uint32
}

// AppendKey appends what tells the state from others. Actions are told apart by
// where each of them is: those of a rule never change, but lists of them are made anew
// where an action set is carried out.
func (f *Frozen) AppendKey(b []byte) []byte {
	le := binary.LittleEndian
	str := func(s string) { b = append(le.AppendUint32(b, uint32(len(s))), s...) }
	actions := func(l []openflow.Action) {
		b = le.AppendUint32(b, uint32(len(l)))
		for i := range l {
			words := (*[2]uintptr)(unsafe.Pointer(&l[i])) // of which type, and where
			b = le.AppendUint64(le.AppendUint64(b, uint64(words[0])), uint64(words[1]))
		}
	}
	str(f.Bridge)
	str(f.Sent.Bridge)
	b = le.AppendUint32(b, f.Sent.Port)
	b = append(b, f.Table, byte(f.Reason), byte(len(f.Stack)), byte(len(f.Steps)))
	b = le.AppendUint32(b, uint32(f.Mirrors))
	var flags byte
	if f.Conntracked {
		flags |= 1
	}
	if f.Paused {
		flags |= 2
	}
	if f.Hashed {
		flags |= 4
	}
	b = append(b, flags)
	str(string(f.Userdata))
	for i, w := range f.Metadata.Words() {
		if w != 0 {
			b = le.AppendUint64(append(b, byte(i)), w)
		}
	}
	for _, v := range f.Stack {
		b = le.AppendUint64(le.AppendUint64(b, v.Hi), v.Lo)
	}
	for i := range f.Steps {
		b = le.AppendUint64(append(b, f.Steps[i].Table), f.Steps[i].Cookie)
		actions(f.Steps[i].Actions)
	}
	// An action set is put together anew each time.
	str(ActionsText(f.ActionSet))
	return b
}

// freeze stops the translation to be continued later: with the action at hand if
// again, otherwise with the one after it.
func (t *Translator) freeze(again bool) {
	t.exit, t.freezing, t.again = true, true, again
}

// keep notes what is left of a rule's actions when they stop.
func (t *Translator) keep(rest []openflow.Action) {
	if t.freezing && len(rest) > 0 {
		t.steps = append(t.steps, openflow.ContinuationStep{Table: t.table, Cookie: t.cookie, Actions: rest})
	}
}

// state returns the state of the pipeline, to be continued in table unless steps
// are left.
func (t *Translator) state(table uint8) *Frozen {
	f := &Frozen{
		Bridge: t.bridge.Name, Table: table, Mirrors: t.mirrors, Conntracked: t.conntracked, Sent: t.sent, Hashed: t.wantHash,
		Stack:     append([]flow.Value(nil), t.stack[t.stackBase:]...),
		Steps:     append([]openflow.ContinuationStep(nil), t.steps...),
		ActionSet: append([]openflow.Action(nil), t.actionSet...),
	}
	t.saveMetadata(&f.Metadata)
	return f
}

// saveMetadata copies what only OpenFlow knows of the packet.
func (t *Translator) saveMetadata(m *flow.Key) {
	m.InPort = t.flow.InPort
	m.Tunnel = t.flow.Tunnel
	if t.flow.TunPresent != 0 {
		m.CopyTunOpts(&t.flow)
	}
	m.Metadata = t.flow.Metadata
	m.Regs = t.flow.Regs
}

// recirculate has the datapath bring the packet back for f and returns under which
// number; 0 if there is none.
func (t *Translator) recirculate(f *Frozen) uint32 {
	var id uint32
	if t.in.Freeze != nil {
		id = t.in.Freeze(f)
	}
	if id == 0 {
		t.reportError("Failed to allocate recirculation id")
		t.err = ErrNoRecirculation
		return 0
	}
	if t.wantHash {
		t.odp = t.odp.Hash(t.hashAlg, t.hashBasis)
		t.wantHash = false
	}
	t.odp = t.odp.Recirc(id)
	t.out.Recirc = append(t.out.Recirc, id)
	t.out.States = append(t.out.States, id)
	t.out.Output = true
	return id
}

// finish ends a pipeline: of one that is frozen the state is kept, of others the
// action set is carried out.
func (t *Translator) finish() {
	if !t.freezing {
		t.doActionSet()
	}
	t.finishFrozen()
}

// finishFrozen is finish for what has no action set, such as a bucket.
func (t *Translator) finishFrozen() {
	if t.freezing && t.err == nil {
		t.commit()
		if t.pause != nil {
			t.pauseFor(t.pause)
		} else {
			t.recirculate(t.state(t.table))
		}
	}
	t.freezing, t.again, t.pause = false, false, nil
	t.steps = t.steps[:0]
}

// thaw continues where a frozen translation stopped. It reports false if nothing
// is known of the packet, or it is not received.
func (t *Translator) thaw() bool {
	f := t.in.Thaw
	if f == nil {
		if t.in.Frozen != nil {
			f = t.in.Frozen(t.flow.RecircID)
		}
		if f == nil {
			t.reportError("Recirculation context not found for ID %x", t.flow.RecircID)
			t.err = ErrNoRecirculation
			return false
		}
	}
	b := t.in.Config.bridge(f.Bridge)
	if b == nil {
		t.reportError("Frozen state's bridge not found: recirculation context is stale")
		t.err = ErrNoBridge
		return false
	}
	t.setBridge(b)
	t.node = t.enterBridge(t.in.Bridge)
	node := t.node
	if t.node != nil {
		t.node = t.add(NodeThaw, "thaw")
	}
	t.table = f.Table
	if len(f.Steps) == 0 && !f.Paused && t.node != nil {
		t.add(NodeThaw, "Resuming from table "+decimal(f.Table))
	}
	if t.conntracked = f.Conntracked; !f.Conntracked {
		clearConntrack(&t.flow)
	}
	m := &f.Metadata
	t.flow.InPort, t.flow.Tunnel, t.flow.Metadata, t.flow.Regs = m.InPort, m.Tunnel, m.Metadata, m.Regs
	if t.flow.CopyTunOpts(m); m.TunPresent == 0 {
		b.TLVs.Begin(&t.flow)
	}
	t.stack = append(t.stack, f.Stack...)
	t.mirrors = f.Mirrors
	t.sent = f.Sent
	t.actionSet = append(t.actionSet, f.ActionSet...)
	if t.node != nil && len(f.ActionSet) > 0 {
		t.add(NodeThaw, "Restoring action set: "+ActionsText(f.ActionSet))
	}
	if t.node != nil && len(f.Steps) > 0 {
		t.add(NodeThaw, "Restoring actions: "+stepsText(f.Steps))
	}
	t.node = node
	if len(f.Steps) == 0 && !f.Paused {
		r := t.lookup(f.Table, t.flow.InPort, true, true)
		return t.begin(r, t.table)
	}
	if !t.received(t.in.Bridge.Ports[t.in.Key.InPort]) {
		return false
	}
	for i := range f.Steps {
		s := &f.Steps[i]
		if t.err != nil {
			break
		}
		if t.exit {
			t.table, t.cookie = s.Table, s.Cookie
			t.keep(s.Actions)
			continue
		}
		t.table, t.cookie = s.Table, s.Cookie
		if t.list(s.Actions, i == len(f.Steps)-1) {
			break // as in Open vSwitch, where all that is left is one list
		}
	}
	return true
}

// stepsText prints what is left as one list of actions, in which unroll_xlate
// says where those behind it came from.
func stepsText(steps []openflow.ContinuationStep) string {
	s := ""
	for i := range steps {
		if i > 0 {
			s += ","
		}
		s += "unroll_xlate(table=" + decimal(steps[i].Table) + ", cookie=" + decimal(steps[i].Cookie) + ")," + ActionsText(steps[i].Actions)
	}
	return s
}

// reversible reports whether all that the actions do to a packet is known to
// translation, so that it can undo it; otherwise a datapath's clone is needed
// where the packet goes on afterwards.
func reversible(actions []openflow.Action) bool {
	for _, a := range actions {
		switch a.(type) {
		case *openflow.CT, *openflow.Meter, *openflow.OutputTrunc, *openflow.Encap, *openflow.Decap, *openflow.DecNSHTTL:
			return false
		}
	}
	return true
}

// isolated runs the rest of a packet's way in a pipeline of its own, so that a
// freeze in it does not concern this one. (An end does: "exit" in a clone also
// stops what is around it, as in Open vSwitch.) What it does to the
// packet in the datapath is done to a copy unless it can be undone or nothing
// follows.
func (t *Translator) isolated(actions []openflow.Action, last bool) {
	freezing, steps, pause := t.freezing, t.steps, t.pause
	t.exit, t.freezing, t.steps, t.pause = false, false, nil, nil
	copied := !last && !reversible(actions)
	outer, base := t.odp, t.base
	if copied {
		t.commit()
		outer, base = t.odp, t.base
		t.odp = nil
	}
	t.do(actions, last || copied)
	t.finish()
	if copied {
		inner := t.odp
		t.odp, t.base = outer, base
		if len(inner) > 0 {
			t.odp = t.odp.Clone(inner)
		}
	}
	t.freezing, t.steps, t.pause = freezing, steps, pause
}
