package pipegen

import (
	"encoding/hex"
	"fmt"
)

// PacketOut returns what a controller sends a frame out with, in the words of
// ovs-ofctl.
func (g *Gen) PacketOut(frame []byte) string {
	s := "in_port=" + g.pick(append([]string{"LOCAL", "CONTROLLER"}, append(g.Ports, g.Ports...)...)...)
	if g.one(5) {
		s += fmt.Sprintf(",reg%d=%d,metadata=%d", g.IntN(3), g.IntN(3), g.IntN(2))
	}
	if g.one(5) || g.Tunnels && g.one(2) {
		s += ",tun_id=" + g.n(3)
		if g.Tunnels {
			s += g.pick("", ",tun_src=1.1.2.92,tun_dst=1.1.1.1", ",tun_src=1.1.2.1,tun_dst=1.1.1.1")
		}
	}
	acts := "resubmit(,0)"
	switch g.IntN(4) {
	case 0:
		acts = "TABLE"
	case 1:
		acts = g.list(0, 4, false)
	}
	return fmt.Sprintf("%s,packet=%s,actions=%s", s, hex.EncodeToString(frame), acts)
}
