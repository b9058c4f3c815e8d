package dptest

import (
	"encoding/binary"

	"govs/dpif"
)

// attr is one netlink attribute in the host's byte order, padded.
func attr(typ uint16, body ...byte) dpif.Actions {
	b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(body)))
	b = append(binary.NativeEndian.AppendUint16(b, typ), body...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func attr32(typ uint16, v uint32) dpif.Actions {
	return attr(typ, binary.NativeEndian.AppendUint32(nil, v)...)
}

func seq(list ...dpif.Actions) dpif.Actions {
	var b dpif.Actions
	for _, a := range list {
		b = append(b, a...)
	}
	return b
}

// Actions by the numbers of linux/openvswitch.h.

func output(no dpif.PortNo) dpif.Actions { return attr32(1, uint32(no)) }
func recirc(id uint32) dpif.Actions      { return attr32(7, id) }
func trunc(n uint32) dpif.Actions        { return attr32(13, n) }
func popVLAN() dpif.Actions              { return attr(5) }
func drop() dpif.Actions                 { return attr32(24, 0) }

func clone(a ...dpif.Actions) dpif.Actions { return attr(20, seq(a...)...) }

func pushVLAN(tpid, tci uint16) dpif.Actions {
	return attr(4, binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, tpid), tci)...)
}

func sample(prob uint32, a ...dpif.Actions) dpif.Actions {
	return attr(6, seq(attr32(1, prob), attr(2, seq(a...)...))...)
}

func checkLen(n uint16, greater, less dpif.Actions) dpif.Actions {
	return attr(21, seq(attr(1, binary.NativeEndian.AppendUint16(nil, n)...), attr(2, greater...), attr(3, less...))...)
}

func userspace(data ...byte) dpif.Actions { return attr(2, seq(attr32(1, 0), attr(2, data...))...) }

func hash(alg, basis uint32) dpif.Actions {
	return attr(8, binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, alg), basis)...)
}

// set is set(key), setMasked set_masked(key=value/mask).
func set(key uint16, val ...byte) dpif.Actions { return attr(3, attr(key, val...)...) }

func setMasked(key uint16, val, mask []byte) dpif.Actions {
	return attr(11, attr(key, append(append([]byte(nil), val...), mask...)...)...)
}
