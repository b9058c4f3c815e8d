package tunnel

import (
	"encoding/binary"

	"govs/packet"
)

var be = binary.BigEndian

func putVXLAN(b []byte, t *packet.Tunnel) { packet.VXLAN(b).Put(uint32(t.ID) & 0xffffff) }

// getVXLAN refuses headers with bits it does not know, as Open vSwitch and the
// kernel do: they may change the meaning of what follows.
func getVXLAN(p *packet.Packet) bool {
	h := packet.VXLAN(p.Bytes())
	if len(h) < packet.VXLANLen+packet.EthernetLen || be.Uint32(h) != 0x08000000 || h[7] != 0 {
		return false
	}
	p.Tunnel.ID = uint64(h.VNI())
	p.Tunnel.Flags |= packet.TunKey
	p.Pull(packet.VXLANLen)
	return true
}
