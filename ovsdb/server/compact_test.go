package server

import (
	"testing"
	"time"
)

func TestDue(t *testing.T) {
	const mb = 1 << 20
	for _, tt := range []struct {
		size, base int64
		commits    int
		age        time.Duration
		want       bool
	}{
		{30 * mb, 11 * mb, 100, 10 * time.Minute, true},
		{30 * mb, 11 * mb, 99, 10 * time.Minute, false},
		{30 * mb, 11 * mb, 100, 9 * time.Minute, false},
		{30 * mb, 15 * mb, 100, 10 * time.Minute, false},
		{9 * mb, mb, 1000, 23 * time.Hour, false},
		{9 * mb, 8 * mb, 100, 24 * time.Hour, true},
		{9 * mb, 8 * mb, 99, 240 * time.Hour, false},
	} {
		if got := due(tt.size, tt.base, tt.commits, tt.age); got != tt.want {
			t.Errorf("%+v: %t", tt, got)
		}
	}
}
