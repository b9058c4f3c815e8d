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
// for one that is not built yet. Those with tables to make one of have a manual.
type tool struct {
	name, help string
	main       cli.Main
	manual     func() *cli.Manual
}

// tools lists every program of govs in the order of the help.
var tools = [...]tool{
	{"ovs-vsctl", "configure the switch", vsctl.Main, vsctl.Manual},
	{"ovs-ofctl", "read and change OpenFlow tables", ofctl.Main, ofctl.Manual},
	{"ovs-appctl", "talk to a running daemon", appctl.Main, appctl.Manual},
	{"ovs-dpctl", "read and change datapaths", dpctl.Main, nil},
	{"ovs-vswitchd", "the switch daemon", vswitchd.Main, nil},
	{"ovsdb-server", "the database server", ovsdbserver.Main, nil},
	{"ovsdb-client", "talk to a database server", ovsdbclient.Main, ovsdbclient.Manual},
	{"ovsdb-tool", "work on database files", ovsdbtool.Main, ovsdbtool.Manual},
	{"ovs-pki", "make keys and certificates", pki.Main, nil},
	{"ovs-tcpdump", "capture on a port", tcpdump.Main, nil},
	{"ovs-tcpundump", "turn tcpdump's hex into packets", tcpundump.Main, nil},
	{"ovs-pcap", "print packets of a pcap file in hex", pcap.Main, nil},
	{"ovs-testcontroller", "a simple OpenFlow controller", testcontroller.Main, nil},
	{"ovs-ctl", "start and stop the daemons", ovsctl.Main, nil},
	{"vtep-ctl", "configure a VTEP database", vtepctl.Main, vtepctl.Manual},
	{"ovs-dpctl-top", "sum up datapath flows by their fields", dpctltop.Main, nil},
	{"ovs-flowviz", "show dumps of flows in readable ways", flowviz.Main, nil},
	{"ovs-docker", "connect containers to bridges", ovsdocker.Main, nil},
	{"ovs-save", "write scripts that bring a switch's state back", ovssave.Main, nil},
	{"ovs-kmod-ctl", "load and unload the kernel's datapath", kmodctl.Main, nil},
	{"up", "run database and switch in one process", up.Main, nil},
	{"schema", "print a database schema", schema.Main, nil},
	{"ifupdown", "make bridges and ports for ifup and ifdown", ifupdown.Main, nil},
	{"lab", "build a two-host network and show it", lab.Main, nil},
}
