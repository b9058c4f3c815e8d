// Package ovsdbfuzz sets our ovsdb-server beside Debian's: random schemas,
// random transactions and monitors of several sessions go to both, and every
// reply and every update must be the same. The tests own the servers and files
// they make.
//
//	go test ./test/ovsdbfuzz -transactions 100000 -seed 7
package ovsdbfuzz

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"govs/internal/ovsref"
)

var (
	transactions = flag.Int("transactions", 2000, "transactions to run through both servers")
	seed         = flag.Uint64("seed", 1, "where the random numbers begin; 0: the clock")
	onlyCase     = flag.Int("case", -1, "run this case of the seed only")
	keepGoing    = flag.Int("failures", 1, "stop after this many failing cases")
)

// stepsPerCase is how many requests one schema sees.
const stepsPerCase = 150

func TestSameAsReference(t *testing.T) {
	bin := ovsref.Path(t, "ovsdb-server")
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", s)
	var total tally
	failures := 0
	began := time.Now()
	for n := 0; total.transactions < *transactions; n++ {
		if *onlyCase >= 0 {
			if n > 0 {
				break
			}
			n = *onlyCase
		}
		if testing.Short() && total.transactions > 500 {
			break
		}
		g := newGenerator(rand.New(rand.NewPCG(s, uint64(n))))
		failed := runCase(t, bin, g, &total)
		if failed == nil {
			if *onlyCase >= 0 {
				break
			}
			continue
		}
		small := minimize(t, bin, g.schema, failed)
		t.Errorf("replay with -seed %d -case %d\nschema %s\n%s", s, n, g.schemaText, small)
		if failures++; failures >= *keepGoing || *onlyCase >= 0 {
			break
		}
	}
	t.Logf("seed %d: %d undeclared differences in %s; %v", s, failures, total.String(), time.Since(began).Round(time.Second))
}

// tally counts what has been compared.
type tally struct {
	cases, transactions, failed, requests, updates, loose, died, dangling int
}

func (c *tally) String() string {
	return fmt.Sprintf("%d schemas, %d transactions (%d refused), %d other requests, %d updates; "+
		"%d refusals alike but for which of several faults they name; cut short: %d where the reference kept dead weak references, %d where it died",
		c.cases, c.transactions, c.failed, c.requests, c.updates, c.loose, c.dangling, c.died)
}
