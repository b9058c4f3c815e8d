package xlate

import (
	"encoding/binary"

	"govs/dpif"
)

// WithoutOutputs returns those of the actions that do not send the packet on
// but to the switch itself.
func WithoutOutputs(a dpif.Actions) dpif.Actions {
	var out dpif.Actions
	for len(a) >= 4 {
		n := int(binary.NativeEndian.Uint16(a))
		padded := (n + 3) &^ 3
		if n < 4 || padded > len(a) {
			break
		}
		if t := binary.NativeEndian.Uint16(a[2:]); t != attrOutput && t != attrRecirc {
			out = append(out, a[:padded]...)
		}
		a = a[padded:]
	}
	return out
}
