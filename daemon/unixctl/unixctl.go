// Package unixctl is the control channel of every daemon: a Unix socket that
// takes JSON-RPC 1.0 requests such as ovs-appctl sends (ovs-appctl(8)), a
// table of command rows on the server's side, and the client. Handlers run on
// the goroutine of their connection unless the server's Dispatch says
// otherwise; a connection's requests are answered in order.
package unixctl

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"govs/internal/version"
)

// Many as MaxArgs means any number of arguments.
const Many = 1 << 30

// Command is one row of a daemon's command table.
type Command struct {
	Name    string
	Usage   string // the arguments as list-commands prints them
	MinArgs int
	MaxArgs int // Many for no limit
	// Run handles a request. It must answer exactly once with r.Reply,
	// r.ReplyJSON or r.Error, now or later, from any goroutine.
	Run func(r *Request)
}

// Request is one command a client sent.
type Request struct {
	Name string   // the command's name
	Args []string // its arguments, without the name
	JSON bool     // the client asked for JSON (ovs-appctl -f json)

	once  sync.Once
	reply chan response
}

// response has null for the one of result and error that does not apply.
type response struct {
	ID     json.RawMessage `json:"id"`
	Result any             `json:"result"`
	Error  any             `json:"error"`
}

func (r *Request) answer(a response) { r.once.Do(func() { r.reply <- a }) }

// lines ends a non-empty text with a newline, as the reference's server does.
func lines(text string) string {
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}

// Reply answers with text; a final newline is added if missing. A client that
// asked for JSON gets the text in an object that says so.
func (r *Request) Reply(text string) {
	if r.JSON {
		r.ReplyJSON(map[string]string{"reply-format": "plain", "reply": lines(text)})
		return
	}
	r.answer(response{Result: lines(text)})
}

// Replyf is Reply with a format.
func (r *Request) Replyf(format string, args ...any) { r.Reply(fmt.Sprintf(format, args...)) }

// ReplyJSON answers with a value for a client that asked for JSON.
func (r *Request) ReplyJSON(v any) { r.answer(response{Result: v}) }

// Error answers with an error text; ovs-appctl prints it and exits 2.
func (r *Request) Error(text string) { r.answer(response{Error: lines(text)}) }

// Errorf is Error with a format.
func (r *Request) Errorf(format string, args ...any) { r.Error(fmt.Sprintf(format, args...)) }

// table finds commands by name.
type table struct {
	mu   sync.RWMutex
	rows map[string]Command // guarded by mu
}

func (t *table) add(cmds []Command) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = map[string]Command{}
	}
	for _, c := range cmds {
		t.rows[c.Name] = c
	}
}

func (t *table) get(name string) (Command, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	c, ok := t.rows[name]
	return c, ok
}

func (t *table) sorted() []Command {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var all []Command
	for _, c := range t.rows {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Command) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// check returns the text of what is wrong with a call, or "".
func (c *Command) check(args []string) string {
	if len(args) < c.MinArgs {
		return fmt.Sprintf("\"%s\" command requires at least %d arguments", c.Name, c.MinArgs)
	}
	if len(args) > c.MaxArgs {
		return fmt.Sprintf("\"%s\" command takes at most %d arguments", c.Name, c.MaxArgs)
	}
	return ""
}

// Do runs one command in this process and waits for its answer, as if a client
// had sent it. ok is unset for an error.
func (s *Server) Do(name string, args ...string) (text string, ok bool) {
	a := s.call(&session{}, name, args)
	if a.Error != nil {
		return fmt.Sprint(a.Error), false
	}
	if t, isText := a.Result.(string); isText {
		return t, true
	}
	b, err := json.Marshal(a.Result)
	return string(b), err == nil
}

// session is what a connection remembers between requests.
type session struct{ json bool }

func (s *Server) call(ses *session, name string, args []string) response {
	r := &Request{Name: name, Args: args, JSON: ses.json, reply: make(chan response, 1)}
	c, found := s.cmds.get(name)
	bad := ""
	if !found {
		bad = fmt.Sprintf("\"%s\" is not a valid command (use \"list-commands\" to see a list of valid commands)", name)
	} else {
		bad = c.check(args)
	}
	switch {
	case bad != "":
		r.Error(bad)
	case c.Name == "set-options":
		setOptions(ses, r)
	case s.Dispatch != nil:
		s.Dispatch(func() { c.Run(r) })
	default:
		c.Run(r)
	}
	select {
	case a := <-r.reply:
		return a
	case <-s.done:
		// The daemon ends: an answer given meanwhile still counts.
		select {
		case a := <-r.reply:
			return a
		default:
			return response{Error: "daemon is exiting\n"}
		}
	}
}

func (s *Server) builtin() []Command {
	return []Command{
		{Name: "list-commands", Run: s.listCommands},
		{Name: "version", Run: func(r *Request) {
			r.Replyf("%s (Open vSwitch) %s\n", s.program, version.OVS)
		}},
		{Name: "set-options", Usage: "[--format text|json]", MinArgs: 1, MaxArgs: 2},
	}
}

func (s *Server) listCommands(r *Request) {
	all := s.cmds.sorted()
	if r.JSON {
		m := map[string]string{}
		for _, c := range all {
			m[c.Name] = c.Usage
		}
		r.ReplyJSON(m)
		return
	}
	var b strings.Builder
	io.WriteString(&b, "The available commands are:\n")
	for _, c := range all {
		fmt.Fprintf(&b, "  %-23s %s\n", c.Name, c.Usage)
	}
	r.Reply(b.String())
}

func setOptions(ses *session, r *Request) {
	if len(r.Args) == 2 && r.Args[0] == "--format" {
		switch r.Args[1] {
		case "json", "text":
			ses.json = r.Args[1] == "json"
			r.Reply("")
			return
		}
		r.Errorf("option format has invalid value %s", r.Args[1])
		return
	}
	r.Errorf("invalid option %s", r.Args[0])
}
