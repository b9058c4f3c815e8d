// Package tunnels compares tunnels with the reference's: options of ports,
// translation at random, and traffic between a switch of ours and one of the
// reference's, or the kernel's tunnel device, in namespaces of their own.
//
// GOVS_TUNNELS=long (make test-tunnels) runs every type with every option and more random cases.
package tunnels

import (
	"os"
	"testing"

	"govs/test/sandbox"
)

func TestMain(m *testing.M) { sandbox.Main(m) }

// long says that time does not matter.
func long() bool { return os.Getenv("GOVS_TUNNELS") == "long" }
