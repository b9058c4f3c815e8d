package ofctl

import (
	"fmt"
	"strings"

	"govs/cli"
	"govs/openflow"
)

// An actionDoc is what ovs-actions(7) says of a kind of action beyond its row.
type actionDoc struct {
	kind   openflow.Kind
	syntax string
	text   string
}

// An actionSection is a part of ovs-actions(7).
type actionSection struct {
	title, text string
	actions     []actionDoc
}

// encodings says how an action is encoded, and in which versions.
func encodings(a *openflow.ActionInfo) string {
	var out []string
	for _, w := range a.Wire {
		s := fmt.Sprintf("%s (type %d", w.Name, w.Code)
		if w.Vendor != 0 {
			s = fmt.Sprintf("%s (vendor 0x%08x, type %d", w.Name, w.Vendor, w.Code)
		}
		switch {
		case w.First == openflow.V10 && w.Last == openflow.V15:
			s += "; every version)"
		case w.First == w.Last:
			s += fmt.Sprintf("; %s)", minor(w.First))
		default:
			s += fmt.Sprintf("; %s to %s)", minor(w.First), minor(w.Last))
		}
		out = append(out, s)
	}
	if out == nil {
		return "An instruction in OpenFlow 1.1 and later."
	}
	return "Encoded as " + strings.Join(out, ", ") + "."
}

func minor(v openflow.Version) string { return fmt.Sprintf("OpenFlow 1.%d", v-openflow.V10) }

// ActionsManual returns ovs-actions(7).
func ActionsManual() *cli.Manual {
	m := &cli.Manual{
		Name: "ovs-actions", Section: 7, About: "actions and instructions of flows",
		Text: []string{
			"A flow's actions stand behind actions= in ovs-ofctl, with commas between them, and are carried out in their order. drop, alone, or nothing at all drops the packet. An action is written as WORD, WORD:ARGUMENT or WORD(ARGUMENTS); words may be in upper case. A port's number or name is an action, too: it is short for output.",
			"SRC and DST are fields of ovs-fields(7), whole or in part: NAME[FIRST..LAST], NAME[BIT], NAME[] or NAME. A field can be read or written where the flow's match has what it needs. VALUE[/MASK] is written as in a match.",
			"In OpenFlow 1.1 and later what a flow does is a set of instructions; a list of actions is the instruction that applies them at once. ovs-ofctl has the other instructions among the actions and wants them in this order: meter, the actions, clear_actions, write_actions, write_metadata, goto_table. Where a version has no such action, it is encoded as others that do the same, if there are any; else the flow cannot be sent in that version.",
		},
		SeeAlso: []string{"ovs-fields(7)", "ovs-ofctl(8)", "ovs-vswitchd(8)"},
	}
	rows := map[openflow.Kind]*openflow.ActionInfo{}
	infos := openflow.ActionInfos()
	for i := range infos {
		rows[infos[i].Kind] = &infos[i]
	}
	for i := range actionSections {
		s := &actionSections[i]
		g := cli.Group{Title: strings.ToUpper(s.title), Text: s.text}
		for _, d := range s.actions {
			g.Entries = append(g.Entries, cli.Entry{Term: d.syntax, Text: d.text + "\n" + encodings(rows[d.kind])})
		}
		m.Groups = append(m.Groups, g)
	}
	return m
}
