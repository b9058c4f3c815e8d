package userspace

import (
	"encoding/binary"

	"govs/conntrack"
	"govs/dpif"
	"govs/flow"
	"govs/packet"
)

// maxNest is how deep sample(), clone() and their like may nest: deeper than
// translation, whose actions have 64 kB, can nest what it finds in flows.
const maxNest = 4096

// opKind says what an op does; the zero kind is an action we do not have.
type opKind uint8

const (
	opUnsupported opKind = iota
	opOutput             // n: port
	opPushVLAN           // n: TPID<<16 | TCI
	opPopVLAN
	opPushEth // val: source, destination
	opPopEth
	opPushMPLS // n: label stack entry, m: Ethertype
	opPopMPLS  // n: Ethertype
	opAddMPLS  // n: label stack entry, m: Ethertype
	opPushNSH  // val: the header
	opPopNSH
	opSet       // set, val, mask
	opTunnel    // tun, data: its options
	opPriority  // n under m
	opMark      // n under m
	opHash      // n: algorithm, m: basis
	opTrunc     // n: bytes
	opUserspace // data, attrs
	opRecirc    // n: id
	opSample    // n: probability, sub
	opClone     // sub
	opCheckLen  // n: bytes, sub if longer, els if not
	opDrop
	opMeter // n: meter
	opCT    // ct
	opCTClear
)

// op is one action, decoded once when the flow is put.
type op struct {
	kind opKind
	last bool // nothing follows that could want the packet
	n, m uint32
	set  func(*packet.Packet, *flow.Key, *op) bool // false: the packet has no such header
	val  []byte                                    // already under mask
	mask []byte
	tun  *packet.Tunnel
	sub  []op
	els  []op
	ct   *conntrack.Action
	data []byte
	// attrs are the actions around a userspace() that asked for them.
	attrs dpif.Actions
}

// compile decodes actions. Malformed ones are ErrInvalid; well-formed ones that
// this datapath lacks become ops that drop and count.
func compile(a dpif.Actions) ([]op, error) { return compileNested(a, a, 0, true) }

func compileNested(a, whole dpif.Actions, nest int, last bool) ([]op, error) {
	if nest > maxNest {
		return nil, dpif.ErrInvalid
	}
	var ops []op
	for len(a) > 0 {
		typ, body, rest, ok := dpif.NextAttr(a)
		if !ok {
			return nil, dpif.ErrInvalid
		}
		a = rest
		o := op{last: last && len(a) == 0}
		var err error
		switch typ {
		case dpif.ActOutput:
			o.kind = opOutput
			err = u32(body, &o.n)
		case dpif.ActPushVLAN:
			if len(body) < 4 {
				return nil, dpif.ErrInvalid
			}
			o.kind = opPushVLAN
			o.n = binary.BigEndian.Uint32(body) &^ flow.VLANPresent
		case dpif.ActPopVLAN:
			o.kind = opPopVLAN
		case dpif.ActPushEth:
			if len(body) < 12 {
				return nil, dpif.ErrInvalid
			}
			o.kind, o.val = opPushEth, append([]byte(nil), body...)
		case dpif.ActPopEth:
			o.kind = opPopEth
		case dpif.ActSet, dpif.ActSetMasked:
			err = compileSet(&o, body, typ == dpif.ActSetMasked)
		case dpif.ActHash:
			o.kind = opHash
			if len(body) < 8 {
				return nil, dpif.ErrInvalid
			}
			o.n, o.m = binary.NativeEndian.Uint32(body), binary.NativeEndian.Uint32(body[4:])
		case dpif.ActTrunc:
			o.kind = opTrunc
			err = u32(body, &o.n)
		case dpif.ActMeter:
			o.kind = opMeter
			err = u32(body, &o.n)
		case dpif.ActRecirc:
			o.kind = opRecirc
			err = u32(body, &o.n)
		case dpif.ActPushMPLS:
			if len(body) < 6 {
				return nil, dpif.ErrInvalid
			}
			o.kind = opPushMPLS
			o.n, o.m = be.Uint32(body), uint32(be.Uint16(body[4:]))
		case dpif.ActPopMPLS:
			if len(body) < 2 {
				return nil, dpif.ErrInvalid
			}
			o.kind = opPopMPLS
			o.n = uint32(be.Uint16(body))
		case dpif.ActAddMPLS:
			if len(body) < 8 {
				return nil, dpif.ErrInvalid
			}
			o.kind = opAddMPLS
			o.n, o.m = be.Uint32(body), uint32(be.Uint16(body[4:]))
		case dpif.ActPushNSH:
			o.kind = opPushNSH
			o.val, err = nshHeader(body)
		case dpif.ActPopNSH:
			o.kind = opPopNSH
		case dpif.ActDrop:
			if len(body) < 4 {
				return nil, dpif.ErrInvalid
			}
			o.kind = opDrop
			o.n = binary.NativeEndian.Uint32(body)
		case dpif.ActCT:
			o.kind = opCT
			o.ct, err = compileCT(body)
		case dpif.ActCTClear:
			o.kind = opCTClear
		case dpif.ActUserspace:
			err = compileUserspace(&o, body, whole)
		case dpif.ActSample:
			err = compileSample(&o, body, whole, nest)
		case dpif.ActClone:
			o.kind = opClone
			o.sub, err = compileNested(body, whole, nest+1, o.last)
		case dpif.ActCheckPktLen:
			err = compileCheckLen(&o, body, whole, nest)
		}
		if err != nil {
			return nil, err
		}
		ops = append(ops, o)
	}
	return ops, nil
}

func u32(b []byte, v *uint32) error {
	if len(b) < 4 {
		return dpif.ErrInvalid
	}
	*v = binary.NativeEndian.Uint32(b)
	return nil
}

func compileUserspace(o *op, b []byte, whole dpif.Actions) error {
	o.kind = opUserspace
	return eachAttr(b, func(typ uint16, body []byte) error {
		switch typ {
		case dpif.UserspaceUserdata:
			o.data = append([]byte(nil), body...)
		case dpif.UserspaceActions:
			o.attrs = append(dpif.Actions(nil), whole...)
		}
		return nil
	})
}

func compileSample(o *op, b []byte, whole dpif.Actions, nest int) error {
	o.kind = opSample
	return eachAttr(b, func(typ uint16, body []byte) (err error) {
		switch typ {
		case dpif.SampleProbability:
			err = u32(body, &o.n)
		case dpif.SampleActions:
			o.sub, err = compileNested(body, whole, nest+1, false)
		}
		return err
	})
}

func compileCheckLen(o *op, b []byte, whole dpif.Actions, nest int) error {
	o.kind = opCheckLen
	return eachAttr(b, func(typ uint16, body []byte) (err error) {
		switch typ {
		case dpif.CheckLenPktLen:
			if len(body) < 2 {
				return dpif.ErrInvalid
			}
			o.n = uint32(binary.NativeEndian.Uint16(body))
		case dpif.CheckLenGreater:
			o.sub, err = compileNested(body, whole, nest+1, false)
		case dpif.CheckLenLessEqual:
			o.els, err = compileNested(body, whole, nest+1, false)
		}
		return err
	})
}

// setter is how one key attribute is set: the length of its value and what
// does it.
type setter struct {
	size int
	fn   func(*packet.Packet, *flow.Key, *op) bool
}

func setterOf(key uint16) setter {
	switch key {
	case dpif.KeyEthernet:
		return setter{12, setEthernet}
	case dpif.KeyIPv4:
		return setter{12, setIPv4}
	case dpif.KeyIPv6:
		return setter{40, setIPv6}
	case dpif.KeyTCP:
		return setter{4, setTCP}
	case dpif.KeyUDP:
		return setter{4, setUDP}
	case dpif.KeySCTP:
		return setter{4, setSCTP}
	case dpif.KeyICMP:
		return setter{2, setICMP}
	case dpif.KeyICMPv6:
		return setter{2, setICMP}
	case dpif.KeyARP:
		return setter{22, setARP} // the kernel's struct has two bytes of padding behind
	case dpif.KeyND:
		return setter{28, setND}
	case dpif.KeyNDExt:
		return setter{5, setNDExt}
	case dpif.KeyMPLS:
		return setter{4, setMPLS}
	}
	return setter{}
}

func compileSet(o *op, b []byte, masked bool) error {
	key, body, rest, ok := dpif.NextAttr(b)
	if !ok || len(rest) != 0 {
		return dpif.ErrInvalid
	}
	switch key {
	case dpif.KeyTunnel:
		if masked {
			return dpif.ErrInvalid
		}
		o.kind = opTunnel
		t, opts, err := dpif.ParseTunnel(body)
		o.tun, o.data = &t, append([]byte(nil), opts...)
		return err
	case dpif.KeyPriority, dpif.KeySkbMark:
		o.kind = opPriority
		if key == dpif.KeySkbMark {
			o.kind = opMark
		}
		o.m = ^uint32(0)
		if err := u32(body, &o.n); err != nil || !masked {
			return err
		}
		return u32(body[4:], &o.m)
	}
	if key == dpif.KeyNSH {
		return compileSetNSH(o, body, masked)
	}
	s := setterOf(key)
	if s.fn == nil {
		return nil // opUnsupported
	}
	size := len(body)
	if masked {
		size /= 2
	}
	if size < s.size {
		return dpif.ErrInvalid
	}
	o.kind, o.set = opSet, s.fn
	o.val = append([]byte(nil), body[:size]...)
	o.mask = make([]byte, size)
	for i := range o.mask {
		o.mask[i] = 0xff
		if masked {
			o.mask[i] = body[size+i]
		}
		o.val[i] &= o.mask[i]
	}
	return nil
}

func eachAttr(b []byte, fn func(typ uint16, body []byte) error) error {
	for len(b) > 0 {
		typ, body, rest, ok := dpif.NextAttr(b)
		if !ok {
			return dpif.ErrInvalid
		}
		if err := fn(typ, body); err != nil {
			return err
		}
		b = rest
	}
	return nil
}
