package dpif

import (
	"time"

	"govs/conntrack"
	"govs/conntrack/frag"
)

// Conntrack is implemented by a Datapath whose ct action tracks connections. A
// method that the datapath has no way to carry out returns
// netdev.ErrNotSupported.
type Conntrack interface {
	// CtDump calls fn with the connections that f selects, nil for all, until it
	// returns false.
	CtDump(f *conntrack.Filter, fn func(*conntrack.Entry) bool) error
	// CtFlush removes the connections that f selects, nil for all, and returns
	// how many there were.
	CtFlush(f *conntrack.Filter) (int, error)
	// CtExpectations returns the connections that helpers saw announced.
	CtExpectations() ([]conntrack.Expectation, error)
	// CtBuckets returns how many connections each part of the table has.
	CtBuckets() ([]int, error)

	// CtConns returns how many connections there are and may be.
	CtConns() (n, most uint32, err error)
	CtSetMaxConns(most uint32) error
	// CtSeqCheck says whether TCP sequence numbers are checked.
	CtSeqCheck() (bool, error)
	CtSetSeqCheck(on bool) error

	// CtLimits returns the limit of zones without their own, and the limits of
	// the zones given, or of all that have their own. 0 is no limit.
	CtLimits(zones []uint16) (def uint32, list []conntrack.ZoneLimit, err error)
	// CtSetLimits changes the default if def is not nil, and those of zones.
	CtSetLimits(def *uint32, list []conntrack.ZoneLimit) error
	// CtDelLimits has zones obey the default again.
	CtDelLimits(zones []uint16) error

	// CtSetPolicy makes or replaces the time-out policy that actions name by
	// its number in decimal; timeouts are seconds by the keys of
	// CT_Timeout_Policy. Nil timeouts remove it.
	CtSetPolicy(id uint32, timeouts map[string]uint32) error
	// CtPolicies returns the numbers of the policies there are.
	CtPolicies() ([]uint32, error)

	// CtSweepInterval is how often expired connections are removed.
	CtSweepInterval() (time.Duration, error)
	CtSetSweepInterval(time.Duration) error

	// CtFrags returns how IP fragments are put together; lists says whether with
	// the datagrams that are incomplete.
	CtFrags(lists bool) (frag.Status, error)
	// CtFragEnable has fragments of a family put together or not.
	CtFragEnable(f frag.Family, on bool) error
	// CtFragSetMin sets how small fragments may be, CtFragSetMax how many may be
	// held. ErrPerm for a value out of the range.
	CtFragSetMin(f frag.Family, n uint32) error
	CtFragSetMax(n uint32) error
}
