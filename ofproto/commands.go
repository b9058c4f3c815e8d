package ofproto

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"govs/daemon/unixctl"
	"govs/dpif"
	"govs/flow"
	"govs/netdev"
	"govs/ofproto/flowtable"
	"govs/ofproto/xlate"
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
		{Name: "ofproto/detrace", Usage: "UFID [pmd=PMD-ID]", MinArgs: 1, MaxArgs: 2, Run: text(h.cmdDetrace)},
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
		b.WriteString(p.tlvMap.Load().WholeText(ruleText(r)) + "\n")
	}
	return b.String(), nil
}

// ruleText is a flow's match and actions, with a comma between them.
func ruleText(r *flowtable.Rule) string {
	m := r.Match()
	s := strings.TrimRight(string(flow.AppendMatch(nil, &m, r.Priority(), nil)), ", ")
	if s != "" {
		s += ","
	}
	return s + "actions=" + xlate.ActionsText(r.Actions)
}

func (h *Host) cmdDumpDPs([]string) (string, error) {
	var lines []string
	h.each(nil, func(p *Ofproto) { lines = append(lines, p.backer.dp.Type()+"@"+p.name+"\n") })
	slices.Sort(lines)
	return strings.Join(lines, ""), nil
}

func (h *Host) cmdDPIFShow([]string) (string, error) {
	var b strings.Builder
	backers := slices.SortedFunc(slices.Values(h.Backers()), func(x, y *Backer) int { return cmp.Compare(x.dp.Type(), y.dp.Type()) })
	for _, k := range backers {
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
		switch {
		case x.spec.Device != nil && x.spec.Device.Type() == "dummy-internal":
			typ = "dummy-internal"
		case dpType == "netdev":
			typ = "tap" // what internal ports are made of there
		}
	}
	s := fmt.Sprintf("%s %d/%s: (%s", x.spec.Name, x.no, odp, typ)
	var opts []string
	switch {
	case typ == "patch":
		opts = append(opts, "peer="+x.spec.Peer)
	case x.tunnel != nil:
		opts = tunnelOptions(x.tunnel)
	case strings.HasPrefix(typ, "afxdp"), strings.HasPrefix(typ, "dummy"):
		opts = netdev.OptionTexts(x.spec.Device)
	}
	if len(opts) > 0 {
		s += ": " + strings.Join(opts, ", ")
	}
	return s + ")"
}
