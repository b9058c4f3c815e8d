// Package table prints the tables of ovs-vsctl and ovsdb-client in the
// formats of ovs-vsctl(8) "Table Formatting Options": list, table, html, csv
// and json. It knows nothing of OVSDB: a cell is anything that can write
// itself in the three data formats. A Table is used by one goroutine.
package table

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"govs/cli"
)

// Format is the shape of the whole table.
type Format uint8

// Formats, as -f names them.
const (
	Table Format = iota
	List
	HTML
	CSV
	JSON
)

var formatNames = [...]string{Table: "table", List: "list", HTML: "html", CSV: "csv", JSON: "json"}

// Data is the form of one cell.
type Data uint8

// Cell forms, as -d names them.
const (
	String Data = iota
	Bare
	JSONData
)

var dataNames = [...]string{String: "string", Bare: "bare", JSONData: "json"}

// Cell is a value of a table.
type Cell interface {
	// Text returns the cell for people: String quotes where OVS does, Bare
	// leaves out quotes and brackets.
	Text(d Data) string
	// JSON returns the compact JSON text of the value, which -f json and
	// -d json print.
	JSON() string
}

// Style holds the options of one table printing tool. Set Format before
// parsing to the tool's default.
type Style struct {
	Format     Format
	Data       Data
	NoHeadings bool
	Pretty     bool
	MaxWidth   int // --max-column-width; 0 for none

	printed int // tables so far, for the empty lines between them
}

// Options returns the rows -f -d --no-headings --pretty --bare
// --max-column-width, which set s.
func (s *Style) Options() []cli.Option {
	return []cli.Option{
		{Long: "format", Short: 'f', Arg: cli.ReqArg, Meta: "FORMAT", Doc: "print tables as list, table, html, csv or json", Do: func(v string, _ bool) error {
			for i, n := range formatNames {
				if n == v {
					s.Format = Format(i)
					return nil
				}
			}
			return fmt.Errorf("unknown output format \"%s\"", v)
		}},
		{Long: "data", Short: 'd', Arg: cli.ReqArg, Meta: "FORMAT", Doc: "print values as string, bare or json", Do: func(v string, _ bool) error {
			for i, n := range dataNames {
				if n == v {
					s.Data = Data(i)
					return nil
				}
			}
			return fmt.Errorf("unknown data format \"%s\"", v)
		}},
		{Long: "no-headings", Doc: "leave out the headings of tables", Do: func(string, bool) error { s.NoHeadings = true; return nil }},
		{Long: "pretty", Doc: "indent JSON", Do: func(string, bool) error { s.Pretty = true; return nil }},
		{Long: "bare", Doc: "the same as --format=list --data=bare --no-headings", Do: func(string, bool) error {
			s.Format, s.Data, s.NoHeadings = List, Bare, true
			return nil
		}},
		{Long: "max-column-width", Arg: cli.ReqArg, Meta: "NUM", Doc: "cut cells of -f table to this width", Do: func(v string, _ bool) error {
			s.MaxWidth, _ = strconv.Atoi(v)
			s.MaxWidth = max(s.MaxWidth, 0)
			return nil
		}},
	}
}

// Usage returns the help section of Options. tables names the formats the
// tool's help lists.
func Usage() string {
	return `
Output formatting options:
  -f, --format=FORMAT         set output formatting to FORMAT
                              ("table", "html", "csv", or "json")
  -d, --data=FORMAT           set table cell output formatting to
                              FORMAT ("string", "bare", or "json")
  --no-headings               omit table heading row
  --pretty                    pretty-print JSON in output
  --bare                      equivalent to "--format=list --data=bare --no-headings"
`
}

// Grid is one table to print.
type Grid struct {
	Caption string
	Time    time.Time // printed above the table unless zero (--timestamp)
	Heads   []string
	Rows    [][]Cell
}

// Str is a cell that holds a plain string.
type Str string

// Text returns the string, which is never quoted.
func (s Str) Text(Data) string { return string(s) }

// JSON returns the string in JSON.
func (s Str) JSON() string { return jsonString(string(s)) }

func (s *Style) text(c Cell) string {
	if c == nil {
		return ""
	}
	if _, plain := c.(Str); plain || s.Data != JSONData {
		return c.Text(s.Data)
	}
	if s.Pretty {
		return prettyJSON(c.JSON())
	}
	return c.JSON()
}

// stamp is the time above a table, to the millisecond, in UTC.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }

// Write prints the table; between those of one Style it leaves an empty line
// where the format needs it.
func (s *Style) Write(w io.Writer, g *Grid) error {
	var b strings.Builder
	n := s.printed
	s.printed++
	switch s.Format {
	case JSON:
		s.json(&b, g)
	case HTML:
		s.html(&b, g)
	default:
		if n > 0 {
			b.WriteByte('\n')
		}
		if !g.Time.IsZero() {
			b.WriteString(stamp(g.Time) + "\n")
		}
		if g.Caption != "" {
			b.WriteString(g.Caption + "\n")
		}
		switch s.Format {
		case Table:
			s.table(&b, g)
		case List:
			s.list(&b, g)
		case CSV:
			s.csv(&b, g)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Style) list(b *strings.Builder, g *Grid) {
	for i, row := range g.Rows {
		if i > 0 {
			b.WriteByte('\n')
		}
		for x, c := range row {
			if !s.NoHeadings {
				fmt.Fprintf(b, "%-20s: ", g.Heads[x])
			}
			b.WriteString(s.text(c) + "\n")
		}
	}
}

func (s *Style) table(b *strings.Builder, g *Grid) {
	widths := make([]int, len(g.Heads))
	cells := make([][]string, len(g.Rows))
	if !s.NoHeadings {
		for x, h := range g.Heads {
			widths[x] = len(h)
		}
	}
	for y, row := range g.Rows {
		cells[y] = make([]string, len(row))
		for x, c := range row {
			cells[y][x] = s.text(c)
			widths[x] = max(widths[x], len(cells[y][x]))
		}
	}
	if s.MaxWidth > 0 {
		for x := range widths {
			least := 0
			if !s.NoHeadings {
				least = len(g.Heads[x])
			}
			widths[x] = min(widths[x], max(s.MaxWidth, least))
		}
	}
	line := func(words []string) {
		var l strings.Builder
		for x, t := range words {
			if x > 0 {
				l.WriteByte(' ')
			}
			fmt.Fprintf(&l, "%-*s", widths[x], t[:min(len(t), widths[x])])
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	if !s.NoHeadings {
		line(g.Heads)
		dashes := make([]string, len(widths))
		for x, n := range widths {
			dashes[x] = strings.Repeat("-", n)
		}
		line(dashes)
	}
	for _, row := range cells {
		line(row)
	}
}

func (s *Style) csv(b *strings.Builder, g *Grid) {
	line := func(n int, text func(x int) string) {
		for x := range n {
			if x > 0 {
				b.WriteByte(',')
			}
			t := text(x)
			if strings.ContainsAny(t, "\n\",") {
				t = `"` + strings.ReplaceAll(t, `"`, `""`) + `"`
			}
			b.WriteString(t)
		}
		b.WriteByte('\n')
	}
	if !s.NoHeadings {
		line(len(g.Heads), func(x int) string { return g.Heads[x] })
	}
	for _, row := range g.Rows {
		line(len(row), func(x int) string { return s.text(row[x]) })
	}
}
