package ovsdbfile

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"govs/internal/ovsref"
	"govs/jsonrpc"
	"govs/jsonrpc/json"
	"govs/ovsdb"
)

var (
	seed  = flag.Uint64("seed", 1, "where the random numbers begin")
	turns = flag.Int("turns", 10, "how often the servers take turns")
)

// model is what the file must hold: the state after each transaction.
type model struct {
	t      *testing.T
	st     *ovsdb.Store
	n      int
	states []string // states[i] is the one after i transactions since the last settle
}

func (m *model) state() string {
	return canon(m.t, string(m.st.Head().Query(parse(m.t, selectAll), nil).JSON))
}

func (m *model) next() string {
	ops := `["D",` + operation(m.n) + `]`
	m.n++
	m.st.Execute(parse(m.t, ops), ovsdb.ExecOptions{})
	m.states = append(m.states, m.state())
	return ops
}

// settle takes the state that a killed server has left: the one after some
// transaction from the first that was not told of.
func (m *model) settle(told int, got string) error {
	for i := told; i < len(m.states); i++ {
		if m.states[i] != got {
			continue
		}
		if behind := len(m.states) - 1 - i; behind > 0 {
			// Later ones did not come about: begin again before them.
			m.n -= behind
		}
		m.states = []string{got}
		return nil
	}
	return fmt.Errorf("told of %d of %d transactions, the file holds\n%s", told, len(m.states)-1, got)
}

// The two servers take turns at one file. Each reads what the other wrote, be
// it compacted, converted, or left by one that was killed at a random moment.
func TestTurns(t *testing.T) {
	theirs := ovsref.Path(t, "ovsdb-server")
	t.Logf("seed %d", *seed)
	r := rand.New(rand.NewPCG(*seed, 0))
	dir := t.TempDir()
	file := create(t, dir)
	schema := func(version int) *ovsdb.Schema {
		s, err := ovsdb.ParseSchema(parse(t, schemaText(version)))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	m := &model{t: t, st: ovsdb.NewStore(schema(0)), states: []string{""}}
	version, told, sent := 0, 0, 0
	for turn := range *turns {
		bin, who := "", "ours"
		if turn%2 == 1 {
			bin, who = theirs, "theirs"
		}
		cmd := serverCommand(bin, dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		c := dial(dir, func() bool { return true })
		out, err := c.ask("transact", selectAll)
		if err != nil || canon(t, out) != m.states[0] {
			t.Fatalf("turn %d, %s: opens with %s, %v\nwant\n%s", turn, who, out, err, m.states[0])
		}
		for range 3 + r.IntN(10) {
			if out, err := c.ask("transact", m.next()); err != nil {
				t.Fatalf("turn %d, %s: %s %v", turn, who, out, err)
			}
		}
		if r.IntN(2) == 0 {
			if err := c.compact(); err != nil {
				t.Fatalf("turn %d, %s: compact: %v", turn, who, err)
			}
		}
		if r.IntN(2) == 0 {
			version++
			if out, err := c.ask("convert", `["D",`+schemaText(version)+`]`); err != nil || out != "{}" {
				t.Fatalf("turn %d, %s: convert: %s %v", turn, who, out, err)
			}
			st, err := m.st.Head().Convert(schema(version))
			if err != nil {
				t.Fatal(err)
			}
			m.st = st
		}
		// Then many at once, and death amid them.
		first := len(m.states) - 1
		var replies []<-chan answer
		for range 200 {
			replies = append(replies, c.begin(m.next()))
		}
		time.Sleep(time.Duration(r.IntN(8000)) * time.Microsecond)
		cmd.Process.Kill()
		cmd.Wait()
		c.Close()
		acked := first
		for _, reply := range replies {
			if a := <-reply; a.err == nil {
				acked++
			}
		}
		told, sent = told+acked, sent+len(m.states)-1
		got, v := read(t, file)
		if want := fmt.Sprintf("1.%d.0", version); v != want {
			t.Fatalf("turn %d, %s: version %s, want %s", turn, who, v, want)
		}
		if err := m.settle(acked, got); err != nil {
			t.Fatalf("turn %d, %s: %v", turn, who, err)
		}
		m.reload(schema(version), file)
	}
	t.Logf("%d turns, %d transactions sent, %d told of, schema 1.%d.0", *turns, sent, told, version)
}

// reload makes the model's store what the file holds.
func (m *model) reload(s *ovsdb.Schema, file string) {
	st := load(m.t, file)
	if got := st.Schema().Version; got != s.Version {
		m.t.Fatal(got)
	}
	m.st = st
}

type answer struct {
	v   json.Value
	err error
}

// begin sends a transaction and does not wait.
func (c *client) begin(params string) <-chan answer {
	done := make(chan answer, 1)
	p, err := json.ParseString(params)
	if err == nil {
		var ch <-chan *jsonrpc.Message
		if ch, _, err = c.Go("transact", p); err == nil {
			go func() {
				m, ok := <-ch
				if !ok {
					done <- answer{err: fmt.Errorf("no answer")}
					return
				}
				done <- answer{v: m.Result}
			}()
			return done
		}
	}
	done <- answer{err: err}
	return done
}
