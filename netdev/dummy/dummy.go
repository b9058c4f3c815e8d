// Package dummy is a network device without a network, for tests by
// --enable-dummy: packets are put in by command and what is sent goes to a file.
package dummy

import (
	"errors"

	"govs/netdev"
)

// Open makes a dummy device of type "dummy", "dummy-internal" or "dummy-pmd".
func Open(cfg netdev.Config) (netdev.Device, error) {
	return nil, errors.New("dummy: not here yet")
}
