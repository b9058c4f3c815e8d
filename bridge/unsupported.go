package bridge

import (
	"strings"

	"govs/ovsdb"
	"govs/ovsdb/idl"
)

// unsupported lists columns that the schema has and this switch does not carry
// out, so that setting one is told in the log rather than ignored.
var unsupported = []struct {
	table   string
	columns []string
}{
	{"Bridge", []string{"stp_enable", "rstp_enable", "mcast_snooping_enable", "netflow", "sflow", "ipfix", "auto_attach"}},
	{"Port", []string{"bond_mode", "lacp", "qos", "bond_fake_iface"}},
	{"Interface", []string{"bfd", "cfm_mpid", "lldp", "ingress_policing_rate", "ingress_policing_burst",
		"ingress_policing_kpkts_rate", "ingress_policing_kpkts_burst"}},
}

// needless lists keys of Open_vSwitch:other_config that change nothing here, and
// why.
var needless = []struct {
	keys []string
	why  string
}{
	{[]string{"n-handler-threads"}, "packets without a flow are translated by the threads that receive them"},
	{[]string{"n-revalidator-threads"}, "one thread revalidates the flows of a datapath"},
	{[]string{"n-offload-threads", "hw-offload", "hw-offload-priority", "offload-rebalance", "offloaded-stats-delay", "tc-policy"},
		"flows are not put into hardware"},
	{[]string{"tx-flush-interval"}, "packets are sent at the end of each batch"},
	{[]string{"userspace-tso-enable"}, "segmentation is left to devices wherever they can"},
	{[]string{"dpdk-init", "dpdk-extra", "dpdk-alloc-mem", "dpdk-hugepage-dir", "dpdk-lcore-mask", "dpdk-socket-limit", "dpdk-socket-mem",
		"per-port-memory", "shared-mempool-config", "vhost-iommu-support", "vhost-postcopy-support", "vhost-sock-dir"}, "there is no DPDK"},
	{[]string{"enable-statistics", "explicit-sampled-drops", "ipsec_skb_mark"}, "it is not supported by this version of govs"},
}

// warnNeedless logs which keys of other_config have no effect, each once.
func (m *Manager) warnNeedless(other map[string]string) {
	for _, n := range needless {
		for _, key := range n.keys {
			if v, ok := other[key]; ok && v != "false" && !m.warned[key] {
				m.warned[key] = true
				log.Warn("other_config:%s has no effect: %s", key, n.why)
			}
		}
	}
}

// warnUnsupported logs what is set of unsupported, each setting once.
func (m *Manager) warnUnsupported(v idl.View) {
	for _, u := range unsupported {
		for _, row := range v.Rows(u.table) {
			for _, column := range u.columns {
				if !isSet(row, column) {
					continue
				}
				what := strings.ToLower(u.table) + " " + row.Str("name") + ": " + column
				if !m.warned[what] {
					m.warned[what] = true
					log.Warn("%s is not supported by this version of govs and has no effect", what)
				}
			}
		}
	}
}

// isSet reports whether a column says something else than nothing.
func isSet(row *idl.Row, column string) bool {
	d := row.Get(column)
	if d.Len() == 0 {
		return false
	}
	switch row.Column(column).Type.Key.Type {
	case ovsdb.Boolean:
		return d.Bool()
	case ovsdb.Integer:
		return d.Int() != 0
	}
	return true
}
