package bridge

import (
	"context"
	"time"

	"govs/dpif"
	"govs/flow"
	"govs/ofproto"
	"govs/ovsdb/idl"
)

// defaultStatsInterval is how often statistics are written unless
// other_config:stats-update-interval says otherwise (in ms, not below 5000).
const defaultStatsInterval = 5 * time.Second

// stateInterval is how often changed link states are looked for when nothing
// tells of them.
const stateInterval = 1 * time.Second

// A pendingWrite is a transaction on its way to the database.
type pendingWrite struct {
	done   <-chan *idl.Result
	config bool // it confirms a configuration
}

// Run follows the database until ctx ends, then removes the switches. What the
// database says is carried out in whole states only: each is a snapshot, and
// cur_cfg tells the database which one is done.
func (m *Manager) Run(ctx context.Context) error {
	backerCtx, stop := context.WithCancel(context.Background())
	m.stop = stop
	defer close(m.ended)
	defer m.shutdown()
	if m.cfg.OnLinkChange != nil {
		defer m.cfg.OnLinkChange(m.linkChanged)()
	}

	var (
		seen     *idl.Snapshot // what the switches are configured by
		confirm  bool          // a configuration waits to be confirmed
		write    *pendingWrite
		stateDue = m.cfg.Clock.Now()
	)
	for {
		snap := m.cfg.DB.Snapshot()
		if ready(snap) && (seen == nil || configChanged(seen, snap)) {
			m.warnUnsupported(snap)
			m.applyRestoring(snap)
			m.reconcile(backerCtx, readBridges(snap))
			m.applyLimits(snap)
			m.applyZones(snap)
			seen, confirm = snap, true
		}
		if write == nil && seen != nil && ready(snap) {
			now := m.cfg.Clock.Now()
			stats := !now.Before(m.statsDue)
			if confirm || stats || !now.Before(stateDue) {
				write = m.startWrite(ctx, seen, confirm, stats)
				stateDue = now.Add(stateInterval)
				if stats {
					m.statsDue = now.Add(statsInterval(seen))
				}
				if confirm && write == nil {
					m.confirmed()
				}
				confirm = false
			}
		}

		tick, cancel := m.cfg.Clock.At(stateDue)
		var wrote <-chan *idl.Result
		if write != nil {
			wrote = write.done
		}
		select {
		case <-ctx.Done():
			cancel()
			return ctx.Err()
		case <-snap.Replaced():
		case <-m.links:
			if m.linksMatter(m.takeChangedLinks()) {
				seen = nil // look at every interface again
			}
			stateDue = m.cfg.Clock.Now()
		case f := <-m.calls:
			f()
		case <-tick:
		case r := <-wrote:
			confirm = m.finishWrite(write, r) || confirm
			write = nil
		}
		cancel()
	}
}

// ready reports whether a snapshot may be acted upon: it is whole and we are
// the only switch daemon of this database. A database that was never
// initialized has no Open_vSwitch row and wants no bridges.
func ready(s *idl.Snapshot) bool { return s.Complete && s.Locked }

// configColumns lists what of the database is configuration, which is not
// written by us: a change elsewhere needs no new configuration.
var configColumns = []struct {
	table   string
	columns []string
}{
	{"Open_vSwitch", []string{"bridges", "next_cfg", "other_config", "manager_options", "datapaths"}},
	{"Bridge", []string{"name", "datapath_type", "fail_mode", "other_config", "ports", "controller", "protocols", "flood_vlans", "flow_tables", "mirrors"}},
	{"Port", []string{"name", "interfaces", "tag", "trunks", "cvlans", "vlan_mode", "mac", "protected", "other_config"}},
	{"Interface", []string{"name", "type", "options", "ofport_request", "mac", "mtu_request", "other_config"}},
	{"Mirror", []string{"name", "select_all", "select_src_port", "select_dst_port", "select_vlan", "output_port", "output_vlan", "snaplen", "filter"}},
	{"Flow_Sample_Collector_Set", []string{"bridge", "ipfix"}},
	{"Manager", []string{"target", "connection_mode"}},
	{"Datapath", []string{"ct_zones", "ct_zone_default_limit"}},
	{"CT_Zone", []string{"timeout_policy", "limit"}},
	{"CT_Timeout_Policy", []string{"timeouts"}},
	{"Flow_Table", []string{"name", "flow_limit", "overflow_policy", "groups", "prefixes"}},
	{"Controller", []string{
		"target", "type", "connection_mode", "max_backoff", "inactivity_probe", "controller_rate_limit",
		"controller_burst_limit", "controller_queue_size", "enable_async_messages", "other_config",
		"local_ip", "local_netmask", "local_gateway",
	}},
}

// configChanged reports whether two snapshots differ in configuration.
func configChanged(a, b *idl.Snapshot) bool {
	for _, c := range configColumns {
		if a.TableSeqno(c.table) == b.TableSeqno(c.table) {
			continue
		}
		ra, rb := a.Rows(c.table), b.Rows(c.table)
		if len(ra) != len(rb) {
			return true
		}
		for i := range ra {
			if ra[i] == rb[i] {
				continue
			}
			if ra[i].UUID() != rb[i].UUID() {
				return true
			}
			for _, col := range c.columns {
				if !ra[i].Get(col).Equal(rb[i].Get(col)) {
					return true
				}
			}
		}
	}
	return false
}

// startWrite starts a transaction with the state of the switches, or returns
// nil if there is nothing to write.
func (m *Manager) startWrite(ctx context.Context, seen *idl.Snapshot, confirm, stats bool) *pendingWrite {
	t := m.cfg.DB.Txn()
	m.writeConfig(t)
	if stats {
		m.writeState(t)
	}
	if confirm {
		// next_cfg of the snapshot that was carried out, not of a newer one.
		root, done := idl.First(t, "Open_vSwitch"), idl.First(seen, "Open_vSwitch")
		if root != nil && done != nil {
			t.SetInt(root, "cur_cfg", done.Int("next_cfg"))
		}
	}
	if !t.Changed() {
		return nil
	}
	return &pendingWrite{done: t.Start(ctx), config: confirm}
}

// finishWrite takes a transaction's result and reports whether a configuration
// must be confirmed again.
func (m *Manager) finishWrite(w *pendingWrite, r *idl.Result) bool {
	switch r.Status {
	case idl.Success, idl.Unchanged:
		if w.config {
			m.confirmed()
		}
		return false
	case idl.Failed:
		log.Err("writing state to the database failed: %v", r.Err)
		return false
	}
	return w.config
}

// confirmed notes that the database knows a configuration to be done.
func (m *Manager) confirmed() {
	select {
	case <-m.firstConfig:
	default:
		close(m.firstConfig)
	}
}

// linksMatter reports whether a change of these host interfaces needs another
// look at the configuration: one that a bridge waits for has come, or one that
// a bridge uses has gone.
func (m *Manager) linksMatter(changed map[string]bool) bool {
	matters := false
	for _, b := range m.live {
		for _, i := range b.ifaces {
			if !changed[i.spec.name] && !changed[""] {
				continue
			}
			switch {
			case i.failed:
				matters = true
			case i.dev != nil && i.spec.typ == "system":
				if _, err := i.dev.State(); err != nil {
					b.removeIface(i)
					matters = true
					continue
				}
				b.of.PortChanged(i.no)
			case i.dev != nil:
				b.of.PortChanged(i.no)
			}
		}
	}
	return matters
}

// applyRestoring carries out other_config:flow-restore-wait: while it is set from
// the start on, packets that need a translation are dropped and no controller
// is called (vswitchd.conf.db(5), Open_vSwitch table).
func (m *Manager) applyRestoring(s *idl.Snapshot) {
	if !m.restoring {
		return
	}
	root := idl.First(s, "Open_vSwitch")
	m.restoring = root != nil && root.Map("other_config")["flow-restore-wait"] == "true"
	m.cfg.Host.SetRestoring(m.restoring)
}

// applyLimits carries out the limits on datapath flows of other_config.
func (m *Manager) applyLimits(s *idl.Snapshot) {
	root := idl.First(s, "Open_vSwitch")
	if root == nil {
		return
	}
	other := root.Map("other_config")
	m.warnNeedless(other)
	m.cfg.Host.SetBundleIdle(time.Duration(number(other, "bundle-idle-timeout", int(ofproto.DefaultBundleIdle/time.Second), 1, 1<<31-1)) * time.Second)
	vlans := number(other, "vlan-limit", 1, 0, flow.MaxVLANs)
	if vlans == 0 {
		vlans = flow.MaxVLANs
	}
	flow.SetVLANLimit(vlans)
	l := limits(other)
	ports := map[string]map[string]string{}
	for _, row := range s.Rows("Interface") {
		if o := row.Map("other_config"); len(o) > 0 {
			ports[row.Str("name")] = o
		}
	}
	for _, b := range m.backers {
		b.SetLimits(l)
		if dp, ok := b.Datapath().(dpif.Configurable); ok {
			dp.Configure(other, ports)
		}
	}
}

func statsInterval(s *idl.Snapshot) time.Duration {
	root := idl.First(s, "Open_vSwitch")
	if root == nil {
		return defaultStatsInterval
	}
	ms := number(root.Map("other_config"), "stats-update-interval", 5000, 5000, 1<<30)
	return time.Duration(ms) * time.Millisecond
}

// shutdown removes all switches and waits for their work to end.
func (m *Manager) shutdown() {
	for _, b := range m.live {
		m.removeBridge(b)
	}
	m.closeIdleBackers()
	m.stop()
	m.wg.Wait()
}
