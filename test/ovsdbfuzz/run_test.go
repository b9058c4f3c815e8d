package ovsdbfuzz

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"govs/jsonrpc/json"
)

// failure is where the servers began to differ.
type failure struct {
	steps []*step // up to and including the one
	text  string
}

// pair is both servers.
type pair struct {
	t            testing.TB
	ours, theirs *end
	schema       *schema
	tally        *tally
	dir          string
}

func newPair(t testing.TB, bin string, schema *schema, total *tally) *pair {
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	text := schema.json("1.0.0")
	return &pair{t: t, schema: schema, dir: dir, ours: startOurs(t, dir, text), theirs: startTheirs(t, bin, dir, text), tally: total}
}

func (p *pair) close() {
	p.ours.close()
	p.theirs.close()
	os.RemoveAll(p.dir)
}

// run makes a step at both ends and returns how they differ, if they do.
func (p *pair) run(s *step) (reply json.Value, diff string) {
	id := fmt.Sprint(s.n)
	ends := []*end{p.ours, p.theirs}
	if s.method == "reconnect" {
		for _, e := range ends {
			e.disconnect(s.session)
		}
	} else {
		send := id
		if s.method == "cancel" {
			send = "" // a notification
		}
		for _, e := range ends {
			e.send(s.session, send, s.method, s.params)
		}
	}
	for _, e := range ends {
		if s.method == "reconnect" {
			e.connect(s.session)
		} else if !s.waits && s.method != "cancel" {
			e.await(s.session, id)
		}
		e.settle(s.n, 0)
		if v, ok := e.sessions[s.session].replies[id]; ok {
			e.learn(s.n, v)
			reply = v
		}
	}
	got := [2][]string{p.ours.look(), p.theirs.look()}
	// What follows from the end of a session takes its time.
	for round := 1; round < 40 && !slices.Equal(got[0], got[1]) && !alike(s, got[0], got[1]); round++ {
		time.Sleep(time.Duration(round/4) * time.Millisecond)
		for i, e := range ends {
			e.settle(s.n, round)
			got[i] = e.look()
		}
	}
	if s.next != nil && !isRefused(reply) {
		p.schema = s.next
	}
	updates := p.ours.clear()
	p.theirs.clear()
	p.tally.updates += updates
	if s.method == "transact" {
		p.tally.transactions++
		if isRefused(reply) {
			p.tally.failed++
		}
	} else {
		p.tally.requests++
	}
	if !slices.Equal(got[0], got[1]) {
		if !alike(s, got[0], got[1]) {
			if p.declared(s) {
				return reply, declaredFault
			}
			return reply, fmt.Sprintf("ours   %s\ntheirs %s", strings.Join(got[0], "\n       "), strings.Join(got[1], "\n       "))
		}
		p.tally.loose++
	}
	return reply, ""
}

// declaredFault ends a case at a fault of the reference that is known.
const declaredFault = "declared"

// declared reports whether the reference itself is at fault, in one of the ways
// that 3.1 has: it is dead, which some conversions of a monitored database do to
// it, or it has kept weak references to rows that are gone,
// which happens when one transaction changes a row and deletes what it refers
// to. What comes after says nothing any more.
func (p *pair) declared(s *step) bool {
	if slices.ContainsFunc(p.theirs.sessions, func(s *session) bool { return s.dead != "" }) {
		if p.theirs.died() {
			p.tally.died++
			p.t.Logf("Debian's server died of %s", s)
			return true
		}
		return false
	}
	if p.theirs.dangling(p.schema) {
		p.tally.dangling++
		return true
	}
	return false
}

func isRefused(reply json.Value) bool {
	if e, _ := reply.Get("error"); !e.IsNull() {
		return true
	}
	r, _ := reply.Get("result")
	for _, op := range r.Elems() {
		if _, bad := op.Get("error"); bad {
			return true
		}
	}
	return false
}

// alike reports whether two refusals of a transaction differ only in which of
// several faults they name: of several members of a row, or of several rows,
// which one is met first follows from a hash table.
func alike(s *step, a, b []string) bool {
	return slices.EqualFunc(a, b, func(a, b string) bool {
		return a == b || refusedAlike(a, b) || s.next != nil && unconvertible(a) && unconvertible(b)
	})
}

// unconvertible reports whether a reply says that some value of some row does
// not fit a new schema.
func unconvertible(line string) bool {
	_, text, _ := strings.Cut(line, "reply ")
	v, _ := json.ParseString(text)
	e, _ := v.Get("error")
	tag, _ := e.Get("error")
	return valueFaults[tag.Str()]
}

func refusedAlike(a, b string) bool {
	if shape(a) == shape(b) {
		return strings.Contains(a, `"details"`)
	}
	x, y := refusal(a), refusal(b)
	return x != nil && y != nil && x.at == y.at && x.ops == y.ops && x.before == y.before && valueFaults[x.tag] && valueFaults[y.tag]
}

// valueFaults are the errors of values, of which a row may have several.
var valueFaults = map[string]bool{"constraint violation": true, "syntax error": true, "ovsdb error": true, "range error": true, "domain error": true, "unknown column": true}

// fault is where a transaction failed and why.
type fault struct {
	at, ops     int
	before, tag string
}

func refusal(line string) *fault {
	_, text, ok := strings.Cut(line, "reply ")
	v, err := json.ParseString(text)
	if !ok || err != nil {
		return nil
	}
	r, _ := v.Get("result")
	f := &fault{ops: len(r.Elems())}
	for i, op := range r.Elems() {
		if tag, bad := op.Get("error"); bad {
			f.at, f.tag = i, tag.Str()
			return f
		}
		f.before += op.String()
	}
	return nil
}

// runCase runs a schema's steps and returns the failure, if there is one.
func runCase(t *testing.T, bin string, g *generator, total *tally) *failure {
	p := newPair(t, bin, g.schema, total)
	defer p.close()
	total.cases++
	var done []*step
	for range stepsPerCase {
		s := g.next()
		done = append(done, s)
		reply, diff := p.run(s)
		if diff == declaredFault {
			return nil
		}
		if diff != "" {
			return &failure{done, diff}
		}
		g.learn(s, reply)
	}
	return nil
}

// replay runs steps on new servers and returns the first difference and the
// step that shows it.
func replay(t *testing.T, bin string, schema *schema, steps []*step) (int, string) {
	p := newPair(t, bin, schema, &tally{})
	defer p.close()
	for i, s := range steps {
		if _, diff := p.run(s); diff == declaredFault {
			return -1, ""
		} else if diff != "" {
			return i, diff
		}
	}
	return -1, ""
}

// minimize drops steps, then operations, as long as the servers still differ,
// and returns what is left as text.
func minimize(t *testing.T, bin string, schema *schema, f *failure) string {
	steps, text := f.steps, f.text
	deadline := time.Now().Add(time.Minute)
	try := func(c []*step) bool {
		if time.Now().After(deadline) {
			return false
		}
		at, diff := replay(t, bin, schema, c)
		if at >= 0 {
			steps, text = c[:at+1], diff
		}
		return at >= 0
	}
	for size := len(steps) / 2; size >= 1; {
		shorter := false
		for i := 0; i+size < len(steps); {
			if !try(append(slices.Clone(steps[:i]), steps[i+size:]...)) {
				i += size
			} else {
				shorter = true
			}
		}
		if size == 1 && !shorter {
			break
		}
		size = max(1, size/2)
	}
	for i := 0; i < len(steps); i++ {
		for _, fewer := range steps[i].fewer() {
			c := slices.Clone(steps)
			c[i] = fewer
			if try(c) {
				i--
				break
			}
		}
	}
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintln(&b, s)
	}
	return b.String() + text
}

// fewer returns the step with one of its operations made harmless: the others
// keep their numbers.
func (s *step) fewer() (all []*step) {
	v, err := json.ParseString(s.params)
	if s.method != "transact" || err != nil {
		return nil
	}
	idle := json.Obj(json.Member{Key: "op", Value: json.Str("comment")}, json.Member{Key: "comment", Value: json.Str("")})
	for i, e := range v.Elems() {
		if i == 0 || e.Equal(idle) {
			continue
		}
		c := *s
		ops := slices.Clone(v.Elems())
		if i == len(ops)-1 && i > 1 {
			ops = ops[:i]
		} else {
			ops[i] = idle
		}
		c.params = json.Arr(ops...).String()
		all = append(all, &c)
	}
	return all
}
