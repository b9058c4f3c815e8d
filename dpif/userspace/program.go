package userspace

import (
	"sync"

	"govs/dpif"
)

// program is a list of actions as given and as compiled. Many flows have the
// same one.
type program struct {
	attrs dpif.Actions
	ops   []op
	users int // guarded by programs.mu
}

// programs are the programs of all flows, by their actions.
type programs struct {
	mu sync.Mutex
	by map[string]*program
}

// take returns the program of actions, for one more flow.
func (t *programs) take(a dpif.Actions) (*program, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.by[string(a)]
	if p == nil {
		ops, err := compile(a)
		if err != nil {
			return nil, err
		}
		if t.by == nil {
			t.by = map[string]*program{}
		}
		p = &program{attrs: append(dpif.Actions(nil), a...), ops: ops}
		t.by[string(a)] = p
	}
	p.users++
	return p, nil
}

// give returns what was taken.
func (t *programs) give(p *program) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p.users--; p.users == 0 {
		delete(t.by, string(p.attrs))
	}
}

// ops returns the operations of actions that are to be run once: those of a flow
// with the same actions, if there is one.
func (t *programs) ops(a dpif.Actions) ([]op, error) {
	t.mu.Lock()
	p := t.by[string(a)]
	t.mu.Unlock()
	if p != nil {
		return p.ops, nil
	}
	return compile(a)
}
