package ovsdb

import (
	"fmt"

	"govs/jsonrpc/json"
)

// member kinds an object's member may have.
type memberKind uint16

const (
	mArray memberKind = 1 << iota
	mObject
	mString
	mID // a string that is an identifier
	mInteger
	mNumber
	mBool
	mNull
	mOptional
	mAny = mArray | mObject | mString | mInteger | mNumber | mBool | mNull
)

// objParser takes the members of an object one by one; the first fault is
// reported at the end, as are members nobody asked for.
type objParser struct {
	what subject
	v    json.Value
	used uint64
	n    int
	msg  string
}

// subject is what an error says was parsed: a kind of thing and its name, or
// one of several operations.
type subject struct {
	kind, name string
	i, n       int
}

func (s subject) String() string {
	if s.n > 0 {
		return fmt.Sprintf("%s %d of %d", s.kind, s.i, s.n)
	}
	return s.kind + s.name
}

func named(s string) subject { return subject{kind: s} }

func parseObject(v json.Value, what subject) *objParser {
	p := &objParser{}
	p.begin(v, what)
	return p
}

// begin makes the parser ready for another object.
func (p *objParser) begin(v json.Value, what subject) {
	*p = objParser{what: what, v: v}
	if v.Kind() != json.Object {
		p.raise("Object expected.")
	}
}

func (p *objParser) raise(format string, args ...any) {
	if p.msg == "" {
		p.msg = fmt.Sprintf(format, args...)
	}
}

func (p *objParser) member(name string, kinds memberKind) (json.Value, bool) {
	for i, m := range p.v.Members() {
		if m.Key != name {
			continue
		}
		var k memberKind
		switch m.Value.Kind() {
		case json.Array:
			k = mArray
		case json.Object:
			k = mObject
		case json.String:
			k = mString
			if kinds&mID != 0 && isID(m.Value.Str()) {
				k |= mID
			}
		case json.Integer:
			k = mInteger | mNumber
		case json.Real:
			k = mNumber
		case json.True, json.False:
			k = mBool
		case json.Null:
			k = mNull
		}
		if k&kinds == 0 {
			p.raise("Type mismatch for member '%s'.", name)
			return json.Value{}, false
		}
		if i < 64 && p.used&(1<<i) == 0 {
			p.used |= 1 << i
			p.n++
		}
		return m.Value, true
	}
	if kinds&mOptional == 0 {
		p.raise("Required '%s' member is missing.", name)
	}
	return json.Value{}, false
}

func (p *objParser) err() *Error {
	if p.msg == "" {
		return nil
	}
	err := SyntaxErrorf(p.v, "", "Parsing %s failed: %s", p.what, p.msg)
	if p.v.Kind() != json.Object {
		err.Syntax = ""
	}
	return err
}

func (p *objParser) finish() *Error {
	if m := p.v.Members(); p.msg == "" && p.n < len(m) {
		first := ""
		for i := range m {
			if i >= 64 || p.used&(1<<i) == 0 {
				first = m[i].Key
				break
			}
		}
		switch left := len(m) - p.n; left {
		case 1:
			p.raise("Member '%s' is present but not allowed here.", first)
		case 2:
			p.raise("Member '%s' and 1 other member are present but not allowed here.", first)
		default:
			p.raise("Member '%s' and %d other members are present but not allowed here.", first, left-1)
		}
	}
	return p.err()
}
