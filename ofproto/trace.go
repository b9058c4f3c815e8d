package ofproto

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"govs/dpif"
	"govs/flow"
	"govs/ofproto/xlate"
	"govs/openflow"
	"govs/packet"
)

// traceArgs are the arguments of ofproto/trace: options, then a flow in the
// datapath's or in OpenFlow's words, then perhaps a packet in hex
// (ovs-vswitchd(8), "ofproto/trace").
type traceArgs struct {
	bridge     *Ofproto
	key        flow.Key // InPort is an OpenFlow port
	packet     *packet.Packet
	frame      bool // the packet was given as bytes
	actions    []openflow.Action
	hasActions bool
	ctNext     []uint16 // states of connections, for copies from the tracker
	names      bool     // show the names of ports
}

// traceError is an error in ofproto/trace's words.
type traceError string

func (e traceError) Error() string { return string(e) }

func (h *Host) parseTrace(args []string) (*traceArgs, error) {
	t := &traceArgs{}
	var words []string
	generate := false
	opts := flow.ComposeOptions{}
	var l7 []byte
	l7Len := 64
	for i := 0; i < len(args); i++ {
		a := args[i]
		need := func() (string, error) {
			if i++; i >= len(args) {
				return "", traceError("Missing argument for option " + a)
			}
			return args[i], nil
		}
		switch {
		case a == "-generate" || a == "--generate":
			generate = true
		case a == "--names":
			t.names = true
		case a == "--l7":
			v, err := need()
			if err != nil {
				return nil, err
			}
			b, err := hex.DecodeString(strings.Map(dropSpace, v))
			if err != nil {
				return nil, traceError("Trailing garbage in packet data")
			}
			l7 = b
		case a == "--l7-len":
			v, err := need()
			if err != nil {
				return nil, err
			}
			n, _ := strconv.Atoi(v)
			if n > 64000 || n < 0 {
				return nil, traceError(v + ": too much L7 data")
			}
			l7, l7Len = nil, n
		case a == "--ct-next":
			v, err := need()
			if err != nil {
				return nil, err
			}
			s, err := parseCTState(v)
			if err != nil {
				return nil, err
			}
			t.ctNext = append(t.ctNext, s)
		case strings.HasPrefix(a, "-"):
			return nil, traceError(a + ": unknown option")
		case len(words) >= 3:
			return nil, traceError("too many arguments")
		default:
			words = append(words, a)
		}
	}
	if !generate && len(words) > 1 {
		p, err := packetFromHex(words[len(words)-1])
		switch {
		case err == nil:
			t.packet = p
			words = words[:len(words)-1]
		case len(words) > 2:
			return nil, err
		}
	}
	if len(words) == 0 || len(words) > 2 {
		return nil, traceError("Syntax error")
	}
	if err := h.parseTraceFlow(t, words); err != nil {
		return nil, err
	}
	switch {
	case generate:
		if l7 == nil {
			l7 = make([]byte, l7Len)
			for i := range l7 {
				l7[i] = byte(i)
			}
		}
		opts.Payload = l7
		t.packet = flow.Compose(&t.key, &opts)
	case t.packet != nil:
		in := t.key
		t.packet.Tunnel = in.Tunnel
		tlvs := t.bridge.tlvMap.Load()
		t.packet.SetTunOpts(tlvs.AppendOptions(nil, &in))
		t.packet.SkbPriority, t.packet.PktMark = in.SkbPriority, in.PktMark
		t.packet.RecircID, t.packet.DPHash = in.RecircID, in.DPHash
		flow.Extract(t.packet, &t.key)
		t.frame = true
		if !tlvs.FromRaw(&t.key) {
			return nil, errGeneveOptions
		}
		t.key.InPort = in.InPort
		t.key.Metadata, t.key.Regs = in.Metadata, in.Regs
	}
	return t, nil
}

func dropSpace(r rune) rune {
	if r == ' ' || r == '\t' || r == '\n' {
		return -1
	}
	return r
}

func packetFromHex(s string) (*packet.Packet, error) {
	b, err := hex.DecodeString(strings.Map(dropSpace, s))
	if err != nil {
		return nil, traceError("Trailing garbage in packet data")
	}
	if len(b) < 14 {
		return nil, traceError("Packet data too short for Ethernet")
	}
	return packet.New(b), nil
}

var errGeneveOptions = traceError("Failed to parse Geneve options")

// parseTraceFlow reads "odp_flow", "dpname odp_flow" or "bridge br_flow".
func (h *Host) parseTraceFlow(t *traceArgs, words []string) error {
	text := words[len(words)-1]
	var b *Backer
	if len(words) == 2 {
		typ := strings.TrimPrefix(words[0], "ovs-")
		for _, x := range h.Backers() {
			if x.dp.Type() == typ {
				b = x
			}
		}
	} else if all := h.Backers(); len(all) == 1 {
		b = all[0]
	}
	key, odpErr := parseDatapathKey(text, b)
	if odpErr == nil {
		if b == nil {
			return traceError("Cannot find the datapath")
		}
		port := b.config().Receiver(key)
		if port == nil {
			if key.Tunnel.IsSet() {
				return traceError("no OpenFlow tunnel port for this packet")
			}
			return traceError(fmt.Sprintf("no OpenFlow port for datapath port %d", key.InPort))
		}
		if key.RecircID != 0 && b.thaw(key.RecircID) == nil {
			return traceError(fmt.Sprintf("no recirculation data for recirc_id %#x", key.RecircID))
		}
		t.key = *key
		t.key.InPort = port.No
		t.bridge = port.Bridge.Owner.(*Ofproto)
		if !port.Bridge.TLVs.FromRaw(&t.key) {
			return errGeneveOptions
		}
		return nil
	}
	if len(words) != 2 {
		return traceError(odpErr.Error() + " (or the bridge name was omitted)")
	}
	if t.bridge = h.Ofproto(words[0]); t.bridge == nil {
		return traceError(words[0] + ": unknown bridge")
	}
	k, err := flow.ParseKey(text, &flow.TextEnv{Ports: t.bridge.portNames()})
	if err != nil {
		return traceError("Bad openflow flow syntax: " + err.Error())
	}
	t.key = *k
	if t.key.InPort == 0 {
		t.key.InPort = flow.PortNone
	}
	t.bridge.tlvMap.Load().Adopt(&t.key)
	return nil
}

// trace runs a packet through a switch and accounts for what happens.
func (h *Host) trace(t *traceArgs) string {
	var b strings.Builder
	h.followForks(&b, t, h.traceOnce(&b, t))
	return b.String()
}

// traceOnce runs the packet through up to where it leaves, and returns what is to
// come back.
func (h *Host) traceOnce(b *strings.Builder, t *traceArgs) []xlate.Fork {
	p := t.bridge
	cfg := p.backer.config()
	var pic *xlate.Bridge
	for _, x := range cfg.Bridges {
		if x.Owner == p {
			pic = x
		}
	}
	if pic == nil {
		return nil
	}
	now := p.now()
	var tr xlate.Translator
	tree := &xlate.Trace{Frame: t.frame}
	in := &xlate.In{
		Config: cfg, Bridge: pic, Key: &t.key, Packet: t.packet, Effects: t.packet != nil, Now: now, Trace: tree,
		Actions: t.actions, HaveActions: t.hasActions, Freeze: p.backer.freeze, Frozen: p.backer.thaw,
	}
	var names flow.PortNames
	var datapathNames dpif.PortNames
	if t.names {
		tree.Names = func(b *xlate.Bridge) flow.PortNames { return b.Owner.(*Ofproto).portNames() }
		names, datapathNames = tree.Names(pic), p.backer.datapathNames()
	}
	initial := t.key
	initial.ActsetOutput = flow.PortUnset
	b.WriteString("Flow: ")
	b.Write(flow.AppendKey(nil, &initial, names))
	b.WriteByte('\n')
	out, err := tr.Translate(in)
	tree.Format(b)
	b.WriteString("\nFinal flow: ")
	if out.Final == initial {
		b.WriteString("unchanged")
	} else {
		final := out.Final
		if t.frame { // what was given as bytes shows no tunnel options
			final.TunLayout, final.TunPresent = 0, 0
			clear(final.TunData[:])
		}
		b.Write(flow.AppendKey(nil, &final, names))
	}
	b.WriteString("\nMegaflow: ")
	m := flow.Match{Key: t.key, Mask: out.Mask}
	m.Canon()
	b.Write(flow.AppendMatch(nil, &m, flow.DefaultPriority, names))
	b.WriteString("\nDatapath actions: ")
	b.Write(dpif.AppendActions(nil, out.Actions, datapathNames))
	if err != nil {
		fmt.Fprintf(b, "\nTranslation failed (%v), packet is dropped.\n", err)
		return tree.Forks
	}
	if slow := p.backer.slow(out); slow != 0 {
		b.WriteString("\nThis flow is handled by the userspace slow path because it:")
		slow.Each(func(_, why string) { fmt.Fprintf(b, "\n  - %s.", why) })
	}
	if t.packet != nil {
		p.executeExceptOutputs(t.packet, out.Actions)
	}
	return tree.Forks
}

// executeExceptOutputs runs the actions that send the packet to controllers.
func (p *Ofproto) executeExceptOutputs(pkt *packet.Packet, actions dpif.Actions) {
	kept := xlate.WithoutOutputs(actions)
	if len(kept) == 0 {
		return
	}
	var k flow.Key
	flow.Extract(pkt, &k)
	p.backer.dp.Execute(&dpif.Execute{Packet: pkt, Key: &k, Actions: kept})
}
