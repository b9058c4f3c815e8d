package xlatediff

import (
	"strings"

	"govs/openflow"
)

// packetOut sends a packet as a controller does, and returns what is said of it.
func (s *side) packetOut(bridge, text string) string {
	m, _, err := openflow.ParsePacketOut(text, nil)
	if err != nil {
		return "not sent: " + err.Error()
	}
	b := 0
	for bridgeName(b) != bridge {
		b++
	}
	to := s.client(b, openflow.V15)
	to.Queue(to.Encode(m))
	var out strings.Builder
	s.barrier(to, func(b []byte) {
		d, _ := openflow.Decode(b, openflow.DecodeOptions{})
		if e, ok := d.Message.(*openflow.ErrorMsg); ok {
			out.WriteString(e.Code.Error() + "\n")
		}
	})
	return out.String()
}
