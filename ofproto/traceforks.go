package ofproto

import (
	"encoding/binary"
	"fmt"
	"strings"

	"govs/flow"
	"govs/ofproto/xlate"
	"govs/openflow"
)

// A trace follows copies of the packet that went through the connection tracker.
// What the tracker would say of them nobody knows without asking it, so the user
// says it (--ct-next), or they count as the first packets of connections.

// A pipeline can send copies round for ever: a trace follows each so often, and so
// many in all.
const (
	maxRounds = 64
	maxForks  = 4096
)

const (
	ctNew = 1 << 0
	ctInv = 1 << 4
	ctTrk = 1 << 5
)

// parseCTState reads a state as --ct-next has it: flags separated by commas or
// spaces.
func parseCTState(s string) (uint16, error) {
	var v uint64
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,", r) }) {
		bit, _, err := flow.CtState.ParseValue(w, nil)
		if err != nil || strings.ContainsAny(w, "|+-0123456789") {
			return 0, traceError(w + ": unknown connection tracking state flag")
		}
		v |= bit.Lo
	}
	text := func() string { return string(flow.CtState.AppendValue(nil, flow.U(v), flow.CtState.Ones(), nil)) }
	switch {
	case v != 0 && v&ctTrk == 0:
		return 0, traceError(text() + `: invalid connection state: If "trk" is unset, no other flags are set`)
	case v&ctInv != 0 && v&^(ctTrk|ctInv) != 0:
		return 0, traceError(text() + `: invalid connection state: when "inv" is set, only "trk" may also be set`)
	}
	return uint16(v), nil
}

// followForks traces what becomes of copies of the packet, in the order in which
// they went to the connection tracker.
func (h *Host) followForks(b *strings.Builder, t *traceArgs, forks []xlate.Fork) {
	states := t.ctNext
	rounds, round := 1, len(forks) // where those of this round end
	for n := 0; n < len(forks); n++ {
		if n == round {
			rounds, round = rounds+1, len(forks)
		}
		switch {
		case rounds > maxRounds:
			fmt.Fprintf(b, "\n\nThe packet is recirculated more than %d times; tracing stops here.", maxRounds)
			return
		case n == maxForks:
			fmt.Fprintf(b, "\n\nThe packet has more than %d copies; tracing stops here.", maxForks)
			return
		}
		f := &forks[n]
		bar := strings.Repeat("=", 79)
		fmt.Fprintf(b, "\n\n%s\nrecirc(%#x) - resume conntrack with ", bar, f.ID)
		k := f.Key
		if len(states) > 0 {
			k.CtState, states = states[0], states[1:]
			fmt.Fprintf(b, "ct_state=%s", flow.CtState.AppendValue(nil, flow.U(uint64(k.CtState)), flow.CtState.Ones(), nil))
		} else {
			k.CtState = ctTrk | ctNew
			b.WriteString("default ct_state=trk|new (use --ct-next to customize)")
		}
		b.WriteByte('\n')
		if f.NAT != nil {
			simulateNAT(b, &k, f.NAT)
		}
		fmt.Fprintf(b, "%s\n\n", bar)
		again := &traceArgs{bridge: t.bridge, key: k, packet: t.packet, names: t.names}
		forks = append(forks, h.traceOnce(b, again)...)
	}
}

// simulateNAT gives the packet the first address and port that it could get.
func simulateNAT(b *strings.Builder, k *flow.Key, n *openflow.NAT) {
	b.WriteString("Replacing src/dst IP/ports to simulate NAT:\n")
	show := func(when string) {
		fmt.Fprintf(b, " %s flow: ", when)
		if n.AddrMin.IsValid() {
			src, dst, form := flow.IPSrc, flow.IPDst, "nw_src=%s,tp_src=%d,nw_dst=%s,tp_dst=%d"
			if n.AddrMin.Is6() {
				src, dst, form = flow.IPv6Src, flow.IPv6Dst, "ipv6_src=[%s],tp_src=%d,ipv6_dst=[%s],tp_dst=%d"
			}
			fmt.Fprintf(b, form, src.AppendValue(nil, src.Get(k), src.Ones(), nil), k.TPSrc, dst.AppendValue(nil, dst.Get(k), dst.Ones(), nil), k.TPDst)
		}
		b.WriteByte('\n')
	}
	show("Initial")
	addr, addr6, port := &k.NwDst, &k.IPv6Dst, &k.TPDst
	if n.Flags&openflow.NATSrc != 0 {
		addr, addr6, port = &k.NwSrc, &k.IPv6Src, &k.TPSrc
	}
	if n.AddrMin.Is4() {
		a := n.AddrMin.As4()
		*addr = binary.BigEndian.Uint32(a[:])
	} else if n.AddrMin.Is6() {
		*addr6 = n.AddrMin.As16()
	}
	if n.PortMin != 0 {
		*port = n.PortMin
	}
	show("Modified")
}
