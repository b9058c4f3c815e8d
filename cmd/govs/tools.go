package main

import (
	"govs/cli"
	"govs/tools/appctl"
	"govs/tools/dpctl"
	"govs/tools/dpctltop"
	"govs/tools/flowviz"
	"govs/tools/ifupdown"
	"govs/tools/kmodctl"
	"govs/tools/lab"
	"govs/tools/ofctl"
	"govs/tools/ovsctl"
	"govs/tools/ovsdbclient"
	"govs/tools/ovsdbserver"
	"govs/tools/ovsdbtool"
	"govs/tools/ovsdocker"
	"govs/tools/ovssave"
	"govs/tools/pcap"
	"govs/tools/pki"
	"govs/tools/schema"
	"govs/tools/tcpdump"
	"govs/tools/tcpundump"
	"govs/tools/testcontroller"
	"govs/tools/up"
	"govs/tools/vsctl"
	"govs/tools/vswitchd"
	"govs/tools/vtepctl"
)

// tool is one row: the name that picks it, a line of help, and its Main, nil
// for one that is not built yet.
type tool struct {
	name, help string
	main       cli.Main
}

// tools lists every program of govs in the order of the help.
var tools = [...]tool{
	{"ovs-vsctl", "configure the switch", vsctl.Main},
	{"ovs-ofctl", "read and change OpenFlow tables", ofctl.Main},
	{"ovs-appctl", "talk to a running daemon", appctl.Main},
	{"ovs-dpctl", "read and change datapaths", dpctl.Main},
	{"ovs-vswitchd", "the switch daemon", vswitchd.Main},
	{"ovsdb-server", "the database server", ovsdbserver.Main},
	{"ovsdb-client", "talk to a database server", ovsdbclient.Main},
	{"ovsdb-tool", "work on database files", ovsdbtool.Main},
	{"ovs-pki", "make keys and certificates", pki.Main},
	{"ovs-tcpdump", "capture on a port", tcpdump.Main},
	{"ovs-tcpundump", "turn tcpdump's hex into packets", tcpundump.Main},
	{"ovs-pcap", "print packets of a pcap file in hex", pcap.Main},
	{"ovs-testcontroller", "a simple OpenFlow controller", testcontroller.Main},
	{"ovs-ctl", "start and stop the daemons", ovsctl.Main},
	{"vtep-ctl", "configure a VTEP database", vtepctl.Main},
	{"ovs-dpctl-top", "sum up datapath flows by their fields", dpctltop.Main},
	{"ovs-flowviz", "show dumps of flows in readable ways", flowviz.Main},
	{"ovs-docker", "connect containers to bridges", ovsdocker.Main},
	{"ovs-save", "write scripts that bring a switch's state back", ovssave.Main},
	{"ovs-kmod-ctl", "load and unload the kernel's datapath", kmodctl.Main},
	{"up", "run database and switch in one process", up.Main},
	{"schema", "print a database schema", schema.Main},
	{"ifupdown", "make bridges and ports for ifup and ifdown", ifupdown.Main},
	{"lab", "build a two-host network and show it", lab.Main},
}
