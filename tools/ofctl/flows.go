package ofctl

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sort"
	"strings"

	"govs/cli"
	"govs/flow"
	"govs/openflow"
	"govs/openflow/conn"
)

// openForFlows connects to a switch and speaks of flows in the simplest
// protocol that can carry what is to be sent.
func (t *tool) openForFlows(sw string, usable openflow.Protocols) (*conn.Client, error) {
	return t.openUsable(sw, usable, false)
}

// openUsable connects to a switch in one of the usable protocols that are
// allowed. For a dump the richest is best, else the simplest.
func (t *tool) openUsable(sw string, usable openflow.Protocols, dump bool) (*conn.Client, error) {
	vs := (usable & t.protocols).Versions()
	if err := t.checkUsable(usable); err != nil {
		if !t.anyVersion {
			return nil, err
		}
		vs = t.versions // the switch may refuse them and offer one that is usable
	}
	c, err := t.openVersions(sw, vs)
	if err != nil {
		return nil, err
	}
	err = t.checkUsable(usable) // the version may be another one now
	if err == nil {
		var ok bool
		ok, err = t.setProtocol(c, usable&t.protocols, dump)
		if err == nil && !ok {
			err = fatalf("switch does not support any of the usable flow formats (%s)", usable)
		}
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (t *tool) checkUsable(usable openflow.Protocols) error {
	if usable&t.protocols == 0 {
		return fatalf("none of the usable flow formats (%s) is among the allowed flow formats (%s)", usable, t.protocols)
	}
	return nil
}

func (t *tool) openVersions(sw string, vs openflow.Versions) (*conn.Client, error) {
	return t.openSocket(sw, "mgmt", vs&t.versions)
}

// setProtocol settles on one of usable. For a dump the richest is tried first.
func (t *tool) setProtocol(c *conn.Client, usable openflow.Protocols, dump bool) (bool, error) {
	if c.Version() != openflow.V10 {
		return usable&c.Protocol() != 0, nil
	}
	order := []openflow.Protocols{openflow.ProtoOF10, openflow.ProtoOF10TID, openflow.ProtoNXM, openflow.ProtoNXMTID}
	if dump {
		order = []openflow.Protocols{openflow.ProtoNXM, openflow.ProtoOF10}
	}
	for _, p := range order {
		if p&usable == 0 {
			continue
		}
		reply, err := c.SetProtocol(p)
		if err != nil {
			return false, transactError(err)
		}
		if reply == nil {
			return true, nil
		}
	}
	return false, nil
}

func (t *tool) addFlow(args []string) error  { return t.flowMod(args, openflow.FlowAdd) }
func (t *tool) addFlows(args []string) error { return t.flowFile(args, openflow.FlowAdd) }

func (t *tool) modFlows(args []string) error {
	cmd := openflow.FlowModify
	if t.strict {
		cmd = openflow.FlowModifyStrict
	}
	return t.flowMod(args, cmd)
}

func (t *tool) delFlows(args []string) error {
	cmd := openflow.FlowDelete
	if t.strict {
		cmd = openflow.FlowDeleteStrict
	}
	return t.flowMod(args, cmd)
}

func (t *tool) flowMod(args []string, cmd openflow.FlowModCommand) error {
	if t.bundle {
		t.useBundles()
	}
	text := ""
	if len(args) > 1 {
		text = args[1]
	}
	if text == "-" {
		return t.flowFile(args, cmd)
	}
	fm, usable, err := openflow.ParseFlowMod(text, cmd, t.accept(args[0]))
	if err != nil {
		return err
	}
	if t.bundle {
		return t.bundleMessages(args[0], []openflow.Message{fm}, usable)
	}
	c, err := t.openForFlows(args[0], usable)
	if err != nil {
		return err
	}
	defer c.Close()
	return t.tell(c, fm)
}

// input opens a file, or standard input for "-". failed is what an error says of it: OVS
// has two words for that.
func (t *tool) input(file, failed string) (io.ReadCloser, error) {
	if file == "-" {
		return io.NopCloser(t.In), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fatalf("%s: %s (%s)", file, failed, cli.Strerror(err))
	}
	return f, nil
}

// flowFile sends the flows of a file one behind the other without waiting for
// each, and a barrier last. The messages are kept encoded in the richest
// allowed form, as many flows take much room otherwise.
func (t *tool) flowFile(args []string, cmd openflow.FlowModCommand) error {
	// What a file is read into lives for moments: collecting it often costs more
	// than the room it takes.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	sw, file := args[0], args[1]
	if t.bundle {
		return t.bundleFlows(sw, file, cmd)
	}
	quiet := t.accept(sw)
	usable := openflow.Protocols(openflow.ProtoAny)
	var batches []*openflow.FlowBatch
	n := 0
	p := richest(t.protocols)
	in, err := t.input(file, "open failed")
	if err != nil {
		return err
	}
	defer in.Close()
	err = openflow.MapFlows(in, file, cmd, quiet, func(out []byte, l *openflow.FlowLine) []byte {
		if l.Usable&p == 0 {
			return out
		}
		return openflow.AppendEncode(out, l.Mod, p, 0)
	}, func(b *openflow.FlowBatch) error {
		for i := range b.Lines {
			usable &= b.Lines[i].Usable
		}
		batches = append(batches, b)
		n += len(b.Lines)
		return nil
	})
	if err != nil {
		return err
	}
	if n == 0 {
		return nil
	}
	want := usable
	if usable&t.protocols&p != 0 {
		want = p
	}
	c, err := t.openForFlows(sw, want)
	if err != nil {
		return err
	}
	defer c.Close()
	if c.Protocol() != p {
		names := &openflow.Names{Ports: quiet.Ports, Tables: quiet.Tables}
		for _, b := range batches {
			if err := encodeAgain(b, cmd, names, c.Protocol()); err != nil {
				return err
			}
		}
	}
	first := c.NewXid()
	c.SkipXids(n - 1)
	bad := 0
	err = c.BarrierFrom(func(yield func([]byte) bool) {
		xid := first
		for _, b := range batches {
			numberMessages(b.Out, xid)
			xid += uint32(len(b.Lines))
			if !yield(b.Out) {
				return
			}
		}
	}, func(b []byte) {
		if bad++; bad == 1 {
			t.print(t.Err, b, 2, nil)
		}
		if i := int(openflow.ParseHeader(b).Xid - first); bad <= 10 && i >= 0 && i < n {
			fmt.Fprintf(t.Err, "%s: %s:%d: %s\n", t.name, file, lineOf(batches, i), errorName(b))
		}
	})
	if err != nil {
		return transactError(err)
	}
	if bad > 0 {
		return fatalf("%d of %d flows refused", bad, n)
	}
	return nil
}

// encodeAgain encodes a batch in another protocol.
func encodeAgain(b *openflow.FlowBatch, cmd openflow.FlowModCommand, names *openflow.Names, p openflow.Protocols) error {
	b.Out = b.Out[:0]
	for i := range b.Lines {
		fm, _, err := openflow.ParseFlowLine(b.Lines[i].Text, cmd, names)
		if err != nil {
			return err
		}
		b.Out = openflow.AppendEncode(b.Out, fm, p, 0)
	}
	return nil
}

// numberMessages gives messages one behind the other transaction ids from xid on.
func numberMessages(b []byte, xid uint32) {
	for len(b) > 0 {
		binary.BigEndian.PutUint32(b[4:], xid)
		xid++
		b = b[openflow.ParseHeader(b).Length:]
	}
}

// lineOf returns the number of the line that flow i is from.
func lineOf(batches []*openflow.FlowBatch, i int) int {
	for _, b := range batches {
		if i < len(b.Lines) {
			return b.Lines[i].Line
		}
		i -= len(b.Lines)
	}
	return 0
}

func errorName(b []byte) string {
	d, err := openflow.Decode(b, openflow.DecodeOptions{})
	if e, ok := d.Message.(*openflow.ErrorMsg); ok && err == nil {
		return e.Code.Error()
	}
	return "error"
}

// richest returns the one protocol of the set that says most.
func richest(p openflow.Protocols) openflow.Protocols {
	for _, x := range [...]openflow.Protocols{openflow.ProtoNXMTID, openflow.ProtoNXM, openflow.ProtoOF10TID, openflow.ProtoOF10} {
		if p&x != 0 {
			return x
		}
	}
	return p.First()
}

// flowRequest connects for a dump and returns the request.
func (t *tool) flowRequest(args []string, aggregate bool) (*conn.Client, *openflow.FlowStatsRequest, error) {
	text := ""
	if len(args) > 1 {
		text = args[1]
	}
	names := &openflow.Names{Warn: t.warn}
	if text != "" {
		names = t.accept(args[0])
	}
	r, usable, err := openflow.ParseFlowRequest(text, aggregate, names)
	if err != nil {
		return nil, nil, err
	}
	c, err := t.openUsable(args[0], usable, true)
	if err != nil {
		return nil, nil, err
	}
	return c, r, nil
}

func (t *tool) dumpAggregate(args []string) error {
	c, r, err := t.flowRequest(args, true)
	if err != nil {
		return err
	}
	defer c.Close()
	return t.dump(c, r, nil)
}

func (t *tool) dumpFlows(args []string) error {
	for _, k := range t.sort {
		if k.field != "" && k.field != "priority" {
			if _, ok := flow.FieldByPlainName(k.field); !ok {
				return fatalf("%s: unknown field name", k.field)
			}
		}
	}
	c, r, err := t.flowRequest(args, false)
	if err != nil {
		return err
	}
	defer c.Close()
	names := t.shown(args[0])
	if len(t.sort) == 0 && (t.json || t.stats && !names.Show) {
		return t.dumpMulti(c, r, names)
	}
	flows, err := t.collect(c, r)
	if err != nil {
		return err
	}
	t.sortFlows(flows)
	if t.json {
		_, items, _ := t.jsonItems(&openflow.FlowStatsReply{Flows: flows}, names)
		return t.printJSON(jsonReply{"flows", c.Version().String(), append([]any{}, items...)})
	}
	out := bufio.NewWriter(t.Out)
	for i := range flows {
		flows[i].HardAge = -1 // as OVS's tool does here
		if c.Version() < openflow.V15 {
			flows[i].IdleAge = -1
		}
		var b []byte
		b = append(b, ' ')
		b = openflow.AppendFlowStats(b, &flows[i], names, t.stats)
		out.Write(append(b, '\n'))
	}
	return out.Flush()
}

// collect fetches all flows that a request asks for.
func (t *tool) collect(c *conn.Client, r *openflow.FlowStatsRequest) ([]openflow.FlowStats, error) {
	if !openflow.Encodable(&openflow.FlowStatsReply{}, c.Protocol()) {
		return nil, fatalf("flow stats are not there yet in %s", c.Version())
	}
	var flows []openflow.FlowStats
	err := c.TransactMulti(r, func(b []byte) error {
		d, err := openflow.Decode(b, openflow.DecodeOptions{})
		if err != nil {
			return err
		}
		m, ok := d.Message.(*openflow.FlowStatsReply)
		if !ok {
			t.print(t.Err, b, 1, nil)
			return &failure{"", 1}
		}
		flows = append(flows, m.Flows...)
		return nil
	})
	var f *failure
	if err != nil && !errors.As(err, &f) {
		err = transactError(err)
	}
	return flows, err
}

// sortFlows sorts by the keys of --sort and --rsort; none is by priority.
func (t *tool) sortFlows(flows []openflow.FlowStats) {
	if len(t.sort) == 0 {
		return
	}
	sort.SliceStable(flows, func(i, j int) bool {
		a, b := &flows[i], &flows[j]
		for _, k := range t.sort {
			n := compare(k.field, a, b)
			if k.desc {
				n = -n
			}
			if n != 0 {
				return n < 0
			}
		}
		return a.Priority > b.Priority
	})
}

func compare(field string, a, b *openflow.FlowStats) int {
	if field == "" || field == "priority" {
		return int(a.Priority) - int(b.Priority)
	}
	id, _ := flow.FieldByPlainName(field)
	// Flows that say nothing of the field come after those that do.
	has := func(f *openflow.FlowStats) bool { return !f.Match.Wild(id) && id.PrereqsOKMatch(&f.Match) }
	switch ha, hb := has(a), has(b); {
	case ha && !hb:
		return -1
	case hb && !ha:
		return 1
	case !ha:
		return 0
	}
	va, _ := a.Match.Get(id)
	vb, _ := b.Match.Get(id)
	switch {
	case va == vb:
		return 0
	case va.Hi < vb.Hi || va.Hi == vb.Hi && va.Lo < vb.Lo:
		return -1
	}
	return 1
}

// entry is a flow as replace-flows and diff-flows compare it.
type entry struct {
	table    uint8
	priority uint16
	match    flow.MiniMatch
	mod      openflow.FlowMod // without the match
}

// key identifies the flow in its table.
func entryKey(table uint8, priority uint16, m *flow.Match) string {
	return fmt.Sprintf("%d,%d,%s", table, priority, m)
}

// tables are flows by key.
type flowSet map[string]*entry

func (s flowSet) add(fm *openflow.FlowMod) {
	table := fm.Table
	if table == openflow.TableAny {
		table = 0
	}
	e := &entry{table: table, priority: fm.Priority, match: fm.Match.Mini(), mod: *fm}
	e.mod.Match = flow.Match{}
	e.mod.Table = table
	s[entryKey(table, fm.Priority, &fm.Match)] = e
}

// sorted returns the keys in the order in which OVS prints them: by table,
// highest priority first.
func (s flowSet) sorted(others ...flowSet) []string {
	seen := map[string]*entry{}
	for _, m := range append(others, s) {
		for k, e := range m {
			seen[k] = e
		}
	}
	keys := make([]string, 0, len(seen))
	for k := range seen {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		a, b := seen[keys[i]], seen[keys[j]]
		switch {
		case a.table != b.table:
			return a.table < b.table
		case a.priority != b.priority:
			return a.priority > b.priority
		}
		return keys[i] < keys[j]
	})
	return keys
}

// same reports whether two flows of one key say the same.
func same(a, b *entry) bool {
	return a.mod.NewCookie == b.mod.NewCookie && a.mod.IdleTimeout == b.mod.IdleTimeout && a.mod.HardTimeout == b.mod.HardTimeout &&
		a.mod.Importance == b.mod.Importance && a.mod.Flags&^openflow.FlagResetCounts == b.mod.Flags&^openflow.FlagResetCounts &&
		string(openflow.FormatActions(nil, a.mod.Actions, nil)) == string(openflow.FormatActions(nil, b.mod.Actions, nil))
}

// fromFile reads flows of a file; they must be additions.
func (t *tool) fromFile(file string, names *openflow.Names) (flowSet, openflow.Protocols, error) {
	set := flowSet{}
	usable := openflow.Protocols(openflow.ProtoAny)
	in, err := t.input(file, "open")
	if err != nil {
		return nil, 0, err
	}
	defer in.Close()
	err = openflow.ReadFlows(in, file, openflow.FlowAdd, names, func(l openflow.FlowLine) error {
		usable &= l.Usable
		canonical(l.Mod)
		set.add(l.Mod)
		return nil
	})
	return set, usable, err
}

// canonical takes the actions through the wire, so that spellings compare.
func canonical(fm *openflow.FlowMod) {
	if acts, err := openflow.DecodeActions(openflow.EncodeActions(nil, fm.Actions, openflow.V10), openflow.V10, nil); err == nil && !hasInstructions(fm.Actions) {
		fm.Actions = acts
	}
}

func hasInstructions(acts []openflow.Action) bool {
	for _, a := range acts {
		if a.Kind() >= openflow.KindMeter || a.Kind() == openflow.KindPushVLAN {
			return true
		}
	}
	return false
}

// fromSwitch reads the flows of a switch that have a cookie.
func (t *tool) fromSwitch(c *conn.Client, cookie, mask uint64) (flowSet, error) {
	flows, err := t.collect(c, &openflow.FlowStatsRequest{Cookie: cookie, CookieMask: mask, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny, Table: openflow.TableAny})
	if err != nil {
		return nil, err
	}
	set := flowSet{}
	for i := range flows {
		f := &flows[i]
		set.add(&openflow.FlowMod{Match: f.Match, Priority: f.Priority, NewCookie: f.Cookie, Table: f.Table, IdleTimeout: f.IdleTimeout,
			HardTimeout: f.HardTimeout, Importance: f.Importance, Flags: f.Flags, Actions: f.Actions})
	}
	return set, nil
}

// mod returns the flow-mod that makes the switch have the entry, or not.
func (e *entry) flowMod(cmd openflow.FlowModCommand) *openflow.FlowMod {
	fm := e.mod
	e.match.Expand(&fm.Match)
	fm.Command = cmd
	fm.Buffer, fm.OutPort, fm.OutGroup = openflow.NoBuffer, openflow.PortNone, openflow.GroupAny
	if fm.Delete() {
		fm.Actions, fm.NewCookie, fm.IdleTimeout, fm.HardTimeout, fm.Flags = nil, ^uint64(0), 0, 0, 0
	}
	return &fm
}

func (t *tool) replaceFlows(args []string) error {
	if t.bundle {
		t.useBundles()
	}
	want, usable, err := t.fromFile(args[1], t.accept(args[0]))
	if err != nil {
		return err
	}
	for _, e := range want {
		if e.table != 0 {
			usable &= openflow.ProtocolsNamingTable
		}
	}
	if err := t.checkUsable(usable); err != nil {
		return err
	}
	c, err := t.openVersions(args[0], (usable & t.protocols).Versions())
	if err != nil {
		return err
	}
	defer c.Close()
	if c.Version() == openflow.V10 {
		if _, err := t.setProtocol(c, openflow.ProtoNXMTID, false); err != nil {
			return err
		}
	}
	have, err := t.fromSwitch(c, 0, 0)
	if err != nil {
		return err
	}
	msgs := t.compareSets(want, have).msgs
	if t.bundle {
		return t.sendBundle(c, msgs)
	}
	return t.tell(c, msgs...)
}

// isFile reports whether a source of flows is a file rather than a switch.
func isFile(src string) bool {
	if src != "" && (src[0] == '/' || src[0] == '.') {
		return true
	}
	_, err := os.Stat(src)
	return !strings.Contains(src, ":") && err == nil
}

func (t *tool) diffFlows(args []string) error {
	var sets [2]flowSet
	for i, src := range args {
		if isFile(src) {
			set, _, err := t.fromFile(src, t.accept(""))
			if err != nil {
				return err
			}
			sets[i] = set
			continue
		}
		c, err := t.open(src)
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := t.setProtocol(c, t.protocols, true); err != nil {
			return err
		}
		if sets[i], err = t.fromSwitch(c, 0, 0); err != nil {
			return err
		}
	}
	names := t.shown("")
	differ := false
	for _, k := range sets[0].sorted(sets[1]) {
		a, b := sets[0][k], sets[1][k]
		if a != nil && b != nil && same(a, b) {
			continue
		}
		differ = true
		for i, e := range [...]*entry{a, b} {
			if e != nil {
				fmt.Fprintf(t.Out, "%c%s\n", "-+"[i], e.text(names))
			}
		}
	}
	if differ {
		return &failure{"", 2}
	}
	return nil
}

// text prints a flow as diff-flows does.
func (e *entry) text(names *openflow.Names) string {
	var b strings.Builder
	if e.table != 0 {
		fmt.Fprintf(&b, "table=%d ", e.table)
	}
	var m flow.Match
	e.match.Expand(&m)
	b.Write(flow.AppendMatchColored(nil, &m, int(e.priority), nil, names.Colors))
	b.WriteString(" ")
	if e.mod.NewCookie != 0 {
		fmt.Fprintf(&b, "cookie=0x%x ", e.mod.NewCookie)
	}
	if e.mod.IdleTimeout != 0 {
		fmt.Fprintf(&b, "idle_timeout=%d ", e.mod.IdleTimeout)
	}
	if e.mod.HardTimeout != 0 {
		fmt.Fprintf(&b, "hard_timeout=%d ", e.mod.HardTimeout)
	}
	b.WriteString("actions=")
	b.Write(openflow.FormatActions(nil, e.mod.Actions, names))
	return b.String()
}
