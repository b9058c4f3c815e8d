package ofctl

import (
	"fmt"
	"io"
)

const many = 1 << 30

// commands are all of ovs-ofctl; those without a function say that they are
// not there yet. Rows without args are helpers that usage does not show.
var commands = [...]command{
	{"show", "SWITCH", 1, 1, false, (*tool).show},
	{"dump-desc", "SWITCH", 1, 1, false, (*tool).dumpDesc},
	{"dump-tables", "SWITCH", 1, 1, false, (*tool).dumpTables},
	{"dump-table-features", "SWITCH [TABLE]", 1, 2, false, nil},
	{"dump-table-desc", "SWITCH [TABLE]", 1, 2, false, nil},
	{"mod-table", "SWITCH MOD", 3, 3, true, nil},
	{"get-frags", "SWITCH", 1, 1, false, (*tool).getFrags},
	{"set-frags", "SWITCH FRAG_MODE", 2, 2, true, (*tool).setFrags},
	{"dump-ports", "SWITCH [PORT]", 1, 2, false, (*tool).dumpPorts},
	{"dump-ports-desc", "SWITCH [PORT]", 1, 2, false, (*tool).dumpPortsDesc},
	{"mod-port", "SWITCH IFACE ACT", 3, 3, true, (*tool).modPort},
	{"dump-flows", "SWITCH [FLOW]", 1, 2, false, (*tool).dumpFlows},
	{"dump-aggregate", "SWITCH [FLOW]", 1, 2, false, (*tool).dumpAggregate},
	{"queue-stats", "SWITCH [PORT [QUEUE]]", 1, 3, false, (*tool).queueStats},
	{"queue-get-config", "SWITCH [PORT [QUEUE]]", 1, 3, false, nil},
	{"add-flow", "SWITCH FLOW", 2, 2, true, (*tool).addFlow},
	{"add-flows", "SWITCH FILE", 2, 2, true, (*tool).addFlows},
	{"mod-flows", "SWITCH FLOW", 2, 2, true, (*tool).modFlows},
	{"del-flows", "SWITCH [FLOW]", 1, 2, true, (*tool).delFlows},
	{"replace-flows", "SWITCH FILE", 2, 2, true, (*tool).replaceFlows},
	{"diff-flows", "SOURCE1 SOURCE2", 2, 2, false, (*tool).diffFlows},
	{"packet-out", "SWITCH PORT ACTIONS PACKET...", 2, many, true, (*tool).packetOut},
	{"monitor", "SWITCH [MISSLEN] [invalid_ttl] [watch:[...]]", 1, 3, false, (*tool).monitor},
	{"snoop", "SWITCH", 1, 1, false, (*tool).snoop},
	{"add-group", "SWITCH GROUP", 1, 2, true, nil},
	{"add-groups", "SWITCH FILE", 1, 2, true, nil},
	{"mod-group", "SWITCH GROUP", 1, 2, true, nil},
	{"del-groups", "SWITCH [GROUP]", 1, 2, true, nil},
	{"insert-buckets", "SWITCH [GROUP]", 1, 2, true, nil},
	{"remove-buckets", "SWITCH [GROUP]", 1, 2, true, nil},
	{"dump-group-features", "SWITCH", 1, 1, false, nil},
	{"dump-groups", "SWITCH [GROUP]", 1, 2, false, nil},
	{"dump-group-stats", "SWITCH [GROUP]", 1, 2, false, nil},
	{"add-meter", "SWITCH METER", 2, 2, true, nil},
	{"mod-meter", "SWITCH METER", 2, 2, true, nil},
	{"del-meters", "SWITCH [METER]", 1, 2, true, nil},
	{"dump-meters", "SWITCH [METER]", 1, 2, false, nil},
	{"meter-stats", "SWITCH [METER]", 1, 2, false, nil},
	{"meter-features", "SWITCH", 1, 1, false, nil},
	{"bundle", "SWITCH FILE", 2, 2, true, nil},
	{"add-tlv-map", "SWITCH MAP", 2, 2, true, nil},
	{"del-tlv-map", "SWITCH [MAP]", 1, 2, true, nil},
	{"dump-tlv-map", "SWITCH", 1, 1, false, nil},
	{"dump-ipfix-bridge", "SWITCH", 1, 1, false, nil},
	{"dump-ipfix-flow", "SWITCH", 1, 1, false, nil},
	{"ct-flush-zone", "SWITCH ZONE", 2, 2, true, nil},
	{"ct-flush", "SWITCH [zone=N] [CT_TUPLE [CT_TUPLE]]", 1, 4, true, nil},
	{"ofp-parse", "FILE", 1, 1, false, (*tool).ofpParse},
	{"ofp-parse-pcap", "PCAP [PORT...]", 1, many, false, nil},
	{"probe", "TARGET", 1, 1, false, (*tool).probe},
	{"ping", "TARGET [N]", 1, 2, false, (*tool).ping},
	{"benchmark", "TARGET N COUNT", 3, 3, false, (*tool).benchmark},

	{"parse-flow", "", 1, 1, false, (*tool).parseFlow},
	{"parse-flows", "", 1, 1, false, (*tool).parseFlows},
	{"parse-nx-match", "", 0, 0, false, nil},
	{"parse-nxm", "", 0, 0, false, (*tool).parseNXM},
	{"parse-oxm", "", 1, 1, false, nil},
	{"parse-actions", "", 1, 1, false, (*tool).parseActions},
	{"parse-instructions", "", 1, 1, false, (*tool).parseInstructions},
	{"parse-ofp10-match", "", 0, 0, false, nil},
	{"parse-ofp11-match", "", 0, 0, false, nil},
	{"parse-pcap", "", 1, many, false, nil},
	{"check-vlan", "", 2, 2, false, nil},
	{"print-error", "", 1, 1, false, (*tool).printError},
	{"encode-error-reply", "", 2, 2, false, nil},
	{"ofp-print", "", 1, 2, false, (*tool).ofpPrint},
	{"encode-hello", "", 1, 1, false, (*tool).encodeHello},
	{"parse-key-value", "", 1, many, false, (*tool).parseKeyValue},
	{"compose-packet", "", 1, 2, false, nil},
	{"parse-packet", "", 0, 0, false, nil},
}

func usage(w io.Writer, name string) {
	fmt.Fprintf(w, "%s: OpenFlow switch management utility\nusage: %s [OPTIONS] COMMAND [ARG...]\n\nCommands:\n", name, name)
	for i := range commands {
		c := &commands[i]
		if c.args == "" {
			continue
		}
		note := ""
		if c.run == nil {
			note = "  (not there yet)"
		}
		fmt.Fprintf(w, "  %s %s%s\n", c.name, c.args, note)
	}
	fmt.Fprint(w, `
SWITCH is a bridge's name, or unix:FILE, tcp:HOST[:PORT], ssl:HOST[:PORT].

Options:
  -O, --protocols=LIST    versions of OpenFlow to offer (default: OpenFlow10)
  -F, --flow-format=LIST  protocols allowed for flows
  --strict                match exactly in mod-flows and del-flows
  --sort[=FIELD], --rsort[=FIELD]  sort flows
  --names, --no-names     print ports by name, or by number
  --no-stats              leave out counters and times
  --read-only             refuse commands that change the switch
  -m, --more              print more of messages
  --timestamp             print times (monitor, snoop)
  -t, --timeout=SECS      give up after SECS seconds
  -v, --verbose=[SPEC]    set logging levels
  -h, --help              print this help
  -V, --version           print the version
`)
}
