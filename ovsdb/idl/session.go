package idl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/stream"
	"govs/stream/reconnect"
)

// connect makes a connection to remote, or waits for one.
func (c *Client) connect(ctx context.Context, remote string) (net.Conn, error) {
	if c.cfg.Dial != nil {
		return c.cfg.Dial(ctx, remote)
	}
	cfg := c.cfg.Stream
	if cfg.Port == 0 {
		cfg.Port = stream.OVSDBPort
	}
	if !stream.IsPassive(remote) {
		return cfg.Dial(ctx, remote)
	}
	l, err := cfg.Listen(remote)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	return l.Accept()
}

// serve runs one connection to its end and says why it ended.
func (c *Client) serve(ctx context.Context, remote string, fsm *reconnect.FSM) error {
	fsm.Connecting(time.Now())
	conn, err := c.connect(ctx, remote)
	if err != nil {
		return &RemoteError{remote, err}
	}
	fsm.Connected(time.Now())
	var heard atomic.Int64 // when the server was last heard of
	rpc := jsonrpc.Config{Handle: c.handle, Received: func(*jsonrpc.Message) { heard.Store(time.Now().UnixNano()) }}
	trace(remote, &rpc)
	s := jsonrpc.NewSession(conn, rpc)
	defer s.Close()
	defer context.AfterFunc(ctx, func() { s.Close() })()
	c.mu.Lock()
	c.session, c.copying, c.early, c.refused, c.cond.pending = s, true, nil, nil, false
	c.mu.Unlock()
	defer c.lost(s)
	// A server may fall silent before it has answered the first questions.
	started := make(chan error, 1)
	go func() {
		err := c.start(ctx, s)
		if err != nil {
			s.Close()
		}
		started <- err
	}()
	watch(s, fsm, &heard)
	if err := <-started; err != nil && !errors.Is(err, jsonrpc.ErrClosed) {
		return &RemoteError{remote, err}
	}
	c.mu.Lock()
	err = c.refused
	c.mu.Unlock()
	if err == nil {
		err = s.Err()
	}
	if err == nil {
		err = io.EOF
	}
	return &RemoteError{remote, err}
}

// watch probes a session that is silent, and ends one that stays so. It
// returns when the session has ended.
func watch(s *jsonrpc.Session, fsm *reconnect.FSM, heard *atomic.Int64) {
	var last int64
	for {
		if at := heard.Load(); at != last {
			last = at
			fsm.Activity(time.Unix(0, at))
		}
		switch fsm.Run(time.Now()) {
		case reconnect.Probe:
			s.Go("echo", json.Arr())
		case reconnect.Disconnect:
			s.Close()
		}
		var alarm <-chan time.Time
		if at, ok := fsm.Deadline(); ok {
			alarm = time.After(time.Until(at))
		}
		select {
		case <-s.Done():
			return
		case <-alarm:
		}
	}
}

// lost takes note of the session's end.
func (c *Client) lost(s *jsonrpc.Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session, c.early = nil, nil
	if o := c.snap.Load(); o.Connected || o.Locked {
		c.publish(func(s *Snapshot) { s.Connected, s.Locked = false, false })
	}
}

// start asks for the schema, the lock and the monitor.
func (c *Client) start(ctx context.Context, s *jsonrpc.Session) error {
	// Databases that come and go beside ours are no reason to disconnect us.
	// Servers that do not know the request do that anyway; nobody waits for
	// the answer.
	if _, _, err := s.Go("set_db_change_aware", json.Arr(json.Bool(true))); err != nil {
		return err
	}
	if err := c.watchServer(ctx, s); err != nil {
		return err
	}
	if c.cfg.Lock != "" {
		if err := c.lock(ctx, s); err != nil {
			return err
		}
	}
	v, err := s.Call(ctx, "get_schema", json.Arr(json.Str(c.cfg.DB)))
	if err != nil {
		return callError(err)
	}
	schema, err := ovsdb.ParseSchema(v)
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.cfg.Schema == nil && (c.base == nil || !c.base.schema.Equal(schema)) {
		c.base = &base{schema, looseTypes(schema)}
		c.publish(func(s *Snapshot) {
			s.schema, s.tables, s.Complete, s.TxnID = schema, make([]table, len(schema.Tables)), false, ovsdb.UUID{}
		})
	}
	asked := condState{want: c.cond.want, seqno: c.cond.seqno}
	last := c.snap.Load().TxnID
	if !asked.want.equal(c.cond.shown) {
		// Rows that were not seen before have no history.
		last = ovsdb.UUID{}
	}
	c.mu.Unlock()
	return c.monitor(ctx, s, schema, last, asked)
}

// requests returns the <monitor-requests> for what the program wants and the
// server has.
func (c *Client) requests(server *ovsdb.Schema, cond conditions) json.Value {
	var tables []json.Member
	for _, t := range c.base.schema.Tables {
		have := server.Table(t.Name)
		want, listed := c.cfg.Tables[t.Name]
		if have == nil || c.cfg.Tables != nil && !listed {
			if have == nil {
				log.Warn("%s database lacks %s table (database needs upgrade?)", c.cfg.DB, t.Name)
			}
			continue
		}
		cols := []json.Value{}
		for _, col := range t.Own() {
			if c.cfg.Tables != nil && !slices.Contains(want, col.Name) {
				continue
			}
			if have.Column(col.Name) == nil {
				log.Warn("%s table in %s database lacks %s column (database needs upgrade?)", t.Name, c.cfg.DB, col.Name)
				continue
			}
			cols = append(cols, json.Str(col.Name))
		}
		req := []json.Member{{Key: "columns", Value: json.Arr(cols...)}}
		if len(cond[t.Name]) > 0 {
			req = append(req, json.Member{Key: "where", Value: cond.where(t)})
		}
		tables = append(tables, json.Member{Key: t.Name, Value: json.Arr(json.Obj(req...))})
	}
	return json.Obj(tables...)
}

// monitor asks for the newest kind of monitor the server knows.
func (c *Client) monitor(ctx context.Context, s *jsonrpc.Session, server *ovsdb.Schema, last ovsdb.UUID, asked condState) error {
	requests := c.requests(server, asked.want)
	db, id := json.Str(c.cfg.DB), json.Str(c.cfg.DB)
	v, err := s.Call(ctx, "monitor_cond_since", json.Arr(db, id, requests, json.Str(last.String())))
	if err == nil {
		e := v.Elems()
		if len(e) != 3 {
			return fmt.Errorf("monitor_cond_since: bad reply")
		}
		txn, _ := ovsdb.ParseUUID(e[1].Str())
		c.copied(e[2], formV2, e[0].Bool(), txn, &asked)
		return nil
	}
	if !unknownMethod(err) {
		return callError(err)
	}
	if v, err = s.Call(ctx, "monitor_cond", json.Arr(db, id, requests)); err == nil {
		c.copied(v, formV2, false, ovsdb.UUID{}, &asked)
		return nil
	}
	if !unknownMethod(err) {
		return callError(err)
	}
	// Such a server knows no conditions: it shows all rows.
	if v, err = s.Call(ctx, "monitor", json.Arr(db, id, c.requests(server, nil))); err != nil {
		return callError(err)
	}
	c.copied(v, formV1, false, ovsdb.UUID{}, nil)
	return nil
}

func unknownMethod(err error) bool {
	var ce *jsonrpc.CallError
	if !errors.As(err, &ce) {
		return false
	}
	tag, _ := ce.Value.Get("error")
	return ce.Value.Str() == "unknown method" || tag.Str() == "unknown method"
}

// callError gives an answered error OVS's words.
func callError(err error) error {
	var ce *jsonrpc.CallError
	if errors.As(err, &ce) {
		if d, ok := ce.Value.Get("details"); ok {
			tag, _ := ce.Value.Get("error")
			return fmt.Errorf("%s: %s", tag.Str(), d.Str())
		}
	}
	return err
}

// copied takes the first copy of the database, or what has changed in it since
// our last state. asked are the conditions it follows; nil: the server knows
// none.
func (c *Client) copied(updates json.Value, f form, since bool, txn ovsdb.UUID, asked *condState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.publish(func(s *Snapshot) {
		old := s.tables
		if !since {
			old = make([]table, len(c.base.schema.Tables))
			for i := range old {
				old[i].seqno = s.Seqno
			}
		}
		s.tables = c.base.apply(old, updates, f, s.Seqno, log.Warn)
		s.Connected, s.Complete, s.TxnID = true, true, txn
		s.CondSeqno = c.cond.seqno
		if asked != nil {
			s.CondSeqno = asked.seqno
		}
	})
	c.copying, c.failure = false, nil
	if c.conditional = asked != nil; c.conditional {
		c.cond.shown = asked.want
	}
	for _, f := range c.early {
		f()
	}
	c.early = nil
	c.sendConditions()
}

// handle gets what the server sends on its own, in order.
func (c *Client) handle(s *jsonrpc.Session, m *jsonrpc.Message) {
	p := m.Params.Elems()
	at := func(i int) json.Value {
		if i < len(p) {
			return p[i]
		}
		return json.Value{}
	}
	switch m.Method {
	case "update", "update2":
		if at(0).Str() == serverDB && c.cfg.DB != serverDB {
			if err := c.served(at(1)); err != nil {
				c.refuse(s, err)
			}
			return
		}
		c.updated(s, at(1), m.Method == "update2", nil)
	case "update3":
		txn, _ := ovsdb.ParseUUID(at(1).Str())
		c.updated(s, at(2), true, &txn)
	case "locked", "stolen":
		if at(0).Str() == c.cfg.Lock && c.cfg.Lock != "" {
			c.setLocked(m.Method == "locked")
		}
	case "monitor_canceled":
		// The database has gone or has another schema: begin again.
		s.Close()
	default:
		if m.Type == jsonrpc.Request {
			s.Send(jsonrpc.NewError(m, json.Str("unknown method")))
		}
	}
}

func (c *Client) updated(sess *jsonrpc.Session, updates json.Value, v2 bool, txn *ovsdb.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session != sess {
		return
	}
	f := formV1
	if v2 {
		f = formV2
	}
	apply := func() {
		c.publish(func(s *Snapshot) {
			s.tables = c.base.apply(s.tables, updates, f, s.Seqno, log.Warn)
			if txn != nil {
				s.TxnID = *txn
			}
		})
	}
	if c.copying {
		// The answer that carries the first copy is still on its way from
		// the reading goroutine to ours.
		c.early = append(c.early, apply)
		return
	}
	apply()
}

func (c *Client) setLocked(locked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.publish(func(s *Snapshot) { s.Locked = locked })
}

func (c *Client) lock(ctx context.Context, s *jsonrpc.Session) error {
	v, err := s.Call(ctx, "lock", json.Arr(json.Str(c.cfg.Lock)))
	if err != nil {
		return callError(err)
	}
	if l, _ := v.Get("locked"); l.Bool() {
		c.setLocked(true)
	}
	return nil
}
