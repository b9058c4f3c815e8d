package ctl

import (
	"io"
	"strings"

	"govs/cli"
	"govs/cli/table"
	"govs/daemon/vlog"
)

// Manual returns the tool's manual.
func (a *App) Manual() *cli.Manual {
	r := &run{app: a, io: cli.IO{Out: io.Discard, Err: io.Discard}, log: vlog.New(a.Module)}
	r.style = table.Style{Format: table.List}
	m := &cli.Manual{
		Name: a.Name, Section: 8, About: a.About, Usage: "[OPTION]... COMMAND [ARG]... [-- [OPTION]... COMMAND [ARG]...]...",
		Text: []string{
			a.Name + " does all commands of a command line in one transaction: either all of it is stored, or nothing. Options of a command stand before its name; those of the first one may stand among the global options.",
			"A record is named by its UUID, by at least four of that one's first digits, by \".\" if it is the only one of its table, or by a name:" + a.recordNames() + ". Names of tables and columns may be cut short.",
		},
		Status:   []cli.Entry{{Term: "0", Text: "all commands were done"}, {Term: "1", Text: "an error; nothing was changed"}, {Term: "2", Text: "a command that asks whether something exists says no"}},
		Env:      []cli.Entry{{Term: "OVS_RUNDIR", Text: "the directory of the database's socket, db.sock"}},
		Complete: a.complete,
	}
	if a.Reload != nil {
		m.Text = append(m.Text, "After a change it waits until "+a.Daemon+" has carried it out, but for --no-wait. After five seconds it says what it waits for.")
		m.Status = append(m.Status, cli.Entry{Term: "65", Text: "the change was stored, and " + a.Daemon + " could not carry out all of it"})
	}
	for _, t := range a.Timeouts {
		m.Env = append(m.Env, cli.Entry{Term: t, Text: "the value of --timeout where that is not given"})
	}
	own := map[string]bool{}
	for c := range a.All() {
		for _, o := range c.Options {
			own[strings.TrimSuffix(strings.TrimPrefix(o, "--"), "=")] = true
		}
		if c.Section != "" || m.Groups == nil {
			m.Groups = append(m.Groups, cli.Group{Title: c.Section})
		}
		g := &m.Groups[len(m.Groups)-1]
		for i := 0; i+1 < len(c.Help); i += 2 {
			g.Entries = append(g.Entries, cli.Entry{Term: c.optionText() + c.Help[i], Text: c.Help[i+1]})
		}
	}
	for _, o := range r.options(map[string]string{}) {
		if !own[o.Long] {
			m.Options = append(m.Options, o)
		}
	}
	return m
}

// optionText is what of a synopsis comes before the command's name.
func (c *Command) optionText() string {
	var b strings.Builder
	for _, o := range c.Options {
		if name, takes := strings.CutSuffix(o, "="); takes {
			o = name + "=VALUE"
		}
		b.WriteString("[" + o + "] ")
	}
	return b.String()
}

func (a *App) recordNames() string {
	var b strings.Builder
	for i := range a.Records {
		rec := &a.Records[i]
		for _, w := range rec.Ways {
			switch {
			case w.Name == "":
				continue
			case w.Via == "":
				b.WriteString(" of " + rec.Table + " the \"" + w.Name + "\",")
			default:
				b.WriteString(" of " + rec.Table + " the \"" + w.Name + "\" of the " + w.Table + " that has it,")
			}
		}
	}
	return strings.TrimSuffix(b.String(), ",")
}
