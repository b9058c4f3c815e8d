package ofproto

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"govs/daemon/unixctl"
	"govs/dpif"
	"govs/flow"
	"govs/ofproto/xlate"
	"govs/openflow"
)

// Commands returns the rows of the control commands about switches and their
// datapaths: ofproto/*, fdb/*, bridge/dump-flows, dpif/*, upcall/*, revalidator/*,
// tnl/ports/show.
func (h *Host) Commands() []unixctl.Command {
	text := func(fn func(args []string) (string, error)) func(*unixctl.Request) {
		return func(r *unixctl.Request) {
			s, err := fn(r.Args)
			if err != nil {
				r.Error(err.Error())
				return
			}
			r.Reply(s)
		}
	}
	return []unixctl.Command{
		{Name: "ofproto/list", Run: text(h.cmdList)},
		{Name: "ofproto/list-tunnels", Run: text(h.cmdListTunnels)},
		{Name: "ofproto/trace", Usage: "{[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet]", MinArgs: 1, MaxArgs: unixctl.Many, Run: text(h.cmdTrace)},
		{Name: "ofproto/trace-packet-out", Usage: "[-consistent] {[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet] actions", MinArgs: 2, MaxArgs: unixctl.Many, Run: text(h.cmdTracePacketOut)},
		{Name: "fdb/show", Usage: "bridge", MinArgs: 1, MaxArgs: 1, Run: text(h.cmdFDBShow)},
		{Name: "fdb/flush", Usage: "[bridge]", MaxArgs: 1, Run: text(h.cmdFDBFlush)},
		{Name: "fdb/add", Usage: "bridge port vlan mac", MinArgs: 4, MaxArgs: 4, Run: text(h.cmdFDBAdd)},
		{Name: "fdb/del", Usage: "bridge vlan mac", MinArgs: 3, MaxArgs: 3, Run: text(h.cmdFDBDel)},
		{Name: "fdb/stats-show", Usage: "bridge", MinArgs: 1, MaxArgs: 1, Run: text(h.cmdFDBStats)},
		{Name: "fdb/stats-clear", Usage: "[bridge]", MaxArgs: 1, Run: text(h.cmdFDBClear)},
		{Name: "bridge/dump-flows", Usage: "[--offload-stats] bridge", MinArgs: 1, MaxArgs: 2, Run: text(h.cmdDumpFlows)},
		{Name: "bridge/reconnect", Usage: "[bridge]", MaxArgs: 1, Run: text(h.cmdReconnect)},
		{Name: "dpif/dump-dps", Run: text(h.cmdDumpDPs)},
		{Name: "dpif/show", Run: text(h.cmdDPIFShow)},
		{Name: "dpif/dump-flows", Usage: "[-m] [--names | --no-names] bridge", MinArgs: 1, MaxArgs: unixctl.Many, Run: text(h.cmdDPIFDumpFlows)},
		{Name: "dpif/show-dp-features", Usage: "bridge", MinArgs: 1, MaxArgs: 1, Run: text(h.cmdShowFeatures)},
		{Name: "dpif/set-dp-features", Usage: "bridge", MinArgs: 1, MaxArgs: 3, Run: text(h.cmdSetFeatures)},
		{Name: "upcall/show", Run: text(h.cmdUpcallShow)},
		{Name: "upcall/disable-megaflows", Run: text(h.cmdMegaflows(false))},
		{Name: "upcall/enable-megaflows", Run: text(h.cmdMegaflows(true))},
		{Name: "upcall/disable-ufid", Run: text(h.cmdUFID(false))},
		{Name: "upcall/enable-ufid", Run: text(h.cmdUFID(true))},
		{Name: "upcall/set-flow-limit", Usage: "flow-limit-number", MinArgs: 1, MaxArgs: 1, Run: text(h.cmdSetFlowLimit)},
		{Name: "revalidator/wait", Run: text(h.cmdRevalidatorWait)},
		{Name: "revalidator/purge", Run: text(h.cmdRevalidatorPurge)},
		{Name: "revalidator/pause", Run: text(h.cmdRevalidatorPause)},
		{Name: "revalidator/resume", Run: text(h.cmdRevalidatorResume)},
		{Name: "tnl/ports/show", Usage: "-v", MaxArgs: 1, Run: text(h.cmdTunnelPorts)},
	}
}

// errNoBridge is what most commands say of an unknown bridge.
const errNoBridge = traceError("no such bridge")

func (h *Host) bridge(name string) (*Ofproto, error) {
	if p := h.Ofproto(name); p != nil {
		return p, nil
	}
	return nil, errNoBridge
}

// each calls fn for the named bridge, or for all when none is named.
func (h *Host) each(args []string, fn func(*Ofproto)) error {
	if len(args) > 0 {
		p, err := h.bridge(args[0])
		if err == nil {
			fn(p)
		}
		return err
	}
	for _, b := range h.Backers() {
		for _, p := range b.Ofprotos() {
			fn(p)
		}
	}
	return nil
}

func (h *Host) cmdList([]string) (string, error) {
	var b strings.Builder
	h.each(nil, func(p *Ofproto) { b.WriteString(p.name + "\n") })
	return b.String(), nil
}

// errUnknownBridge is what bridge/* commands say.
const errUnknownBridge = traceError("Unknown bridge")

// cmdReconnect drops the connections to controllers, which are made anew.
func (h *Host) cmdReconnect(args []string) (string, error) {
	if err := h.each(args, func(p *Ofproto) { p.conns.reconnect() }); err != nil {
		return "", errUnknownBridge
	}
	return "", nil
}

func (h *Host) cmdTrace(args []string) (string, error) {
	t, err := h.parseTrace(args)
	if err != nil {
		return "", err
	}
	return h.trace(t), nil
}

func (h *Host) cmdFDBShow(args []string) (string, error) {
	p, err := h.bridge(args[0])
	if err != nil {
		return "", err
	}
	now := p.now()
	var b strings.Builder
	b.WriteString(" port  VLAN  MAC                Age\n")
	for _, e := range p.macs.Entries() {
		no, ok := p.BundlePort(e.Port)
		if !ok {
			continue
		}
		fmt.Fprintf(&b, "%5s  %4d  %s  ", no, e.VLAN, e.MAC)
		if e.Static {
			b.WriteString("static\n")
		} else {
			fmt.Fprintf(&b, "%3d\n", int(now.Sub(e.Used)/time.Second))
		}
	}
	return b.String(), nil
}

func (h *Host) cmdFDBFlush(args []string) (string, error) {
	err := h.each(args, func(p *Ofproto) { p.macs.Flush(); p.backer.wake() })
	return "table successfully flushed", err
}

func (h *Host) cmdFDBAdd(args []string) (string, error) {
	p, err := h.bridge(args[0])
	if err != nil {
		return "", err
	}
	no, ok := p.PortByName(args[1])
	if !ok {
		if n, err := strconv.ParseUint(args[1], 10, 16); err == nil {
			_, ok = p.PortInfo(openflow.Port(n))
			no = openflow.Port(n)
		}
	}
	if !ok {
		return "", traceError("software error, odp port is present but no ofp port")
	}
	var id BundleID
	p.locked(func() {
		if x := p.ports[no]; x != nil && x.bundle != nil {
			id = x.bundle.id
		}
	})
	if id == 0 {
		return "", traceError("not a bundle port")
	}
	vlan, mac, err := vlanMAC(args[2], args[3])
	if err != nil {
		return "", err
	}
	said := ""
	for _, e := range p.macs.Entries() {
		if e.MAC != mac || e.VLAN != vlan || e.Static && e.Port == id {
			continue
		}
		kind := "dynamic"
		if e.Static {
			kind = "static"
		}
		was, _ := p.BundlePort(e.Port)
		said = fmt.Sprintf("Overriding already existing %s entry on %s\n", kind, was)
	}
	p.macs.AddStatic(mac, vlan, id)
	p.backer.wake()
	return said, nil
}

func vlanMAC(vlan, mac string) (uint16, flow.MAC, error) {
	m, ok := flow.ParseMAC(mac)
	if !ok {
		return 0, m, traceError("bad MAC address")
	}
	n, _ := strconv.Atoi(vlan)
	return uint16(n), m, nil
}

func (h *Host) cmdFDBDel(args []string) (string, error) {
	p, err := h.bridge(args[0])
	if err != nil {
		return "", err
	}
	vlan, mac, err := vlanMAC(args[1], args[2])
	if err != nil {
		return "", err
	}
	for _, e := range p.macs.Entries() {
		if e.Static && e.MAC == mac && e.VLAN == vlan {
			p.macs.Delete(mac, vlan)
			p.backer.wake()
			return "", nil
		}
	}
	return "", traceError("could not find static mac entry")
}

func (h *Host) cmdFDBStats(args []string) (string, error) {
	p, err := h.bridge(args[0])
	if err != nil {
		return "", err
	}
	s := p.macs.Stats()
	return fmt.Sprintf("Statistics for bridge \"%s\":\n"+
		"  Current/maximum MAC entries in the table: %d/%d\n"+
		"  Current static MAC entries in the table : %d\n"+
		"  Total number of learned MAC entries     : %d\n"+
		"  Total number of expired MAC entries     : %d\n"+
		"  Total number of evicted MAC entries     : %d\n"+
		"  Total number of port moved MAC entries  : %d\n",
		p.name, s.Entries, s.Max, s.Static, s.Learned, s.Expired, s.Evicted, s.Moved), nil
}

func (h *Host) cmdFDBClear(args []string) (string, error) {
	err := h.each(args, func(p *Ofproto) { p.macs.ClearStats() })
	return "statistics successfully cleared", err
}

func (h *Host) cmdDumpFlows(args []string) (string, error) {
	p := h.Ofproto(args[len(args)-1])
	if p == nil {
		return "", errUnknownBridge
	}
	now := p.now()
	// No flow is in hardware, so none has counted there.
	offload := ""
	if len(args) > 1 && args[0] == "--offload-stats" {
		offload = "n_offload_packets=0, n_offload_bytes=0, "
	}
	var b strings.Builder
	for r := range p.tables.All() {
		if r.Table != 0 {
			fmt.Fprintf(&b, "table_id=%d, ", r.Table)
		}
		fmt.Fprintf(&b, "duration=%ds, n_packets=%d, n_bytes=%d, %s", int(now.Sub(r.Created())/time.Second), r.Stats.Packets.Load(), r.Stats.Bytes.Load(), offload)
		m := r.Match()
		if s := string(flow.AppendMatch(nil, &m, r.Priority(), nil)); s != "" {
			b.WriteString(strings.TrimRight(s, ", ") + ",")
		}
		b.WriteString("actions=" + xlate.ActionsText(r.Actions) + "\n")
	}
	return b.String(), nil
}

func (h *Host) cmdDumpDPs([]string) (string, error) {
	var lines []string
	h.each(nil, func(p *Ofproto) { lines = append(lines, p.backer.dp.Type()+"@"+p.name+"\n") })
	slices.Sort(lines)
	return strings.Join(lines, ""), nil
}

func (h *Host) cmdDPIFShow([]string) (string, error) {
	var b strings.Builder
	for _, k := range h.Backers() {
		s := k.dp.Stats()
		fmt.Fprintf(&b, "%s@%s: hit:%d missed:%d\n", k.dp.Type(), k.dp.Name(), s.Hits, s.Misses)
		all := k.Ofprotos()
		slices.SortFunc(all, func(x, y *Ofproto) int { return cmp.Compare(x.name, y.name) })
		for _, p := range all {
			fmt.Fprintf(&b, "  %s:\n", p.name)
			p.locked(func() {
				ports := p.sortedPorts()
				slices.SortFunc(ports, func(x, y *port) int { return cmp.Compare(x.spec.Name, y.spec.Name) })
				for _, x := range ports {
					b.WriteString("    " + x.line(k.dp.Type()) + "\n")
				}
			})
		}
	}
	return b.String(), nil
}

// line is a port's line in dpif/show of a datapath of type dpType.
func (x *port) line(dpType string) string {
	odp := "none"
	switch {
	case x.shared != nil:
		odp = strconv.Itoa(int(x.shared.odp))
	case x.odp != dpif.NoPort:
		odp = strconv.Itoa(int(x.odp))
	}
	typ := x.spec.Type
	if typ == "" {
		typ = "system"
	}
	if typ == "internal" {
		switch dpType {
		case "netdev":
			typ = "tap" // what internal ports are made of there
		case "dummy":
			typ = "dummy-internal"
		}
	}
	s := fmt.Sprintf("%s %d/%s: (%s", x.spec.Name, x.no, odp, typ)
	var opts []string
	if typ == "patch" {
		opts = append(opts, "peer="+x.spec.Peer)
	} else if x.tunnel != nil {
		opts = tunnelOptions(x.tunnel)
	}
	if len(opts) > 0 {
		s += ": " + strings.Join(opts, ", ")
	}
	return s + ")"
}

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
	in, outKey := key(t.InKey, t.InKeySet, t.InKeyFlow), key(t.OutKey, t.OutKeySet, t.OutKeyFlow)
	if in == outKey {
		if in != "" {
			add("key", in)
		}
	} else {
		if in != "" {
			add("in_key", in)
		}
		if outKey != "" {
			add("out_key", outKey)
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
	for i := range tunnelTypes {
		if x := &tunnelTypes[i]; x.typ == t.Type && x.udp != t.DstPort {
			add("dst_port", strconv.Itoa(int(t.DstPort)))
		}
	}
	if t.Csum {
		add("csum", "true")
	}
	if !t.DF {
		add("df_default", "false")
	}
	slices.Sort(out)
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

// tunnelLine tells what a tunnel port receives and how it sends.
func tunnelLine(x *port) string {
	t := x.tunnel
	var b strings.Builder
	fmt.Fprintf(&b, "port %d: %s (%s: ", x.shared.odp, x.spec.Name, t.Type)
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
	if t.InKeyFlow && t.OutKeyFlow {
		b.WriteString(", key=flow")
	} else if !t.InKeyFlow && !t.OutKeyFlow && t.InKey == t.OutKey {
		fmt.Fprintf(&b, ", key=%#x", t.InKey)
	} else {
		one := func(name string, fromFlow bool, k uint64) {
			if fromFlow {
				fmt.Fprintf(&b, ", %s=flow", name)
			} else {
				fmt.Fprintf(&b, ", %s=%#x", name, k)
			}
		}
		one("in_key", t.InKeyFlow, t.InKey)
		one("out_key", t.OutKeyFlow, t.OutKey)
	}
	b.WriteString(", legacy_l2")
	fmt.Fprintf(&b, ", dp port=%d", x.shared.odp)
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

func (h *Host) cmdTunnelPorts([]string) (string, error) {
	var b strings.Builder
	b.WriteString("Listening ports:\n")
	for _, k := range h.Backers() {
		k.mu.Lock()
		for _, d := range k.tunnels {
			fmt.Fprintf(&b, "%s (%d) ref_cnt=%d\n", d.name, d.port, d.users)
		}
		k.mu.Unlock()
	}
	return b.String(), nil
}
