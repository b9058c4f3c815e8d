package server

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

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
	want  []Remote           // guarded by mu; as configured
	live  map[string]*remote // guarded by mu; by target
	stops []func()           // guarded by mu; of database watchers
	fault string             // guarded by mu; what the log says is wrong

	changed chan struct{}
	done    chan struct{}
	once    sync.Once
	wg      sync.WaitGroup
}

// Remote is a connection method as a configuration names it.
type Remote struct {
	// Target is a name of package stream, or db:DB,TABLE,COLUMN.
	Target  string
	Options RemoteOptions
}

// RemoteOptions are a remote's options: what concerns its sessions and what
// concerns the connection.
type RemoteOptions struct {
	SessionOptions
	MaxBackoff time.Duration // longest wait between attempts to connect; 0: 8 s
	DSCP       int           // of TCP connections; 0 to 63
}

// DefaultOptions returns the options of a target for which none are given.
func DefaultOptions(target string) RemoteOptions {
	o := RemoteOptions{DSCP: stream.DefaultDSCP}
	if !strings.HasPrefix(target, "unix:") && !strings.HasPrefix(target, "punix:") {
		o.Probe = 5 * time.Second
	}
	return o
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
		_, _, _, err := r.Column(name)
		return err
	}
	return nil
}

// Add adds a remote with default options and returns when it listens.
func (r *Remotes) Add(name string) error {
	if err := r.Check(name); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.ContainsFunc(r.want, func(w Remote) bool { return w.Target == name }) {
		r.want = append(r.want, Remote{name, DefaultOptions(name)})
		r.reconcile()
	}
	return nil
}

// Replace makes the given remotes the only ones. Those that stay keep their
// sessions.
func (r *Remotes) Replace(list []Remote) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.want = list
	r.reconcile()
}

// DatabasesChanged looks at the remotes db:DB,TABLE,COLUMN again after
// databases have come or gone.
func (r *Remotes) DatabasesChanged() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reconcile()
}

// Remove removes a remote. It reports whether there was one.
func (r *Remotes) Remove(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.want, func(w Remote) bool { return w.Target == name })
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
	var names []string
	for _, w := range r.want {
		names = append(names, w.Target)
	}
	slices.Sort(names)
	return names
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
			r.retry()
			r.writeStatus()
		}
	}
}

// retry listens where it has failed before.
func (r *Remotes) retry() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.live {
		if m.silent() {
			r.listen(m)
		}
	}
}

// Column resolves db:DB,TABLE,COLUMN.
func (r *Remotes) Column(name string) (*Database, *ovsdb.TableSchema, *ovsdb.Column, error) {
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
	want := map[string]*wanted{}
	var faults []string
	for _, w := range r.want {
		if !strings.HasPrefix(w.Target, "db:") {
			want[w.Target] = &wanted{Remote: w}
			continue
		}
		db, t, c, err := r.Column(w.Target)
		if err != nil {
			faults = append(faults, err.Error())
			continue
		}
		r.stops = append(r.stops, db.Watch(r.notice(t, db.store.Schema().Table(c.Type.Key.RefTable))))
		for _, m := range fromColumn(db, t, c) {
			if have := want[m.Target]; have == nil || have.row.db == nil {
				want[m.Target] = m
			}
		}
	}
	if text := strings.Join(faults, "; "); text != r.fault {
		if r.fault = text; text != "" {
			modules().server.Warn("%s", text)
		}
	}
	for target, m := range r.live {
		w := want[target]
		if w == nil {
			modules().rpc.Info("%s: remote deconfigured", target)
			m.stop()
			delete(r.live, target)
			continue
		}
		m.update(w)
	}
	for _, target := range slices.Sorted(maps.Keys(want)) {
		m := r.live[target]
		if m == nil {
			m = newRemote(want[target])
			r.live[target] = m
			r.start(m)
		} else if m.silent() {
			r.listen(m)
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
