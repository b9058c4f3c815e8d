package ctl

import (
	"slices"
	"strings"

	"govs/cli"
	"govs/daemon/vlog"
	"govs/ovsdb"
	"govs/ovsdb/schemas"
)

// complete returns what may stand in the place of the last of words, for a
// shell. Names of bridges, ports and records come from the database, if it
// answers.
func (a *App) complete(words []string) []string {
	cur, before := words[len(words)-1], words[:len(words)-1]
	first := !slices.Contains(before, "--")
	var opts []cli.Option
	if first {
		r := &run{app: a, log: vlog.New(a.Module)}
		opts = r.options(map[string]string{})
	} else {
		for slices.Contains(before, "--") {
			before = before[slices.Index(before, "--")+1:]
		}
		for c := range a.All() {
			opts = append(opts, c.scan()...)
		}
	}
	s := cli.NewScanner(opts, cli.StopFirst, before)
	for {
		if _, _, _, err := s.Next(); err != nil {
			break
		}
	}
	rest := s.Rest()
	switch {
	case len(rest) == 0 && strings.HasPrefix(cur, "-"):
		return cli.OptionWords(opts)
	case len(rest) == 0:
		var names []string
		for c := range a.All() {
			names = append(names, c.Name)
		}
		return names
	}
	c := a.find(rest[0])
	if c == nil {
		return nil
	}
	return a.argument(c, rest[1:], cur)
}

// scan returns the rows of a command's options, for finding where they end.
func (c *Command) scan() []cli.Option {
	var opts []cli.Option
	for _, o := range c.Options {
		name, takes := strings.CutSuffix(strings.TrimPrefix(o, "--"), "=")
		row := cli.Option{Long: name}
		if takes {
			row.Arg = cli.ReqArg
		}
		opts = append(opts, row)
	}
	return opts
}

// argument returns what may stand after the command's arguments.
func (a *App) argument(c *Command, before []string, cur string) []string {
	kinds := strings.Fields(c.Args)
	if len(kinds) == 0 {
		return nil
	}
	at := len(before)
	if at >= len(kinds) {
		if at = len(kinds) - 1; kinds[at][0] != '*' && kinds[at][0] != '+' {
			return []string{"--"}
		}
	}
	table := ""
	if kinds[0] == "!TABLE" && len(before) > 0 {
		table = before[0]
	}
	switch kind := strings.TrimLeft(kinds[at], "!?*+"); kind {
	case "TABLE":
		var names []string
		for _, t := range a.Schema().Tables {
			names = append(names, t.Name)
		}
		return names
	case "RECORD":
		t, err := findTable(a.Schema(), table)
		if err != nil {
			return nil
		}
		if t.Column("name") != nil {
			return append(a.ask("--bare", "--columns=name", "list", t.Name), ".")
		}
		return append(a.ask("--bare", "--columns=_uuid", "list", t.Name), ".")
	case "MODE":
		return a.modes(c.Name)
	case "VALUE", "KEY", "ARG", "":
		return nil
	default:
		if strings.HasPrefix(kind, "COLUMN") {
			if table == "" {
				table = "Port" // of add-port
			}
			return a.columns(table, cur, strings.Contains(kind, "="), strings.Contains(kind, "?:KEY"))
		}
		var all []string
		for k := range strings.SplitSeq(kind, "|") {
			all = append(all, a.ask(a.Lists[k]...)...)
		}
		return all
	}
}

// columns returns the columns of a table, and after "COLUMN:" the keys that are
// known of it.
func (a *App) columns(table, cur string, value, keys bool) []string {
	t, err := findTable(a.Schema(), table)
	if err != nil {
		return nil
	}
	end := func(map_ bool) string {
		switch {
		case map_ && keys:
			return ":"
		case value:
			return "="
		}
		return ""
	}
	if name, _, ok := strings.Cut(cur, ":"); ok && keys {
		col, err := findColumn(t, name)
		if err != nil {
			return nil
		}
		known, _ := schemas.KeysFor(a.Keys, t.Name, col.Name, "")
		var all []string
		for _, k := range known {
			all = append(all, name+":"+k+end(false))
		}
		return all
	}
	var all []string
	for _, col := range t.Own() {
		all = append(all, col.Name+end(col.Type.IsMap()))
	}
	return all
}

// modes returns the words of the enumeration that a command sets.
func (a *App) modes(command string) []string {
	for _, t := range a.Schema().Tables {
		for _, col := range t.Own() {
			name := strings.TrimPrefix(command, "set-")
			if fold(col.Name) != fold(name) {
				continue
			}
			return enum(col)
		}
	}
	return nil
}

func enum(col *ovsdb.Column) []string {
	var words []string
	if e := col.Type.Key.Enum; e != nil {
		for _, k := range e.Keys() {
			words = append(words, k.Str())
		}
	}
	return words
}

// ask runs the tool and returns the lines it prints.
func (a *App) ask(args ...string) []string {
	if len(args) == 0 {
		return nil
	}
	var out, errs strings.Builder
	if a.Main(append([]string{a.Name, "-vconsole:off", "-vsyslog:off"}, args...), cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs}) != 0 {
		return nil
	}
	return strings.Fields(out.String())
}
