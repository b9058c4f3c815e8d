package idl

import (
	"context"
	"slices"
	"strings"

	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// Status is how a commit ended.
type Status uint8

// The ways a commit ends.
const (
	Unchanged Status = iota // nothing to do, nothing sent
	Success                 // done; the client's snapshot shows it
	Aborted                 // done and undone: DryRun
	TryAgain                // a verified column has changed, or the connection broke: begin again on a newer snapshot
	NotLocked               // somebody else owns the lock
	Failed                  // Result.Err says why
)

var statusNames = [...]string{"unchanged", "success", "aborted", "try again", "not locked", "error"}

func (s Status) String() string { return statusNames[s] }

// TxnError is the error of a transaction the server refused. Its text is the
// server's <error> object, as OVS's tools print it.
type TxnError struct {
	Tag, Details string
	Value        json.Value
}

func (e *TxnError) Error() string { return e.Value.String() }

// Result is how a commit ended.
type Result struct {
	Status Status
	Err    error // of Failed, and the reason of TryAgain if it is the connection

	// Counter is the column's new value after Increment.
	Counter int64

	inserted map[ovsdb.UUID]ovsdb.UUID
}

// UUID returns the UUID that the server gave to an inserted row. Other UUIDs
// are returned as they are.
func (r *Result) UUID(provisional ovsdb.UUID) ovsdb.UUID {
	if u, ok := r.inserted[provisional]; ok {
		return u
	}
	return provisional
}

// Commit sends the transaction and waits for its end. When it returns with
// Success, the client's snapshot already shows the changes. A Txn is committed
// once.
func (t *Txn) Commit(ctx context.Context) *Result {
	if !t.Changed() {
		return &Result{Status: Unchanged}
	}
	p := t.build()
	c := t.client
	c.mu.Lock()
	s := c.session
	c.mu.Unlock()
	if s == nil {
		return &Result{Status: TryAgain, Err: c.Err()}
	}
	v, err := s.Call(ctx, "transact", json.Arr(p.ops...))
	if err != nil {
		if ctx.Err() != nil {
			return &Result{Status: Failed, Err: ctx.Err()}
		}
		if s.Err() != nil {
			return &Result{Status: TryAgain, Err: err}
		}
		return &Result{Status: Failed, Err: callError(err)}
	}
	r := p.result(t, v)
	if te, ok := r.Err.(*TxnError); ok {
		log.Warn("transaction error: %s", te)
	}
	return r
}

// Start commits on a goroutine of its own; the result comes by the channel.
// The transaction must not be used any more.
func (t *Txn) Start(ctx context.Context) <-chan *Result {
	ch := make(chan *Result, 1)
	go func() { ch <- t.Commit(ctx) }()
	return ch
}

// plan is a transaction in the form it is sent, and where in the reply to find
// what.
type plan struct {
	ops      []json.Value // the database's name, then operations
	waits    int
	inserts  map[int]ovsdb.UUID // by position in the reply
	selected int                // of the counter; -1: none
	aborts   bool
	names    map[ovsdb.UUID]string
}

func member(k string, v json.Value) json.Member { return json.Member{Key: k, Value: v} }

func op(name string, members ...json.Member) json.Value {
	return json.Obj(append([]json.Member{member("op", json.Str(name))}, members...)...)
}

func where(u ovsdb.UUID) json.Member {
	return member("where", json.Arr(json.Arr(json.Str("_uuid"), json.Str("=="), ovsdb.UUIDAtom(u).JSON())))
}

// build turns the changes into operations: what must still hold, then deletes,
// inserts and changes.
func (t *Txn) build() *plan {
	p := &plan{ops: []json.Value{json.Str(t.client.cfg.DB)}, inserts: map[int]ovsdb.UUID{}, selected: -1, names: map[ovsdb.UUID]string{}}
	for _, e := range t.edits {
		if e.old == nil && e.now != nil && !e.kept {
			p.names[e.now.uuid] = "row" + strings.ReplaceAll(e.now.uuid.String(), "-", "_")
		}
	}
	lock := t.asserted
	if lock == "" {
		lock = t.client.cfg.Lock
	}
	if lock != "" {
		p.ops = append(p.ops, op("assert", member("lock", json.Str(lock))))
	}
	for _, e := range t.edits {
		if e.old != nil && len(e.verified) > 0 {
			p.ops = append(p.ops, e.wait())
		}
	}
	p.waits = len(p.ops) - 1
	for _, e := range t.edits {
		if e.old != nil && e.now == nil && e.table.IsRoot {
			p.ops = append(p.ops, op("delete", member("table", json.Str(e.table.Name)), where(e.old.uuid)))
		}
	}
	for _, e := range t.edits {
		if e.now == nil || !e.changes() {
			continue
		}
		if e.old == nil {
			p.inserts[len(p.ops)-1] = e.now.uuid
			id := member("uuid-name", json.Str(p.names[e.now.uuid]))
			if e.kept {
				id = member("uuid", json.Str(e.now.uuid.String()))
			}
			p.ops = append(p.ops, op("insert", member("table", json.Str(e.table.Name)), member("row", p.row(e)), id))
			continue
		}
		if row := p.row(e); len(row.Members()) > 0 {
			p.ops = append(p.ops, op("update", member("table", json.Str(e.table.Name)), where(e.now.uuid), member("row", row)))
		}
		if len(e.muts) > 0 {
			muts := make([]json.Value, len(e.muts))
			for i, m := range e.muts {
				muts[i] = json.Arr(json.Str(m.col.Name), json.Str(m.op), p.elements(m.arg, m.typ()))
			}
			p.ops = append(p.ops, op("mutate", member("table", json.Str(e.table.Name)), where(e.now.uuid), member("mutations", json.Arr(muts...))))
		}
	}
	if n := t.counter; n != nil {
		table, col := member("table", json.Str(n.row.table.Name)), json.Str(n.col.Name)
		id := member("where", json.Arr(json.Arr(json.Str("_uuid"), json.Str("=="), p.atom(ovsdb.UUIDAtom(n.row.uuid)))))
		p.ops = append(p.ops, op("mutate", table, id, member("mutations", json.Arr(json.Arr(col, json.Str("+="), json.Int(1))))))
		p.selected = len(p.ops) - 1
		p.ops = append(p.ops, op("select", table, id, member("columns", json.Arr(col))))
	}
	if len(t.comments) > 0 {
		p.ops = append(p.ops, op("comment", member("comment", json.Str(strings.Join(t.comments, "\n")))))
	}
	if t.dryRun {
		p.ops = append(p.ops, op("abort"))
		p.aborts = true
	}
	return p
}

// wait is the operation that fails unless the verified columns are as they
// were.
func (e *edit) wait() json.Value {
	slices.Sort(e.verified)
	var cols []json.Value
	var row []json.Member
	for _, i := range e.verified {
		c := e.table.Columns[i]
		cols = append(cols, json.Str(c.Name))
		row = append(row, member(c.Name, e.old.data[i].JSON(&c.Type)))
	}
	return op("wait", member("table", json.Str(e.table.Name)), member("timeout", json.Int(0)), where(e.old.uuid),
		member("columns", json.Arr(cols...)), member("until", json.Str("==")), member("rows", json.Arr(json.Obj(row...))))
}

// row returns the columns to send: of a new row those that are not defaults,
// of an old one those that change.
func (p *plan) row(e *edit) json.Value {
	m := []json.Member{}
	for _, c := range e.table.Own() {
		d := e.now.At(c)
		switch {
		case !e.set[c.Index]:
			continue
		case e.old == nil && c.Type.IsDefault(d):
			continue
		case e.old != nil && !e.forced && d.Equal(e.old.At(c)):
			continue
		}
		m = append(m, member(c.Name, p.datum(d, &c.Type)))
	}
	return json.Obj(m...)
}

// typ is the type of the mutation's argument.
func (m *mutation) typ() *ovsdb.Type {
	t := m.col.Type
	if m.keys {
		t.Value = ovsdb.NewBase(ovsdb.Void)
	}
	t.Min, t.Max = 0, ovsdb.Unlimited
	return &t
}

// atom is Atom.JSON with rows of this transaction called by name.
func (p *plan) atom(a ovsdb.Atom) json.Value {
	if a.Type() == ovsdb.UUIDType {
		if n, ok := p.names[a.UUID()]; ok {
			return json.Arr(json.Str("named-uuid"), json.Str(n))
		}
	}
	return a.JSON()
}

func (p *plan) datum(d ovsdb.Datum, t *ovsdb.Type) json.Value {
	if !t.IsMap() && d.Len() == 1 {
		return p.atom(d.Key(0))
	}
	return p.elements(d, t)
}

// elements is datum with a set of one in the form of a set.
func (p *plan) elements(d ovsdb.Datum, t *ovsdb.Type) json.Value {
	e := make([]json.Value, d.Len())
	kind := "set"
	for i, k := range d.Keys() {
		e[i] = p.atom(k)
		if t.IsMap() {
			e[i] = json.Arr(e[i], p.atom(d.Value(i)))
		}
	}
	if t.IsMap() {
		kind = "map"
	}
	return json.Arr(json.Str(kind), json.Arr(e...))
}

// result reads the reply of the server.
func (p *plan) result(t *Txn, v json.Value) *Result {
	r := &Result{Status: Success, inserted: map[ovsdb.UUID]ovsdb.UUID{}}
	replies := v.Elems()
	for i, x := range replies {
		if x.Kind() != json.Object {
			continue
		}
		tag, bad := x.Get("error")
		if !bad {
			continue
		}
		details, _ := x.Get("details")
		switch {
		case tag.Str() == "timed out" && i < p.waits:
			r.Status = TryAgain
			return r
		case tag.Str() == "aborted" && p.aborts:
			r.Status = Aborted
		case tag.Str() == "not owner":
			r.Status = NotLocked
			return r
		default:
			r.Status = Failed
			r.Err = &TxnError{tag.Str(), details.Str(), x}
			return r
		}
	}
	if len(replies) < len(p.ops)-1 {
		r.Status = Failed
		r.Err = &TxnError{"bad reply", "", v}
		return r
	}
	for i, prov := range p.inserts {
		u, _ := replies[i].Get("uuid")
		if e := u.Elems(); len(e) == 2 {
			if id, ok := ovsdb.ParseUUID(e[1].Str()); ok {
				r.inserted[prov] = id
			}
		}
	}
	if p.selected >= 0 {
		rows, _ := replies[p.selected].Get("rows")
		if e := rows.Elems(); len(e) == 1 {
			n, _ := e[0].Get(t.counter.col.Name)
			r.Counter = n.Int()
		}
	}
	return r
}
