package userspace

import (
	"testing"

	"govs/dpif"
	"govs/dpif/dptest"
)

func TestSuite(t *testing.T) {
	for _, typ := range []string{"netdev", "dummy"} {
		t.Run(typ, func(t *testing.T) {
			dptest.Run(t, func(t *testing.T) dpif.Datapath {
				dp, err := New(Config{Type: typ, Log: t.Logf})
				if err != nil {
					t.Fatal(err)
				}
				return dp
			})
		})
	}
}
