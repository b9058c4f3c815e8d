package schemas

import "slices"

// Keys lists the keys of a map column that have a meaning to the switch
// (ovs-vswitchd.conf.db(5)). Others may be stored, and mean nothing.
type Keys struct {
	Table, Column string
	Types         []string // of the row's column "type" that they are for; none: all
	Keys          []string
}

// KeysFor returns the keys known of a column in a row of the given type, and of
// rows of any type if that one has none of its own. known is unset if nothing
// is known of the column.
func KeysFor(all []Keys, table, column, typ string) (keys []string, known bool) {
	var any []string
	own := false
	for i := range all {
		k := &all[i]
		if k.Table != table || k.Column != column {
			continue
		}
		known = true
		any = append(any, k.Keys...)
		if k.Types == nil || slices.Contains(k.Types, typ) {
			keys = append(keys, k.Keys...)
			own = own || k.Types != nil
		}
	}
	if !own {
		keys = any
	}
	return keys, known
}

// ByType reports whether a column's keys depend on the row's type.
func ByType(all []Keys, table, column string) bool {
	return slices.ContainsFunc(all, func(k Keys) bool { return k.Table == table && k.Column == column && k.Types != nil })
}

// tunnels are the types of interfaces that are tunnels.
var tunnels = []string{"bareudp", "erspan", "geneve", "gre", "gtpu", "ip6erspan", "ip6gre", "lisp", "srv6", "stt", "vxlan"}

// OpenVSwitchKeys are the known keys of OpenVSwitch's maps, by table.
var OpenVSwitchKeys = []Keys{
	{Table: "Open_vSwitch", Column: "other_config", Keys: []string{
		"bundle-idle-timeout", "ca_cert", "certificate", "dpdk-alloc-mem", "dpdk-extra", "dpdk-hugepage-dir",
		"dpdk-init", "dpdk-lcore-mask", "dpdk-socket-limit", "dpdk-socket-mem", "emc-insert-inv-prob",
		"enable-statistics", "explicit-sampled-drops", "flow-limit", "flow-restore-wait", "hw-offload",
		"hw-offload-priority", "ipsec_skb_mark", "max-idle", "max-revalidator", "min-revalidate-pps",
		"n-handler-threads", "n-offload-threads", "n-revalidator-threads", "offload-rebalance",
		"offloaded-stats-delay", "per-port-memory", "pmd-auto-lb", "pmd-auto-lb-improvement-threshold",
		"pmd-auto-lb-load-threshold", "pmd-auto-lb-rebal-interval", "pmd-cpu-mask", "pmd-perf-metrics",
		"pmd-rxq-assign", "pmd-rxq-isolate", "pmd-sleep-max", "private_key", "shared-mempool-config", "smc-enable",
		"stats-update-interval", "tc-policy", "tx-flush-interval", "userspace-tso-enable", "vhost-iommu-support",
		"vhost-postcopy-support", "vhost-sock-dir", "vlan-limit",
	}},
	{Table: "Bridge", Column: "other_config", Keys: []string{
		"controller-queue-size", "datapath-id", "disable-in-band", "dp-desc", "dp-sn", "forward-bpdu", "hwaddr",
		"in-band-queue", "mac-aging-time", "mac-table-size", "mcast-snooping-aging-time",
		"mcast-snooping-disable-flood-unregistered", "mcast-snooping-table-size", "rstp-address",
		"rstp-ageing-time", "rstp-force-protocol-version", "rstp-forward-delay", "rstp-max-age", "rstp-priority",
		"rstp-transmit-hold-count", "stp-forward-delay", "stp-hello-time", "stp-max-age", "stp-priority",
		"stp-system-id",
	}},
	{Table: "Port", Column: "other_config", Keys: []string{
		"all-members-active", "bond-detect-mode", "bond-hash-basis", "bond-miimon-interval", "bond-primary",
		"bond-rebalance-interval", "lacp-fallback-ab", "lacp-system-id", "lacp-system-priority", "lacp-time",
		"lb-output-action", "mcast-snooping-flood", "mcast-snooping-flood-reports", "priority-tags",
		"qinq-ethtype", "rstp-enable", "rstp-path-cost", "rstp-port-admin-edge", "rstp-port-auto-edge",
		"rstp-port-mcheck", "rstp-port-num", "rstp-port-priority", "stp-enable", "stp-path-cost", "stp-port-num",
		"stp-port-priority", "transient",
	}},
	{Table: "Interface", Column: "bfd", Keys: []string{
		"bfd_dst_ip", "bfd_local_dst_mac", "bfd_local_src_mac", "bfd_remote_dst_mac", "bfd_src_ip",
		"check_tnl_key", "cpath_down", "decay_min_rx", "enable", "forwarding_if_rx", "min_rx", "min_tx", "mult",
		"oam",
	}},
	{Table: "Interface", Column: "lldp", Keys: []string{
		"enable",
	}},
	{Table: "Interface", Column: "options", Types: tunnels, Keys: []string{
		"csum", "df_default", "dst_port", "egress_pkt_mark", "in_key", "key", "local_ip", "out_key", "packet_type",
		"psk", "remote_cert", "remote_ip", "remote_name", "seq", "tos", "ttl",
	}},
	{Table: "Interface", Column: "options", Types: []string{"vxlan"}, Keys: []string{"exts"}},
	{Table: "Interface", Column: "options", Types: []string{"erspan", "ip6erspan"}, Keys: []string{
		"erspan_dir", "erspan_hwid", "erspan_idx", "erspan_ver",
	}},
	{Table: "Interface", Column: "options", Types: []string{"bareudp"}, Keys: []string{"payload_type"}},
	{Table: "Interface", Column: "options", Types: []string{"srv6"}, Keys: []string{"srv6_flowlabel", "srv6_segs"}},
	{Table: "Interface", Column: "options", Types: []string{"patch"}, Keys: []string{"peer"}},
	{Table: "Interface", Column: "options", Types: []string{"dpdk"}, Keys: []string{
		"dpdk-devargs", "dpdk-lsc-interrupt", "dpdk-vf-mac", "flow-ctrl-autoneg", "n_rxq", "n_rxq_desc", "n_txq_desc",
		"rx-flow-ctrl", "rx-steering", "tx-flow-ctrl",
	}},
	{Table: "Interface", Column: "options", Types: []string{"dpdkvhostuser", "dpdkvhostuserclient"}, Keys: []string{
		"tx-retries-max", "vhost-max-queue-pairs", "vhost-server-path",
	}},
	{Table: "Interface", Column: "options", Types: []string{"afxdp", "afxdp-nonpmd"}, Keys: []string{
		"n_rxq", "use-need-wakeup", "xdp-mode",
	}},
	// Dummy devices have no manual.
	{Table: "Interface", Column: "options", Types: []string{"dummy", "dummy-internal", "dummy-pmd"}, Keys: []string{
		"ifindex", "n_rxq", "n_txq", "numa_id", "pcap", "pstream", "rxq_pcap", "stream", "tx_pcap",
	}},
	{Table: "Interface", Column: "other_config", Keys: []string{
		"cfm_ccm_pcp", "cfm_ccm_vlan", "cfm_demand", "cfm_extended", "cfm_interval", "cfm_opstate", "emc-enable",
		"hw-offload-priority", "lacp-aggregation-key", "lacp-port-id", "lacp-port-priority", "pmd-rxq-affinity",
		"tx-steering",
	}},
	{Table: "QoS", Column: "other_config", Types: []string{"linux-htb", "linux-hfsc"}, Keys: []string{"max-rate"}},
	{Table: "QoS", Column: "other_config", Types: []string{"linux-sfq"}, Keys: []string{"perturb", "quantum"}},
	{Table: "QoS", Column: "other_config", Types: []string{"linux-codel", "linux-fq_codel"}, Keys: []string{
		"interval", "limit", "quantum", "target", "flows",
	}},
	{Table: "QoS", Column: "other_config", Types: []string{"linux-netem"}, Keys: []string{"jitter", "latency", "limit", "loss"}},
	{Table: "QoS", Column: "other_config", Types: []string{"egress-policer", "trtcm-policer"}, Keys: []string{"cbs", "cir", "ebs", "eir"}},
	{Table: "Queue", Column: "other_config", Keys: []string{
		"burst", "max-rate", "min-rate", "priority",
	}},
	{Table: "Controller", Column: "other_config", Keys: []string{
		"dscp",
	}},
	{Table: "Manager", Column: "other_config", Keys: []string{
		"dscp",
	}},
	{Table: "IPFIX", Column: "other_config", Keys: []string{
		"enable-input-sampling", "enable-output-sampling", "enable-tunnel-sampling", "virtual_obs_id",
	}},
}
