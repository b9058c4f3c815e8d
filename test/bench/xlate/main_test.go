// Package xlate measures translation at work: our switch and the reference's
// under a storm of new connections, each of which needs a datapath flow of its
// own, in one run on one machine.
//
//	go test -run '^$' -bench . -benchtime 1x ./test/bench/xlate
package xlate

import (
	"testing"

	"govs/test/sandbox"
)

func TestMain(m *testing.M) { sandbox.Main(m) }
