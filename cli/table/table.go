// Package table prints the tables of ovs-vsctl and ovsdb-client in the
// formats of ovs-vsctl(8) "Table Formatting Options": list, table, html, csv
// and json. It knows nothing of OVSDB: a cell is anything that can write
// itself in the three data formats. A Table is used by one goroutine.
package table

import (
	"io"

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

// Data is the form of one cell.
type Data uint8

// Cell forms, as -d names them.
const (
	String Data = iota
	Bare
	JSONData
)

// Cell is a value of a table.
type Cell interface {
	// Text returns the cell for people: String quotes where OVS does, Bare
	// leaves out quotes and brackets.
	Text(d Data) string
	// JSON returns the value that -f json and -d json print: anything
	// encoding/json takes.
	JSON() any
}

// Style holds the options of one table printing tool.
type Style struct {
	Format     Format
	Data       Data
	NoHeadings bool
	Pretty     bool
	MaxWidth   int // --max-column-width; 0 for none
}

// Options returns the rows -f -d --no-headings --pretty --bare
// --max-column-width, which set s.
func (s *Style) Options() []cli.Option { return nil }

// Grid is one table to print.
type Grid struct {
	Caption   string
	Timestamp bool // print the time above the table, as ovsdb-client --timestamp
	Heads     []string
	Rows      [][]Cell
}

// Str is a cell that holds a plain string.
type Str string

// Text returns the string.
func (s Str) Text(Data) string { return string(s) }

// JSON returns the string.
func (s Str) JSON() any { return string(s) }

// Write prints the table. A tool that prints several tables with one Style
// puts an empty line between them by Writer.
func (s *Style) Write(w io.Writer, g *Grid) error { return nil }
