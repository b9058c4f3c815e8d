// Package unixctl is the control channel of every daemon: a Unix socket that
// takes JSON-RPC requests such as ovs-appctl sends (ovs-appctl(8)), a table of
// command rows on the server's side, and the client. Handlers run on the
// goroutine of their connection unless the server's Dispatch says otherwise.
package unixctl

// Many as MaxArgs means any number of arguments.
const Many = 1 << 30

// Command is one row of a daemon's command table.
type Command struct {
	Name    string
	Usage   string // the arguments as list-commands prints them
	MinArgs int
	MaxArgs int // Many for no limit
	// Run handles a request. It must answer exactly once with r.Reply or
	// r.Error, now or later, from any goroutine.
	Run func(r *Request)
}

// Request is one command a client sent.
type Request struct {
	Name string   // the command's name
	Args []string // its arguments, without the name
	JSON bool     // the client asked for JSON (ovs-appctl -f json)
}

// Reply answers with text; a final newline is added by the client if missing.
func (r *Request) Reply(text string) {}

// ReplyJSON answers with a value for a client that asked for JSON.
func (r *Request) ReplyJSON(v any) {}

// Error answers with an error text; ovs-appctl prints it and exits 2.
func (r *Request) Error(text string) {}

// Server listens on a control socket. Register commands before Start.
type Server struct {
	// Dispatch, if set, is called with each handler to run; a daemon with a
	// main loop sets it to run handlers there.
	Dispatch func(run func())
}

// NewServer returns a server for the program of that name; list-commands and
// version are registered.
func NewServer(program string) *Server { return &Server{} }

// Register adds commands; a duplicate name replaces the earlier row.
func (s *Server) Register(cmds ...Command) {}

// Start listens at path: empty for RUNDIR/PROGRAM.PID.ctl, "none" for no
// socket at all, relative to the run directory.
func (s *Server) Start(path string) error { return nil }

// Path returns where the server listens, or "".
func (s *Server) Path() string { return "" }

// Close stops listening, ends connections and removes the socket. It may be
// called twice.
func (s *Server) Close() error { return nil }
