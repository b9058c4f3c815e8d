package server

import (
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"govs/cli"
	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/stream"
)

// session is one client's connection. Its goroutine reads requests, executes
// as many as have come in, and writes what they produced; others push updates
// into its queue, which then a second goroutine writes.
type session struct {
	srv   *Server
	conn  net.Conn
	name  string
	opts  atomic.Pointer[SessionOptions]
	q     *jsonrpc.Queue
	aware atomic.Bool // set_db_change_aware
	since time.Time

	// dirty are the databases with transactions of this session that are not
	// flushed; only its own goroutine uses it.
	dirty    []*Database
	batched  int
	lastRead atomic.Int64
	probing  chan struct{} // wakes probe when its interval has changed
	probed   sync.Once     // probe runs, if it ever has to
	ended    chan struct{}

	// active is set while the session's goroutine will flush the queue when
	// it is done: nobody else needs to.
	active atomic.Bool
	// queued is set while the session is in a list of those to be written to.
	queued atomic.Bool
}

// SetOptions changes a session's options while it is open.
func (c *Client) SetOptions(opts SessionOptions) {
	c.s.opts.Store(&opts)
	c.s.watch()
	select {
	case c.s.probing <- struct{}{}:
	default:
	}
}

func (s *Server) newSession(conn net.Conn, name string, opts SessionOptions) *session {
	c := &session{srv: s, conn: conn, name: name, since: time.Now(), probing: make(chan struct{}, 1), ended: make(chan struct{})}
	c.opts.Store(&opts)
	c.q = jsonrpc.NewQueue(conn, 0, s.cfg.MaxBacklog)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		conn.Close()
		return nil
	}
	s.sessions[c] = struct{}{}
	count().sessions.Inc()
	return c
}

// access says who the client is to the rules of a database.
func (c *session) access() ovsdb.Access {
	role := c.opts.Load().Role
	if role == "" {
		return ovsdb.Access{}
	}
	return ovsdb.Access{Role: role, ID: stream.PeerName(c.conn)}
}

// maxValues is how many values a message may hold, so that one of the size
// that is allowed cannot take a hundred times its memory.
const maxValues = 16 << 20

// maxBatch is how many pipelined requests are executed before their replies
// are written.
const maxBatch = 256

// touchReader notes when the peer was last heard of.
type touchReader struct{ s *session }

func (t touchReader) Read(b []byte) (int, error) {
	n, err := t.s.conn.Read(b)
	t.s.lastRead.Store(time.Now().UnixNano())
	return n, err
}

func (c *session) run() error {
	go c.q.Run(c.ended)
	c.watch()
	r := jsonrpc.NewVolatileReader(touchReader{c})
	r.MaxBytes, r.MaxValues = c.srv.cfg.MaxMessage, maxValues
	var err error
	for {
		var m *jsonrpc.Message
		m, err = r.Buffered()
		if m == nil && err == nil {
			if err = c.flush(); err != nil {
				break
			}
			m, err = r.Next()
		}
		if err != nil {
			break
		}
		c.active.Store(true)
		c.handle(m)
		if c.batched++; c.batched >= maxBatch {
			if err = c.flush(); err != nil {
				break
			}
		}
	}
	close(c.ended)
	c.flushDBs()
	c.explain(err)
	c.conn.Close()
	for _, db := range c.srv.DBs() {
		db.drop(c)
	}
	c.srv.locks.drop(c)
	c.srv.mu.Lock()
	delete(c.srv.sessions, c)
	c.srv.mu.Unlock()
	return err
}

// explain logs why a session ended, where that is news.
func (c *session) explain(err error) {
	log := modules().session
	var pe *jsonrpc.ParseError
	var me *jsonrpc.MessageError
	var be *jsonrpc.BacklogError
	if qe := c.q.Err(); qe != nil {
		err = qe
	}
	switch {
	case errors.As(err, &be):
		log.Err("%v, jsonrpc: %s.", be, c.name)
	case errors.As(err, &pe):
		log.Warn("%s: error parsing stream: %v", c.name, pe.Err)
	case errors.As(err, &me):
		log.Warn("%s: received bad JSON-RPC message: %v", c.name, me.Err)
	case errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe):
	default:
		log.Warn("%s: receive error: %s", c.name, cli.Strerror(err))
	}
}

// watch starts probe when there is first an interval to probe at.
func (c *session) watch() {
	if c.opts.Load().Probe > 0 {
		c.probed.Do(func() {
			c.lastRead.Store(time.Now().UnixNano())
			go c.probe()
		})
	}
}

// probe asks a silent peer for a sign of life.
func (c *session) probe() {
	asked := int64(0) // the last sign of life before the question
	for {
		var timer <-chan time.Time
		if every := c.opts.Load().Probe; every > 0 {
			heard := c.lastRead.Load()
			if asked != heard {
				asked = 0
			}
			wait := every - time.Since(time.Unix(0, heard))
			switch {
			case asked != 0 && wait+every <= 0:
				modules().rpc.Err("%s: no response to inactivity probe after %.3g seconds, disconnecting", c.name, every.Seconds())
				c.conn.Close()
				return
			case asked != 0:
				wait += every
			case wait <= 0:
				asked = heard
				m := jsonrpc.Message{Type: jsonrpc.Request, Method: "echo", Params: json.Arr(), ID: json.Str("echo")}
				c.q.Push(m.Append(nil))
				c.q.Kick()
				wait = every
			}
			timer = time.After(max(wait, time.Millisecond))
		}
		select {
		case <-c.ended:
			return
		case <-c.probing:
		case <-timer:
		}
	}
}

func (c *session) flushDBs() {
	for _, db := range c.dirty {
		db.flush(c)
	}
	c.dirty = c.dirty[:0]
	c.batched = 0
}

// flush makes the batch's transactions lasting and writes all replies.
func (c *session) flush() error {
	if len(c.dirty) > 0 {
		// Sessions that have a request at hand execute it first: one write
		// to the disk is for all of them.
		runtime.Gosched()
	}
	c.flushDBs()
	c.active.Store(false)
	return c.q.Flush()
}

// bigResult is the size from which a result is not copied into its message.
const bigResult = 16 << 10

// reply queues the reply to a request. result is JSON text.
func (c *session) reply(req *jsonrpc.Message, result []byte) {
	size := 64
	if len(result) < bigResult {
		size += len(result)
	}
	b := appendPrefix(make([]byte, 0, size), req)
	if len(result) < bigResult {
		c.q.Push(append(append(b, result...), '}'))
	} else {
		c.q.Push(b, result, []byte{'}'})
	}
}

func (c *session) error(req *jsonrpc.Message, err json.Value) {
	c.q.Push(jsonrpc.NewError(req, err).Append(nil))
}

// appendPrefix appends the beginning of the reply to a request: what comes
// before its result and the last brace.
func appendPrefix(dst []byte, req *jsonrpc.Message) []byte {
	dst = json.Append(append(dst, `{"error":null,"id":`...), req.ID)
	return append(dst, `,"result":`...)
}

func (c *session) notify(method string, params json.Value) {
	m := jsonrpc.Message{Type: jsonrpc.Notify, Method: method, Params: params}
	c.q.Push(m.Append(nil))
}

// method is one row of the protocol: how many parameters a request must begin
// with is checked by run itself, in the reference's words.
type method struct {
	name string
	run  func(c *session, m *jsonrpc.Message) (json.Value, *ovsdb.Error)
}

// later is the result of a method that replies by itself.
var later = json.RawText("")

func methods() []method {
	return []method{
		{"transact", (*session).transactMethod},
		{"echo", func(c *session, m *jsonrpc.Message) (json.Value, *ovsdb.Error) { return m.Params, nil }},
		{"monitor", func(c *session, m *jsonrpc.Message) (json.Value, *ovsdb.Error) { return c.monitorMethod(m, v1) }},
		{"monitor_cond", func(c *session, m *jsonrpc.Message) (json.Value, *ovsdb.Error) { return c.monitorMethod(m, v2) }},
		{"monitor_cond_since", func(c *session, m *jsonrpc.Message) (json.Value, *ovsdb.Error) { return c.monitorMethod(m, v3) }},
		{"monitor_cond_change", (*session).condChangeMethod},
		{"monitor_cancel", (*session).monitorCancelMethod},
		{"convert", (*session).convertMethod},
		{"get_schema", (*session).getSchemaMethod},
		{"list_dbs", (*session).listDBsMethod},
		{"lock", func(c *session, m *jsonrpc.Message) (json.Value, *ovsdb.Error) { return c.lockMethod(m, false) }},
		{"steal", func(c *session, m *jsonrpc.Message) (json.Value, *ovsdb.Error) { return c.lockMethod(m, true) }},
		{"unlock", (*session).unlockMethod},
		{"set_db_change_aware", (*session).awareMethod},
		{"get_server_id", func(c *session, m *jsonrpc.Message) (json.Value, *ovsdb.Error) {
			return json.Str(c.srv.id.String()), nil
		}},
	}
}

// handle takes a message, which is gone when it returns.
func (c *session) handle(m *jsonrpc.Message) {
	if m.Method == "transact" {
		c.dispatch(m)
		return
	}
	c.dispatch(m.Clone())
}

func (c *session) dispatch(m *jsonrpc.Message) {
	switch m.Type {
	case jsonrpc.Request:
	case jsonrpc.Notify:
		if m.Method == "cancel" {
			for _, db := range c.srv.DBs() {
				if e := m.Params.Elems(); len(e) == 1 && db.cancel(c, e[0]) {
					return
				}
			}
			return
		}
		modules().rpc.Dbg("%s: received unexpected %s message", c.name, m.Type)
		return
	default:
		if m.ID.Kind() == json.String && m.ID.Str() == "echo" {
			return // the answer to our own probe
		}
		// Nothing was asked: such a peer has lost its place.
		modules().rpc.Dbg("%s: received unexpected %s message", c.name, m.Type)
		c.conn.Close()
		return
	}
	if m.Method != "transact" {
		// Replies keep the order of requests.
		c.flushDBs()
	}
	for _, row := range methods() {
		if row.name != m.Method || c.srv.plain.Load() && (row.name == "monitor_cond" || row.name == "monitor_cond_since") {
			continue
		}
		result, err := row.run(c, m)
		switch {
		case err != nil && err.Details == "" && err.Syntax == "":
			// Some errors of the reference are mere strings.
			c.error(m, json.Str(err.Tag))
		case err != nil:
			c.error(m, err.JSON())
		case result.Kind() == json.Raw:
			if result != later {
				c.q.Push(jsonrpc.NewReply(m, result).Append(nil))
			}
		default:
			c.q.Push(jsonrpc.NewReply(m, result).Append(nil))
		}
		return
	}
	c.error(m, json.Str("unknown method"))
}

// lookup finds the database a request's first parameter names.
func (c *session) lookup(m *jsonrpc.Message) (*Database, *ovsdb.Error) {
	e := m.Params.Elems()
	if len(e) == 0 || e[0].Kind() != json.String {
		return nil, ovsdb.SyntaxErrorf(m.Params, "", "%s request params must begin with <db-name>", m.Method)
	}
	db := c.srv.DB(e[0].Str())
	if db == nil {
		return nil, ovsdb.SyntaxErrorf(m.Params, "unknown database", "%s request specifies unknown database %s", m.Method, e[0].Str())
	}
	return db, nil
}

func (c *session) transactMethod(m *jsonrpc.Message) (json.Value, *ovsdb.Error) {
	db, err := c.lookup(m)
	if err == nil {
		db.transact(c, m)
	}
	return later, err
}

func (c *session) getSchemaMethod(m *jsonrpc.Message) (json.Value, *ovsdb.Error) {
	db, err := c.lookup(m)
	if err != nil {
		return json.Value{}, err
	}
	return db.store.Schema().JSON(), nil
}

func (c *session) listDBsMethod(*jsonrpc.Message) (json.Value, *ovsdb.Error) {
	var names []json.Value
	for _, db := range c.srv.DBs() {
		names = append(names, json.Str(db.Name()))
	}
	return json.Arr(names...), nil
}

// lockName returns a request's only parameter, an <id>.
func lockName(m *jsonrpc.Message) (string, *ovsdb.Error) {
	e := m.Params.Elems()
	if len(e) != 1 || e[0].Kind() != json.String || !isID(e[0].Str()) {
		return "", ovsdb.SyntaxErrorf(m.Params, "", "%s request params must be <id>", m.Method)
	}
	return e[0].Str(), nil
}

func isID(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return s != ""
}

func (c *session) lockMethod(m *jsonrpc.Message, steal bool) (json.Value, *ovsdb.Error) {
	if c.opts.Load().ReadOnly {
		return json.Value{}, ovsdb.Errorf("not allowed", "lock and unlock methods not allowed, DB server is read only.")
	}
	name, err := lockName(m)
	if err != nil {
		return json.Value{}, err
	}
	if c.srv.locks.asked(c, name) {
		return json.Value{}, ovsdb.SyntaxErrorf(m.Params, "", "must issue \"unlock\" before new \"%s\"", m.Method)
	}
	locked := c.srv.locks.acquire(c, name, steal)
	return json.Obj(json.Member{Key: "locked", Value: json.Bool(locked)}), nil
}

func (c *session) unlockMethod(m *jsonrpc.Message) (json.Value, *ovsdb.Error) {
	if c.opts.Load().ReadOnly {
		return json.Value{}, ovsdb.Errorf("not allowed", "lock and unlock methods not allowed, DB server is read only.")
	}
	name, err := lockName(m)
	if err != nil {
		return json.Value{}, err
	}
	if !c.srv.locks.asked(c, name) {
		return json.Value{}, ovsdb.SyntaxErrorf(m.Params, "", "unlock: \"unlock\" without \"lock\" or \"steal\"")
	}
	c.srv.locks.release(c, name)
	return json.Obj(), nil
}

func (c *session) awareMethod(m *jsonrpc.Message) (json.Value, *ovsdb.Error) {
	e := m.Params.Elems()
	if len(e) != 1 || !e[0].IsBool() {
		return json.Value{}, ovsdb.SyntaxErrorf(m.Params, "", "set_db_change_aware: true or false parameter expected")
	}
	c.aware.Store(e[0].Bool())
	return json.Obj(), nil
}
