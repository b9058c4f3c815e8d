package server

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"govs/cli"
	"govs/daemon/vlog"
	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/stream"
)

// Remotes keeps a server's connection methods: what it listens on and whom it
// calls, given by name or taken from a column of one of its databases
// ("db:DB,TABLE,COLUMN", ovsdb-server(1)).
type Remotes struct {
	srv    *Server
	stream stream.Config

	mu    sync.Mutex
	want  []string           // guarded by mu; as configured
	live  map[string]*remote // guarded by mu; by target
	stops []func()           // guarded by mu; of database watchers

	changed chan struct{}
	done    chan struct{}
	once    sync.Once
	wg      sync.WaitGroup
}

// remote is one connection method at work.
type remote struct {
	target string
	opts   SessionOptions
	back   time.Duration
	row    rowRef // the row it came from, if any

	cancel context.CancelFunc
	l      stream.Listener

	mu           sync.Mutex
	n            int    // guarded by mu; sessions
	state        string // guarded by mu; of an active one
	lastErr      error  // guarded by mu
	connected    time.Time
	disconnected time.Time
}

type rowRef struct {
	db    *Database
	table *ovsdb.TableSchema
	uuid  ovsdb.UUID
}

// NewRemotes returns the remotes of srv, none at first. cfg is how names
// become connections.
func NewRemotes(srv *Server, cfg stream.Config) *Remotes {
	r := &Remotes{srv: srv, stream: cfg, live: map[string]*remote{}, changed: make(chan struct{}, 1), done: make(chan struct{})}
	if r.stream.Port == 0 {
		r.stream.Port = stream.OVSDBPort
	}
	r.wg.Add(1)
	go r.run()
	return r
}

// Check returns the error of a name of the form db:DB,TABLE,COLUMN that leads
// nowhere. Other names are tried when they are used.
func (r *Remotes) Check(name string) error {
	if strings.HasPrefix(name, "db:") {
		_, _, _, err := r.column(name)
		return err
	}
	return nil
}

// Add adds a remote and returns when it listens.
func (r *Remotes) Add(name string) error {
	if err := r.Check(name); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.want, name) {
		r.want = append(r.want, name)
		r.reconcile()
	}
	return nil
}

// Remove removes a remote. It reports whether there was one.
func (r *Remotes) Remove(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(r.want, name)
	if i < 0 {
		return false
	}
	r.want = slices.Delete(r.want, i, i+1)
	r.reconcile()
	return true
}

// List returns the configured remotes, sorted.
func (r *Remotes) List() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(slices.Values(r.want))
}

// Close ends all remotes and their sessions.
func (r *Remotes) Close() {
	r.once.Do(func() { close(r.done) })
	r.wg.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, stop := range r.stops {
		stop()
	}
	r.stops = nil
	for _, m := range r.live {
		m.stop()
	}
	r.live = map[string]*remote{}
}

// statusInterval is how often the status columns of remotes are written.
const statusInterval = 2500 * time.Millisecond

func (r *Remotes) run() {
	defer r.wg.Done()
	tick := time.NewTicker(statusInterval)
	defer tick.Stop()
	for {
		select {
		case <-r.done:
			return
		case <-r.changed:
			r.mu.Lock()
			r.reconcile()
			r.mu.Unlock()
		case <-tick.C:
			r.writeStatus()
		}
	}
}

// column resolves db:DB,TABLE,COLUMN.
func (r *Remotes) column(name string) (*Database, *ovsdb.TableSchema, *ovsdb.Column, error) {
	part := strings.SplitN(strings.TrimPrefix(name, "db:"), ",", 3)
	if len(part) != 3 {
		return nil, nil, nil, fmt.Errorf("\"%s\": invalid syntax", name)
	}
	db := r.srv.DB(part[0])
	if db == nil {
		return nil, nil, nil, fmt.Errorf("\"%s\": no database named %s", name, part[0])
	}
	t := db.store.Schema().Table(part[1])
	if t == nil {
		return nil, nil, nil, fmt.Errorf("\"%s\": no table named %s", name, part[1])
	}
	c := t.Column(part[2])
	if c == nil {
		return nil, nil, nil, fmt.Errorf("\"%s\": table \"%s\" has no column \"%s\"", name, part[1], part[2])
	}
	return db, t, c, nil
}

// reconcile makes what is live match what is wanted. r.mu is held.
func (r *Remotes) reconcile() {
	for _, stop := range r.stops {
		stop()
	}
	r.stops = nil
	want := map[string]*remote{}
	for _, name := range r.want {
		if !strings.HasPrefix(name, "db:") {
			want[name] = &remote{target: name, opts: SessionOptions{Probe: defaultProbe(name)}}
			continue
		}
		db, t, c, err := r.column(name)
		if err != nil {
			modules().server.Warn("%v", err)
			continue
		}
		r.stops = append(r.stops, db.Watch(r.notice(t, db.store.Schema().Table(c.Type.Key.RefTable))))
		for _, m := range fromColumn(db, t, c) {
			if have := want[m.target]; have == nil || have.row.db == nil {
				want[m.target] = m
			}
		}
	}
	for target, m := range r.live {
		w := want[target]
		if w == nil || w.opts != m.opts || w.back != m.back {
			modules().rpc.Info("%s: remote deconfigured", target)
			m.stop()
			delete(r.live, target)
			continue
		}
		m.row = w.row
	}
	for _, target := range slices.Sorted(maps.Keys(want)) {
		if m := want[target]; r.live[target] == nil {
			r.live[target] = m
			r.start(m)
		}
	}
}

// notice returns a watcher that asks for reconcile when a change touches the
// tables remotes are read from, other than by what writeStatus itself writes.
func (r *Remotes) notice(tables ...*ovsdb.TableSchema) func(*ovsdb.Change) {
	return func(ch *ovsdb.Change) {
		for _, tc := range ch.Tables {
			if !slices.ContainsFunc(tables, func(t *ovsdb.TableSchema) bool { return t != nil && t.Name == tc.Table.Name }) {
				continue
			}
			for i := range tc.Rows {
				for _, c := range tc.Table.Own() {
					if c.Name != "status" && c.Name != "is_connected" && tc.Rows[i].Changed(c) {
						select {
						case r.changed <- struct{}{}:
						default:
						}
						return
					}
				}
			}
		}
	}
}

func defaultProbe(target string) time.Duration {
	if strings.HasPrefix(target, "unix:") || strings.HasPrefix(target, "punix:") {
		return 0
	}
	return 5 * time.Second
}

// fromColumn reads remotes from a column of names, or of references to rows
// that describe them.
func fromColumn(db *Database, t *ovsdb.TableSchema, c *ovsdb.Column) (all []*remote) {
	snap := db.Snapshot()
	ref := db.store.Schema().Table(c.Type.Key.RefTable)
	for row := range snap.Rows(t) {
		for _, a := range row.Get(c).Keys() {
			switch {
			case a.Type() == ovsdb.String:
				all = append(all, &remote{target: a.Str(), opts: SessionOptions{Probe: defaultProbe(a.Str())}})
			case ref != nil:
				if dst := snap.Row(ref, a.UUID()); dst != nil {
					if m := fromRow(ref, dst); m != nil {
						m.row = rowRef{db, ref, dst.UUID()}
						all = append(all, m)
					}
				}
			}
		}
	}
	return all
}

func fromRow(t *ovsdb.TableSchema, row *ovsdb.Row) *remote {
	get := func(name string, want ovsdb.AtomicType) ovsdb.Datum {
		if c := t.Column(name); c != nil && c.Type.Key.Type == want && !c.Type.IsMap() {
			return row.Get(c)
		}
		return ovsdb.Datum{}
	}
	target := get("target", ovsdb.String).Str()
	if target == "" {
		modules().server.Warn("Table `%s' has missing or invalid `target' column", t.Name)
		return nil
	}
	m := &remote{target: target, opts: SessionOptions{Probe: defaultProbe(target)}}
	if d := get("max_backoff", ovsdb.Integer); d.Len() > 0 {
		m.back = time.Duration(d.Int()) * time.Millisecond
	}
	if d := get("inactivity_probe", ovsdb.Integer); d.Len() > 0 {
		m.opts.Probe = time.Duration(d.Int()) * time.Millisecond
	}
	m.opts.ReadOnly = get("read_only", ovsdb.Boolean).Bool()
	m.opts.Role = get("role", ovsdb.String).Str()
	return m
}

// start makes a remote live. r.mu is held.
func (r *Remotes) start(m *remote) {
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel = cancel
	if stream.IsPassive(m.target) {
		l, err := r.stream.Listen(m.target)
		if err != nil {
			modules().rpc.Err("%s: listen failed: %s", m.target, cli.Strerror(err))
			m.lastErr = err
			return
		}
		m.l = l
		if a, ok := l.Addr().(*net.TCPAddr); ok && strings.HasPrefix(m.target, "p") && requestedPort(m.target) == "0" {
			vlog.New("socket_util").Info("%s: listening on port %d", m.target[strings.IndexByte(m.target, ':')+1:], a.Port)
		}
		go r.srv.ServeOptions(l, func() SessionOptions { return m.opts }, func(c *Client, up bool) {
			m.notice(up)
			if up {
				go func() {
					<-ctx.Done()
					c.Close()
				}()
			}
		})
		return
	}
	go r.call(ctx, m)
}

func requestedPort(target string) string {
	part := strings.Split(target, ":")
	if len(part) < 2 {
		return ""
	}
	return part[1]
}

func (m *remote) notice(up bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if up {
		m.n++
		m.connected = time.Now()
	} else {
		m.n--
		m.disconnected = time.Now()
	}
}

func (m *remote) setState(state string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = state
	if err != nil {
		m.lastErr = err
	}
}

func (m *remote) stop() {
	m.cancel()
	if m.l != nil {
		m.l.Close()
	}
}

// call keeps an active remote connected.
func (r *Remotes) call(ctx context.Context, m *remote) {
	log := vlog.New("reconnect")
	most := 8 * time.Second
	if m.back > 0 {
		most = max(m.back, time.Second)
	}
	wait := time.Duration(0)
	for ctx.Err() == nil {
		m.setState("CONNECTING", nil)
		if wait < most {
			log.Info("%s: connecting...", m.target)
		}
		dctx, cancel := context.WithTimeout(ctx, max(wait, time.Second))
		conn, err := r.stream.Dial(dctx, m.target)
		cancel()
		if err == nil {
			log.Info("%s: connected", m.target)
			m.setState("ACTIVE", nil)
			m.notice(true)
			stop := context.AfterFunc(ctx, func() { conn.Close() })
			began := time.Now()
			err = r.srv.ServeConn(conn, m.target, m.opts)
			stop()
			m.notice(false)
			if ctx.Err() == nil {
				log.Info("%s: connection closed by peer", m.target)
			}
			if time.Since(began) > wait {
				wait = 0
			}
		} else if ctx.Err() == nil && wait < most {
			log.Info("%s: connection attempt failed (%s)", m.target, cli.Strerror(err))
		}
		m.setState("BACKOFF", err)
		switch {
		case wait == 0:
			wait = min(time.Second, most)
		case wait < most:
			wait = min(2*wait, most)
			if wait == most {
				log.Info("%s: continuing to reconnect in the background but suppressing further logging", m.target)
			} else {
				log.Info("%s: waiting %d seconds before reconnect", m.target, wait/time.Second)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// writeStatus writes the status columns of the rows that remotes came from.
func (r *Remotes) writeStatus() {
	r.mu.Lock()
	byDB := map[*Database][]*remote{}
	for _, m := range r.live {
		if m.row.db != nil {
			byDB[m.row.db] = append(byDB[m.row.db], m)
		}
	}
	r.mu.Unlock()
	for db, list := range byDB {
		tables := map[string][]json.Member{}
		for _, m := range list {
			row := db.Snapshot().Row(m.row.table, m.row.uuid)
			if row == nil {
				continue
			}
			if fields := m.statusFields(row); len(fields) > 0 {
				name := m.row.table.Name
				tables[name] = append(tables[name], json.Member{Key: m.row.uuid.String(), Value: json.Obj(fields...)})
			}
		}
		var rec []json.Member
		for name, rows := range tables {
			rec = append(rec, json.Member{Key: name, Value: json.Obj(rows...)})
		}
		if len(rec) > 0 {
			if err := db.Apply(json.Obj(rec...)); err != nil {
				modules().server.Warn("Failed to update %s: %v", "remote status", err)
			}
		}
	}
}

// statusFields returns the status columns whose value changed.
func (m *remote) statusFields(row *ovsdb.Row) (f []json.Member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := map[string]string{}
	since := func(key string, t time.Time) {
		if !t.IsZero() {
			s[key] = fmt.Sprint(int(time.Since(t).Seconds()))
		}
	}
	if m.state != "" {
		s["state"] = m.state
	}
	if m.l != nil {
		if a, ok := m.l.Addr().(*net.TCPAddr); ok {
			s["bound_port"] = fmt.Sprint(a.Port)
		}
	}
	if m.n > 1 {
		s["n_connections"] = fmt.Sprint(m.n)
	}
	if m.lastErr != nil && m.n == 0 {
		s["last_error"] = cli.Strerror(m.lastErr)
	}
	since("sec_since_connect", m.connected)
	since("sec_since_disconnect", m.disconnected)
	set := func(name string, d ovsdb.Datum, fits func(t *ovsdb.Type) bool) {
		c := m.row.table.Column(name)
		if c != nil && fits(&c.Type) && !row.Get(c).Equal(d) {
			f = append(f, json.Member{Key: name, Value: d.JSON(&c.Type)})
		}
	}
	set("is_connected", ovsdb.Scalar(ovsdb.BoolAtom(m.n > 0)), func(t *ovsdb.Type) bool { return t.Key.Type == ovsdb.Boolean && !t.IsMap() })
	set("status", ovsdb.StringMap(s), func(t *ovsdb.Type) bool { return t.Key.Type == ovsdb.String && t.Value.Type == ovsdb.String })
	return f
}
