package schemas

// Keys lists the keys of a map column that have a meaning to the switch
// (ovs-vswitchd.conf.db(5)). Others may be stored, and mean nothing.
type Keys struct {
	Table, Column string
	Keys          []string
}

// OpenVSwitchKeys are the known keys of OpenVSwitch's maps, by table.
var OpenVSwitchKeys = []Keys{
	{"Open_vSwitch", "other_config", []string{
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
	{"Bridge", "other_config", []string{
		"controller-queue-size", "datapath-id", "disable-in-band", "dp-desc", "dp-sn", "forward-bpdu", "hwaddr",
		"in-band-queue", "mac-aging-time", "mac-table-size", "mcast-snooping-aging-time",
		"mcast-snooping-disable-flood-unregistered", "mcast-snooping-table-size", "rstp-address",
		"rstp-ageing-time", "rstp-force-protocol-version", "rstp-forward-delay", "rstp-max-age", "rstp-priority",
		"rstp-transmit-hold-count", "stp-forward-delay", "stp-hello-time", "stp-max-age", "stp-priority",
		"stp-system-id",
	}},
	{"Port", "other_config", []string{
		"all-members-active", "bond-detect-mode", "bond-hash-basis", "bond-miimon-interval", "bond-primary",
		"bond-rebalance-interval", "lacp-fallback-ab", "lacp-system-id", "lacp-system-priority", "lacp-time",
		"lb-output-action", "mcast-snooping-flood", "mcast-snooping-flood-reports", "priority-tags",
		"qinq-ethtype", "rstp-enable", "rstp-path-cost", "rstp-port-admin-edge", "rstp-port-auto-edge",
		"rstp-port-mcheck", "rstp-port-num", "rstp-port-priority", "stp-enable", "stp-path-cost", "stp-port-num",
		"stp-port-priority", "transient",
	}},
	{"Interface", "bfd", []string{
		"bfd_dst_ip", "bfd_local_dst_mac", "bfd_local_src_mac", "bfd_remote_dst_mac", "bfd_src_ip",
		"check_tnl_key", "cpath_down", "decay_min_rx", "enable", "forwarding_if_rx", "min_rx", "min_tx", "mult",
		"oam",
	}},
	{"Interface", "lldp", []string{
		"enable",
	}},
	{"Interface", "options", []string{
		// Of dummy devices, which have no manual.
		"ifindex", "n_txq", "numa_id", "pcap", "pstream", "rxq_pcap", "stream", "tx_pcap",
		"csum", "df_default", "dpdk-devargs", "dpdk-lsc-interrupt", "dpdk-vf-mac", "dst_port", "egress_pkt_mark",
		"erspan_dir", "erspan_hwid", "erspan_idx", "erspan_ver", "exts", "flow-ctrl-autoneg", "in_key", "key",
		"local_ip", "n_rxq", "n_rxq_desc", "n_txq_desc", "out_key", "packet_type", "payload_type", "peer", "psk",
		"remote_cert", "remote_ip", "remote_name", "rx-flow-ctrl", "rx-steering", "seq", "srv6_flowlabel",
		"srv6_segs", "tos", "ttl", "tx-flow-ctrl", "tx-retries-max", "vhost-max-queue-pairs", "vhost-server-path",
		"xdp-mode",
	}},
	{"Interface", "other_config", []string{
		"cfm_ccm_pcp", "cfm_ccm_vlan", "cfm_demand", "cfm_extended", "cfm_interval", "cfm_opstate", "emc-enable",
		"hw-offload-priority", "lacp-aggregation-key", "lacp-port-id", "lacp-port-priority", "pmd-rxq-affinity",
		"tx-steering",
	}},
	{"QoS", "other_config", []string{
		"cbs", "cir", "ebs", "eir", "jitter", "latency", "limit", "loss", "max-rate", "perturb", "quantum",
	}},
	{"Queue", "other_config", []string{
		"burst", "max-rate", "min-rate", "priority",
	}},
	{"Controller", "other_config", []string{
		"dscp",
	}},
	{"Manager", "other_config", []string{
		"dscp",
	}},
	{"IPFIX", "other_config", []string{
		"enable-input-sampling", "enable-output-sampling", "enable-tunnel-sampling", "virtual_obs_id",
	}},
}
