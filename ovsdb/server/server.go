// Package server serves OVSDB databases over JSON-RPC (RFC 7047 and the
// extensions of ovsdb-server(7)). Each session has a goroutine that reads; a
// database has one writer at a time, and transactions that only read use its
// published snapshot without a lock. All exported functions may be called from
// any goroutine.
//
//	srv := server.New(server.Config{})
//	db, err := server.OpenFile("conf.db")
//	srv.AddDB(db)
//	go srv.Serve(listener)
package server

import (
	"errors"
	"net"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"govs/daemon/coverage"
	"govs/daemon/vlog"
	"govs/ovsdb"
	"govs/stream"
)

// Config holds a server's settings. The zero value is ready for use.
type Config struct {
	// MaxBacklog is how many bytes may wait for a client that does not read
	// before it is disconnected. Default: 64 MB beyond the largest message.
	MaxBacklog int
	// MaxMessage is the size in bytes of the largest message a client may send.
	// Default: 256 MB.
	MaxMessage int
	// Now is the clock; default time.Now.
	Now func() time.Time
}

const (
	defaultBacklog    = 64 << 20
	defaultMaxMessage = 256 << 20
)

// Server serves databases to sessions.
type Server struct {
	cfg     Config
	id      ovsdb.UUID
	locks   lockTable
	writers writers
	self    *Database   // _Server
	plain   atomic.Bool // only "monitor" is served, not monitor_cond
	trim    atomic.Bool // memory goes back to the system after a compaction

	mu        sync.Mutex
	dbs       map[string]*Database  // guarded by mu
	sessions  map[*session]struct{} // guarded by mu
	listeners map[stream.Listener]struct{}
	closed    bool
	wg        sync.WaitGroup
}

type counters struct{ sessions, transactions, updates, flushes *coverage.Counter }

var count = sync.OnceValue(func() *counters {
	return &counters{coverage.New("ovsdb_server_session"), coverage.New("ovsdb_server_transact"), coverage.New("ovsdb_server_update"), coverage.New("ovsdb_server_flush")}
})

// modules are the log's modules, named as in OVS.
var modules = sync.OnceValue(func() *struct{ server, rpc, session *vlog.Module } {
	return &struct{ server, rpc, session *vlog.Module }{vlog.New("ovsdb_server"), vlog.New("ovsdb_jsonrpc_server"), vlog.New("jsonrpc")}
})

// New returns a server of the built-in database _Server only.
func New(cfg Config) *Server {
	if cfg.MaxBacklog == 0 {
		cfg.MaxBacklog = defaultBacklog
	}
	if cfg.MaxMessage == 0 {
		cfg.MaxMessage = defaultMaxMessage
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Server{cfg: cfg, id: ovsdb.NewUUID(), dbs: map[string]*Database{}, sessions: map[*session]struct{}{}, listeners: map[stream.Listener]struct{}{}}
	s.self = newServerDB()
	s.self.srv = s
	s.dbs[s.self.Name()] = s.self
	s.describe(s.self)
	return s
}

// ID returns the server's UUID, new at every start.
func (s *Server) ID() ovsdb.UUID { return s.id }

// ErrDuplicate is the error of AddDB for a name that is taken.
var ErrDuplicate = errors.New("duplicate database name")

// AddDB begins to serve a database.
func (s *Server) AddDB(db *Database) error {
	s.mu.Lock()
	if s.dbs[db.Name()] != nil {
		s.mu.Unlock()
		return ErrDuplicate
	}
	s.dbs[db.Name()] = db
	db.srv = s
	s.mu.Unlock()
	s.describe(db)
	s.dropUnaware(db.Name(), "adding "+db.Name()+" database")
	return nil
}

// RemoveDB stops serving a database and closes it. It reports whether there
// was one. The built-in database cannot be removed.
func (s *Server) RemoveDB(name string) bool {
	s.mu.Lock()
	db := s.dbs[name]
	if db == nil || db == s.self {
		s.mu.Unlock()
		return false
	}
	delete(s.dbs, name)
	s.mu.Unlock()
	db.cancelMonitors()
	db.mu.Lock()
	waiting := db.triggers
	db.triggers = nil
	db.mu.Unlock()
	cancelTriggers(waiting)
	s.undescribe(db)
	s.dropUnaware(name, "removing "+name+" database")
	db.Close()
	return true
}

// dropUnaware disconnects sessions that did not say they follow the coming
// and going of databases: connecting again is how they learn of it.
func (s *Server) dropUnaware(name, why string) {
	for _, c := range s.Sessions() {
		if !c.s.aware.Load() {
			modules().rpc.Info("%s: disconnecting (%s)", c.s.name, why)
			c.s.conn.Close()
		}
	}
}

// DB returns the database of that name, or nil.
func (s *Server) DB(name string) *Database {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dbs[name]
}

// DBs returns the databases sorted by name, _Server included.
func (s *Server) DBs() []*Database {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Database, 0, len(s.dbs))
	for _, db := range s.dbs {
		all = append(all, db)
	}
	sort.Slice(all, func(i, j int) bool { return strings.Compare(all[i].Name(), all[j].Name()) < 0 })
	return all
}

// SessionOptions are what a remote's configuration says about its sessions.
type SessionOptions struct {
	ReadOnly bool
	Role     string
	// Probe is how long a silent peer is waited for before it is asked
	// whether it is alive, and then again before it is given up; 0: for ever.
	Probe time.Duration
}

// Serve accepts sessions on l until it, or the server, is closed.
func (s *Server) Serve(l stream.Listener) error {
	return s.ServeOptions(l, func() SessionOptions { return SessionOptions{} }, nil)
}

// ServeOptions is Serve with options asked for at each accept and a function
// that is told of each session (with up set when it begins, unset when it ends).
func (s *Server) ServeOptions(l stream.Listener, opts func() SessionOptions, notice func(c *Client, up bool)) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		l.Close()
		return net.ErrClosed
	}
	s.listeners[l] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.listeners, l)
		s.mu.Unlock()
	}()
	for {
		conn, err := l.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) && !s.isClosed() {
				var ne net.Error
				if errors.As(err, &ne) && ne.Timeout() {
					continue
				}
				modules().rpc.Warn("%s: accept failed: %v", l.Name(), err)
			}
			return err
		}
		c := s.newSession(conn, conn.Name(), opts())
		if c == nil {
			continue
		}
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			c.serve(notice)
		}()
	}
}

// ServeConn serves one connection, such as an active remote's, until it ends.
func (s *Server) ServeConn(conn net.Conn, name string, opts SessionOptions) error {
	return s.serveConn(conn, name, opts, nil)
}

func (s *Server) serveConn(conn net.Conn, name string, opts SessionOptions, notice func(c *Client, up bool)) error {
	c := s.newSession(conn, name, opts)
	if c == nil {
		return net.ErrClosed
	}
	s.wg.Add(1)
	defer s.wg.Done()
	return c.serve(notice)
}

// serve runs the session and tells of its beginning and end.
func (c *session) serve(notice func(c *Client, up bool)) error {
	if notice != nil {
		client := &Client{c}
		notice(client, true)
		defer notice(client, false)
	}
	return c.run()
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Client is a session seen from outside.
type Client struct{ s *session }

// Name returns the peer's name, such as "unix#3".
func (c *Client) Name() string { return c.s.name }

// Close ends the session.
func (c *Client) Close() { c.s.conn.Close() }

// Sessions returns the sessions that are open.
func (s *Server) Sessions() []*Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*Client
	for c := range s.sessions {
		all = append(all, &Client{c})
	}
	return all
}

// Usage is what memory/show prints of a server.
type Usage struct {
	Atoms, Cells, Monitors, WeakRefs, Sessions, Triggers, Backlog int
}

// Usage counts what the server holds.
func (s *Server) Usage() Usage {
	var u Usage
	for _, c := range s.Sessions() {
		u.Sessions++
		u.Backlog += c.s.q.Backlog()
	}
	for _, db := range s.DBs() {
		snap := db.store.Published()
		for _, t := range snap.Schema().Tables {
			u.Cells += snap.Len(t) * len(t.Columns)
			u.Atoms += snap.Atoms(t)
		}
		db.mu.Lock()
		for _, k := range db.kinds {
			u.Monitors += len(k.subs)
		}
		u.Triggers += len(db.triggers)
		u.WeakRefs += db.store.WeakRefs()
		db.mu.Unlock()
	}
	return u
}

// Reconnect ends all sessions; clients connect again.
func (s *Server) Reconnect() {
	for _, c := range s.Sessions() {
		c.Close()
	}
}

// DisableMonitorCond makes the server one that knows monitor, but not
// monitor_cond and monitor_cond_since, and makes all clients connect again.
func (s *Server) DisableMonitorCond() {
	s.plain.Store(true)
	s.Reconnect()
}

// TrimOnCompaction says whether memory that is free after the compaction of a
// database goes back to the system at once, and not by and by. It reports
// whether that is news.
func (s *Server) TrimOnCompaction(on bool) bool { return s.trim.Swap(on) != on }

// Close ends all sessions, stops listening and closes the databases.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	for l := range s.listeners {
		l.Close()
	}
	for c := range s.sessions {
		c.conn.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
	var err error
	for _, db := range s.DBs() {
		if e := db.Close(); e != nil {
			err = e
		}
	}
	return err
}
