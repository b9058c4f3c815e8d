package ovsdbfuzz

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"govs/jsonrpc/json"
)

// base is the type of a column's keys or values.
type base struct {
	typ     string
	enum    []string // JSON texts
	limits  string   // members that bound it, with a leading comma
	ref     string
	refType string
}

// fits reports whether an atom's text keeps the limits.
func (b *base) fits(text string) bool {
	number := func(key string, or float64) float64 {
		_, after, ok := strings.Cut(b.limits, `"`+key+`":`)
		if !ok {
			return or
		}
		end := strings.IndexByte(after+",", ',')
		f, _ := strconv.ParseFloat(after[:end], 64)
		return f
	}
	switch b.typ {
	case "integer", "real":
		f, _ := strconv.ParseFloat(text, 64)
		return f >= max(number("minInteger", -1e300), number("minReal", -1e300)) &&
			f <= min(number("maxInteger", 1e300), number("maxReal", 1e300))
	case "string":
		var s string
		if v, err := json.ParseString(text); err == nil {
			s = v.Str()
		}
		n := float64(len([]rune(s)))
		return n >= number("minLength", 0) && n <= number("maxLength", 1e300)
	}
	return true
}

func (b *base) json() string {
	switch {
	case len(b.enum) > 0:
		return fmt.Sprintf(`{"type":"%s","enum":["set",[%s]]}`, b.typ, strings.Join(b.enum, ","))
	case b.ref != "":
		return fmt.Sprintf(`{"type":"uuid","refTable":"%s","refType":"%s"}`, b.ref, b.refType)
	}
	return fmt.Sprintf(`{"type":"%s"%s}`, b.typ, b.limits)
}

type column struct {
	name              string
	key               base
	value             *base // of a map
	min               int
	max               int // 0: unlimited
	ephemeral, frozen bool
}

func (c *column) isMap() bool { return c.value != nil }

func (c *column) json() string {
	max := fmt.Sprint(c.max)
	if c.max == 0 {
		max = `"unlimited"`
	}
	value := ""
	if c.value != nil {
		value = `,"value":` + c.value.json()
	}
	s := fmt.Sprintf(`"%s":{"type":{"key":%s%s,"min":%d,"max":%s}`, c.name, c.key.json(), value, c.min, max)
	if c.ephemeral {
		s += `,"ephemeral":true`
	}
	if c.frozen {
		s += `,"mutable":false`
	}
	return s + "}"
}

type table struct {
	name    string
	cols    []*column
	indexes [][]string
	isRoot  bool
	maxRows int
}

func (t *table) json() string {
	var cols []string
	for _, c := range t.cols {
		cols = append(cols, c.json())
	}
	s := fmt.Sprintf(`"%s":{"columns":{%s}`, t.name, strings.Join(cols, ","))
	if len(t.indexes) > 0 {
		var ix []string
		for _, x := range t.indexes {
			ix = append(ix, `["`+strings.Join(x, `","`)+`"]`)
		}
		s += `,"indexes":[` + strings.Join(ix, ",") + "]"
	}
	if t.isRoot {
		s += `,"isRoot":true`
	}
	if t.maxRows > 0 {
		s += fmt.Sprintf(`,"maxRows":%d`, t.maxRows)
	}
	return s + "}"
}

type schema struct{ tables []*table }

func (s *schema) json(version string) string {
	var tables []string
	for _, t := range s.tables {
		tables = append(tables, t.json())
	}
	return `{"name":"D","version":"` + version + `","tables":{` + strings.Join(tables, ",") + "}}"
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// chance is true in p of 100 cases.
func chance(r *rand.Rand, p int) bool { return r.IntN(100) < p }

func randomBase(r *rand.Rand, tables []string, mayRef bool) base {
	b := base{typ: pick(r, "integer", "integer", "real", "boolean", "string", "string", "uuid", "uuid", "uuid")}
	switch b.typ {
	case "integer":
		switch r.IntN(6) {
		case 0:
			b.limits = `,"minInteger":0,"maxInteger":10`
		case 1:
			b.limits = `,"minInteger":-5`
		case 2:
			b.limits = `,"maxInteger":5`
		case 3:
			b.enum = []string{"0", "1", "7"}
		}
	case "real":
		switch r.IntN(5) {
		case 0:
			b.limits = `,"minReal":-1.5,"maxReal":2.5`
		case 1:
			b.limits = `,"minReal":0`
		case 2:
			b.limits = `,"maxReal":1e3`
		}
	case "string":
		switch r.IntN(6) {
		case 0:
			b.limits = `,"minLength":1,"maxLength":4`
		case 1:
			b.limits = `,"maxLength":3`
		case 2:
			b.enum = []string{`"red"`, `"green"`, `"dark blue"`, `""`}
		}
	case "uuid":
		if mayRef && chance(r, 85) {
			b.ref, b.refType = pick(r, tables...), pick(r, "strong", "weak")
		}
	}
	return b
}

func randomColumn(r *rand.Rand, name string, tables []string) *column {
	c := &column{name: name, key: randomBase(r, tables, true), min: 1, max: 1}
	switch r.IntN(5) {
	case 0, 1:
	case 2:
		c.min = 0
	default:
		c.min, c.max = 0, pick(r, 0, 0, 2, 3)
		if chance(r, 10) {
			c.min = 1
		}
		if chance(r, 45) {
			v := randomBase(r, tables, true)
			if c.key.ref != "" && v.ref != "" {
				// When a pair goes because one side's row is gone, Debian's
				// server keeps counting the other side's strong reference.
				v.refType = c.key.refType
			}
			c.value = &v
		}
	}
	// A reference that must be there makes most transactions fail.
	if c.min == 1 && (c.key.ref != "" || c.value != nil && c.value.ref != "") && !chance(r, 15) {
		c.min = 0
	}
	c.ephemeral = chance(r, 10)
	c.frozen = chance(r, 8)
	return c
}

func randomSchema(r *rand.Rand) *schema {
	s := &schema{}
	var names []string
	for i := range 1 + r.IntN(4) {
		names = append(names, fmt.Sprintf("T%d", i))
	}
	allRoot := chance(r, 20)
	for _, name := range names {
		t := &table{name: name, isRoot: !allRoot && chance(r, 65)}
		for i := range 1 + r.IntN(6) {
			t.cols = append(t.cols, randomColumn(r, fmt.Sprintf("c%d", i), names))
		}
		for range r.IntN(3) {
			var ix []string
			for _, c := range t.cols {
				if !c.ephemeral && chance(r, 40) {
					ix = append(ix, c.name)
				}
			}
			if len(ix) > 0 && chance(r, 60) {
				t.indexes = append(t.indexes, ix)
			}
		}
		if chance(r, 20) {
			t.maxRows = 1 + r.IntN(6)
		}
		s.tables = append(s.tables, t)
	}
	return s
}

// altered returns the schema with a few things changed, for conversion.
func (s *schema) altered(r *rand.Rand) *schema {
	n := &schema{}
	var names []string
	for _, t := range s.tables {
		names = append(names, t.name)
	}
	for _, t := range s.tables {
		c := *t
		c.cols = append([]*column(nil), t.cols...)
		switch i := r.IntN(len(c.cols)); r.IntN(7) {
		case 0:
			c.cols[i] = randomColumn(r, c.cols[i].name, names)
		case 1:
			c.cols = append(c.cols, randomColumn(r, fmt.Sprintf("x%d", r.IntN(3)), names))
		case 2:
			if len(c.cols) > 1 {
				c.cols = append(c.cols[:i:i], c.cols[i+1:]...)
			}
		case 3:
			c.maxRows = r.IntN(5)
		case 4:
			c.isRoot = !c.isRoot
		}
		seen := map[string]*column{}
		for _, col := range c.cols {
			seen[col.name] = col
		}
		c.cols = c.cols[:0:0]
		for _, name := range sortedKeys(seen) {
			c.cols = append(c.cols, seen[name])
		}
		c.indexes = nil
		for _, ix := range t.indexes {
			ok := true
			for _, name := range ix {
				ok = ok && seen[name] != nil && !seen[name].ephemeral
			}
			if ok {
				c.indexes = append(c.indexes, ix)
			}
		}
		n.tables = append(n.tables, &c)
	}
	return n
}
