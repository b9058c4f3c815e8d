package bridge

import (
	"fmt"

	"govs/netdev"
	"govs/ovsdb"
	"govs/ovsdb/idl"
)

// writeConfig adds to t what a configuration has led to: port numbers, errors
// and the bridges' identities.
func (m *Manager) writeConfig(t *idl.Txn) {
	if root := idl.First(t, "Open_vSwitch"); root != nil {
		t.Set(root, "datapath_types", ovsdb.StringSet(m.cfg.DatapathTypes...))
		t.Set(root, "iface_types", ovsdb.StringSet(m.cfg.IfaceTypes...))
		t.SetBool(root, "dpdk_initialized", false)
		t.SetStr(root, "dpdk_version", "none")
	}
	m.writeCapabilities(t)
	for _, b := range m.live {
		if row := t.Row("Bridge", b.spec.uuid); row != nil {
			t.SetStr(row, "datapath_id", fmt.Sprintf("%016x", b.of.DatapathID()))
			t.SetStr(row, "datapath_version", "<built-in>")
		}
		b.writeIfaces(t, b.writeIfaceState)
	}
}

// writeState adds to t what changes by itself: link states, statistics and
// connections to controllers.
func (m *Manager) writeState(t *idl.Txn) {
	for _, b := range m.live {
		b.writeIfaces(t, b.writeIfaceState)
		b.writeIfaces(t, b.writeIfaceStats)
		b.writeControllers(t)
		b.writeMirrors(t)
	}
}

// writeIfaces calls write with each Interface row of the bridge that is still
// there, and what became of it.
func (b *liveBridge) writeIfaces(t *idl.Txn, write func(*idl.Txn, *idl.Row, *liveIface)) {
	b.spec.rowsOf(func(u ovsdb.UUID, s *ifaceSpec) {
		row := t.Row("Interface", u)
		i := b.ifaces[s.name]
		if row != nil && i != nil && i.spec.uuid == u {
			write(t, row, i)
		}
	})
}

// stateColumns are the columns that describe an interface's device; they are
// empty when there is none.
var stateColumns = [...]string{
	"mac_in_use", "mtu", "admin_state", "link_state", "link_speed", "duplex",
	"ifindex", "link_resets", "status",
}

func (b *liveBridge) writeIfaceState(t *idl.Txn, row *idl.Row, i *liveIface) {
	if i.err == "" {
		t.Clear(row, "error")
	} else {
		t.SetStr(row, "error", i.err)
	}
	if i.failed {
		t.SetInt(row, "ofport", -1)
		for _, c := range stateColumns {
			t.Clear(row, c)
		}
		t.Clear(row, "statistics")
		return
	}
	t.SetInt(row, "ofport", int64(portNumber(i.no)))
	if !row.Has("statistics") {
		b.writeIfaceStats(t, row, i) // a new port need not wait for its turn
	}
	if i.dev == nil {
		b.writeVirtual(t, row, i)
		return
	}
	if mac, err := i.dev.MAC(); err == nil {
		t.SetStr(row, "mac_in_use", formatMAC(mac))
	} else {
		t.Clear(row, "mac_in_use")
	}
	if mtu, err := i.dev.MTU(); err == nil {
		t.SetInt(row, "mtu", int64(mtu))
	} else {
		t.Clear(row, "mtu")
	}
	if st, err := i.dev.State(); err == nil {
		writeLink(t, row, &st)
	}
	t.SetMap(row, "status", i.dev.Status())
}

// writeVirtual describes a patch or tunnel port, which has no device of its
// own: it is always up.
func (b *liveBridge) writeVirtual(t *idl.Txn, row *idl.Row, i *liveIface) {
	info, ok := b.of.PortInfo(i.no)
	if !ok {
		return
	}
	t.SetStr(row, "mac_in_use", formatMAC(info.MAC))
	writeLink(t, row, &netdev.State{AdminUp: true, Carrier: true})
	t.Clear(row, "mtu")
	t.SetMap(row, "status", info.Status)
}

func writeLink(t *idl.Txn, row *idl.Row, st *netdev.State) {
	updown := map[bool]string{true: "up", false: "down"}
	t.SetStr(row, "admin_state", updown[st.AdminUp])
	t.SetStr(row, "link_state", updown[st.Carrier])
	t.SetInt(row, "ifindex", int64(st.Ifindex))
	t.SetInt(row, "link_resets", st.LinkResets)
	if st.SpeedMbps > 0 {
		t.SetInt(row, "link_speed", st.SpeedMbps*1000000)
	} else {
		t.Clear(row, "link_speed")
	}
	switch {
	case !st.HasDuplex:
		t.Clear(row, "duplex")
	case st.FullDuplex:
		t.SetStr(row, "duplex", "full")
	default:
		t.SetStr(row, "duplex", "half")
	}
}

func (b *liveBridge) writeIfaceStats(t *idl.Txn, row *idl.Row, i *liveIface) {
	if i.failed {
		return
	}
	info, ok := b.of.PortInfo(i.no)
	if !ok {
		return
	}
	m := statistics(&info.Stats)
	for _, c := range info.Custom {
		m[c.Name] = int64(c.Value)
	}
	t.SetIntMap(row, "statistics", m)
}

// statistics returns the known counters by their keys in Interface:statistics.
func statistics(s *netdev.Stats) map[string]int64 {
	m := make(map[string]int64, 16)
	for _, c := range []struct {
		key string
		n   int64
	}{
		{"rx_packets", s.RxPackets}, {"tx_packets", s.TxPackets},
		{"rx_bytes", s.RxBytes}, {"tx_bytes", s.TxBytes},
		{"rx_errors", s.RxErrors}, {"tx_errors", s.TxErrors},
		{"rx_dropped", s.RxDropped}, {"tx_dropped", s.TxDropped},
		{"collisions", s.Collisions},
		{"rx_crc_err", s.RxCrcErr}, {"rx_frame_err", s.RxFrameErr},
		{"rx_over_err", s.RxOverErr}, {"rx_missed_errors", s.RxMissedErrors},
		{"rx_multicast_packets", s.Multicast},
	} {
		if c.n >= 0 {
			m[c.key] = c.n
		}
	}
	return m
}

func formatMAC(mac [6]byte) string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5])
}
