package ovsdbfuzz

import (
	"fmt"
	"strings"

	"govs/jsonrpc/json"
)

// dangling reports whether the server's data has weak references to rows that
// are not there, which a server must never have after a transaction.
func (e *end) dangling(s *schema) bool {
	ops := []string{`"D"`}
	for _, t := range s.tables {
		ops = append(ops, fmt.Sprintf(`{"op":"select","table":"%s","where":[]}`, t.name))
	}
	const id = "dangling"
	e.send(0, id, "transact", "["+strings.Join(ops, ",")+"]")
	e.await(0, id)
	reply := e.sessions[0].replies[id]
	delete(e.sessions[0].replies, id)
	result, _ := reply.Get("result")
	rows := map[string][]json.Value{}
	there := map[string]map[string]bool{}
	for i, r := range result.Elems() {
		if i >= len(s.tables) {
			return false
		}
		name := s.tables[i].name
		list, _ := r.Get("rows")
		rows[name], there[name] = list.Elems(), map[string]bool{}
		for _, row := range list.Elems() {
			u, _ := row.Get("_uuid")
			there[name][u.String()] = true
		}
	}
	for _, t := range s.tables {
		for _, c := range t.cols {
			for _, row := range rows[t.name] {
				v, _ := row.Get(c.name)
				for _, p := range pairs(v) {
					if c.key.refType == "weak" && !there[c.key.ref][p[0].String()] ||
						c.isMap() && c.value.refType == "weak" && !there[c.value.ref][p[1].String()] {
						return true
					}
				}
			}
		}
	}
	return false
}

// pairs returns the elements of a value: a map's pairs, or a set's atoms, each
// in the first place.
func pairs(v json.Value) (all [][2]json.Value) {
	el := v.Elems()
	if len(el) != 2 || el[1].Kind() != json.Array {
		return [][2]json.Value{{v}}
	}
	for _, e := range el[1].Elems() {
		if el[0].Str() == "map" {
			all = append(all, [2]json.Value{e.Elems()[0], e.Elems()[1]})
		} else {
			all = append(all, [2]json.Value{e})
		}
	}
	return all
}
