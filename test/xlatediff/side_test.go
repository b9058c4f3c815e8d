package xlatediff

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"govs/daemon/unixctl"
	"govs/internal/netlab"
	"govs/internal/pcapfile"
	"govs/openflow"
	"govs/openflow/conn"
	"govs/stream"
	"govs/test/pipegen"
	"govs/test/sandbox"
)

// died is what a switch that has ended itself panics with on the test's side.
type died struct {
	who string
	err error
}

// A side is one of the two switches, and what is open to it.
type side struct {
	*sandbox.Switch
	ctl     *unixctl.Client
	clients map[string]*conn.Client
	topo    *topology        // that is built
	offsets map[string]int64 // how much of each capture file is read
	base    map[string]openflow.PortStats
}

// startSide starts a switch in a namespace.
func startSide(t *testing.T, m sandbox.Maker, ns *netlab.Namespace) *side {
	s := &side{Switch: sandbox.Start(t, m, sandbox.Config{Namespace: ns, Args: []string{"--disable-system", "--disable-system-route"}})}
	s.begin()
	return s
}

// begin makes the bridges of a switch that has just started.
func (s *side) begin() {
	s.clients, s.offsets = map[string]*conn.Client{}, map[string]int64{}
	c, err := unixctl.Connect(filepath.Join(s.Dir, fmt.Sprintf("ovs-vswitchd.%d.ctl", s.PID("ovs-vswitchd"))))
	if err != nil {
		panic(died{s.Maker.Name, err})
	}
	s.ctl = c
	s.do("time/stop")
	// How many tags a datapath takes is found out when it is made, under the limit
	// that holds then.
	s.Must("ovs-vsctl", "set", "Open_vSwitch", ".", "other_config:vlan-limit=2")
	for b := range bridges {
		args := []string{"add-br", bridgeName(b), "--", "set", "bridge", bridgeName(b), "datapath_type=dummy", "protocols=OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15"}
		// What is the default has changed since 3.1.
		for n := range 20 {
			args = append(args, fmt.Sprintf("flow_tables:%d=@t", n))
		}
		s.Must("ovs-vsctl", append(args, "--", "--id=@t", "create", "Flow_Table", "prefixes=ip_dst,ip_src")...)
	}
	for i := range ports {
		s.Must("ovs-vsctl", ports[i].make(s.Dir)...)
	}
	s.Must("ovs-ofctl", "add-tlv-map", bridgeName(withTunnels), pipegen.TunnelMap)
	if s.Maker.Name != "govs" {
		// It would put the headers on itself, and send what it gets by way of the
		// bridge that has the route; with us ports do that.
		s.do("dpif/set-dp-features", bridgeName(0), "tnl_push_pop", "false")
		// When a packet cannot be translated it logs, now and then, a trace of it by
		// the OpenFlow port of the datapath port's number, and learns from that.
		s.do("vlog/set", "ofproto_dpif_upcall:off")
	}
}

// again starts a switch that has ended anew.
func (s *side) again() {
	for _, c := range s.clients {
		c.Close()
	}
	s.ctl.Close()
	s.StopSwitch()
	s.topo = nil
	// A collector set would keep its bridge.
	s.Must("ovs-vsctl", "--no-wait", "--all", "destroy", "Flow_Sample_Collector_Set",
		"--", "--if-exists", "del-br", bridgeName(0), "--", "--if-exists", "del-br", bridgeName(1), "--", "--if-exists", "del-br", bridgeName(2))
	s.StartSwitch()
	s.begin()
}

// do carries out a command and returns its answer or error.
func (s *side) do(command string, args ...string) string {
	s.ctl.SetDeadline(time.Now().Add(sandbox.Timeout))
	r, err := s.ctl.Do(command, args)
	if err != nil {
		panic(died{s.Maker.Name, fmt.Errorf("%s %s: %w", command, strings.Join(args, " "), err)})
	}
	raw, text := r.Result, ""
	if r.Error != nil {
		raw = r.Error
	}
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	return text
}

// settle waits until up to n packets that a port just got are through, and the
// revalidators have looked at all flows once more.
func (s *side) settle(n int) {
	if s.Maker.Name == "govs" {
		s.do("revalidator/wait")
		return
	}
	// It takes one packet of a port each time round its loop, in which OpenFlow and
	// commands have their turns, each with as many messages as there are by then:
	// going from one to the other takes it round.
	of := s.client(0, openflow.V13)
	for range n {
		s.barrier(of, nil)
		s.do("version")
	}
	// Its revalidator/wait waits for the round that a timer begins, up to half a
	// second. A pause waits for the end of a round, and what follows it is the next.
	for range 2 {
		s.do("revalidator/pause")
		s.do("revalidator/resume")
	}
}

func (s *side) client(bridge int, v openflow.Version) *conn.Client {
	key := fmt.Sprint(bridge, v)
	if c := s.clients[key]; c != nil {
		return c
	}
	c, err := conn.DialClient(context.Background(), stream.Config{}, "unix:"+filepath.Join(s.Dir, bridgeName(bridge)+".mgmt"), openflow.VersionsOf(v))
	if err == nil && v == openflow.V10 {
		_, err = c.SetProtocol(openflow.ProtoNXMTID)
	}
	if err == nil {
		// Until it is asked something that depends on the version, the reference
		// takes every connection for one of before 1.3.
		_, err = c.Transact(&openflow.FeaturesRequest{})
	}
	if err != nil {
		panic(died{s.Maker.Name, err})
	}
	s.clients[key] = c
	return c
}

// build makes a topology, on top of whatever is there.
func (s *side) build(t *topology) {
	if s.topo == t {
		return
	}
	s.topo = t
	words := clearing()
	for _, w := range t.settings {
		words = append(append(words, "--"), w...)
	}
	s.Must("ovs-vsctl", words...)
}

// reset takes away all that earlier scenarios left.
func (s *side) reset() {
	for b := range bridges {
		of := s.client(b, openflow.V13)
		of.Queue(of.Encode(&openflow.FlowMod{Command: openflow.FlowDelete, Table: openflow.TableAny, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny, Buffer: openflow.NoBuffer}))
		of.Queue(of.Encode(&openflow.GroupMod{Command: openflow.GroupDelete, ID: 0xfffffffc}))
		of.Queue(of.Encode(&openflow.MeterMod{Command: openflow.MeterDelete, MeterConfig: openflow.MeterConfig{ID: 0xffffffff}}))
		of.Queue(of.Encode(&openflow.SetConfig{SwitchConfig: openflow.SwitchConfig{MissSendLen: 128}}))
		s.barrier(of, nil)
	}
	s.closeOld()
	s.do("dpctl/flush-conntrack")
	s.do("revalidator/purge")
	s.settle(2)
	s.grace()
	for b := range bridges { // the reference learns from flows that go, too
		s.do("fdb/flush", bridgeName(b))
		s.do("fdb/stats-clear", bridgeName(b))
	}
	for _, p := range ports {
		s.portMod(p.bridge, p.no, openflow.PortNoRecv|openflow.PortNoFwd|openflow.PortNoFlood|openflow.PortNoPacketIn|openflow.PortNoRecvSTP, 0)
	}
	s.base = s.portStats()
	s.frames()
}

// grace waits until flows that are deleted are gone. In the reference they go when
// all its threads have come round, in the order in which they were deleted, and keep
// their tables' places among others of one priority until then, and show in masks.
func (s *side) grace() {
	s.flowMod(0, openflow.FlowAdd, "dl_dst=00:00:00:00:00:01,actions=drop")
	s.flowMod(0, openflow.FlowDelete, "")
	s.traceUntil(0, func(trace string) bool { return !strings.Contains(trace, "in_port=LOCAL,dl_dst=") })
}

// unused is a table that no pipeline has.
const unused = 250

// flowMod changes the flows of the unused table.
func (s *side) flowMod(bridge int, command openflow.FlowModCommand, text string) {
	m, _, err := openflow.ParseFlowMod(fmt.Sprintf("table=%d,%s", unused, text), command, nil)
	if err != nil {
		panic(err)
	}
	c := s.client(bridge, openflow.V13)
	c.Queue(c.Encode(m))
	s.barrier(c, nil)
}

// traceUntil traces a packet through the unused table until the trace is as it should.
func (s *side) traceUntil(bridge int, ok func(trace string) bool) {
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok(s.do("ofproto/trace-packet-out", bridgeName(bridge), "in_port=LOCAL", fmt.Sprintf("resubmit(,%d)", unused))) {
			return
		}
	}
}

// closeOld closes the connections of versions before 1.3, to which packets without a
// flow go, and waits until that is noticed.
func (s *side) closeOld() {
	closed := false
	for key, c := range s.clients {
		if c.Version() < openflow.V13 {
			c.Close()
			delete(s.clients, key)
			closed = true
		}
	}
	if !closed {
		return
	}
	for b := range bridges {
		s.flowMod(b, openflow.FlowAdd, fmt.Sprintf("actions=goto_table:%d", unused+1))
		s.traceUntil(b, func(trace string) bool { return !strings.Contains(trace, "packet-in") })
		s.flowMod(b, openflow.FlowDelete, "")
	}
}

func (s *side) barrier(c *conn.Client, each func(b []byte)) {
	c.SetDeadline(time.Now().Add(sandbox.Timeout))
	if each == nil {
		each = func(b []byte) {}
	}
	if err := c.BarrierEach(each); err != nil {
		panic(died{s.Maker.Name, err})
	}
}

func (s *side) portMod(bridge, no int, mask, config openflow.PortConfig) {
	c := s.client(bridge, openflow.V13)
	for _, d := range s.ports(bridge) {
		if d.Port == openflow.Port(no) {
			c.Queue(c.Encode(&openflow.PortMod{Port: d.Port, HWAddr: d.HWAddr, Mask: mask, Config: config}))
		}
	}
	s.barrier(c, nil)
}

func (s *side) ports(bridge int) []openflow.PortDesc {
	c := s.client(bridge, openflow.V13)
	var out []openflow.PortDesc
	for _, d := range s.multi(c, &openflow.PortDescRequest{}) {
		if m, ok := d.Message.(*openflow.PortDescReply); ok {
			out = append(out, m.Ports...)
		}
	}
	return out
}

// multi sends a multipart request and returns the parts of its reply.
func (s *side) multi(c *conn.Client, m openflow.Message) []openflow.Decoded {
	var parts [][]byte
	c.SetDeadline(time.Now().Add(sandbox.Timeout))
	if err := c.TransactMulti(m, func(b []byte) error { parts = append(parts, bytes.Clone(b)); return nil }); err != nil {
		panic(died{s.Maker.Name, err})
	}
	out, err := openflow.DecodeParts(parts, openflow.DecodeOptions{Protocol: c.Protocol().WithTable()})
	if err != nil {
		panic(died{s.Maker.Name, err})
	}
	return out
}

// load sends the scenario's changes, and returns what was refused.
func (s *side) load(c *scenario) string {
	refused := map[int]string{}
	var at *conn.Client
	xids := map[uint32]int{}
	flush := func() {
		if at != nil {
			s.barrier(at, func(b []byte) {
				if i, ok := xids[openflow.ParseHeader(b).Xid]; ok {
					d, _ := openflow.Decode(b, openflow.DecodeOptions{})
					if e, ok := d.Message.(*openflow.ErrorMsg); ok {
						refused[i] = e.Code.Error()
					}
				}
			})
		}
		clear(xids)
	}
	for i, m := range c.mods {
		if m.kind == "mod-port" {
			s.portMods(m)
			continue
		}
		msg, usable, err := m.message()
		if err != nil {
			refused[i] = "not sent: " + err.Error()
			continue
		}
		v := c.version
		if p := usable & openflow.ProtocolsOf(openflow.VersionsOf(v)); p == 0 {
			v = usable.Versions().Max()
		}
		to := s.client(m.bridge, v)
		if usable&to.Protocol() == 0 {
			refused[i] = "not sent: no protocol"
			continue
		}
		if to != at {
			flush()
			at = to
		}
		b := to.Encode(msg)
		xids[openflow.ParseHeader(b).Xid] = i
		to.Queue(b)
	}
	flush()
	if !c.keep {
		s.closeOld()
	}
	var b strings.Builder
	for _, i := range slices.Sorted(maps.Keys(refused)) {
		fmt.Fprintf(&b, "%s %s: %s\n", c.mods[i].kind, c.mods[i].text, refused[i])
	}
	return b.String()
}

// message returns a change as a message, and the protocols that can carry it.
func (m *mod) message() (openflow.Message, openflow.Protocols, error) {
	switch m.kind {
	case "add-flow":
		return orErr(openflow.ParseFlowMod(m.text, openflow.FlowAdd, nil))
	case "add-group":
		return orErr(openflow.ParseGroupMod(m.text, openflow.GroupAdd, nil))
	case "add-meter":
		return orErr(openflow.ParseMeterMod(m.text, openflow.MeterAdd))
	case "set-frags":
		f, ok := openflow.ParseFragHandling(m.text)
		if !ok {
			return nil, 0, fmt.Errorf("bad fragment handling %s", m.text)
		}
		return &openflow.SetConfig{SwitchConfig: openflow.SwitchConfig{Frag: f, MissSendLen: 128}}, openflow.ProtoAny, nil
	}
	return nil, 0, fmt.Errorf("unknown change %s", m.kind)
}

func orErr[M openflow.Message](m M, p openflow.Protocols, err error) (openflow.Message, openflow.Protocols, error) {
	if err != nil {
		return nil, 0, err
	}
	return m, p, nil
}

var portBits = map[string]openflow.PortConfig{"no-flood": openflow.PortNoFlood, "no-forward": openflow.PortNoFwd, "no-receive": openflow.PortNoRecv,
	"no-packet-in": openflow.PortNoPacketIn, "no-receive-stp": openflow.PortNoRecvSTP}

func (s *side) portMods(m mod) {
	var no int
	var word string
	fmt.Sscan(m.text, &no, &word)
	s.portMod(m.bridge, no, portBits[word], portBits[word])
}

// portStats returns the counters of all ports.
func (s *side) portStats() map[string]openflow.PortStats {
	out := map[string]openflow.PortStats{}
	for b := range bridges {
		for _, d := range s.multi(s.client(b, openflow.V13), &openflow.PortStatsRequest{Port: openflow.PortNone}) {
			if m, ok := d.Message.(*openflow.PortStatsReply); ok {
				for _, p := range m.Ports {
					out[fmt.Sprintf("%s port %d", bridgeName(b), p.Port)] = p
				}
			}
		}
	}
	return out
}

// frames returns what was sent by each dummy port since the last call, in hex.
func (s *side) frames() map[string][]string {
	out := map[string][]string{}
	for _, p := range ports {
		if !p.dummy() {
			continue
		}
		name := filepath.Join(s.Dir, p.name+".pcap")
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		st, _ := f.Stat()
		if st.Size() > s.offsets[name] && st.Size() > 24 {
			head := make([]byte, 24)
			io.ReadFull(f, head)
			from := max(s.offsets[name], 24)
			if r, err := pcapfile.NewReader(io.MultiReader(bytes.NewReader(head), io.NewSectionReader(f, from, st.Size()-from))); err == nil {
				for {
					rec, err := r.Next()
					if err != nil {
						break
					}
					out[p.name] = append(out[p.name], fmt.Sprintf("%x", rec.Data))
				}
			}
			s.offsets[name] = st.Size()
		}
		f.Close()
	}
	return out
}
