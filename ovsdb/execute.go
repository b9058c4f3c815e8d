package ovsdb

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"govs/jsonrpc/json"
)

// ExecOptions says under which conditions a transaction is executed.
type ExecOptions struct {
	// ReadOnly refuses operations that change data.
	ReadOnly bool
	// Access is who the client is.
	Access Access
	// HasLock reports whether the client holds a lock, for "assert"; nil: none.
	HasLock func(name string) bool
	// Elapsed is how long the transaction has been waiting already.
	Elapsed time.Duration
	// Prefix is what Result.JSON begins with: a reply is then made in one
	// piece.
	Prefix []byte
	// CanWait lets an unsatisfied "wait" return Result.Wait instead of an error.
	CanWait bool
}

// Result is the outcome of Execute.
type Result struct {
	// JSON is the text of the reply's result: an array, or an error object
	// if the parameters were unusable.
	JSON []byte
	// Change is what the transaction changed; nil if it failed or changed
	// nothing.
	Change *Change
	// Failed is set if an operation or the commit failed.
	Failed bool
	// Durable is set if the client asked to wait for the disk.
	Durable bool
	// Wait is set if a "wait" does not hold yet: execute again when the
	// database changes, or at the latest when Timeout has passed since the
	// transaction came. JSON is empty then.
	Wait    bool
	Timeout time.Duration
}

// NoTimeout is the Result.Timeout of a transaction that may wait for ever.
const NoTimeout = time.Duration(1<<63 - 1)

// executor is what the operations of one transaction share.
type executor struct {
	decoder
	txn
	op       objParser
	opts     ExecOptions
	out      []byte
	symbols  map[string]*symbol
	comments []string
	durable  bool
	timeout  time.Duration
}

type symbol struct {
	uuid    UUID
	created bool
}

// Symbol implements Symbols.
func (x *executor) Symbol(name string) UUID { return x.symbol(name).uuid }

func (x *executor) symbol(name string) *symbol {
	s := x.symbols[name]
	if s == nil {
		s = &symbol{uuid: NewUUID()}
		if x.symbols == nil {
			x.symbols = map[string]*symbol{}
		}
		x.symbols[strings.Clone(name)] = s
	}
	return s
}

type operation struct {
	name     string
	readOnly bool
	run      func(x *executor, p *objParser) *Error
}

var operations = [...]operation{
	{"insert", false, (*executor).insertOp},
	{"select", true, (*executor).selectOp},
	{"update", false, (*executor).updateOp},
	{"mutate", false, (*executor).mutateOp},
	{"delete", false, (*executor).deleteOp},
	{"wait", true, (*executor).waitOp},
	{"commit", false, (*executor).commitOp},
	{"abort", true, (*executor).abortOp},
	{"comment", true, (*executor).commentOp},
	{"assert", true, (*executor).assertOp},
}

// IsReadOnly reports whether no operation of a transaction can change data or
// wait: such a one may be executed by Snapshot.Query.
func IsReadOnly(params json.Value) bool {
	for i, op := range params.Elems() {
		if i == 0 {
			continue
		}
		if name, _ := op.Get("op"); name.Str() != "select" {
			return false
		}
	}
	return true
}

// Query executes a transaction that only reads. Any goroutine may call it. The
// result's text begins with prefix.
func (s *Snapshot) Query(params json.Value, prefix []byte) *Result {
	return execute(nil, s, params, ExecOptions{ReadOnly: true, Prefix: prefix})
}

// Execute executes the transaction whose parameters are the database's name
// and the operations (RFC 7047 section 4.1.3). If it commits, its changes are
// in Head when Execute returns.
func (st *Store) Execute(params json.Value, opts ExecOptions) *Result {
	return execute(st, st.head, params, opts)
}

// newExecutor returns the executor of a transaction: for a store, the one of
// its last transaction.
func newExecutor(st *Store, base *Snapshot) *executor {
	x := &executor{}
	if st != nil {
		if st.spare != nil {
			x = st.spare
		}
		st.spare = x
		x.keepKey = st.keepKey
	}
	x.begin(st, base)
	x.syms, x.timeout = x, NoTimeout
	return x
}

// end drops what must not be kept until the next transaction.
func (x *executor) end() {
	x.txn.begin(nil, &Snapshot{})
	x.op, x.opts, x.out, x.symbols, x.comments, x.durable, x.room = objParser{}, ExecOptions{}, nil, nil, nil, false, room{}
	clear(x.decoder.pairs)
}

func execute(st *Store, base *Snapshot, params json.Value, opts ExecOptions) *Result {
	ops := params.Elems()
	if params.Kind() != json.Array || len(ops) == 0 || ops[0].Kind() != json.String || ops[0].Str() != base.schema.Name {
		err := SyntaxErrorf(params, "", "database name expected as first parameter")
		if params.Kind() != json.Array {
			err.Details = "array expected"
		}
		return &Result{JSON: json.Append(opts.Prefix, err.JSON()), Failed: true}
	}
	ops = ops[1:]
	x := newExecutor(st, base)
	defer x.end()
	x.opts, x.out = opts, append(make([]byte, 0, len(opts.Prefix)+64*len(ops)+16), opts.Prefix...)
	x.out = append(x.out, '[')
	var err *Error
	i := 0
	for ; i < len(ops) && err == nil; i++ {
		mark := len(x.out)
		p := &x.op
		p.begin(ops[i], subject{kind: "ovsdb operation", i: i + 1, n: len(ops)})
		var row *operation
		if name, ok := p.member("op", mID); ok {
			for j := range operations {
				if operations[j].name == name.Str() {
					row = &operations[j]
				}
			}
			if row == nil {
				p.raise("No operation \"%s\"", name.Str())
			} else {
				err = row.run(x, p)
			}
		}
		if perr := p.finish(); perr != nil {
			err = perr
		}
		if err == nil && !row.readOnly {
			if opts.ReadOnly {
				err = Errorf("not allowed", "%s operation not allowed when database server is in read only mode", row.name)
			} else if base.schema.Name[0] == '_' {
				err = Errorf("not allowed", "%s operation not allowed on table in reserved database %s", row.name, base.schema.Name)
			}
		}
		if err == errWait {
			return &Result{Wait: true, Timeout: x.timeout}
		}
		if err != nil {
			x.out = json.Append(x.out[:mark], err.JSON())
		}
		x.out = append(x.out, ',')
	}
	for ; i < len(ops); i++ {
		x.out = append(x.out, "null,"...)
	}
	res := &Result{Durable: x.durable, Failed: err != nil}
	if err == nil && st != nil {
		res.Change, err = x.commit()
		if err != nil {
			res.Failed = true
			x.out = append(json.Append(x.out, err.JSON()), ',')
		} else if res.Change != nil {
			res.Change.Comment = strings.Join(x.comments, "\n")
			res.Change.Durable = x.durable
		}
	}
	if n := len(x.out); x.out[n-1] == ',' {
		x.out[n-1] = ']'
	} else {
		x.out = append(x.out, ']')
	}
	res.JSON = x.out
	return res
}

// errWait says that a "wait" has to wait.
var errWait = &Error{Tag: "not supported", Details: "triggers not supported"}

func (x *executor) table(p *objParser) *TableSchema {
	name, ok := p.member("table", mID)
	if !ok {
		return nil
	}
	t := x.base.schema.byName[name.Str()]
	if t == nil {
		p.raise("No table named %s.", name.Str())
	}
	return t
}

func (x *executor) insertOp(p *objParser) *Error {
	t := x.table(p)
	uuidV, hasUUID := p.member("uuid", mString|mOptional)
	nameV, hasName := p.member("uuid-name", mID|mOptional)
	rowV, _ := p.member("row", mObject)
	if err := p.err(); err != nil {
		return err
	}
	if err := x.mayInsert(t); err != nil {
		return err
	}
	var u UUID
	if hasUUID {
		var ok bool
		if u, ok = ParseUUID(uuidV.Str()); !ok {
			return SyntaxErrorf(uuidV, "", "bad uuid")
		}
		if !x.mayCreate(t, u) {
			return SyntaxErrorf(uuidV, "duplicate uuid", "This UUID would duplicate a UUID already present within the table or deleted within the same transaction.")
		}
	}
	if hasName {
		s := x.symbol(nameV.Str())
		if s.created {
			return SyntaxErrorf(nameV, "duplicate uuid-name", "This \"uuid-name\" appeared on an earlier \"insert\" operation.")
		}
		if hasUUID {
			s.uuid = u
		}
		u, s.created = s.uuid, true
	} else if !hasUUID {
		u = NewUUID()
	}
	r := t.newRow(u)
	var given [4]uint64
	x.reserve(t, rowV)
	err := x.row(t, r, rowV, func(c *Column, d Datum) *Error {
		if i := c.Index - FirstColumn; i >= 0 {
			r.fields[i] = d
			if i < 256 {
				given[i/64] |= 1 << (i % 64)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	// A default value may break the constraints of its column.
	for i, d := range r.fields {
		if d.n == 1 && (i >= 256 || given[i/64]&(1<<(i%64)) == 0) {
			if err := t.Columns[i+FirstColumn].Type.check(d); err != nil {
				return err
			}
		}
	}
	x.insert(t, r)
	x.out = append(x.out, `{"uuid":`...)
	x.out = uuidAtomRef(&r.uuid).AppendJSON(x.out)
	x.out = append(x.out, '}')
	return nil
}

// matching calls f for the rows of a table that a condition holds for, until
// f is false. The table may be changed meanwhile.
func (x *executor) matching(t *TableSchema, cond Condition, f func(*Row) bool) {
	if u, ok := cond.uuid(); ok {
		if r := x.get(t, u); r != nil && cond.Match(r) {
			f(r)
		}
		return
	}
	if rows, ok := x.indexed(t, cond); ok {
		for _, r := range rows {
			if !f(r) {
				return
			}
		}
		return
	}
	for r := range x.tables[t.Index].all {
		if cond.Match(r) && !f(r) {
			return
		}
	}
}

func (x *executor) selectOp(p *objParser) *Error {
	t := x.table(p)
	where, _ := p.member("where", mArray)
	colsV, _ := p.member("columns", mArray|mOptional)
	sortV, hasSort := p.member("sort", mArray|mOptional)
	if err := p.err(); err != nil {
		return err
	}
	cond, err := x.condition(t, where)
	if err != nil {
		return err
	}
	cols, err := t.columnSet(colsV)
	if err != nil {
		return err
	}
	var order []*Column
	if hasSort {
		if order, err = t.columnSet(sortV); err != nil {
			return err
		}
	}
	x.out = append(x.out, `{"rows":[`...)
	mark, n := len(x.out), 0
	emit := distinct(cols, func(r *Row) {
		if n > 0 {
			x.out = append(x.out, ',')
		}
		x.out = r.AppendJSON(x.out, cols)
		n++
		if n == 32 && len(cond) == 0 {
			x.out = GrowRows(x.out, mark, n, x.tables[t.Index].n)
		}
	})
	if len(order) == 0 {
		x.matching(t, cond, func(r *Row) bool { emit(r); return true })
	} else {
		var rows []*Row
		x.matching(t, cond, func(r *Row) bool { rows = append(rows, r); return true })
		slices.SortStableFunc(rows, func(a, b *Row) int {
			for _, c := range order {
				if d := a.Get(c).Compare(b.Get(c)); d != 0 {
					return d
				}
			}
			return 0
		})
		for _, r := range rows {
			emit(r)
		}
	}
	x.out = append(x.out, "]}"...)
	return nil
}

// distinct returns a function that passes on rows which differ in cols from
// all that came before.
func distinct(cols []*Column, f func(*Row)) func(*Row) {
	for _, c := range cols {
		if c.Index == ColUUID {
			return f
		}
	}
	seen := map[string]bool{}
	var buf []byte
	return func(r *Row) {
		buf = r.AppendJSON(buf[:0], cols)
		if !seen[string(buf)] {
			seen[string(buf)] = true
			f(r)
		}
	}
}

func (x *executor) count(n int) { x.out = fmt.Appendf(x.out, `{"count":%d}`, n) }

func (x *executor) updateOp(p *objParser) *Error {
	t := x.table(p)
	where, _ := p.member("where", mArray)
	rowV, _ := p.member("row", mObject)
	if err := p.err(); err != nil {
		return err
	}
	type assign struct {
		i int
		d Datum
	}
	var sets []assign
	var fixed *Column
	x.reserve(t, rowV)
	err := x.row(t, nil, rowV, func(c *Column, d Datum) *Error {
		if !c.Mutable && fixed == nil {
			fixed = c
		}
		sets = append(sets, assign{c.Index - FirstColumn, d})
		return nil
	})
	if err != nil {
		return err
	}
	if fixed != nil {
		return SyntaxErrorf(p.v, "constraint violation", "Cannot update immutable column %s in table %s.", fixed.Name, t.Name)
	}
	cond, err := x.condition(t, where)
	if err != nil {
		return err
	}
	rows := x.collect(t, cond)
	if x.limited() {
		var cols []*Column
		for _, s := range sets {
			cols = append(cols, t.Columns[s.i+FirstColumn])
		}
		if err := x.mayChange("modification of table", t, rows, cols); err != nil {
			return err
		}
	}
	n := 0
	for _, r := range rows {
		n++
		if !slices.ContainsFunc(sets, func(s assign) bool { return !r.fields[s.i].Equal(s.d) }) {
			continue
		}
		w := x.modify(t, r)
		for _, s := range sets {
			w.fields[s.i] = s.d
		}
	}
	x.count(n)
	return nil
}

func (x *executor) collect(t *TableSchema, cond Condition) (rows []*Row) {
	x.matching(t, cond, func(r *Row) bool { rows = append(rows, r); return true })
	return rows
}

func (x *executor) mutateOp(p *objParser) *Error {
	t := x.table(p)
	where, _ := p.member("where", mArray)
	mutsV, _ := p.member("mutations", mArray)
	if err := p.err(); err != nil {
		return err
	}
	muts, err := x.mutations(t, mutsV)
	if err != nil {
		return err
	}
	cond, err := x.condition(t, where)
	if err != nil {
		return err
	}
	rows := x.collect(t, cond)
	if x.limited() {
		var cols []*Column
		for _, m := range muts {
			cols = append(cols, m.Column)
		}
		if err := x.mayChange("mutate operation on table", t, rows, cols); err != nil {
			return err
		}
	}
	n := 0
	for _, r := range rows {
		w := x.modify(t, r)
		for i := range muts {
			m := &muts[i]
			f := &w.fields[m.Column.Index-FirstColumn]
			d, err := m.apply(*f)
			if err != nil {
				return err
			}
			*f = d
		}
		n++
	}
	x.count(n)
	return nil
}

func (x *executor) deleteOp(p *objParser) *Error {
	t := x.table(p)
	where, _ := p.member("where", mArray)
	if err := p.err(); err != nil {
		return err
	}
	cond, err := x.condition(t, where)
	if err != nil {
		return err
	}
	rows := x.collect(t, cond)
	if err := x.mayDelete(t, rows); err != nil {
		return err
	}
	for _, r := range rows {
		x.delete(t, r)
	}
	x.count(len(rows))
	return nil
}

func (x *executor) waitOp(p *objParser) *Error {
	timeoutV, hasTimeout := p.member("timeout", mInteger|mOptional)
	where, _ := p.member("where", mArray)
	colsV, _ := p.member("columns", mArray|mOptional)
	untilV, _ := p.member("until", mString)
	rowsV, _ := p.member("rows", mArray)
	t := x.table(p)
	if err := p.err(); err != nil {
		return err
	}
	timeout := NoTimeout
	if hasTimeout {
		if ms := timeoutV.Float(); ms < 0 {
			return SyntaxErrorf(timeoutV, "", "timeout must be nonnegative")
		} else if ms < float64(NoTimeout/time.Millisecond) {
			timeout = time.Duration(ms * float64(time.Millisecond))
		}
	}
	cond, err := x.condition(t, where)
	if err != nil {
		return err
	}
	cols, err := t.columnSet(colsV)
	if err != nil {
		return err
	}
	want := untilV.Str() == "=="
	if !want && untilV.Str() != "!=" {
		return SyntaxErrorf(untilV, "", "\"until\" must be \"==\" or \"!=\"")
	}
	// Rows are compared as sets, each by the text of its columns.
	expected := map[string]bool{}
	for _, v := range rowsV.Elems() {
		r := t.newRow(UUID{})
		err := x.row(t, r, v, func(c *Column, d Datum) *Error {
			switch c.Index {
			case ColUUID:
				r.uuid = d.UUID()
			case ColVersion:
				r.version = d.UUID()
			default:
				r.fields[c.Index-FirstColumn] = d
			}
			return nil
		})
		if err != nil {
			return err
		}
		expected[string(r.AppendJSON(nil, cols))] = true
	}
	equal := true
	actual := map[string]bool{}
	var buf []byte
	x.matching(t, cond, func(r *Row) bool {
		buf = r.AppendJSON(buf[:0], cols)
		if !expected[string(buf)] {
			equal = false
			return false
		}
		actual[string(buf)] = true
		return true
	})
	if (equal && len(actual) == len(expected)) == want {
		x.out = append(x.out, "{}"...)
		return nil
	}
	if x.opts.Elapsed >= timeout {
		if x.opts.Elapsed > 0 {
			return Errorf("timed out", "\"wait\" timed out after %d ms", x.opts.Elapsed.Milliseconds())
		}
		return Errorf("timed out", "\"where\" clause test failed")
	}
	x.timeout = min(x.timeout, timeout)
	if !x.opts.CanWait {
		return &Error{Tag: errWait.Tag, Details: errWait.Details}
	}
	return errWait
}

func (x *executor) commitOp(p *objParser) *Error {
	if v, ok := p.member("durable", mBool); ok && v.Bool() {
		x.durable = true
	}
	x.out = append(x.out, "{}"...)
	return nil
}

func (x *executor) abortOp(*objParser) *Error {
	return Errorf("aborted", "aborted by request")
}

func (x *executor) commentOp(p *objParser) *Error {
	if v, ok := p.member("comment", mString); ok {
		x.comments = append(x.comments, strings.Clone(v.Str()))
	}
	x.out = append(x.out, "{}"...)
	return nil
}

func (x *executor) assertOp(p *objParser) *Error {
	v, ok := p.member("lock", mString)
	if ok && (x.opts.HasLock == nil || !x.opts.HasLock(v.Str())) {
		return Errorf("not owner", "Asserted lock %s not held.", v.Str())
	}
	x.out = append(x.out, "{}"...)
	return nil
}
