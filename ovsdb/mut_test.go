package ovsdb

import (
	"math"
	"testing"
)

func TestArithmetic(t *testing.T) {
	const big, small = math.MaxInt64, math.MinInt64
	for _, c := range []struct {
		m       Mutator
		x, y, z int64
		ok      bool
	}{
		{MutAdd, 1, 2, 3, true}, {MutAdd, big, 1, 0, false}, {MutAdd, small, -1, 0, false}, {MutAdd, big, small, -1, true}, {MutAdd, 5, 0, 5, true},
		{MutSub, small, 1, 0, false}, {MutSub, 0, small, 0, false}, {MutSub, -1, small, big, true}, {MutSub, 5, 0, 5, true},
		{MutMul, 6, big, 0, false}, {MutMul, -1, small, 0, false}, {MutMul, small, -1, 0, false}, {MutMul, -7, 0, 0, true}, {MutMul, -3, 4, -12, true}, {MutMul, 1, big, big, true},
		{MutDiv, small, -1, 0, false}, {MutDiv, -7, 2, -3, true}, {MutMod, -7, 2, -1, true}, {MutDiv, 1, 0, 0, false}, {MutMod, 1, 0, 0, false},
	} {
		z, err := (&Mutation{Mutator: c.m}).ints(c.x, c.y)
		if (err == nil) != c.ok || c.ok && z != c.z {
			t.Errorf("%d %s %d: got %d, %v", c.x, c.m, c.y, z, err)
		}
	}
}
