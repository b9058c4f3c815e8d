package server

import (
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/ovsdb/log"
)

// Storage is a database's service model: what makes changes outlast the
// process. Calls come one at a time.
type Storage interface {
	// Model is the word in _Server: "standalone", "clustered", "relay".
	Model() string
	// Append takes a change to be made lasting by the next Flush.
	Append(ch *ovsdb.Change)
	// Flush makes all changes lasting; with durable, even a loss of power
	// does not undo them. After an error none of them is kept.
	Flush(durable bool) error
	// Compact forgets all history up to a state.
	Compact(s *ovsdb.Snapshot, comment string) error
	// Status is what get-db-storage-status prints after "status: ".
	Status() string
	Close() error
}

// Database is one database that a server serves.
type Database struct {
	srv     *Server
	store   *ovsdb.Store
	storage Storage // nil: memory only
	path    string

	mu       sync.Mutex
	pending  []commit         // guarded by mu; executed, not yet lasting
	durable  bool             // guarded by mu; a pending commit asks for it
	prefix   []byte           // guarded by mu; scratch
	kinds    map[string]*kind // guarded by mu; monitors by what they look at
	dispatch *dispatch        // guarded by mu; of kinds, nil if they have changed
	triggers []*trigger       // guarded by mu; transactions that wait
	history  []*ovsdb.Change  // guarded by mu; the latest changes
	watchers []*watcher       // guarded by mu
	closed   bool

	successor *Database // guarded by mu; what a conversion put in its place

	logged atomic.Pointer[map[string]bool] // tables whose changes are logged
}

type watcher struct{ f func(*ovsdb.Change) }

// commit is an executed transaction whose reply waits for the disk.
type commit struct {
	change *ovsdb.Change
	s      *session // nil for the server's own
	reply  []byte   // without its last brace
}

// trigger is a transaction with a "wait" that does not hold yet.
type trigger struct {
	s       *session
	req     *jsonrpc.Message
	since   time.Time
	timeout time.Duration
	timer   *time.Timer
}

// historyLen is how many changes monitor_cond_since can catch up with.
const historyLen = 100

// NewDatabase returns a database that is kept by storage, or only in memory if
// it is nil.
func NewDatabase(st *ovsdb.Store, storage Storage) *Database {
	return &Database{store: st, storage: storage, kinds: map[string]*kind{}}
}

// FileOptions say how a database file is written.
type FileOptions struct {
	// FullRecords writes changed columns whole, as releases before 3.0 do,
	// and not as differences.
	FullRecords bool
}

// OpenFile opens a standalone database file. A damaged end is logged and
// dropped.
func OpenFile(path string) (*Database, error) { return OpenFileWith(path, FileOptions{}) }

// OpenFileWith is OpenFile with options.
func OpenFileWith(path string, opt FileOptions) (*Database, error) {
	r, err := log.OpenDatabase(path, log.ReadWrite)
	if err != nil {
		return nil, err
	}
	st, damage := r.Load(nil)
	if damage != nil {
		modules().server.Err("%v", damage)
	}
	db := NewDatabase(st, &fileStorage{log: r.Log, diff: !opt.FullRecords, now: time.Now, lastCompact: time.Now()})
	if db.path, err = filepath.Abs(path); err != nil {
		db.path = path
	}
	return db, nil
}

// Name returns the database's name.
func (db *Database) Name() string { return db.store.Schema().Name }

// Schema returns the database's schema.
func (db *Database) Schema() *ovsdb.Schema { return db.store.Schema() }

// EnableColumnDiff writes differences of columns from now on.
func (db *Database) EnableColumnDiff() {
	db.mu.Lock()
	defer db.mu.Unlock()
	if f, ok := db.storage.(*fileStorage); ok {
		f.diff = true
	}
}

// Path returns the file it was opened from, or "".
func (db *Database) Path() string { return db.path }

// Snapshot returns the current state.
func (db *Database) Snapshot() *ovsdb.Snapshot { return db.store.Published() }

// Watch calls f after each change, in order, until stop is called. f must not
// change the database itself.
func (db *Database) Watch(f func(*ovsdb.Change)) (stop func()) {
	w := &watcher{f}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.watchers = append(db.watchers, w)
	return func() {
		// A conversion hands watchers on.
		for db := db; db != nil; db = db.unwatch(w) {
		}
	}
}

func (db *Database) unwatch(w *watcher) (next *Database) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for i, x := range db.watchers {
		if x == w {
			db.watchers = append(db.watchers[:i:i], db.watchers[i+1:]...)
			return nil
		}
	}
	return db.successor
}

// Apply commits a transaction record (see ovsdb.Store.ApplyRecord) of the
// server itself.
func (db *Database) Apply(record json.Value) error {
	db.mu.Lock()
	ch, err := db.store.ApplyRecord(record, false)
	if err == nil && ch != nil {
		db.push(commit{change: ch})
	}
	db.mu.Unlock()
	if err == nil {
		db.flush(nil)
	}
	return err
}

// Transact executes a transaction of the server itself and returns the text
// of its result.
func (db *Database) Transact(params json.Value) []byte {
	db.mu.Lock()
	res := db.store.Execute(params, ovsdb.ExecOptions{})
	if res.Change != nil {
		db.push(commit{change: res.Change})
	}
	db.durable = db.durable || res.Durable
	db.mu.Unlock()
	db.flush(nil)
	return res.JSON
}

// Compact writes the current state as a new file.
func (db *Database) Compact(comment string) error {
	db.flush(nil)
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.storage == nil {
		return nil
	}
	defer db.trim()
	return db.storage.Compact(db.store.Head(), comment)
}

// trim gives memory back after a compaction, if that is wanted.
func (db *Database) trim() {
	if db.srv != nil && db.srv.trim.Load() {
		go debug.FreeOSMemory()
	}
}

// Status returns the state of the storage: "ok" or what is wrong.
func (db *Database) Status() string {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.storage == nil {
		return "ok"
	}
	return db.storage.Status()
}

// Model returns the service model's name.
func (db *Database) Model() string {
	if db.storage == nil {
		return "standalone"
	}
	return db.storage.Model()
}

// Close closes the storage. What clients were told is kept.
func (db *Database) Close() error {
	db.flush(nil)
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, t := range db.triggers {
		t.timer.Stop()
	}
	db.triggers = nil
	if db.closed || db.storage == nil {
		return nil
	}
	db.closed = true
	return db.storage.Close()
}

// push takes an executed transaction. db.mu is held.
func (db *Database) push(c commit) {
	if c.change != nil && db.storage != nil {
		db.storage.Append(c.change)
	}
	db.pending = append(db.pending, c)
	if c.change != nil && len(db.triggers) > 0 {
		db.retry()
	}
}

// transact executes a client's transaction. Its reply is sent by flush.
func (db *Database) transact(s *session, req *jsonrpc.Message) {
	if !slices.Contains(s.dirty, db) && ovsdb.IsReadOnly(req.Params) && !db.store.Published().Indexed(req.Params) {
		// The published state is what the client has been told of.
		res := db.store.Published().Query(req.Params, appendPrefix(nil, req))
		s.q.Push(append(res.JSON, '}'))
		return
	}
	db.mu.Lock()
	if next := db.successor; next != nil {
		db.mu.Unlock()
		next.transact(s, req)
		return
	}
	db.execute(&trigger{s: s, req: req})
	db.mu.Unlock()
	if !slices.Contains(s.dirty, db) {
		s.dirty = append(s.dirty, db)
	}
}

// execute executes a transaction for the first time, or again. It reports
// whether it is done. db.mu is held.
func (db *Database) execute(t *trigger) bool {
	first := t.since.IsZero()
	opts := ovsdb.ExecOptions{
		ReadOnly: t.s.opts.Load().ReadOnly,
		HasLock:  func(name string) bool { return db.srv.locks.holds(t.s, name) },
		CanWait:  true,
		Access:   t.s.access(),
		Prefix:   appendPrefix(db.prefix[:0], t.req),
	}
	db.prefix = opts.Prefix
	if !first {
		opts.Elapsed = max(1, time.Since(t.since))
	}
	count().transactions.Inc()
	res := db.store.Execute(t.req.Params, opts)
	if res.Wait {
		if first {
			t.req = t.req.Clone()
			t.since, t.timeout = time.Now(), res.Timeout
			if res.Timeout < ovsdb.NoTimeout {
				t.timer = time.AfterFunc(res.Timeout, func() { db.expire(t) })
			} else {
				t.timer = time.AfterFunc(1<<62, func() {})
			}
			db.triggers = append(db.triggers, t)
		}
		return false
	}
	if !first {
		t.timer.Stop()
		db.forget(t)
	}
	db.durable = db.durable || res.Durable
	db.push(commit{res.Change, t.s, res.JSON})
	return true
}

func (db *Database) forget(t *trigger) bool {
	for i, x := range db.triggers {
		if x == t {
			db.triggers = append(db.triggers[:i:i], db.triggers[i+1:]...)
			return true
		}
	}
	return false
}

// retry executes the waiting transactions again after a change. db.mu is held.
func (db *Database) retry() {
	for _, t := range append([]*trigger(nil), db.triggers...) {
		db.execute(t)
	}
}

func (db *Database) expire(t *trigger) {
	db.mu.Lock()
	waiting := false
	for _, x := range db.triggers {
		waiting = waiting || x == t
	}
	if waiting {
		// The clock may be a little early by the transaction's own reckoning.
		if time.Since(t.since) < t.timeout {
			t.since = time.Now().Add(-t.timeout)
		}
		db.execute(t)
	}
	db.mu.Unlock()
	db.flush(nil)
}

// cancel takes back a waiting transaction by its request's id.
func (db *Database) cancel(s *session, id json.Value) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, t := range db.triggers {
		if t.s == s && t.req.ID.Equal(id) {
			t.timer.Stop()
			db.forget(t)
			s.error(t.req, json.Str("canceled"))
			return true
		}
	}
	return false
}

// drop forgets a session that ended.
func (db *Database) drop(s *session) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, t := range append([]*trigger(nil), db.triggers...) {
		if t.s == s {
			t.timer.Stop()
			db.forget(t)
		}
	}
	for key, k := range db.kinds {
		k.drop(s)
		if len(k.subs) == 0 {
			delete(db.kinds, key)
			db.dispatch = nil
		}
	}
}

// flush makes the executed transactions lasting, shows them to readers and
// monitors and sends their replies, in the order in which they were executed.
// own is the session on whose goroutine it runs, which writes for itself.
func (db *Database) flush(own *session) {
	if others := db.settle(own); len(others) > 0 {
		db.srv.writers.write(others)
	}
}

// settle does what flush does but for the other sessions whose queues are to
// be written, which it returns.
func (db *Database) settle(own *session) (others []*session) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if len(db.pending) == 0 {
		return nil
	}
	pending := db.pending
	db.pending = nil
	var err error
	if db.storage != nil {
		count().flushes.Inc()
		err = db.storage.Flush(db.durable)
	}
	db.durable = false
	if err != nil {
		modules().server.Err("%v", err)
		db.store.Reset(db.store.Published())
	}
	kick := func(s *session) {
		if s != own && !s.active.Load() && s.queued.CompareAndSwap(false, true) {
			others = append(others, s)
		}
	}
	for i := range pending {
		c := &pending[i]
		if c.change != nil && err == nil {
			db.publish(c.change, kick)
		}
		if c.s == nil {
			continue
		}
		if c.change != nil && err != nil {
			c.reply = failed(c.reply, err)
		}
		c.s.q.Push(append(c.reply, '}'))
		kick(c.s)
	}
	if fs, ok := db.storage.(*fileStorage); ok && err == nil {
		if fs.maybeCompact(db.store.Head()) {
			db.trim()
		}
	}
	return others
}

// failed appends an error to an array of results.
func failed(result []byte, err error) []byte {
	e, ok := err.(*ovsdb.Error)
	if !ok {
		e = ovsdb.Errorf("I/O error", "%v", err)
	}
	out := append([]byte(nil), result[:len(result)-1]...)
	if out[len(out)-1] != '[' {
		out = append(out, ',')
	}
	return append(json.Append(out, e.JSON()), ']')
}

// publish shows a change to readers and monitors. db.mu is held.
func (db *Database) publish(ch *ovsdb.Change, kick func(*session)) {
	db.store.PublishSnapshot(ch.Snapshot)
	if len(db.history) == historyLen {
		copy(db.history, db.history[1:])
		db.history = db.history[:historyLen-1]
	}
	// Only the rows matter from now on; the states would be kept alive.
	db.history = append(db.history, &ovsdb.Change{Tables: ch.Tables, Snapshot: idOnly(ch.Snapshot), Previous: idOnly(ch.Previous)})
	if db.dispatch == nil {
		db.dispatch = newDispatch(db.store.Schema(), db.kinds)
	}
	db.dispatch.each(ch, func(k *kind) { k.update(ch, kick) })
	if db.logged.Load() != nil {
		db.logChange(ch)
	}
	for _, w := range db.watchers {
		w.f(ch)
	}
}

func idOnly(s *ovsdb.Snapshot) *ovsdb.Snapshot { return &ovsdb.Snapshot{ID: s.ID} }

// fileStorage keeps a standalone database in its file.
type fileStorage struct {
	log         *log.Log
	diff        bool
	now         func() time.Time
	lastCompact time.Time
	commits     int // since then
	buf         []byte
	err         error
}

func (f *fileStorage) Model() string { return "standalone" }

func (f *fileStorage) Append(ch *ovsdb.Change) {
	rec, ok := ch.AppendRecord(f.buf[:0], f.diff, f.now())
	if f.buf = rec[:0]; cap(rec) > 1<<20 {
		f.buf = nil
	}
	if ok {
		f.log.Append(rec)
		f.commits++
	}
}

func (f *fileStorage) Flush(durable bool) error {
	f.err = f.log.Flush()
	if f.err == nil && durable {
		f.err = f.log.Sync()
	}
	return f.err
}

func (f *fileStorage) Compact(s *ovsdb.Snapshot, comment string) error {
	if err := f.log.Flush(); err != nil {
		return err
	}
	f.lastCompact, f.commits = f.now(), 0
	return f.log.Compact(s, comment, f.now())
}

// The bounds of automatic compaction (ovsdb-server(1), ovsdb-server/compact).
const (
	compactMinSize    = 10 << 20
	compactMinCommits = 100
	compactMinDelay   = 10 * time.Minute
	compactMaxDelay   = 24 * time.Hour
)

// due reports whether a log of a size, with a snapshot of size base at its
// beginning and some commits after it, is to be compacted this long after the
// last time: when it has doubled, and once a day.
func due(size, base int64, commits int, age time.Duration) bool {
	if commits < compactMinCommits || age < compactMinDelay {
		return false
	}
	return size >= compactMinSize && size > 2*base || age >= compactMaxDelay
}

// maybeCompact reports whether it was time, and done.
func (f *fileStorage) maybeCompact(s *ovsdb.Snapshot) bool {
	if !due(f.log.Size(), f.log.Base(), f.commits, f.now().Sub(f.lastCompact)) {
		return false
	}
	err := f.Compact(s, "compacting database online")
	if err != nil {
		modules().server.Warn("%s: compacting failed: %v", f.log.Name(), err)
	}
	return err == nil
}

func (f *fileStorage) Status() string {
	if f.err != nil {
		return f.err.Error()
	}
	return "ok"
}

func (f *fileStorage) Close() error { return f.log.Close() }
