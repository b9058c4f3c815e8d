package ovsdbfuzz

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"govs/jsonrpc/json"
)

// noSuchUUID stands for rows that were never made; fixedUUIDs are those that
// clients choose. Both are the same at both ends.
const noSuchUUID = "99999999-9999-4999-8999-999999999999"

var fixedUUIDs = []string{
	"11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222",
	"33333333-3333-4333-8333-333333333333", "00000000-0000-0000-0000-000000000000",
}

var (
	symbolRE = regexp.MustCompile(`\$\d+\.\d+`)
	uuidRE   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	waitedRE = regexp.MustCompile(`after \d+ ms`)
)

// learn names the UUIDs that a transaction's result brings.
func (e *end) learn(step int, reply json.Value) {
	result, _ := reply.Get("result")
	for i, op := range result.Elems() {
		u, ok := op.Get("uuid")
		if pair := u.Elems(); ok && len(pair) == 2 {
			e.name(pair[1].Str(), fmt.Sprintf("$%d.%d", step, i))
		}
	}
}

func (e *end) name(uuid, sym string) {
	e.uuids[sym] = uuid
	if uuid != noSuchUUID && !slices.Contains(fixedUUIDs, uuid) {
		e.names[uuid] = sym
	}
}

func (e *end) rename(s string) string {
	return uuidRE.ReplaceAllStringFunc(s, func(u string) string {
		if n := e.names[u]; n != "" {
			return n
		}
		if u == noSuchUUID || slices.Contains(fixedUUIDs, u) {
			return u
		}
		return "?" // a row's version, or a name that no row was given
	})
}

// canon returns a text of a value that is the same at both ends if the value
// means the same: UUIDs by name, sets, maps, rows and members in order.
func (e *end) canon(v json.Value) string {
	switch v.Kind() {
	case json.String:
		return json.Str(sortPair(waitedRE.ReplaceAllString(e.rename(v.Str()), "after N ms"))).String()
	case json.Array:
		el := v.Elems()
		if len(el) == 2 && el[0].Kind() == json.String && (el[0].Str() == "set" || el[0].Str() == "map") && el[1].Kind() == json.Array {
			return `["` + el[0].Str() + `",` + e.list(el[1].Elems(), true) + "]"
		}
		return e.list(el, false)
	case json.Object:
		var m []string
		for _, f := range v.Members() {
			text := ""
			switch {
			case f.Key == "_version":
				text = `"V"`
			case f.Key == "rows" && f.Value.Kind() == json.Array:
				text = e.list(f.Value.Elems(), true)
			default:
				text = e.canon(f.Value)
			}
			m = append(m, json.Str(e.rename(f.Key)).String()+":"+text)
		}
		slices.Sort(m)
		return "{" + strings.Join(m, ",") + "}"
	}
	return v.String()
}

// sortPair puts the two rows that a duplicate is about in order: the servers
// order them by UUID.
func sortPair(s string) string {
	i := strings.Index(s, "  First row, with")
	j := strings.Index(s, "  Second row, with")
	if i < 0 || j < i {
		return s
	}
	a, b := s[i+len("  First row, with"):j], s[j+len("  Second row, with"):]
	return s[:i] + " rows with" + min(a, b) + " and with" + max(a, b)
}

func (e *end) list(el []json.Value, unordered bool) string {
	out := make([]string, len(el))
	for i := range el {
		out[i] = e.canon(el[i])
	}
	if unordered {
		slices.Sort(out)
	}
	return "[" + strings.Join(out, ",") + "]"
}

// look returns what is in the inboxes, a line a message.
func (e *end) look() (lines []string) {
	for i, s := range e.sessions {
		var notes []string
		for _, v := range s.notes {
			if text := e.note(v); text != "" {
				notes = append(notes, text)
			}
		}
		// The reference keeps monitors in a hash table.
		slices.Sort(notes)
		for _, n := range notes {
			lines = append(lines, fmt.Sprintf("session %d: %s", i, n))
		}
		for _, id := range sortedKeys(s.replies) {
			lines = append(lines, fmt.Sprintf("session %d: reply %s", i, e.canon(untold(s.replies[id]))))
		}
		if s.late {
			lines = append(lines, fmt.Sprintf("session %d: an update after the reply", i))
		}
		if s.dead != "" {
			lines = append(lines, fmt.Sprintf("session %d: %s", i, s.dead))
		}
	}
	return lines
}

// clear empties the inboxes and returns how many notifications there were.
func (e *end) clear() (updates int) {
	for _, s := range e.sessions {
		updates += len(s.notes)
		s.inbox = inbox{replies: map[string]json.Value{}, dead: s.dead}
	}
	return updates
}

// note returns the text of a notification, or "" for an update that says
// nothing. Transactions' ids are random.
func (e *end) note(v json.Value) string {
	m, _ := v.Get("method")
	p, _ := v.Get("params")
	el := p.Elems()
	if !strings.HasPrefix(m.Str(), "update") || len(el) < 2 {
		return e.canon(v)
	}
	updates := said(el[len(el)-1])
	if len(updates.Members()) == 0 {
		return ""
	}
	return m.Str() + " " + e.canon(json.Arr(el[0], updates))
}

// said returns table updates without those that modify nothing: the reference
// also reports changes of columns that only a monitor's condition looks at, in
// that way; ours does not.
func said(updates json.Value) json.Value {
	var tables []json.Member
	for _, t := range updates.Members() {
		var rows []json.Member
		for _, r := range t.Value.Members() {
			mod, changed := r.Value.Get("modify")
			if !changed { // RFC 7047's own form of an update
				_, there := r.Value.Get("new")
				if mod, changed = r.Value.Get("old"); !there {
					changed = false
				}
			}
			if !changed || len(mod.Members()) > 0 {
				rows = append(rows, r)
			}
		}
		if len(rows) > 0 {
			tables = append(tables, json.Member{Key: t.Key, Value: json.Obj(rows...)})
		}
	}
	return json.Obj(tables...)
}

// untold returns the reply to monitor_cond_since without the transaction's id:
// Debian's release tells none for standalone databases, as it keeps no history
// of them.
func untold(v json.Value) json.Value {
	r, _ := v.Get("result")
	el := r.Elems()
	if len(el) != 3 || !el[0].IsBool() || el[1].Kind() != json.String {
		return v
	}
	var m []json.Member
	for _, f := range v.Members() {
		if f.Key == "result" {
			f.Value = json.Arr(el[0], el[2])
		}
		m = append(m, f)
	}
	return json.Obj(m...)
}

// shapeRE is what two errors of the same kind may differ in when several rows
// or members are at fault and a hash table says which is met first.
var shapeRE = regexp.MustCompile(`\\"[^"]*\\"|\$\d+\.\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|-?\d+(\.\d+)?(e[-+]\d+)?|'\w+'|\b[cxT]\d\b|\?`)

func shape(s string) string { return shapeRE.ReplaceAllString(s, "#") }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
