package idl

import (
	"maps"
	"slices"

	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// Clause is a condition on one column. A table is replicated as far as any of
// its clauses holds for a row.
type Clause struct {
	Column string
	Func   ovsdb.Function
	Value  ovsdb.Datum
}

// Equal holds for rows whose column has exactly this value.
func Equal(column string, d ovsdb.Datum) Clause { return Clause{column, ovsdb.FuncEQ, d} }

// Includes holds for rows whose set or map has at least these elements.
func Includes(column string, d ovsdb.Datum) Clause { return Clause{column, ovsdb.FuncIncludes, d} }

// UUIDIs holds for one row.
func UUIDIs(u ovsdb.UUID) Clause {
	return Clause{"_uuid", ovsdb.FuncEQ, ovsdb.Scalar(ovsdb.UUIDAtom(u))}
}

// None holds for no row.
func None() Clause { return Clause{Func: ovsdb.FuncFalse} }

// conditions are the clauses of all tables that have some.
type conditions map[string][]Clause

// condState is what the client wants to see and what the server shows it.
type condState struct {
	want    conditions
	seqno   uint64     // of want
	shown   conditions // what the replica was last known to follow
	pending bool       // a change is under way
}

// SetCondition makes the replica follow only the rows of a table for which any
// of the clauses holds; without clauses, all rows. Rows come and go by ordinary
// updates: Snapshot.CondSeqno reaches the number that is returned when they
// have. It may be called at any time, and holds for later connections, too.
func (c *Client) SetCondition(table string, clauses ...Clause) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if same(c.cond.want[table], clauses) {
		return c.cond.seqno
	}
	c.cond.want = maps.Clone(c.cond.want)
	if c.cond.want == nil {
		c.cond.want = conditions{}
	}
	c.cond.want[table] = slices.Clone(clauses)
	c.cond.seqno++
	c.sendConditions()
	return c.cond.seqno
}

func same(a, b []Clause) bool {
	return slices.EqualFunc(a, b, func(x, y Clause) bool {
		return x.Column == y.Column && x.Func == y.Func && x.Value.Equal(y.Value)
	})
}

// equal reports whether two sets of conditions show the same rows.
func (a conditions) equal(b conditions) bool {
	for t, c := range a {
		if !same(c, b[t]) {
			return false
		}
	}
	for t, c := range b {
		if !same(c, a[t]) {
			return false
		}
	}
	return true
}

// where returns a table's clauses as the protocol has them.
func (a conditions) where(t *ovsdb.TableSchema) json.Value {
	clauses := a[t.Name]
	if len(clauses) == 0 {
		return json.Arr(json.Bool(true))
	}
	all := make([]json.Value, 0, len(clauses))
	for _, x := range clauses {
		cl := ovsdb.Clause{Func: x.Func, Arg: x.Value}
		if x.Func > ovsdb.FuncTrue {
			if cl.Column = t.Column(x.Column); cl.Column == nil {
				log.Warn("%s table lacks column %s, which a condition is on", t.Name, x.Column)
				continue
			}
		}
		all = append(all, cl.JSON())
	}
	return json.Arr(all...)
}

// sendConditions asks the server for what it does not show yet, one change
// after the other. The caller holds mu.
func (c *Client) sendConditions() {
	s, st := c.session, &c.cond
	if s == nil || c.copying || st.pending || !c.conditional {
		return
	}
	if st.want.equal(st.shown) {
		if c.snap.Load().CondSeqno != st.seqno {
			c.publish(func(s *Snapshot) { s.CondSeqno = st.seqno })
		}
		return
	}
	var tables []json.Member
	for _, t := range c.base.schema.Tables {
		if !same(st.want[t.Name], st.shown[t.Name]) && c.follows(t.Name) {
			req := json.Obj(json.Member{Key: "where", Value: st.want.where(t)})
			tables = append(tables, json.Member{Key: t.Name, Value: json.Arr(req)})
		}
	}
	want, seqno, id := st.want, st.seqno, json.Str(c.cfg.DB)
	st.pending = true
	go func() {
		answer, _, err := s.Go("monitor_cond_change", json.Arr(id, id, json.Obj(tables...)))
		if err != nil {
			return // the connection is gone
		}
		// The rows that come and go are told before the answer.
		m := <-answer
		c.mu.Lock()
		defer c.mu.Unlock()
		if m == nil || c.session != s {
			return
		}
		if m.Type == jsonrpc.Error {
			log.Warn("monitor_cond_change: %v", callError(&jsonrpc.CallError{Value: m.Err}))
		}
		st.pending, st.shown = false, want
		c.publish(func(s *Snapshot) { s.CondSeqno = seqno })
		c.sendConditions()
	}()
}

// follows reports whether a table is replicated.
func (c *Client) follows(table string) bool {
	_, ok := c.cfg.Tables[table]
	return ok || c.cfg.Tables == nil
}
