// Package ctl is the engine of tools that change a database by commands, as
// ovs-vsctl(8) and vtep-ctl(8) do: several commands separated by "--" become
// one transaction, records are addressed by names, and the database commands
// (list, find, get, set, add, remove, clear, create, destroy, wait-until,
// comment) work on any schema. A tool adds rows of commands of its own.
//
// One run is one goroutine's; nothing is kept between runs.
package ctl

import (
	"context"
	"fmt"
	"iter"
	"net"
	"slices"
	"strings"

	"govs/cli/table"
	"govs/ovsdb"
	"govs/ovsdb/idl"
	"govs/ovsdb/schemas"
)

// Access says whether a command may change the database.
type Access uint8

// Reads commands never change it.
const (
	Reads Access = iota
	Writes
)

// Many is the Max of a command that takes any number of arguments.
const Many = 1 << 30

// Command is one row of the command table.
type Command struct {
	Name     string
	Min, Max int
	// Args names the arguments for completion: "!" before a required one,
	// "?" before an optional one, "*" before any number, "+" before at
	// least one.
	Args string
	// Options lists options such as "--may-exist", or "--id=" for one that
	// takes a value.
	Options []string
	// Help has pairs of a synopsis and what that form does, and Section is
	// the heading in the help above the first command that has one.
	Section string
	Help    []string
	Access  Access
	// Need names the columns the command reads, and refuses arguments that
	// are wrong whatever the database holds. It runs before connecting.
	Need func(n *Need, c *Call) error
	// Run does the work in a transaction. It may run again, on a newer
	// state of the database, and so must not touch anything but the context.
	Run func(c *Context) error
	// After runs once the transaction is committed.
	After func(c *Context)
}

// takes returns whether the option is one of the command's, and whether it
// takes a value.
func (c *Command) takes(option string) (known, value bool) {
	for _, o := range c.Options {
		if name, v := strings.CutSuffix(o, "="); name == option {
			return true, v
		}
	}
	return false, false
}

// Call is one command with its arguments, as given on the command line.
type Call struct {
	*Command
	Words   []string          // the arguments, without the command's name
	Options map[string]string // by name with its dashes
}

// Has reports whether an option such as "--if-exists" was given.
func (c *Call) Has(option string) bool {
	_, ok := c.Options[option]
	return ok
}

// String returns the command as it was typed, options first.
func (c *Call) String() string {
	var b strings.Builder
	for _, o := range c.Command.Options {
		name, takes := strings.CutSuffix(o, "=")
		if v, ok := c.Options[name]; ok {
			b.WriteString(name)
			if takes {
				b.WriteString("=" + v)
			}
			b.WriteByte(' ')
		}
	}
	b.WriteString(c.Name)
	for _, w := range c.Words {
		b.WriteString(" " + w)
	}
	return b.String()
}

// Context is a command at work.
type Context struct {
	*Call
	*idl.Txn
	App *App
	// Out takes the command's output.
	Out strings.Builder
	// Grid, if set, is printed instead of Out.
	Grid *table.Grid
	// TryAgain makes the whole run start again once the database changes.
	TryAgain bool
	// State is what the tool's commands of one run share: App.Begin makes it.
	State any

	symbols *symbols
	result  *idl.Result
	created ovsdb.UUID
}

// Root returns the row of a table that has only one, on which others hang,
// and makes it if need be.
func Root(t *idl.Txn, table string) *idl.Row {
	if r := idl.First(t, table); r != nil {
		return r
	}
	return t.Insert(table)
}

// Lines prints names, sorted, one a line.
func (c *Context) Lines(names []string) {
	slices.Sort(names)
	for _, n := range names {
		c.Printf("%s\n", n)
	}
}

// Printf adds to the output.
func (c *Context) Printf(format string, args ...any) { fmt.Fprintf(&c.Out, format, args...) }

// Must reports whether what a command names must exist: it has no
// --if-exists.
func (c *Context) Must() bool { return !c.Has("--if-exists") }

// ExitError ends the run with a status and without a message.
type ExitError int

func (e ExitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// Record is one way to name a row of a table besides by UUID.
type Record struct {
	Table string // where the name is looked up, "" for the row's own table
	Name  string // column that holds the name; "": any name, as the only row
	Via   string // column of Table that refers to the row
}

// Records lists the ways to name the rows of one table.
type Records struct {
	Table string
	Ways  []Record
}

// Show is what the command show prints of one table's rows.
type Show struct {
	Table   string
	Name    string // column; "": the UUID
	Columns []string
}

// App is a tool.
type App struct {
	Name     string // "ovs-vsctl"
	Module   string // for the log, "vsctl"
	Schema   func() *ovsdb.Schema
	Commands []Command
	Records  []Records
	Show     []Show
	// About is the first line of the help, Daemon whom the tool waits for.
	About, Daemon string
	// Invoker makes the database's log name the program that called the tool.
	Invoker  bool
	Timeouts []string // environment variables for --timeout
	// Keys lists the keys that the daemon knows, for hints at slips.
	Keys []schemas.Keys
	// Lists has, by the name of a kind of argument, the command that prints
	// what there is of it, for completion.
	Lists map[string][]string
	// Dial, if set, connects to the server in place of package stream.
	Dial func(ctx context.Context, remote string) (net.Conn, error)
	// Always names the columns that every run reads.
	Always func(n *Need)
	// Begin, if set, starts a transaction: it makes sure that the root row is
	// there. It returns the commands' common state.
	Begin func(t *idl.Txn) any
	// Reload names the counters of the handshake with the daemon; nil: the
	// tool does not wait.
	Reload *Reload
}

// Reload is the handshake with the daemon: every change adds 1 to Next, and
// the daemon copies it to Cur when it has done it.
type Reload struct {
	Table, Next, Cur string
	// Check runs when the daemon is done. It returns complaints to print.
	Check func(v idl.View, state any, r *idl.Result) []string
}

// commands returns all rows: the database commands, then the tool's.
func (a *App) commands() [][]Command { return [][]Command{a.Commands, dbCommands[:]} }

// All yields the rows of all commands.
func (a *App) All() iter.Seq[*Command] {
	return func(yield func(*Command) bool) {
		for _, rows := range a.commands() {
			for i := range rows {
				if !yield(&rows[i]) {
					return
				}
			}
		}
	}
}

func (a *App) find(name string) *Command {
	for c := range a.All() {
		if c.Name == name {
			return c
		}
	}
	return nil
}
