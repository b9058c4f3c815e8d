// Package vtepctl is vtep-ctl(8): it reads and changes the database of a
// hardware VXLAN gateway (vtep(5)). The engine is package ovsdb/ctl; here are
// the commands that know physical switches, ports, logical switches and MAC
// addresses. One run is one goroutine's.
package vtepctl

import (
	"sync"

	"govs/cli"
	"govs/ovsdb"
	"govs/ovsdb/ctl"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
)

// Main runs vtep-ctl.
func Main(argv []string, o cli.IO) int { return App().Main(argv, o) }

// Manual returns the tool's manual.
func Manual() *cli.Manual { return App().Manual() }

var schema = sync.OnceValue(func() *ovsdb.Schema { return schemas.HardwareVTEP.Parse() })

// App returns the tool's description.
func App() *ctl.App {
	return &ctl.App{
		Name:     "vtep-ctl",
		Module:   "vtep_ctl",
		About:    "configure a VTEP database",
		Schema:   schema,
		Commands: commands(),
		Records:  records[:],
		Show:     shows[:],
		Timeouts: []string{"OVS_CTL_TIMEOUT"},
		Lists: map[string][]string{
			"SWITCH": {"list-ps"}, "LOGICAL-SWITCH": {"list-ls"}, "PORT": {"--bare", "--columns=name", "list", "Physical_Port"},
		},
		Always: func(n *ctl.Need) { n.Columns("Global") },
		Begin:  func(t *idl.Txn) any { return ctl.Root(t, "Global") },
	}
}

// records are the names of rows besides UUIDs.
var records = [...]ctl.Records{
	{Table: "Global", Ways: []ctl.Record{{}}},
	{Table: "Logical_Router", Ways: []ctl.Record{{Name: "name"}}},
	{Table: "Logical_Switch", Ways: []ctl.Record{{Name: "name"}}},
	{Table: "Manager", Ways: []ctl.Record{{Name: "target"}}},
	{Table: "Physical_Port", Ways: []ctl.Record{{Name: "name"}}},
	{Table: "Physical_Switch", Ways: []ctl.Record{{Name: "name"}}},
}

// shows are the tables and columns of the command show.
var shows = [...]ctl.Show{
	{Table: "Global", Columns: []string{"managers", "switches"}},
	{Table: "Manager", Name: "target", Columns: []string{"is_connected"}},
	{Table: "Physical_Switch", Name: "name", Columns: []string{"management_ips", "tunnel_ips", "ports"}},
	{Table: "Physical_Port", Name: "name", Columns: []string{"vlan_bindings"}},
	{Table: "Logical_Switch", Name: "name"},
}
