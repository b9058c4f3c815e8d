package openflow

import (
	"encoding/hex"
	"testing"
)

// TestShortExperimenterProperty: an experimenter's property has room for who it is and
// for its type, also where nobody knows it.
func TestShortExperimenterProperty(t *testing.T) {
	for prop, want := range map[string]error{
		"ffff000800000820":                 ErrBadPropertyBadLen,
		"ffff000c000008200000000100000000": nil,
		"fff0000800000820":                 nil,
	} {
		b, _ := hex.DecodeString(prop)
		if err := eachProp(b, func(uint16, []byte) error { return nil }); err != want {
			t.Errorf("%s: %v, want %v", prop, err, want)
		}
	}
}
