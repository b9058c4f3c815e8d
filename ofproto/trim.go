package ofproto

import "runtime/debug"

// trimAfter is after how many changes of flows memory is given back.
const trimAfter = 20000

// trimmer gives memory back to the system once many flows have come or gone and
// it has become quiet: what the changes left behind would else stay for good,
// as a switch at rest makes no garbage that brings a collection about.
type trimmer struct{ trimmed, last uint64 }

// look is told, now and then, how many changes there have been.
func (t *trimmer) look(changes uint64) {
	quiet := changes == t.last
	t.last = changes
	if quiet && changes-t.trimmed > trimAfter {
		t.trimmed = changes
		go debug.FreeOSMemory()
	}
}
