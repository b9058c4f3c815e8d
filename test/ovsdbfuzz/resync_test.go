package ovsdbfuzz

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// replica is what a client knows of the tables it monitors: values that are
// not their column's default, by table, row and column.
type replica struct {
	t      *testing.T
	schema *ovsdb.Schema
	tables map[string]map[string]map[string]ovsdb.Datum
	txn    string
}

func (r *replica) clear() {
	r.tables = map[string]map[string]map[string]ovsdb.Datum{}
}

// apply takes <table-updates2> in.
func (r *replica) apply(updates json.Value) {
	for _, tm := range updates.Members() {
		ts := r.schema.Table(tm.Key)
		rows := r.tables[tm.Key]
		if rows == nil {
			rows = map[string]map[string]ovsdb.Datum{}
			r.tables[tm.Key] = rows
		}
		for _, rm := range tm.Value.Members() {
			for _, ev := range rm.Value.Members() {
				switch {
				case ev.Key == "delete":
					if rows[rm.Key] == nil {
						r.t.Errorf("row %s goes that is not there", rm.Key)
					}
					delete(rows, rm.Key)
					continue
				case ev.Key != "modify" && rows[rm.Key] != nil:
					r.t.Errorf("row %s comes that is there", rm.Key)
				case ev.Key == "modify" && rows[rm.Key] == nil:
					r.t.Errorf("row %s changes that is not there", rm.Key)
				}
				row := rows[rm.Key]
				if row == nil {
					row = map[string]ovsdb.Datum{}
					rows[rm.Key] = row
				}
				for _, cell := range ev.Value.Members() {
					r.set(row, ts.Column(cell.Key), cell.Value, ev.Key == "modify")
				}
			}
		}
	}
}

func (r *replica) set(row map[string]ovsdb.Datum, c *ovsdb.Column, v json.Value, isDiff bool) {
	typ := c.Type
	if isDiff {
		typ.Min = 0
		if typ.Max > 1 {
			typ.Max = ovsdb.Unlimited
		}
	}
	d, err := ovsdb.DatumFromJSON(&typ, v, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if isDiff {
		old, ok := row[c.Name]
		if !ok {
			old = c.Type.Default()
		}
		if d, err = old.Apply(d, &c.Type); err != nil {
			r.t.Fatal(err)
		}
	}
	if delete(row, c.Name); !c.Type.IsDefault(d) {
		row[c.Name] = d
	}
}

func (r *replica) equal(o *replica) bool {
	sameRow := func(a, b map[string]ovsdb.Datum) bool { return maps.EqualFunc(a, b, ovsdb.Datum.Equal) }
	sameTable := func(a, b map[string]map[string]ovsdb.Datum) bool { return maps.EqualFunc(a, b, sameRow) }
	for name := range r.schema.Tables {
		t := r.schema.Tables[name].Name
		if !sameTable(r.tables[t], o.tables[t]) {
			return false
		}
	}
	return true
}

func (r *replica) String() string {
	var b strings.Builder
	for _, t := range r.schema.Tables {
		for u, row := range r.tables[t.Name] {
			fmt.Fprintf(&b, "%s %s", t.Name, u)
			for name, d := range row {
				fmt.Fprintf(&b, " %s=%s", name, d.JSON(&t.Column(name).Type))
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// A client that comes back is told what it has missed, and then knows what one
// that comes for the first time is told.
func TestResync(t *testing.T) {
	resumed := 0
	for n := range 25 {
		r := rand.New(rand.NewPCG(*seed, uint64(n)))
		g := newGenerator(r)
		schema, err := ovsdb.ParseSchema(parse(t, g.schemaText))
		if err != nil {
			t.Fatal(err)
		}
		e := startOurs(t, t.TempDir(), g.schemaText)
		var reqs []string
		for _, tb := range g.schema.tables {
			req, _ := g.monitorRequest(tb, "monitor_cond_since")
			if strings.Contains(req, `"select"`) {
				req = "{}"
			}
			reqs = append(reqs, `"`+tb.name+`":`+req)
		}
		requests := "{" + strings.Join(reqs, ",") + "}"
		// begin monitors in a new session and returns whether the history went
		// back to what is known.
		begin := func(rep *replica, id string) bool {
			e.disconnect(1)
			e.connect(1)
			e.send(1, id, "monitor_cond_since", fmt.Sprintf(`["D","m",%s,"%s"]`, requests, rep.txn))
			e.await(1, id)
			reply := e.sessions[1].replies[id]
			result, _ := reply.Get("result")
			el := result.Elems()
			if len(el) != 3 {
				return false // the random conditions are refused
			}
			if !el[0].Bool() {
				rep.clear()
			}
			rep.txn = el[1].Str()
			rep.apply(el[2])
			return el[0].Bool()
		}
		rep := &replica{t: t, schema: schema, txn: noSuchUUID}
		rep.clear()
		if begin(rep, "first"); rep.txn == noSuchUUID {
			e.close()
			continue
		}
		for i := range 120 {
			s := &step{n: i}
			g.transaction(s)
			e.send(0, fmt.Sprint(i), "transact", s.params)
			e.await(0, fmt.Sprint(i))
			if v, ok := e.sessions[0].replies[fmt.Sprint(i)]; ok {
				e.learn(i, v)
				g.learn(s, v)
			}
			if r.IntN(12) == 0 {
				if begin(rep, fmt.Sprintf("again%d", i)) {
					resumed++
				}
				fresh := &replica{t: t, schema: schema, txn: noSuchUUID}
				fresh.clear()
				begin(fresh, fmt.Sprintf("fresh%d", i))
				if !rep.equal(fresh) {
					t.Fatalf("case %d, transaction %d: monitoring %s, the resumed client knows\n%sand a new one\n%s", n, i, requests, rep, fresh)
				}
			}
		}
		e.close()
	}
	if t.Logf("resumed %d times", resumed); resumed < 100 {
		t.Errorf("resumed only %d times", resumed)
	}
}

func parse(t *testing.T, text string) json.Value {
	v, err := json.ParseString(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
