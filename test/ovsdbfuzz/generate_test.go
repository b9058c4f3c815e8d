package ovsdbfuzz

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"

	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// step is one request of one session. Its parameters name rows as $STEP.OP
// after the operation that made them.
type step struct {
	n       int
	session int
	method  string // a method of the protocol, or "reconnect"
	params  string
	// inserts are the tables of a transaction's inserts, by operation.
	inserts map[int]string
	// waits is set for a transaction that may stay unanswered until another one
	// makes its condition true.
	waits bool
	// next is the schema that a conversion makes the database's.
	next *schema
}

func (s *step) String() string {
	return fmt.Sprintf("step %d, session %d: %s %s", s.n, s.session, s.method, s.params)
}

type generator struct {
	*rand.Rand
	schema     *schema
	schemaText string
	rows       map[string][]string // symbols of rows, by table
	monitors   [nSessions]map[string]*monitor
	waiting    [nSessions]string // the latest transaction that waits, or has waited
	named      []string          // uuid-names of the transaction at work
	namedIn    []string          // and their tables
	n          int
}

type monitor struct {
	method string
	tables []*seen
}

func newGenerator(r *rand.Rand) *generator {
	g := &generator{Rand: r, schema: randomSchema(r), rows: map[string][]string{}}
	g.schemaText = g.schema.json("1.0.0")
	for i := range g.monitors {
		g.monitors[i] = map[string]*monitor{}
	}
	return g
}

// learn tells the generator which rows exist after a step.
func (g *generator) learn(s *step, reply json.Value) {
	if s.next != nil && !isRefused(reply) {
		g.schema = s.next
		for i := range g.monitors {
			g.monitors[i] = map[string]*monitor{}
		}
	}
	result, _ := reply.Get("result")
	ops := result.Elems()
	for _, op := range ops {
		if _, bad := op.Get("error"); bad || op.IsNull() {
			return
		}
	}
	for i, t := range s.inserts {
		if i < len(ops) {
			g.rows[t] = append(g.rows[t], fmt.Sprintf("$%d.%d", s.n, i))
			if n := len(g.rows[t]); n > 10 {
				g.rows[t] = g.rows[t][n-10:]
			}
		}
	}
}

func (g *generator) chance(p int) bool { return chance(g.Rand, p) }

func (g *generator) table() *table { return pick(g.Rand, g.schema.tables...) }

// atom returns a value for b, seldom one that breaks its limits.
func (g *generator) atom(b *base) string {
	if len(b.enum) > 0 && !g.chance(2) {
		return pick(g.Rand, b.enum...)
	}
	a := g.anyAtom(b)
	for !b.fits(a) && !g.chance(1) {
		a = g.anyAtom(b)
	}
	return a
}

func (g *generator) anyAtom(b *base) string {
	switch b.typ {
	case "integer":
		if g.chance(3) {
			return pick(g.Rand, "9223372036854775807", "-9223372036854775808", "4294967296", "1e3", "2.0")
		}
		return fmt.Sprint(g.IntN(14) - 4)
	case "real":
		return pick(g.Rand, "0", "1", "1.5", "-1.25", "0.1", "2.5", "1e10", "-3", "1e-5", "123456.789")
	case "boolean":
		return pick(g.Rand, "true", "false")
	case "string":
		return pick(g.Rand, `""`, `"a"`, `"b"`, `"abc"`, `"x y"`, `"é€"`, `"longer string"`, `"true"`, `"q\"\\\n"`, `"red"`)
	}
	if len(g.named) > 0 && g.chance(40) {
		if i := g.IntN(len(g.named)); g.namedIn[i] == b.ref || g.chance(10) {
			return `["named-uuid","` + g.named[i] + `"]`
		}
	}
	return `["uuid","` + g.row(b.ref) + `"]`
}

// row returns a symbol, or UUID, of a row that may be in the table.
func (g *generator) row(table string) string {
	if table == "" || g.chance(3) {
		table = g.table().name
	}
	if rows := g.rows[table]; len(rows) > 0 && !g.chance(5) {
		return rows[g.IntN(len(rows))]
	}
	if g.chance(70) {
		return noSuchUUID
	}
	return pick(g.Rand, fixedUUIDs...)
}

// value returns a value for a column, of the right size as a rule.
func (g *generator) value(c *column) string {
	if !c.isMap() && c.min == 1 && c.max == 1 {
		return g.atom(&c.key)
	}
	most := c.max
	if most == 0 {
		most = 4
	}
	n := c.min
	if most > n {
		n += g.IntN(most - n + 1)
	}
	if g.chance(1) {
		n++
	}
	if n == 1 && !c.isMap() && g.chance(50) {
		return g.atom(&c.key)
	}
	var el []string
	seen := map[string]bool{}
	for range n {
		k := g.atom(&c.key)
		if seen[k] && !g.chance(1) {
			continue
		}
		seen[k] = true
		if c.isMap() {
			k = "[" + k + "," + g.atom(c.value) + "]"
		}
		el = append(el, k)
	}
	kind := "set"
	if c.isMap() {
		kind = "map"
	}
	return `["` + kind + `",[` + strings.Join(el, ",") + "]]"
}

// rowText returns a row with some of the columns; keep leaves out, as a rule,
// those that cannot be changed.
func (g *generator) rowText(t *table, fill int, keep bool) string {
	var m []string
	for _, c := range t.cols {
		if g.chance(fill) && !(keep && c.frozen && g.chance(90)) {
			m = append(m, `"`+c.name+`":`+g.value(c))
		}
	}
	return "{" + strings.Join(m, ",") + "}"
}

func (g *generator) where(t *table) string {
	var clauses []string
	for range pick(g.Rand, 0, 1, 1, 1, 2) {
		clauses = append(clauses, g.clause(t))
	}
	return "[" + strings.Join(clauses, ",") + "]"
}

// monitorWhere leaves "includes" on _uuid out: Debian's server forgets updates
// of such a monitor, or dies of it.
func (g *generator) monitorWhere(t *table) string {
	return strings.ReplaceAll(g.where(t), `["_uuid","includes"`, `["_uuid","=="`)
}

func (g *generator) clause(t *table) string {
	switch {
	case g.chance(35):
		return `["_uuid","` + pick(g.Rand, "==", "==", "==", "!=", "includes", "excludes") + `",["uuid","` + g.row(t.name) + `"]]`
	case g.chance(3) || len(t.cols) == 0:
		return pick(g.Rand, "true", "false")
	}
	c := pick(g.Rand, t.cols...)
	f := pick(g.Rand, "==", "!=", "includes", "excludes")
	if (c.key.typ == "integer" || c.key.typ == "real") && c.max == 1 && !c.isMap() && g.chance(60) || g.chance(2) {
		f = pick(g.Rand, "<", "<=", ">=", ">")
	}
	return fmt.Sprintf(`["%s","%s",%s]`, c.name, f, g.value(c))
}

func (g *generator) columns(t *table) string {
	var names []string
	for _, c := range t.cols {
		if g.chance(50) {
			names = append(names, `"`+c.name+`"`)
		}
	}
	if g.chance(25) {
		names = append(names, `"_uuid"`)
	}
	if g.chance(5) {
		names = append(names, `"_version"`)
	}
	return "[" + strings.Join(names, ",") + "]"
}

func (g *generator) mutation(t *table) string {
	c := pick(g.Rand, t.cols...)
	for range 3 {
		scalar := c.max == 1 && c.min == 1 && c.key.typ != "integer" && c.key.typ != "real"
		if !scalar && !c.frozen || g.chance(5) {
			break
		}
		c = pick(g.Rand, t.cols...)
	}
	numeric := !c.isMap() && (c.key.typ == "integer" || c.key.typ == "real")
	if numeric && (g.chance(60) || c.max == 1 && c.min == 1) || g.chance(2) {
		op := pick(g.Rand, "+=", "-=", "*=", "/=", "%=")
		arg := pick(g.Rand, "1", "2", "3", "-2", "5")
		switch {
		case op == "*=":
			arg = pick(g.Rand, "2", "3")
		case op == "/=" && g.chance(5), op == "%=" && g.chance(5):
			arg = "0"
		case c.key.typ == "real" && g.chance(50):
			arg = pick(g.Rand, "0.5", "1.25", "1e3")
		}
		return fmt.Sprintf(`["%s","%s",%s]`, c.name, op, arg)
	}
	op, v := pick(g.Rand, "insert", "delete"), *c
	v.min = 0
	if op == "delete" && c.isMap() && g.chance(50) {
		v.value = nil
	}
	if v.max == 1 && !g.chance(50) {
		v.max = 2
	}
	return fmt.Sprintf(`["%s","%s",%s]`, c.name, op, g.value(&v))
}

// operation returns one operation of a transaction.
func (g *generator) operation(i int, s *step) string {
	t := g.table()
	switch n := g.IntN(100); {
	case n < 38:
		extra := ""
		for k := range g.named {
			// A name is used up by the insert that declares it.
			if g.namedIn[k] == t.name && g.chance(60) {
				extra = `,"uuid-name":"` + g.named[k] + `"`
				g.namedIn[k] = t.name + " "
				break
			}
		}
		if g.chance(6) {
			extra += `,"uuid":"` + pick(g.Rand, fixedUUIDs[:3]...) + `"`
		}
		s.inserts[i] = t.name
		return fmt.Sprintf(`{"op":"insert","table":"%s","row":%s%s}`, t.name, g.rowText(t, 65, false), extra)
	case n < 55:
		return fmt.Sprintf(`{"op":"update","table":"%s","where":%s,"row":%s}`, t.name, g.where(t), g.rowText(t, 40, true))
	case n < 70:
		var m []string
		for range 1 + g.IntN(3) {
			m = append(m, g.mutation(t))
		}
		return fmt.Sprintf(`{"op":"mutate","table":"%s","where":%s,"mutations":[%s]}`, t.name, g.where(t), strings.Join(m, ","))
	case n < 80:
		return fmt.Sprintf(`{"op":"delete","table":"%s","where":%s}`, t.name, g.where(t))
	case n < 92:
		extra := ""
		if g.chance(60) {
			extra = `,"columns":` + g.columns(t)
		}
		return fmt.Sprintf(`{"op":"select","table":"%s","where":%s%s}`, t.name, g.where(t), extra)
	case n < 95:
		return g.wait(t, pick(g.Rand, "0", "0", "1"))
	}
	return pick(g.Rand, `{"op":"commit","durable":false}`, `{"op":"commit","durable":true}`, `{"op":"comment","comment":"so it is"}`,
		`{"op":"comment","comment":""}`, `{"op":"commit","durable":false}`,
		`{"op":"assert","lock":"`+pick(g.Rand, "L", "L", "M")+`"}`, `{"op":"abort"}`)
}

func (g *generator) wait(t *table, timeout string) string {
	var rows []string
	for range g.IntN(3) {
		rows = append(rows, g.rowText(t, 50, false))
	}
	if timeout != "" {
		timeout = `,"timeout":` + timeout
	}
	return fmt.Sprintf(`{"op":"wait","table":"%s","where":%s,"columns":%s,"until":"%s","rows":[%s]%s}`,
		t.name, g.where(t), g.columns(t), pick(g.Rand, "==", "!="), strings.Join(rows, ","), timeout)
}

func (g *generator) transaction(s *step) {
	s.method, s.inserts = "transact", map[int]string{}
	g.named, g.namedIn = nil, nil
	for i := range g.IntN(3) {
		g.named = append(g.named, fmt.Sprintf("n%d", i))
		g.namedIn = append(g.namedIn, g.table().name)
	}
	n := 1 + g.IntN(4)
	if g.chance(5) {
		n = 8
	}
	ops := []string{`"D"`}
	for i := range n {
		ops = append(ops, g.operation(i, s))
	}
	s.params = "[" + strings.Join(ops, ",") + "]"
	if g.chance(6) {
		s.params = g.corrupt(s.params)
	}
	g.named = nil
}

// seen is what a monitor shows of a table. A condition looks at these columns
// only: Debian's server loses the next update of a monitor that comes to look
// at one more column.
type seen struct {
	*table
	cols *table // the table with these columns only; nil: no condition
}

func (g *generator) monitorRequest(t *table, method string) (string, *seen) {
	s := &seen{table: t}
	var m []string
	if method == "monitor" {
		if g.chance(75) {
			m = append(m, `"columns":`+g.columns(t))
		}
	} else {
		s.cols = &table{name: t.name}
		names := []string{`"_uuid"`}
		for _, c := range t.cols {
			if g.chance(60) {
				s.cols.cols = append(s.cols.cols, c)
				names = append(names, `"`+c.name+`"`)
			}
		}
		if g.chance(10) {
			names = append(names, `"_version"`)
		}
		m = append(m, `"columns":[`+strings.Join(names, ",")+"]")
		if g.chance(60) {
			m = append(m, `"where":`+g.monitorWhere(s.cols))
		}
	}
	if g.chance(30) {
		var sel []string
		for _, e := range []string{"initial", "insert", "delete", "modify"} {
			if g.chance(40) {
				sel = append(sel, fmt.Sprintf(`"%s":%v`, e, g.chance(50)))
			}
		}
		m = append(m, `"select":{`+strings.Join(sel, ",")+"}")
	}
	text := "{" + strings.Join(m, ",") + "}"
	if g.chance(50) {
		text = "[" + text + "]"
	}
	return text, s
}

// next returns the next step.
func (g *generator) next() *step {
	s := &step{n: g.n, session: g.IntN(nSessions)}
	g.n++
	mine := g.monitors[s.session]
	switch n := g.IntN(100); {
	case n < 8 && len(mine) < 3:
		m := &monitor{method: pick(g.Rand, "monitor", "monitor_cond", "monitor_cond_since")}
		id := fmt.Sprintf(`["m",%d]`, s.n)
		var reqs []string
		for _, t := range g.schema.tables {
			if g.chance(60) {
				req, shown := g.monitorRequest(t, m.method)
				m.tables = append(m.tables, shown)
				reqs = append(reqs, `"`+t.name+`":`+req)
			}
		}
		s.method = m.method
		s.params = fmt.Sprintf(`["D",%s,{%s}`, id, strings.Join(reqs, ","))
		if m.method == "monitor_cond_since" {
			s.params += `,"` + noSuchUUID + `"`
		}
		s.params += "]"
		if g.chance(10) {
			s.params = g.corrupt(s.params)
			if len(json3(s.params)) < 3 {
				// Debian's server does not survive it.
				s.params = "[]"
			}
		} else {
			mine[id] = m
		}
	case n < 13 && len(mine) > 0:
		id := pick(g.Rand, sortedKeys(mine)...)
		m := mine[id]
		// Of one table: the reference may have changed one by the time it
		// refuses another; ours changes all or nothing.
		req := ""
		if len(m.tables) > 0 {
			t := pick(g.Rand, m.tables...)
			where := "[]"
			if t.cols != nil {
				where = g.monitorWhere(t.cols)
			}
			req = fmt.Sprintf(`"%s":[{"where":%s}]`, t.name, where)
		}
		to := id
		if g.chance(20) {
			to = fmt.Sprintf(`["m",%d]`, s.n)
		}
		s.method = "monitor_cond_change"
		s.params = fmt.Sprintf(`[%s,%s,{%s}]`, id, to, req)
		if m.method == "monitor" && g.chance(30) {
			s.params = g.corrupt(s.params)
		} else if m.method != "monitor" {
			delete(mine, id)
			mine[to] = m
		}
	case n < 15 && len(mine) > 0:
		id := pick(g.Rand, sortedKeys(mine)...)
		s.method, s.params = "monitor_cancel", "["+id+"]"
		delete(mine, id)
	case n < 17 && g.chance(60):
		if id := g.waiting[s.session]; id != "" && g.chance(40) {
			s.method, s.params = "cancel", `["`+id+`"]`
			break
		}
		g.waiting[s.session] = fmt.Sprint(s.n)
		t := g.table()
		s.method, s.waits = "transact", true
		s.params = fmt.Sprintf(`["D",%s,{"op":"select","table":"%s","where":[],"columns":%s}]`, g.wait(t, pick(g.Rand, "", "60000")), t.name, g.columns(t))
	case n < 18:
		s.method = pick(g.Rand, "lock", "unlock", "steal")
		s.params = pick(g.Rand, `["L"]`, `["L"]`, `["M"]`)
	case n < 19:
		s.method = pick(g.Rand, "echo", "get_schema", "list_dbs", "get_server_id_", "set_db_change_aware")
		s.params = pick(g.Rand, `["D"]`, `[]`, `["_Server"]`, `[true]`)
	case n < 20 && g.chance(50):
		s.next = g.schema.altered(g.Rand)
		s.method, s.params = "convert", `["D",`+s.next.json(fmt.Sprintf("1.0.%d", s.n))+"]"
		if g.chance(30) {
			s.params = g.corrupt(s.params)
			if v, err := json.ParseString(s.params); err == nil && len(v.Elems()) > 1 {
				if _, err := ovsdb.ParseSchema(v.Elems()[1]); err == nil {
					s.params = `["D"]` // it may be another schema than next
				}
			}
		}
	case n < 20:
		s.method = "reconnect"
		g.monitors[s.session] = map[string]*monitor{}
	default:
		g.transaction(s)
	}
	return s
}

func json3(text string) []json.Value {
	v, _ := json.ParseString(text)
	return v.Elems()
}

// A product with zero, or anything that may become one, kills Debian's server
// when the column holds a negative number.
var hazardRE = regexp.MustCompile(`"\*=",`)

// corrupt changes one thing somewhere in a JSON text.
func (g *generator) corrupt(text string) string {
	v, err := json.ParseString(text)
	if err != nil || hazardRE.MatchString(text) {
		return text
	}
	size := nodes(v)
	if size < 2 {
		return text
	}
	at := 1 + g.IntN(size-1)
	return g.spoil(v, &at).String()
}

func nodes(v json.Value) int {
	n := 1
	for _, e := range v.Elems() {
		n += nodes(e)
	}
	for _, m := range v.Members() {
		n += nodes(m.Value)
	}
	return n
}

func (g *generator) spoil(v json.Value, at *int) json.Value {
	if *at == 0 {
		*at--
		return g.nonsense(v)
	}
	*at--
	switch v.Kind() {
	case json.Array:
		var out []json.Value
		for _, e := range v.Elems() {
			here := *at == 0
			n := g.spoil(e, at)
			if here && g.chance(25) {
				continue // gone
			}
			if here && g.chance(15) {
				out = append(out, e) // twice
			}
			out = append(out, n)
		}
		return json.Arr(out...)
	case json.Object:
		var out []json.Member
		for _, m := range v.Members() {
			here := *at == 0
			n := g.spoil(m.Value, at)
			if here && g.chance(30) {
				continue
			}
			key := m.Key
			if here && g.chance(30) {
				key, n = pick(g.Rand, "foo", "_uuid", "c0", "c1", "_version", "where", ""), m.Value
			}
			out = append(out, json.Member{Key: key, Value: n})
		}
		return json.Obj(out...)
	}
	return v
}

// nonsense returns what may stand in a value's place.
func (g *generator) nonsense(v json.Value) json.Value {
	texts := []string{`5`, `-1`, `1.5`, `1e300`, `""`, `"foo"`, `"c0"`, `null`, `true`, `[]`, `{}`, `[[]]`, `["set",[]]`, `["map",[]]`,
		`["set",[1,"a"]]`, `["uuid","x"]`, `["uuid","` + noSuchUUID + `"]`, `["named-uuid","q"]`, `["named-uuid","1"]`, `{"a":1}`, `99999999999999999999`, `"T0"`, `"=="`}
	n, _ := json.ParseString(pick(g.Rand, texts...))
	return n
}
