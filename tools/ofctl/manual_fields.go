package ofctl

import (
	"fmt"
	"strings"

	"govs/cli"
	"govs/flow"
	"govs/openflow"
)

// A fieldDoc is what ovs-fields(7) says of a field beyond its row, or of a
// family of fields: that one and those of the same kind up to last.
type fieldDoc struct{ name, last, text string }

// A fieldSection is a part of ovs-fields(7).
type fieldSection struct {
	title, text string
	fields      []fieldDoc
}

var prereqNames = [...]string{
	flow.PrereqEthernet: "an Ethernet packet", flow.PrereqARP: "arp or rarp", flow.PrereqVlanVID: "a VLAN tag", flow.PrereqIPv4: "ip", flow.PrereqIPv6: "ipv6",
	flow.PrereqIP: "ip or ipv6", flow.PrereqMPLS: "mpls or mplsm", flow.PrereqTCP: "tcp or tcp6", flow.PrereqUDP: "udp or udp6", flow.PrereqSCTP: "sctp or sctp6",
	flow.PrereqICMPv4: "icmp", flow.PrereqICMPv6: "icmp6", flow.PrereqND: "icmp6 with icmp_type=135 or 136 and icmp_code=0", flow.PrereqNDSolicit: "icmp6 with icmp_type=135 and icmp_code=0",
	flow.PrereqNDAdvert: "icmp6 with icmp_type=136 and icmp_code=0", flow.PrereqNSH: "dl_type=0x894f", flow.PrereqCT: "ct_state=+trk and ip or ipv6",
}

var formatNames = [...]string{
	flow.FormatDecimal: "decimal", flow.FormatHex: "hexadecimal", flow.FormatEthernet: "an Ethernet address", flow.FormatIPv4: "an IPv4 address", flow.FormatIPv6: "an IPv6 address",
	flow.FormatOFPort: "a port's number or name", flow.FormatFrag: "no, yes, first, later or not_later", flow.FormatTCPFlags: "flags of TCP", flow.FormatTunFlags: "flags of tunnels",
	flow.FormatCtState: "flags of connections", flow.FormatPacketType: "(NAMESPACE,TYPE)",
}

// properties is what a field's row says of it, in words.
func properties(id flow.FieldID) string {
	f := id.Info()
	var out []string
	width := fmt.Sprintf("%d bits", f.Bits)
	if f.Bits == 1 {
		width = "1 bit"
	}
	if int(f.Bits) != 8*int(f.Bytes) {
		width += fmt.Sprintf(" in %d", 8*int(f.Bytes))
	}
	out = append(out, width, formatNames[f.Format])
	switch {
	case f.Maskable && f.Format == flow.FormatFrag:
	case f.Maskable:
		out = append(out, "with any mask")
	default:
		out = append(out, "exact match only")
	}
	if f.Writable {
		out = append(out, "read and write")
	} else {
		out = append(out, "read only")
	}
	if f.Prereq != flow.PrereqNone {
		out = append(out, "needs "+prereqNames[f.Prereq])
	}
	return strings.Join(out, "; ") + "."
}

// wireNames says how a field is called in OpenFlow, and since when.
func wireNames(id flow.FieldID) string {
	var out []string
	for _, x := range id.Info().OXMs {
		if x.Name == "" {
			continue
		}
		number := fmt.Sprintf("class 0x%04x, field %d", x.Class, x.Field)
		if x.Exp != 0 {
			number += fmt.Sprintf(", experimenter 0x%08x", x.Exp)
		}
		since := "an extension to every version"
		if x.Version != 0 {
			since = fmt.Sprintf("OpenFlow 1.%d and later", openflow.Version(x.Version)-openflow.V10)
		}
		out = append(out, fmt.Sprintf("%s (%s; %s)", x.Name, number, since))
	}
	if out == nil {
		return "It has no header of its own in NXM and OXM."
	}
	return strings.Join(out, ", ") + "."
}

// ids returns the fields that a row of a section is about.
func (d *fieldDoc) ids() []flow.FieldID {
	first, ok := flow.FieldByName(d.name)
	if !ok {
		return nil
	}
	last := first
	if d.last != "" {
		last, _ = flow.FieldByName(d.last)
	}
	var ids []flow.FieldID
	for id := first; id <= last; id++ {
		ids = append(ids, id)
	}
	return ids
}

func (d *fieldDoc) entry() cli.Entry {
	ids := d.ids()
	f := ids[0].Info()
	term := f.Name
	if f.Alias != "" {
		term += " or " + f.Alias
	}
	if d.last != "" {
		term += " to " + d.last
	}
	text := d.text + "\n" + properties(ids[0])
	if d.last == "" {
		return cli.Entry{Term: term, Text: text + "\n" + wireNames(ids[0])}
	}
	return cli.Entry{Term: term, Text: text + "\nThe first: " + wireNames(ids[0]) + " The last: " + wireNames(ids[len(ids)-1])}
}

// FieldsManual returns ovs-fields(7).
func FieldsManual() *cli.Manual {
	m := &cli.Manual{
		Name: "ovs-fields", Section: 7, About: "fields of packets in flows",
		Text: []string{
			"A flow matches packets by fields: parts of their headers, and what the switch knows of them beside, such as the port they came in by. Actions read and write fields too. This page names every field, and says how wide it is, how values are written, whether a mask may follow (VALUE/MASK, in which a bit of the mask that is 0 leaves that bit of the packet open), whether actions may write it, what must be matched before it, and its names and numbers in NXM (the extension to OpenFlow 1.0 and 1.1) and OXM (OpenFlow 1.2 and later).",
			"Numbers may be decimal, hexadecimal with 0x or octal with 0. Addresses take a mask as an address or, for IP, as the length of a prefix. A field may be named by its NXM or OXM name too, and a part of one as NAME[FIRST..LAST], bits counted from the least significant, or NAME[BIT]. FIELD=* matches anything.",
			"Shorthands stand for what comes before: ip, ipv6, arp, rarp, mpls and mplsm for the Ethernet type; tcp, udp, sctp and icmp for IPv4 with that protocol; tcp6, udp6, sctp6 and icmp6 for IPv6. A field whose condition a match does not have is refused.",
		},
		SeeAlso: []string{"ovs-actions(7)", "ovs-ofctl(8)", "ovs-vswitchd(8)"},
	}
	for i := range fieldSections {
		s := &fieldSections[i]
		g := cli.Group{Title: strings.ToUpper(s.title), Text: s.text}
		for j := range s.fields {
			g.Entries = append(g.Entries, s.fields[j].entry())
		}
		m.Groups = append(m.Groups, g)
	}
	return m
}
