package ofproto

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"govs/netdev"
	"govs/ofproto/xlate"
)

// tunnelOptions tells a tunnel's settings that are not defaults, sorted.
func tunnelOptions(t *xlate.Tunnel) []string {
	var out []string
	add := func(k, v string) { out = append(out, k+"="+v) }
	ip := func(k string, a netip.Addr, fromFlow bool) {
		if fromFlow {
			add(k, "flow")
		} else if a.IsValid() {
			add(k, a.String())
		}
	}
	key := func(n uint64, set, fromFlow bool) string {
		switch {
		case fromFlow:
			return "flow"
		case set:
			return strconv.FormatUint(n, 10)
		}
		return ""
	}
	ip("remote_ip", t.Remote, t.RemoteFlow)
	ip("local_ip", t.Local, t.LocalFlow)
	switch {
	case t.InKeyFlow && t.OutKeyFlow:
		add("key", "flow")
	case t.InKeySet && t.OutKeySet && t.InKey == t.OutKey: // as OVS, if only one is from the flow, too
		add("key", strconv.FormatUint(t.InKey, 10))
	default:
		if in := key(t.InKey, t.InKeySet, t.InKeyFlow); in != "" {
			add("in_key", in)
		}
		if out := key(t.OutKey, t.OutKeySet, t.OutKeyFlow); out != "" {
			add("out_key", out)
		}
	}
	switch {
	case t.TTLInherit:
		add("ttl", "inherit")
	case t.TTL != 64:
		add("ttl", strconv.Itoa(int(t.TTL)))
	}
	switch {
	case t.TOSInherit:
		add("tos", "inherit")
	case t.TOS != 0:
		add("tos", fmt.Sprintf("%#x", t.TOS))
	}
	if udp := tunnelTypeOf(t.Type).udp; udp != t.DstPort {
		add("dst_port", strconv.Itoa(int(t.DstPort)))
	}
	if t.Csum {
		add("csum", "true")
	}
	if t.Seq {
		add("seq", "true")
	}
	if !t.DF {
		add("df_default", "false")
	}
	if t.MarkSet {
		add("egress_pkt_mark", strconv.FormatUint(uint64(t.Mark), 10))
	}
	if t.Mode == xlate.PTAP || t.Mode == xlate.LegacyL3 && tunnelTypeOf(t.Type).l2 {
		add("packet_type", t.Mode.String())
	}
	out = append(out, erspanOptions(t)...)
	if t.PMTUD {
		add("pmtud", "true")
	}
	if len(t.Segments) > 0 {
		var segs []string
		for i := 0; i < len(t.Segments); i += 16 {
			segs = append(segs, netip.AddrFrom16([16]byte(t.Segments[i:])).String())
		}
		add("srv6_segs", strings.Join(segs, ","))
	}
	slices.Sort(out)
	return out
}

// erspanOptions tells the settings of an ERSPAN tunnel.
func erspanOptions(t *xlate.Tunnel) (out []string) {
	if t.Type != "erspan" && t.Type != "ip6erspan" {
		return nil
	}
	add := func(name string, fromFlow bool, v string) {
		if fromFlow {
			v = "flow"
		}
		out = append(out, name+"="+v)
	}
	add("erspan_ver", t.ErspanVerFlow, strconv.Itoa(int(t.ErspanVer)))
	if t.ErspanVerFlow || t.ErspanVer == 1 {
		add("erspan_idx", t.ErspanIdxFlow, fmt.Sprintf("%#x", t.ErspanIdx))
	}
	if t.ErspanVerFlow || t.ErspanVer == 2 {
		add("erspan_dir", t.ErspanDirFlow, strconv.Itoa(int(t.ErspanDir)))
		add("erspan_hwid", t.ErspanHwidFlow, fmt.Sprintf("%#x", t.ErspanHwid))
	}
	return out
}

func (h *Host) cmdListTunnels([]string) (string, error) {
	var b strings.Builder
	for _, k := range h.Backers() {
		for _, p := range k.Ofprotos() {
			p.locked(func() {
				for _, x := range p.sortedPorts() {
					if x.tunnel != nil {
						b.WriteString(tunnelLine(x) + "\n")
					}
				}
			})
		}
	}
	return b.String(), nil
}

// tunnelMatch tells what a tunnel receives.
func tunnelMatch(t *xlate.Tunnel) string {
	var b strings.Builder
	switch {
	case t.LocalFlow:
		b.WriteString("flow")
	case t.Local.IsValid():
		b.WriteString(t.Local.String())
	default:
		b.WriteString("::")
	}
	b.WriteString("->")
	if t.RemoteFlow {
		b.WriteString("flow")
	} else {
		b.WriteString(t.Remote.String())
	}
	if t.InKeyFlow {
		b.WriteString(", key=flow")
	} else {
		fmt.Fprintf(&b, ", key=%s", cHex(t.InKey))
	}
	fmt.Fprintf(&b, ", %s, dp port=%d", t.Mode, t.ODP)
	return b.String()
}

// cHex writes a number as C's %#x does.
func cHex(n uint64) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%#x", n)
}

// tunnelLine tells what a tunnel port receives and how it sends.
func tunnelLine(x *port) string {
	t := x.tunnel
	var b strings.Builder
	fmt.Fprintf(&b, "port %d: %s (%s: %s", x.shared.odp, x.spec.Name, t.Type, tunnelMatch(t))
	switch {
	case t.OutKeyFlow == t.InKeyFlow && t.OutKeySet == t.InKeySet && t.OutKey == t.InKey:
	case t.OutKeyFlow:
		b.WriteString(", out_key=flow")
	case t.OutKeySet:
		fmt.Fprintf(&b, ", out_key=%s", cHex(t.OutKey))
	default:
		b.WriteString(", out_key=none")
	}
	if t.TTLInherit {
		b.WriteString(", ttl=inherit")
	} else {
		fmt.Fprintf(&b, ", ttl=%d", t.TTL)
	}
	if t.TOSInherit {
		b.WriteString(", tos=inherit")
	} else if t.TOS != 0 {
		fmt.Fprintf(&b, ", tos=%#x", t.TOS)
	}
	if !t.DF {
		b.WriteString(", df=false")
	}
	if t.Csum {
		b.WriteString(", csum=true")
	}
	return b.String() + ")"
}

// cmdTunnelPorts lists the datapath ports of tunnels; with -v what each of them
// takes of what arrives at this host.
func (h *Host) cmdTunnelPorts(args []string) (string, error) {
	var b strings.Builder
	b.WriteString("Listening ports:\n")
	for _, k := range h.Backers() {
		var addrs []LocalAddress
		if len(args) > 0 && args[0] == "-v" && k.opts.Addresses != nil {
			addrs = k.opts.Addresses()
		}
		k.mu.Lock()
		for _, d := range k.tunnels {
			if len(args) == 0 || args[0] != "-v" {
				fmt.Fprintf(&b, "%s (%d) ref_cnt=%d\n", d.name, d.odp, len(d.users))
				continue
			}
			row := tunnelTypeOf(d.users[0].Type)
			for _, a := range addrs {
				if !row.v4 && a.Addr.Is4() {
					continue
				}
				typ, family := 0x0800, "ipv4"
				if a.Addr.Is6() {
					typ, family = 0x86dd, "ipv6"
				}
				fmt.Fprintf(&b, "%s (%d) : eth(dst=%s),eth_type(%#04x),%s(dst=%s,proto=%d,frag=no)", d.name, d.odp,
					net.HardwareAddr(a.MAC[:]), typ, family, a.Addr, row.proto())
				if row.udp != 0 {
					fmt.Fprintf(&b, ",udp(dst=%d)", d.users[0].DstPort)
				}
				b.WriteByte('\n')
			}
		}
		k.mu.Unlock()
	}
	return b.String(), nil
}

// oversizer is a device of tunnels that counts the packets that were too long
// for their path.
type oversizer interface {
	// Oversize returns how many were for a tunnel endpoint and key; an invalid
	// address and a nil key stand for any.
	Oversize(to netip.Addr, key *uint64) uint64
}

// tunnelInfo adds what is known of a tunnel to i.
func (b *Backer) tunnelInfo(x *port, i *PortInfo) {
	t := x.tunnel
	if b.opts.Egress != nil && t.Remote.IsValid() {
		if iface, carrier, ok := b.opts.Egress(t.Remote, t.Mark); ok {
			i.Status = map[string]string{"tunnel_egress_iface": iface, "tunnel_egress_iface_carrier": "down"}
			if carrier {
				i.Status["tunnel_egress_iface_carrier"] = "up"
			}
		}
	}
	if d, ok := x.shared.dev.(oversizer); ok {
		key := &t.OutKey
		if t.OutKeyFlow {
			key = nil
		}
		if n := d.Oversize(t.Remote, key); n > 0 {
			i.Custom = append(i.Custom, netdev.CustomStat{Name: "tunnel_oversize", Value: n})
		}
	}
}
