package ovsdbclient

import (
	"slices"
	"strings"

	"govs/cli"
	"govs/daemon"
)

// Manual returns the tool's manual.
func Manual() *cli.Manual {
	const name = "ovsdb-client"
	c := &client{name: name, daemon: daemon.New([]string{name}, cli.IO{})}
	var help, ver bool
	g := cli.Group{}
	for _, row := range commands() {
		term := row.name
		if row.name != "help" {
			term += " [SERVER]"
		}
		g.Entries = append(g.Entries, cli.Entry{Term: strings.TrimSpace(term + " " + row.args), Text: row.help})
	}
	return &cli.Manual{
		Name: name, Section: 1, About: "ask and change the databases of a running server", Usage: "[OPTION]... COMMAND [SERVER] [ARG]...",
		Text: []string{
			"SERVER is tcp:HOST:PORT, ssl:HOST:PORT or unix:FILE, several of these with commas between them, or ptcp:PORT, pssl:PORT or punix:FILE to wait for a server that connects. Without it the socket db.sock in the run directory is used. Without DATABASE it is Open_vSwitch, or the only one there is.",
			"With --detach, monitor, monitor-cond and monitor-cond-since return when the first rows are printed, and lock, steal and unlock when the first reply is. Then ovs-appctl sends them \"exit\"; to the monitors \"ovsdb-client/block\", \"ovsdb-client/unblock\" and \"ovsdb-client/cond_change TABLE CONDITION\"; and to the others \"lock LOCK\", \"steal LOCK\" and \"unlock LOCK\".",
		},
		Groups:  []cli.Group{g},
		Options: slices.Concat(c.options(&help, &ver)...),
		Status:  []cli.Entry{{Term: "0", Text: "success; a transaction's reply may hold errors all the same"}, {Term: "1", Text: "an error"}},
		Env:     []cli.Entry{{Term: "OVS_RUNDIR", Text: "the directory of the database's socket, db.sock"}},
		SeeAlso: []string{"ovsdb-server(1)", "ovsdb-tool(1)", "ovs-vsctl(8)", "RFC 7047"},
	}
}
