// Package flowviz is ovs-flowviz(8): it shows dumps of OpenFlow and datapath
// flows so that people can read them: filtered, grouped, as a tree, as JSON, as
// a page or a graph. Main keeps no state.
package flowviz

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"govs/cli"
	"govs/internal/version"
)

// The kinds of flows.
const (
	openflow = "openflow"
	datapath = "datapath"
)

// input is one dump.
type input struct {
	name    string
	entries []*entry
}

// viz is one run.
type viz struct {
	cli.IO
	name              string
	kind              string
	inputs            []*input
	files             []string // [ALIAS,]FILE
	filter, highlight filter
	colors            bool
	// Options of formats.
	heat, flows, cookies bool
}

// format is one way to show flows; options are its own.
type format struct {
	kind, name, help string
	options          string // letters of formatOptions
	whole            bool   // filters by itself, whole trees at a time
	run              func(*viz) error
}

var formats = []format{
	{openflow, "console", "one flow a line", "h", false, (*viz).console},
	{openflow, "cookie", "by cookie and table", "h", false, (*viz).cookie},
	{openflow, "logic", "groups of flows that do alike, by table", "hsc", false, (*viz).logic},
	{openflow, "json", "JSON", "", false, (*viz).printJSON},
	{openflow, "html", "a page, by table", "", false, (*viz).html},
	{datapath, "console", "one flow a line", "h", false, (*viz).console},
	{datapath, "tree", "flows below those that recirculate to them", "h", true, (*viz).printTree},
	{datapath, "json", "JSON", "", false, (*viz).printJSON},
	{datapath, "html", "a page with the tree", "", true, (*viz).html},
	{datapath, "graph", "the tree for Graphviz' dot", "", true, (*viz).graph},
}

func (v *viz) options(style *string) []cli.Option {
	expr := func(f *filter) func(string, bool) error {
		return func(s string, _ bool) (err error) {
			*f, err = parseFilter(s)
			return err
		}
	}
	return []cli.Option{
		{Long: "input", Short: 'i', Arg: cli.ReqArg, Meta: "[ALIAS,]FILE", Help: "read FILE; may be repeated (default: standard input)",
			Do: func(s string, _ bool) error { v.files = append(v.files, s); return nil }},
		{Long: "filter", Short: 'f', Arg: cli.ReqArg, Meta: "FILTER", Help: "show flows that match FILTER", Do: expr(&v.filter)},
		{Long: "highlight", Short: 'l', Arg: cli.ReqArg, Meta: "FILTER", Help: "make flows that match FILTER stand out", Do: expr(&v.highlight)},
		{Long: "style", Arg: cli.ReqArg, Meta: "STYLE", Help: "\"dark\" or \"light\": colors also where output is no terminal; \"plain\": none",
			Do: func(s string, _ bool) error {
				switch s {
				case "dark", "light", "plain":
					*style = s
					return nil
				}
				return fmt.Errorf("--style: unknown style \"%s\"", s)
			}},
		{Long: "config", Short: 'c', Arg: cli.ReqArg, Meta: "FILE", Do: func(string, bool) error {
			return errors.New("--config: files of styles are not built into this version of govs")
		}},
	}
}

// formatOptions are options behind the format's name.
func (v *viz) formatOptions(letters string) []cli.Option {
	set := func(b *bool) func(string, bool) error {
		return func(string, bool) error { *b = true; return nil }
	}
	var rows []cli.Option
	for _, o := range []cli.Option{
		{Long: "heat-map", Short: 'h', Help: "color counters by how large they are", Do: set(&v.heat)},
		{Long: "show-flows", Short: 's', Help: "show the flows of each group", Do: set(&v.flows)},
		{Long: "cookie", Short: 'c', Help: "flows of other cookies are other groups", Do: set(&v.cookies)},
	} {
		if strings.IndexByte(letters, o.Short) >= 0 {
			rows = append(rows, o)
		}
	}
	return rows
}

// Main runs ovs-flowviz.
func Main(argv []string, o cli.IO) int {
	v := &viz{IO: o, name: cli.Name(argv)}
	style := ""
	var c cli.Common
	args, err := cli.Parse(argv[1:], cli.StopFirst, v.options(&style), c.Rows())
	switch {
	case c.Help:
		v.usage()
		return 0
	case c.Version:
		version.Print(o.Out, v.name)
		return 0
	case err == nil && len(args) < 2:
		err = errors.New("needs a kind of flows and a format (use --help for help)")
	}
	var f *format
	if err == nil {
		f, err = find(args[0], args[1])
	}
	if err == nil {
		v.kind = f.kind
		args, err = cli.Parse(args[2:], cli.Permute, v.formatOptions(f.options))
	}
	if err == nil && len(args) > 0 {
		err = fmt.Errorf("%s: unexpected argument", args[0])
	}
	if err == nil {
		out, ok := o.Out.(*os.File)
		v.colors = style == "dark" || style == "light" || style == "" && ok && term.IsTerminal(int(out.Fd()))
		err = v.read(f.whole)
	}
	if err == nil {
		err = f.run(v)
	}
	if err != nil {
		return o.Fail(v.name, err)
	}
	return 0
}

func find(kind, name string) (*format, error) {
	known := false
	for i := range formats {
		known = known || formats[i].kind == kind
		if formats[i].kind == kind && formats[i].name == name {
			return &formats[i], nil
		}
	}
	if known {
		return nil, fmt.Errorf("unknown format \"%s\" of %s flows (use --help for help)", name, kind)
	}
	return nil, fmt.Errorf("unknown kind of flows \"%s\" (use --help for help)", kind)
}

func (v *viz) usage() {
	fmt.Fprintf(v.Out, "%s: shows dumps of flows\nusage: %s [OPTIONS] {openflow | datapath} FORMAT [FORMAT OPTIONS]\n\nFormats:\n", v.name, v.name)
	for _, f := range formats {
		fmt.Fprintf(v.Out, "  %-10s%-10s%s\n", f.kind, f.name, f.help)
		for _, o := range v.formatOptions(f.options) {
			fmt.Fprintf(v.Out, "  %22s-%c, --%-14s%s\n", "", o.Short, o.Long, o.Help)
		}
	}
	fmt.Fprint(v.Out, "\nOptions:\n")
	for _, o := range v.options(new(string)) {
		if o.Help == "" {
			continue
		}
		short := "   "
		if o.Short != 0 {
			short = "-" + string(rune(o.Short)) + ","
		}
		fmt.Fprintf(v.Out, "  %s --%-24s%s\n", short, o.Long+"="+o.Meta, o.Help)
	}
	fmt.Fprint(v.Out, `  -h, --help                      display this help message
  -V, --version                   display version information

A FILTER compares keys of a flow's match, actions and information, and joins
that by && || ! and parentheses:
  "nw_src~=10.0.0.1 && !drop"   "ct.zone=5 or output.port=3"   "n_packets>0"
`)
}

// read reads the dumps; whole says that the format filters by itself.
func (v *viz) read(whole bool) error {
	if len(v.files) == 0 {
		return v.readFrom("stdin", v.In, whole)
	}
	for _, arg := range v.files {
		name, path, ok := strings.Cut(arg, ",")
		if !ok {
			path = arg
		}
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("%s: %s", path, cli.Strerror(err))
		}
		err = v.readFrom(name, f, whole)
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *viz) readFrom(name string, r io.Reader, whole bool) error {
	in := &input{name: name}
	parse, sep := parseOpenFlow, "actions="
	if v.kind == datapath {
		parse, sep = parseDatapath, "actions:"
	}
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<22)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		// Headings of replies and of threads are no flows.
		if !strings.Contains(line, sep) {
			continue
		}
		e, err := parse(line)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if whole || v.filter == nil || v.filter.wants(e) {
			in.entries = append(in.entries, e)
		}
	}
	v.inputs = append(v.inputs, in)
	return s.Err()
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
