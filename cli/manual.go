package cli

import (
	"fmt"
	"slices"
	"strings"
)

// Manual is what there is to say about a tool: its man page is made of it, and
// what a shell completes.
type Manual struct {
	Name    string
	Section int    // of the manual
	About   string // a few words, as in an index
	Usage   string // what follows the name
	Text    []string
	Options []Option
	Groups  []Group // of commands
	Status  []Entry // exit status
	Env     []Entry
	SeeAlso []string
	Help    string // what --help prints: it stands in the page in place of commands and options
	// Complete, if set, returns what may stand in the place of the last of
	// words, which follow the tool's name. Nil: commands and options.
	Complete func(words []string) []string
}

// Group is a part of the commands with a title, or a section of a page of the
// manual's section 7, which is about no program.
type Group struct {
	Title   string
	Text    string // in front of the entries
	Entries []Entry
}

// Entry is a thing and what it means.
type Entry struct{ Term, Text string }

// roff writes a text so that troff prints it as it stands.
func roff(s string) string {
	s = strings.NewReplacer("\\", "\\e", "-", "\\-").Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = "\\&" + l
		}
	}
	return strings.Join(lines, "\n")
}

// Page returns the man page in troff's man macros.
func (m *Manual) Page() string {
	var b strings.Builder
	fmt.Fprintf(&b, ".\\\" Made by \"govs man %s\" from the program's tables.\n", m.Name)
	fmt.Fprintf(&b, ".TH %s %d \"\" \"govs\" \"Open vSwitch in Go\"\n", strings.ToUpper(roff(m.Name)), m.Section)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(m.Name), roff(m.About))
	program := m.Section != 7
	if program {
		fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n%s\n", roff(m.Name), roff(m.Usage))
	}
	if m.Text != nil {
		b.WriteString(".SH DESCRIPTION\n")
		for i, t := range m.Text {
			if i > 0 {
				b.WriteString(".PP\n")
			}
			b.WriteString(roff(t) + "\n")
		}
	}
	entries := func(title string, list []Entry) {
		if len(list) == 0 {
			return
		}
		fmt.Fprintf(&b, ".SH %s\n", title)
		for _, e := range list {
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(e.Term), roff(e.Text))
		}
	}
	if m.Help != "" {
		fmt.Fprintf(&b, ".SH DESCRIPTION\n.nf\n%s\n.fi\n", roff(strings.TrimSuffix(m.Help, "\n")))
		return b.String()
	}
	if len(m.Groups) > 0 {
		level := ".SH"
		if program {
			b.WriteString(".SH COMMANDS\n")
			level = ".SS"
		}
		for _, g := range m.Groups {
			if g.Title != "" {
				fmt.Fprintf(&b, "%s %s\n", level, roff(g.Title))
			}
			if g.Text != "" {
				b.WriteString(roff(g.Text) + "\n")
			}
			for _, e := range g.Entries {
				fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(e.Term), roff(e.Text))
			}
		}
	}
	var opts []Entry
	for i := range m.Options {
		opts = append(opts, Entry{m.Options[i].forms(), m.Options[i].about()})
	}
	entries("OPTIONS", opts)
	entries("EXIT STATUS", m.Status)
	entries("ENVIRONMENT", m.Env)
	if m.SeeAlso != nil {
		fmt.Fprintf(&b, ".SH SEE ALSO\n%s\n", roff(strings.Join(m.SeeAlso, ", ")))
	}
	return b.String()
}

// forms returns the ways to write an option.
func (o *Option) forms() string {
	meta := o.Meta
	if meta == "" {
		meta = "ARG"
	}
	var short, long string
	switch o.Arg {
	case ReqArg:
		short, long = " "+meta, "="+meta
	case OptArg:
		short, long = "["+meta+"]", "[="+meta+"]"
	}
	var f []string
	if o.Short != 0 {
		f = append(f, "-"+string(o.Short)+short)
	}
	if o.Long != "" {
		f = append(f, "--"+o.Long+long)
	}
	return strings.Join(f, ", ")
}

// about returns what there is to say about an option.
func (o *Option) about() string {
	if o.Doc != "" {
		return o.Doc
	}
	return o.Help
}

// Undocumented returns the options and commands about which nothing is said.
func (m *Manual) Undocumented() []string {
	var s []string
	for i := range m.Options {
		if m.Options[i].about() == "" {
			s = append(s, m.Options[i].forms())
		}
	}
	for _, g := range m.Groups {
		for _, e := range g.Entries {
			if e.Text == "" {
				s = append(s, e.Term)
			}
		}
	}
	return s
}

// Words returns what may stand in the place of the last of words.
func (m *Manual) Words(words []string) []string {
	var all []string
	if m.Complete != nil {
		all = m.Complete(words)
	} else {
		all = m.plain(words)
	}
	cur := words[len(words)-1]
	all = slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, cur) })
	slices.Sort(all)
	return slices.Compact(all)
}

func (m *Manual) plain(words []string) []string {
	cur := words[len(words)-1]
	if strings.HasPrefix(cur, "-") {
		return OptionWords(m.Options)
	}
	s := NewScanner(m.Options, StopFirst, words[:len(words)-1])
	for {
		if _, _, _, err := s.Next(); err != nil {
			break
		}
	}
	if len(s.Rest()) > 0 {
		return nil
	}
	var all []string
	for _, g := range m.Groups {
		for _, e := range g.Entries {
			for _, w := range strings.Fields(e.Term) {
				if w[0] != '[' && w[0] != '-' {
					all = append(all, w)
					break
				}
			}
		}
	}
	return all
}

// OptionWords returns the long forms of options; one that needs a value ends
// in "=".
func OptionWords(opts []Option) []string {
	var all []string
	for _, o := range opts {
		switch {
		case o.Long == "":
		case o.Arg == ReqArg:
			all = append(all, "--"+o.Long+"=")
		default:
			all = append(all, "--"+o.Long)
		}
	}
	return all
}
