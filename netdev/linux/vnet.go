package linux

import (
	"encoding/binary"

	"govs/packet"
)

const (
	vnetNeedsCsum = 1
	vnetDataValid = 2
	vnetECN       = 0x80
)

// PutVNet writes o as a vnet header into b, which is packet.VNetHdrLen long.
func PutVNet(b []byte, o *packet.Offload) {
	_ = b[packet.VNetHdrLen-1]
	*(*[packet.VNetHdrLen]byte)(b) = [packet.VNetHdrLen]byte{}
	if o.CsumPartial {
		b[0] = vnetNeedsCsum
		binary.NativeEndian.PutUint16(b[6:], o.CsumStart)
		binary.NativeEndian.PutUint16(b[8:], o.CsumOffset)
	} else if o.CsumValid {
		b[0] = vnetDataValid
	}
	if o.GSOType != packet.GSONone {
		b[1] = byte(o.GSOType)
		if o.ECN {
			b[1] |= vnetECN
		}
		binary.NativeEndian.PutUint16(b[2:], o.HdrLen)
		binary.NativeEndian.PutUint16(b[4:], o.GSOSize)
	}
}

// GetVNet reads a vnet header into o and reports whether it fits a frame of n
// bytes; one that does not must be dropped.
func GetVNet(b []byte, o *packet.Offload, n int) bool {
	_ = b[packet.VNetHdrLen-1]
	*o = packet.Offload{}
	if b[0]|b[1] == 0 {
		return true
	}
	if b[0]&vnetNeedsCsum != 0 {
		o.CsumPartial = true
		o.CsumStart = binary.NativeEndian.Uint16(b[6:])
		o.CsumOffset = binary.NativeEndian.Uint16(b[8:])
		if int(o.CsumStart)+int(o.CsumOffset)+2 > n {
			return false
		}
	}
	o.CsumValid = b[0]&(vnetDataValid|vnetNeedsCsum) != 0
	if t := packet.GSOType(b[1] &^ vnetECN); t != packet.GSONone {
		o.GSOType = t
		o.ECN = b[1]&vnetECN != 0
		o.HdrLen = binary.NativeEndian.Uint16(b[2:])
		o.GSOSize = binary.NativeEndian.Uint16(b[4:])
		if o.GSOSize == 0 || int(o.HdrLen) > n {
			return false
		}
	}
	return true
}
