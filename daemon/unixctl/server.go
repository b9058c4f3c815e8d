package unixctl

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"govs/cli"
	"govs/daemon/vlog"
	"govs/internal/dirs"
	"govs/internal/unixsock"
)

var log = vlog.New("unixctl")

// Server listens on a control socket. Commands may be registered at any time.
type Server struct {
	// Dispatch, if set, is called with each handler to run; a daemon with a
	// main loop sets it, before Start, to run handlers there.
	Dispatch func(run func())

	program string
	cmds    table
	done    chan struct{}

	mu    sync.Mutex
	path  string                 // guarded by mu, as all below
	ln    *unixsock.Listener     // nil before Start and for "none"
	conns map[net.Conn]*struct{} // open connections
	wg    sync.WaitGroup
	ended bool
}

// NewServer returns a server for the program of that name; list-commands,
// version and set-options are registered.
func NewServer(program string) *Server {
	s := &Server{program: program, done: make(chan struct{}), conns: map[net.Conn]*struct{}{}}
	s.Register(s.builtin()...)
	return s
}

// Register adds commands; a duplicate name replaces the earlier row.
func (s *Server) Register(cmds ...Command) { s.cmds.add(cmds) }

// DefaultPath is the socket of a program's process in the run directory.
func DefaultPath(program string, pid int) string {
	return filepath.Join(dirs.Run(), fmt.Sprintf("%s.%d.ctl", program, pid))
}

// Start listens at path: empty for RUNDIR/PROGRAM.PID.ctl, "none" for no
// socket at all, relative to the run directory. The error has OVS's words.
func (s *Server) Start(path string) error {
	switch path {
	case "none":
		return nil
	case "":
		path = DefaultPath(s.program, os.Getpid())
	}
	path = dirs.Abs(dirs.Run(), path)
	ln, err := unixsock.Listen(path)
	if err != nil {
		return fmt.Errorf("%s: could not initialize control socket (%s)", path, cli.Strerror(err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.path, s.ln = path, ln
	s.wg.Add(1)
	go s.accept(ln)
	return nil
}

// Path returns where the server listens, or "".
func (s *Server) Path() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.path
}

// Close stops listening, removes the socket, lets answers that are on their
// way go out, and ends the connections. It may be called twice.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return nil
	}
	s.ended = true
	close(s.done)
	var err error
	if s.ln != nil {
		err = s.ln.Close()
	}
	for c := range s.conns {
		// Ends a waiting read; a write in progress goes on.
		if u, ok := c.(*net.UnixConn); ok {
			u.CloseRead()
		}
	}
	s.mu.Unlock()
	quiet := make(chan struct{})
	go func() { s.wg.Wait(); close(quiet) }()
	select {
	case <-quiet:
	case <-time.After(closeWait):
		log.Warn("a command is still running at exit")
	}
	return err
}

// closeWait is how long Close waits for a command that does not end: a daemon
// told to die must.
const closeWait = 2 * time.Second

func (s *Server) accept(ln *unixsock.Listener) {
	defer s.wg.Done()
	for {
		c, err := ln.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				log.Warn("%s: accept failed: %s", s.Path(), cli.Strerror(err))
			}
			return
		}
		s.mu.Lock()
		if s.ended {
			s.mu.Unlock()
			c.Close()
			return
		}
		s.conns[c] = nil
		s.wg.Add(1)
		s.mu.Unlock()
		go s.serve(c)
	}
}

// maxRequest bounds what one request may take, so that a stray client cannot
// eat the daemon's memory.
const maxRequest = 16 << 20

func (s *Server) serve(c net.Conn) {
	defer s.wg.Done()
	defer func() {
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
		c.Close()
	}()
	lim := &io.LimitedReader{R: c, N: maxRequest}
	dec := json.NewDecoder(lim)
	enc := json.NewEncoder(c)
	enc.SetEscapeHTML(false)
	var ses session
	for {
		lim.N = maxRequest
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			// A client that does not read the end of its answer resets.
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, syscall.ECONNRESET) {
				log.Warn("received bad JSON-RPC message: %s", cli.Strerror(err))
			}
			return
		}
		q, err := parse(raw)
		if err != nil {
			log.Warn("received bad JSON-RPC message: %s", err)
			return
		}
		a := response{Error: lines("\"" + q.Method + "\" command has non-string argument")}
		if args, ok := q.args(); ok {
			log.Dbg("received request %s%q, id=%s", q.Method, args, q.ID)
			a = s.call(&ses, q.Method, args)
		}
		a.ID = q.ID
		if err := enc.Encode(a); err != nil {
			log.Dbg("send: %s", cli.Strerror(err))
			return
		}
	}
}
