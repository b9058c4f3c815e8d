package dpif

import (
	"encoding/binary"

	"govs/flow"
	"govs/packet"
)

// The builders below append one action each. An Actions is a value: keep the
// result, as with append.

// Output sends the packet to a port.
func (a Actions) Output(p PortNo) Actions { return appendU32(a, ActOutput, uint32(p)) }

// PushVLAN puts a tag in front. Bit 0x1000 of tci must be set.
func (a Actions) PushVLAN(tpid, tci uint16) Actions {
	return AppendAttr(a, ActPushVLAN, be.AppendUint16(be.AppendUint16(nil, tpid), tci))
}

// PopVLAN removes the outermost tag.
func (a Actions) PopVLAN() Actions { return AppendAttr(a, ActPopVLAN, nil) }

// Recirc looks the packet up again under another recirculation id.
func (a Actions) Recirc(id uint32) Actions { return appendU32(a, ActRecirc, id) }

// Algorithms of Hash.
const (
	HashL4    = 0
	HashSymL4 = 1
)

// Hash computes dp_hash.
func (a Actions) Hash(alg, basis uint32) Actions {
	return AppendAttr(a, ActHash, ne.AppendUint32(ne.AppendUint32(nil, alg), basis))
}

// Trunc cuts the packet to n bytes for the next output.
func (a Actions) Trunc(n uint32) Actions { return appendU32(a, ActTrunc, n) }

// Meter passes the packet through a meter, which may drop it.
func (a Actions) Meter(id uint32) Actions { return appendU32(a, ActMeter, id) }

// Drop drops the packet for the given reason.
func (a Actions) Drop(reason DropReason) Actions { return appendU32(a, ActDrop, uint32(reason)) }

// CTClear forgets the connection tracking state.
func (a Actions) CTClear() Actions { return AppendAttr(a, ActCTClear, nil) }

// PushMPLS inserts a label stack entry and makes the Ethertype typ.
func (a Actions) PushMPLS(lse uint32, typ uint16) Actions {
	return AppendAttr(a, ActPushMPLS, pad4(be.AppendUint16(be.AppendUint32(nil, lse), typ)))
}

// SetMPLS sets the outermost label stack entry.
func (a Actions) SetMPLS(lse uint32) Actions {
	return AppendAttr(a, ActSet, AppendAttr(nil, KeyMPLS, binary.BigEndian.AppendUint32(nil, lse)))
}

// PopMPLS removes a label stack entry and makes the Ethertype typ.
func (a Actions) PopMPLS(typ uint16) Actions { return appendBE16(a, ActPopMPLS, typ) }

// PushEth puts an Ethernet header in front.
func (a Actions) PushEth(src, dst flow.MAC) Actions {
	return AppendAttr(a, ActPushEth, append(src[:], dst[:]...))
}

// PopEth removes the Ethernet header.
func (a Actions) PopEth() Actions { return AppendAttr(a, ActPopEth, nil) }

// LbOutput sends the packet to a member of a bond by its hash.
func (a Actions) LbOutput(bond uint32) Actions { return appendU32(a, ActLbOutput, bond) }

// Clone runs the actions in on a copy.
func (a Actions) Clone(in Actions) Actions { return AppendAttr(a, ActClone, in) }

// Sample runs the actions in on a copy of a share of the packets, p of 2^32-1.
func (a Actions) Sample(p uint32, in Actions) Actions {
	at := len(a)
	b := beginNest(a, ActSample)
	b = appendU32(b, SampleProbability, p)
	b = AppendAttr(b, SampleActions, in)
	return endNest(b, at)
}

// CheckPktLen runs one of two lists on packets longer than n bytes or not.
func (a Actions) CheckPktLen(n uint16, greater, lessEqual Actions) Actions {
	at := len(a)
	b := beginNest(a, ActCheckPktLen)
	b = appendU16(b, CheckLenPktLen, n)
	b = AppendAttr(b, CheckLenGreater, greater)
	b = AppendAttr(b, CheckLenLessEqual, lessEqual)
	return endNest(b, at)
}

// Userspace hands the packet to the upcall handler with userdata; pid is the
// netlink port to send to. With actions, the upcall carries the whole list.
func (a Actions) Userspace(pid uint32, userdata []byte, tunPort PortNo, actions bool) Actions {
	at := len(a)
	b := beginNest(a, ActUserspace)
	b = appendU32(b, UserspacePid, pid)
	if userdata != nil {
		b = AppendAttr(b, UserspaceUserdata, userdata)
	}
	if tunPort != NoPort {
		b = appendU32(b, UserspaceTunPort, uint32(tunPort))
	}
	if actions {
		b = AppendAttr(b, UserspaceActions, nil)
	}
	return endNest(b, at)
}

// SetTunnel gives the packet the tunnel metadata t for the next output, with
// options as packet.Packet.TunOpts has them.
func (a Actions) SetTunnel(t *packet.Tunnel, opts []byte) Actions {
	at := len(a)
	b := beginNest(a, ActSet)
	b = appendTunnel(b, t, t, opts, opts)
	return endNest(b, at)
}

// setKey appends set() or, when the mask does not cover all of the value,
// the masked form.
func (a Actions) setKey(typ uint16, val, mask []byte) Actions {
	exact := true
	for i := range val {
		exact = exact && mask[i] == 0xff
	}
	at := len(a)
	if exact {
		return endNest(AppendAttr(beginNest(a, ActSet), typ, val), at)
	}
	both := make([]byte, 0, 2*len(val))
	for i := range val {
		both = append(both, val[i]&mask[i])
	}
	return endNest(AppendAttr(beginNest(a, ActSetMasked), typ, append(both, mask...)), at)
}

// SetMasked changes one header: the attribute typ (KeyEthernet, KeyIPv4, ...)
// taken from k where mask has ones. It appends nothing if mask has none there.
func (a Actions) SetMasked(typ uint16, k *flow.Key, mask *flow.Mask) Actions {
	val := structOf(typ, k, k, false)
	m := structOf(typ, k, (*flow.Key)(mask), true)
	any := false
	for _, c := range m {
		any = any || c != 0
	}
	if val == nil || !any {
		return a
	}
	return a.setKey(typ, val, m)
}

// NAT is the nat() part of a ct action.
type NAT struct {
	Src, Dst                 bool // neither: translate only known connections
	IPMin, IPMax             []byte
	PortMin, PortMax         uint16
	Persistent, Hash, Random bool
}

// CT is a connection tracking action.
type CT struct {
	Commit, Force    bool
	Zone             uint16
	Mark, MarkMask   uint32
	Label, LabelMask flow.Value
	Helper, Timeout  string
	NAT              *NAT
}

// CT sends the packet through connection tracking.
func (a Actions) CT(c *CT) Actions {
	at := len(a)
	b := beginNest(a, ActCT)
	if c.Commit {
		typ := uint16(CTCommit)
		if c.Force {
			typ = CTForceCommit
		}
		b = AppendAttr(b, typ, nil)
	}
	if c.Zone != 0 {
		b = appendU16(b, CTZone, c.Zone)
	}
	if c.MarkMask != 0 {
		b = AppendAttr(b, CTMark, ne.AppendUint32(ne.AppendUint32(nil, c.Mark), c.MarkMask))
	}
	if !c.LabelMask.IsZero() {
		b = AppendAttr(b, CTLabels, append(labelBytes(c.Label), labelBytes(c.LabelMask)...))
	}
	if c.Helper != "" {
		b = AppendAttr(b, CTHelper, append([]byte(c.Helper), 0))
	}
	if n := c.NAT; n != nil {
		in := len(b)
		b = beginNest(b, CTNat)
		if n.Src || n.Dst {
			typ := uint16(NatSrc)
			if n.Dst {
				typ = NatDst
			}
			b = AppendAttr(b, typ, nil)
			if len(n.IPMin) > 0 {
				b = AppendAttr(b, NatIPMin, n.IPMin)
				if len(n.IPMax) > 0 && string(n.IPMax) != string(n.IPMin) {
					b = AppendAttr(b, NatIPMax, n.IPMax)
				}
			}
			if n.PortMin != 0 {
				b = appendU16(b, NatProtoMin, n.PortMin)
				if n.PortMax != 0 && n.PortMax != n.PortMin {
					b = appendU16(b, NatProtoMax, n.PortMax)
				}
			}
			if n.Persistent {
				b = AppendAttr(b, NatPersistent, nil)
			}
			if n.Hash {
				b = AppendAttr(b, NatProtoHash, nil)
			}
			if n.Random {
				b = AppendAttr(b, NatProtoRandom, nil)
			}
		}
		b = endNest(b, in)
	}
	if c.Timeout != "" {
		b = AppendAttr(b, CTTimeout, append([]byte(c.Timeout), 0))
	}
	return endNest(b, at)
}

// ParseCT decodes the payload of an ActCT attribute.
func ParseCT(b []byte) (*CT, error) {
	c := &CT{}
	for len(b) > 0 {
		typ, d, rest, ok := NextAttr(b)
		if !ok {
			return nil, ErrInvalid
		}
		need := [...]int{CTZone: 2, CTMark: 8, CTLabels: 32, CTTimeout: 0}
		if int(typ) < len(need) && len(d) < need[typ] {
			return nil, ErrInvalid
		}
		switch typ {
		case CTCommit:
			c.Commit = true
		case CTForceCommit:
			c.Commit, c.Force = true, true
		case CTZone:
			c.Zone = ne.Uint16(d)
		case CTMark:
			c.Mark, c.MarkMask = ne.Uint32(d), ne.Uint32(d[4:])
		case CTLabels:
			c.Label, c.LabelMask = labelValue(d), labelValue(d[16:])
		case CTHelper:
			c.Helper = cString(d)
		case CTTimeout:
			c.Timeout = cString(d)
		case CTNat:
			n, err := parseNAT(d)
			if err != nil {
				return nil, err
			}
			c.NAT = n
		}
		b = rest
	}
	return c, nil
}

func parseNAT(b []byte) (*NAT, error) {
	n := &NAT{}
	for len(b) > 0 {
		typ, d, rest, ok := NextAttr(b)
		if !ok {
			return nil, ErrInvalid
		}
		switch typ {
		case NatSrc:
			n.Src = true
		case NatDst:
			n.Dst = true
		case NatIPMin, NatIPMax:
			if len(d) != 4 && len(d) != 16 {
				return nil, ErrInvalid
			}
			if typ == NatIPMin {
				n.IPMin = d
			} else {
				n.IPMax = d
			}
		case NatProtoMin, NatProtoMax:
			if len(d) < 2 {
				return nil, ErrInvalid
			}
			if typ == NatProtoMin {
				n.PortMin = ne.Uint16(d)
			} else {
				n.PortMax = ne.Uint16(d)
			}
		case NatPersistent:
			n.Persistent = true
		case NatProtoHash:
			n.Hash = true
		case NatProtoRandom:
			n.Random = true
		}
		b = rest
	}
	return n, nil
}

func cString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// labelBytes returns a connection label as the kernel keeps it: a 128-bit
// integer in the host's byte order.
func labelBytes(v flow.Value) []byte {
	b := v.AppendBytes(nil, 16)
	if ne.Uint16([]byte{1, 0}) == 1 {
		for i := range 8 {
			b[i], b[15-i] = b[15-i], b[i]
		}
	}
	return b
}

func labelValue(b []byte) flow.Value {
	c := [16]byte(b[:16])
	if ne.Uint16([]byte{1, 0}) == 1 {
		for i := range 8 {
			c[i], c[15-i] = c[15-i], c[i]
		}
	}
	return flow.ValueFromBytes(c[:])
}
