package flowtable

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"govs/flow"
	"govs/openflow"
)

// shown are the flows of tables, in an order of their own.
func shown(tb *Tables) (l []string) {
	for r := range tb.All() {
		m := r.Match()
		l = append(l, fmt.Sprintf("table=%d %s cookie=%d flags=%d actions=%s", r.Table, m.String(), r.Cookie, r.Flags, openflow.FormatActions(nil, r.Actions, nil)))
	}
	slices.Sort(l)
	return l
}

// randomMod draws from few flows, so that they replace and delete each other.
func randomMod(r *rand.Rand, n int) *openflow.FlowMod {
	cmd := openflow.FlowAdd
	if r.IntN(3) == 0 {
		cmd = openflow.FlowModCommand(r.IntN(5))
	}
	fm := mod(cmd, uint8(r.IntN(3)), uint16(r.IntN(3)), r.Uint32N(4), &openflow.Output{Port: openflow.Port(1 + r.IntN(3))})
	switch r.IntN(3) {
	case 0:
		fm.Match.Set(flow.EthType, flow.U(flow.EthTypeIP))
		fm.Match.SetMasked(flow.IPDst, flow.U(uint64(r.Uint32N(4)<<24)), flow.U(uint64(^uint32(0)<<(8*r.IntN(4)))))
	case 1:
		fm.Match.Set(flow.EthType, flow.U(flow.EthTypeIP))
	}
	if fm.Delete() {
		fm.Table = []uint8{fm.Table, openflow.TableAny}[r.IntN(2)]
		fm.Actions = nil
	}
	fm.NewCookie, fm.ModifyCookie = uint64(n), true
	fm.Flags = openflow.FlowModFlags(r.IntN(2)) * openflow.FlagResetCounts
	return fm
}

// TestBundlesAgainstTwin: bundles of random flow-mods, of which those that add are
// prepared before any is done, leave what the same flow-mods leave one by one;
// those that fail leave nothing; and who looks up meanwhile sees each whole or not
// at all.
func TestBundlesAgainstTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	tb, twin := New(), New()
	mark := func(table uint8, n int) *openflow.FlowMod {
		fm := mod(openflow.FlowAdd, table, 99, 7)
		fm.NewCookie = uint64(n)
		return fm
	}
	for _, x := range []*Tables{tb, twin} {
		x.Apply(mark(3, 0), t0)
		x.Apply(mark(4, 0), t0)
	}
	done, torn := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		k := &flow.Key{InPort: 7}
		for {
			select {
			case <-done:
				torn <- n
				return
			default:
			}
			v := tb.State().Version
			a, b := tb.Table(3).Lookup(v, k, nil), tb.Table(4).Lookup(v, k, nil)
			if a == nil || b == nil || a.Cookie != b.Cookie {
				n++
			}
		}
	}()
	fault := errors.New("fault")
	bundles := 400
	if testing.Short() {
		bundles = 100
	}
	for n := 1; n <= bundles; n++ {
		mods := []*openflow.FlowMod{mark(3, n)}
		for i := range r.IntN(12) {
			fm := randomMod(r, n*100+i)
			if fm.Delete() && fm.Table == openflow.TableAny {
				fm.Match.Set(flow.InPort, flow.U(uint64(r.Uint32N(4)))) // the marks stay
			}
			mods = append(mods, fm)
		}
		mods = append(mods, mark(4, n))
		fails := n%3 == 0
		prepared := make([]*Rule, len(mods))
		for i, fm := range mods {
			if fm.Command != openflow.FlowAdd || i%4 == 3 {
				continue
			}
			var err error
			if prepared[i], err = tb.Prepare(fm); err != nil {
				t.Fatal(err)
			}
		}
		if n%50 == 0 { // the classifiers that flows were prepared for may be gone
			for _, x := range []*Tables{tb, twin} {
				x.Apply(mod(openflow.FlowDelete, uint8(n/50%3), 0, 0), t0)
			}
		}
		err := tb.Bundle(nil, t0, func(b Bundle) error {
			for i, fm := range mods {
				var err error
				if prepared[i] != nil {
					err = b.Add(prepared[i])
				} else {
					err = b.Flow(fm)
				}
				if err != nil {
					return err
				}
			}
			if fails {
				return fault
			}
			return nil
		})
		if fails != (err == fault) || err != nil && !fails {
			t.Fatalf("bundle %d: %v", n, err)
		}
		if !fails {
			for _, fm := range mods {
				if err := twin.Apply(fm, t0); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got, want := shown(tb), shown(twin); !slices.Equal(got, want) {
			t.Fatalf("after bundle %d:\n%q\none by one:\n%q", n, got, want)
		}
		for i := range uint8(5) {
			if a, b := tb.Table(i).Len(), twin.Table(i).Len(); a != b {
				t.Fatalf("after bundle %d: table %d has %d flows, one by one %d", n, i, a, b)
			}
		}
	}
	close(done)
	if n := <-torn; n != 0 {
		t.Errorf("%d times a part of a bundle was seen", n)
	}
}
