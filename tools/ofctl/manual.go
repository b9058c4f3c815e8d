package ofctl

import (
	"slices"
	"strings"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
)

// more is what the manual says of a command beyond its line of the usage text.
var more = map[string]string{
	"show":                "Prints the datapath's identifier, what the switch can do, its ports and how it treats fragments.",
	"dump-desc":           "Prints who made the switch and its version.",
	"dump-tables":         "Prints how many flows each table has, how many packets were looked up in it and how many found a flow.",
	"dump-table-features": "Prints what flows of each table can match and do. OpenFlow 1.3 and later.",
	"dump-table-desc":     "Prints whether tables evict flows and tell when they are almost full. OpenFlow 1.4 and later.",
	"mod-port":            "Changes a port, given by name or number. ACT is one of up, down, stp, no-stp, receive, no-receive, receive-stp, no-receive-stp, flood, no-flood, forward, no-forward, packet-in, no-packet-in.",
	"mod-table":           "Changes what a table does with packets that no flow matches (OpenFlow 1.1 and 1.2), or whether it evicts flows or tells when its free space falls below LOW or rises above HIGH percent (OpenFlow 1.4 and later). TABLE is a number, a name or ALL.",
	"set-frags":           "normal: fragments are matched with their ports as 0; drop: they are dropped; reassemble: the switch puts them together, if it can; nx-match: flows tell first fragments, whose ports are known, from later ones.",
	"dump-flows":          "Prints the flows that FLOW selects: its match, table, out_port, out_group and cookie/mask. With --sort and --rsort in order of priority or of a field.",
	"dump-aggregate":      "Prints the sums of the counters of the flows that FLOW selects, and their number.",
	"add-flow":            "A flow with the same table, priority and match is replaced. FLOW may be - for standard input.",
	"add-flows":           "FILE has a flow on each line, with a command before it if it is not to be added: add, modify, modify_strict, delete or delete_strict. # begins a comment, and - is standard input. Flows are sent without waiting; errors come with the line they belong to. With --bundle all take effect at once or none.",
	"mod-flows":           "Changes the actions of flows that match; with --strict only the one with the same match and priority. A flow that does not exist is added in strict mode by OpenFlow 1.0 switches only.",
	"del-flows":           "Deletes the flows that FLOW selects, all without it; with --strict only the one with the same match and priority.",
	"replace-flows":       "Changes, adds and deletes so that the switch has the flows of FILE. Flows that are there already keep their counters unless --readd is given.",
	"diff-flows":          "Each SOURCE is a switch or a file. Prints flows of the first only with -, of the second only with +. The exit status is 2 if there are any.",
	"packet-out":          "PACKET is in hexadecimal. The other form is packet-out SWITCH 'in_port=PORT packet=HEX actions=...', which can set metadata fields, too.",
	"monitor":             "Prints what the switch sends, until interrupted. MISSLEN is how many bytes of packets without a flow the switch sends; watch: asks for changes of flows, all or as its argument selects (!initial, !add, !delete, !modify, !actions, !own, table=, out_port=, a match). With --detach, ovs-appctl gives it the commands ofctl/send, ofctl/barrier, ofctl/set-output-file, ofctl/block, ofctl/unblock, ofctl/packet-out and exit.",
	"snoop":               "Prints what the switch and its controllers say to each other.",
	"mod-group":           "With --may-create the group is added if there is none.",
	"insert-buckets":      "OpenFlow 1.5, or the extension of OpenFlow 1.0. GROUP says where by command_bucket_id=first, last or a number.",
	"remove-buckets":      "The buckets are those that command_bucket_id names: first, last, all or a number.",
	"add-tlv-map":         "MAP is {class=CLASS,type=TYPE,len=LENGTH}->tun_metadataN, several with commas: the Geneve option becomes that field.",
	"ct-flush":            "Removes tracked connections: all, those of a zone (zone=N), or those of which the original direction or the reply's (an empty first tuple) has what a tuple says, such as ct_nw_src=10.0.0.1,ct_nw_proto=6,ct_tp_dst=80. With a tuple the zone is 0 unless given.",
	"ping":                "Sends ten echo requests.",
	"ofp-parse":           "FILE has OpenFlow messages one behind the other, as a TCP connection has them; - is standard input.",
	"ofp-parse-pcap":      "Prints the OpenFlow messages of the TCP connections in a capture; ports that are not 6653 or 6633 follow the file's name.",
	"bundle":              "Lines of FILE begin with flow, group or packet-out and a command. All take effect at once or none.",
	"sync":                "Compares the flows of the switch that have the cookie with those of FILE, and sends the difference as one atomic bundle. Flows that stay keep their counters.",
}

// headlines are the titles of the manual's sections of commands.
var headlines = [...]string{forSwitches: "For switches", forBoth: "For switches and controllers", forFiles: "Without a switch", beyond: "Beyond Open vSwitch",
	hidden: "Helpers for tests, which read standard input where no file is named"}

// Manual returns the tool's manual.
func Manual() *cli.Manual {
	t := &tool{name: "ovs-ofctl"}
	t.process = daemon.New([]string{t.name}, cli.IO{})
	var groups []cli.Group
	for i := range commands {
		c := &commands[i]
		if i == 0 || c.section != commands[i-1].section {
			groups = append(groups, cli.Group{Title: headlines[c.section]})
		}
		g := &groups[len(groups)-1]
		g.Entries = append(g.Entries, c.entries()...)
	}
	return &cli.Manual{
		Name: t.name, Section: 8, About: "ask and tell a switch by OpenFlow", Usage: "[OPTION]... COMMAND SWITCH [ARG]...",
		Text: []string{
			"SWITCH is the name of a bridge on this machine, a Unix socket's path, or an active connection method: tcp:HOST[:PORT], ssl:HOST[:PORT] or unix:FILE; the port is 6653 unless given.",
			"A flow is written as key=value pairs with commas or blanks between them: fields of the match (ovs-fields(7)) or shorthands such as ip, tcp or arp; table, priority, cookie, idle_timeout, hard_timeout, importance; flags such as send_flow_rem and check_overlap; and last actions=ACTION[,ACTION]... (ovs-actions(7)). What dump-flows prints can be given to add-flow again.",
			"A group has a group_id, a type (all, select, indirect or ff), for select perhaps a selection_method, and buckets: each bucket= with weight, watch_port or watch_group and a list of actions, as in group_id=1,type=select,bucket=weight:2,output:1. A meter has a number, kbps or pktps, perhaps burst and stats, and bands of type drop or dscp_remark with rate, burst_size and prec_level, as in meter=1,kbps,bands=type=drop,rate=1000. A band of type dscp_remark lets what is above its rate go on, IP packets of an assured forwarding class with a drop precedence that is higher by prec_level.",
			"Without -O the tool speaks OpenFlow 1.0 with Nicira's extensions, and with a switch that refuses that the best version that both have; --strict-version keeps to 1.0. With -f json each dump is one JSON object.",
		},
		Groups:  groups,
		Options: slices.Concat(t.options(), t.common.Rows(), vlog.Options(t.name), t.stream.Options(), t.process.Options()),
		Status: []cli.Entry{{Term: "0", Text: "success"}, {Term: "1", Text: "an error, of which standard error has the text"},
			{Term: "2", Text: "diff-flows found differences"}},
		Env:     []cli.Entry{{Term: "OVS_RUNDIR", Text: "the directory of bridges' sockets"}},
		SeeAlso: []string{"ovs-vswitchd(8)", "ovs-vsctl(8)", "ovs-appctl(8)", "ovs-testcontroller(8)"},
	}
}

// entries are the command's forms, each with its part of the usage text; the
// last has what the manual says more.
func (c *command) entries() []cli.Entry {
	if c.section == hidden {
		return []cli.Entry{{Term: c.name, Text: "no switch is needed unless the name is that of a command above"}}
	}
	var list []cli.Entry
	for line := range strings.Lines(c.help) {
		line = strings.TrimSuffix(line, "\n")
		line = strings.TrimPrefix(line, "[--may-create] ")
		line = strings.TrimPrefix(line, "[--cookie=C/M] ")
		term, text, _ := strings.Cut(line, "  ")
		if at := strings.LastIndexByte(term, ']') + 1; text == "" && at > 0 { // a blank is all that is between them
			term, text = term[:at], term[at:]
		}
		if strings.HasPrefix(line, " ") { // what goes on from above
			e := &list[len(list)-1]
			e.Text = strings.TrimSpace(e.Text + " " + strings.TrimSpace(line))
			continue
		}
		list = append(list, cli.Entry{Term: term, Text: strings.TrimSpace(text)})
	}
	if text := more[c.name]; text != "" {
		e := &list[len(list)-1]
		if e.Text != "" {
			e.Text += ". "
		}
		e.Text += text
	}
	return list
}
