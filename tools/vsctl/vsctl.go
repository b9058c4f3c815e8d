// Package vsctl is ovs-vsctl(8): it reads and changes the switch's
// configuration in its database. The engine is package ovsdb/ctl; here are the
// commands that know bridges, ports and interfaces. One run is one goroutine's.
package vsctl

import (
	"fmt"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/ovsdb"
	"govs/ovsdb/ctl"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
)

// Main runs ovs-vsctl.
func Main(argv []string, o cli.IO) int { return App().Main(argv, o) }

// Manual returns the tool's manual.
func Manual() *cli.Manual { return App().Manual() }

// App returns the tool's description.
func App() *ctl.App {
	return &ctl.App{
		Name:     "ovs-vsctl",
		Module:   "vsctl",
		About:    "configure the switch",
		Daemon:   "ovs-vswitchd",
		Invoker:  true,
		Schema:   schemas.OVSSchema,
		Commands: commands(),
		Records:  records[:],
		Show:     shows[:],
		Keys:     schemas.OpenVSwitchKeys,
		Timeouts: []string{"OVS_VSCTL_TIMEOUT", "OVS_CTL_TIMEOUT"},
		Lists: map[string][]string{
			"BRIDGE": {"list-br"}, "PARENT": {"--", "--real", "list-br"}, "DATAPATH": nil,
			"PORT": {"--bare", "--columns=name", "list", "Port"}, "BOND": {"--bare", "--columns=name", "list", "Port"},
			"IFACE": {"--bare", "--columns=name", "list", "Interface"},
		},
		Always: func(n *ctl.Need) { n.Columns("Open_vSwitch") },
		Begin:  begin,
		Reload: &ctl.Reload{Table: "Open_vSwitch", Next: "next_cfg", Cur: "cur_cfg", Check: check},
	}
}

// records are the names of rows besides UUIDs.
var records = [...]ctl.Records{
	{Table: "AutoAttach", Ways: []ctl.Record{{Table: "Bridge", Name: "name", Via: "auto_attach"}}},
	{Table: "Bridge", Ways: []ctl.Record{{Name: "name"}}},
	{Table: "Controller", Ways: []ctl.Record{{Table: "Bridge", Name: "name", Via: "controller"}}},
	{Table: "Flow_Sample_Collector_Set", Ways: []ctl.Record{{Name: "id"}}},
	{Table: "Flow_Table", Ways: []ctl.Record{{Name: "name"}}},
	{Table: "IPFIX", Ways: []ctl.Record{{Table: "Bridge", Name: "name", Via: "ipfix"}}},
	{Table: "Interface", Ways: []ctl.Record{{Name: "name"}}},
	{Table: "Manager", Ways: []ctl.Record{{Name: "target"}}},
	{Table: "Mirror", Ways: []ctl.Record{{Name: "name"}}},
	{Table: "NetFlow", Ways: []ctl.Record{{Table: "Bridge", Name: "name", Via: "netflow"}}},
	{Table: "Open_vSwitch", Ways: []ctl.Record{{}}},
	{Table: "Port", Ways: []ctl.Record{{Name: "name"}}},
	{Table: "QoS", Ways: []ctl.Record{{Table: "Port", Name: "name", Via: "qos"}}},
	{Table: "SSL", Ways: []ctl.Record{{}}},
	{Table: "sFlow", Ways: []ctl.Record{{Table: "Bridge", Name: "name", Via: "sflow"}}},
}

// shows are the tables and columns of the command show.
var shows = [...]ctl.Show{
	{Table: "Open_vSwitch", Columns: []string{"manager_options", "bridges", "ovs_version"}},
	{Table: "Bridge", Name: "name", Columns: []string{"controller", "fail_mode", "datapath_type", "ports"}},
	{Table: "Port", Name: "name", Columns: []string{"tag", "trunks", "interfaces"}},
	{Table: "Interface", Name: "name", Columns: []string{"type", "options", "error", "bfd_status"}},
	{Table: "Controller", Name: "target", Columns: []string{"is_connected"}},
	{Table: "Manager", Name: "target", Columns: []string{"is_connected"}},
}

var log = vlog.New("vsctl")

// state is what the commands of one run share.
type state struct {
	world    *world       // nil: not looked at yet
	newPorts []ovsdb.UUID // interfaces made, provisional
}

func begin(t *idl.Txn) any {
	ctl.Root(t, "Open_vSwitch")
	return &state{}
}

func root(c *ctl.Context) *idl.Row { return ctl.Root(c.Txn, "Open_vSwitch") }

// check complains about new interfaces that the daemon could not set up.
func check(v idl.View, s any, r *idl.Result) []string {
	var out []string
	for _, u := range s.(*state).newPorts {
		iface := v.Row("Interface", r.UUID(u))
		if iface == nil {
			continue
		}
		if n, ok := iface.OptInt("ofport"); ok && n != -1 {
			continue // an error here is a warning, such as a patch port's missing peer
		}
		why := ""
		if e := iface.Str("error"); e != "" {
			why = ": " + e
		}
		out = append(out, fmt.Sprintf("Error detected while setting up '%s'%s.  See ovs-vswitchd log for details.", iface.Str("name"), why))
	}
	if out != nil {
		out = append(out, fmt.Sprintf("The default log directory is \"%s\".", daemon.LogDir()))
	}
	return out
}

// needWorld asks for the columns that say how bridges, ports and interfaces
// hang together.
func needWorld(n *ctl.Need, _ *ctl.Call) error {
	n.Columns("Open_vSwitch", "bridges")
	n.Columns("Bridge", "name", "ports", "controller", "fail_mode")
	n.Columns("Port", "name", "fake_bridge", "tag", "interfaces")
	n.Columns("Interface", "name", "ofport", "error")
	return nil
}
