package flow

import (
	"errors"
	"math/bits"
	"slices"
	"sync"
	"unsafe"

	"govs/packet"
)

// Errors of decoding a match; each stands for the OpenFlow error it is named
// after (OpenFlow 1.5.1 section 7.5.4.5, type OFPET_BAD_MATCH).
var (
	ErrBadLen       = errors.New("OFPBMC_BAD_LEN")
	ErrBadField     = errors.New("OFPBMC_BAD_FIELD")
	ErrBadValue     = errors.New("OFPBMC_BAD_VALUE")
	ErrBadMask      = errors.New("OFPBMC_BAD_MASK")
	ErrBadPrereq    = errors.New("OFPBMC_BAD_PREREQ")
	ErrDupField     = errors.New("OFPBMC_DUP_FIELD")
	ErrBadWildcards = errors.New("OFPBMC_BAD_WILDCARDS")
)

// OpenFlow wire versions, as AppendNXM takes them.
const (
	WireNXM  = 0 // NXM, as OpenFlow 1.0 and 1.1 use it
	WireOF12 = 3
	WireOF13 = 4
	WireOF14 = 5
	WireOF15 = 6
)

// headerIndex finds fields by their wire headers.
type headerIndex struct {
	plain []oxmClass         // there are few
	exp   map[uint64]FieldID // experimenter<<16 | field<<9
}

// oxmClass has a class's fields by number, or NumFields for those that are not.
type oxmClass struct {
	class  uint16
	fields [128]FieldID
}

// find returns the field of a header that is not an experimenter's.
func (h *headerIndex) find(header uint32) (FieldID, bool) {
	for i := range h.plain {
		if c := &h.plain[i]; uint32(c.class) == header>>16 {
			id := c.fields[header>>9&127]
			return id, id < NumFields
		}
	}
	return 0, false
}

func (h *headerIndex) add(o *OXM, id FieldID) {
	i := slices.IndexFunc(h.plain, func(c oxmClass) bool { return c.class == uint16(o.Class) })
	if i < 0 {
		i = len(h.plain)
		h.plain = append(h.plain, oxmClass{class: uint16(o.Class)})
		for j := range h.plain[i].fields {
			h.plain[i].fields[j] = NumFields
		}
	}
	h.plain[i].fields[o.Field] = id
}

var headers = sync.OnceValue(func() *headerIndex {
	h := &headerIndex{exp: map[uint64]FieldID{}}
	for id := range NumFields {
		for i := range fields[id].OXMs {
			o := &fields[id].OXMs[i]
			switch {
			case o.Name == "":
			case o.Class == classExp:
				h.exp[uint64(o.Exp)<<16|uint64(o.Field)<<9] = id
			default:
				h.add(o, id)
			}
		}
	}
	return h
})

// OXMFor returns the wire name of the field for messages of the OpenFlow wire
// version (WireNXM for NXM), or nil if it has none.
func (id FieldID) OXMFor(version uint8) *OXM {
	f := &fields[id]
	var best *OXM
	for i := range f.OXMs {
		o := &f.OXMs[i]
		switch {
		case o.Name == "":
		case best == nil:
			best = o
		case o.Version > version:
		case o.Version > best.Version || best.Version > version:
			best = o
		}
	}
	return best
}

// AppendHeader appends the field's header: four bytes, or eight with an
// experimenter id. masked says that a mask follows the value.
func (id FieldID) AppendHeader(dst []byte, version uint8, masked bool) []byte {
	o := id.OXMFor(version)
	if o == nil {
		return dst
	}
	return o.append(dst, int(fields[id].Bytes), masked)
}

// append appends the header for a value of n bytes.
func (o *OXM) append(dst []byte, n int, masked bool) []byte {
	if masked {
		n *= 2
	}
	h := o.Header(n, masked)
	dst = be.AppendUint32(dst, uint32(h>>32))
	if o.Class == classExp {
		dst = be.AppendUint32(dst, uint32(h))
	}
	return dst
}

// AppendEntry appends one NXM or OXM entry: a field and its value, with the mask
// if masked. Tunnel options are as long as value and mask need.
func (id FieldID) AppendEntry(dst []byte, v, mask Value, version uint8, masked bool) []byte {
	o := id.OXMFor(version)
	if o == nil {
		return dst
	}
	n := int(fields[id].Bytes)
	if id.IsTLV() {
		n = (v.Len() + 7) / 8
		if masked {
			n = (max(v.Len(), mask.Len()) + 7) / 8
		}
	}
	dst = v.AppendBytes(o.append(dst, n, masked), n)
	if masked {
		dst = mask.AppendBytes(dst, n)
	}
	return dst
}

// ParseHeader reads a field header from the front of b: the field, whether a
// mask follows, the length of what follows (mask included) and the length of
// the header itself. For an unknown field the lengths are valid and err is
// ErrBadField.
func ParseHeader(b []byte) (id FieldID, masked bool, payload, hdr int, err error) {
	if len(b) < 4 {
		return 0, false, 0, 0, ErrBadLen
	}
	h := be.Uint32(b)
	hdr, payload = 4, int(h&0xff)
	masked = h&0x100 != 0
	var ok bool
	if h>>16 == classExp {
		if payload < 4 || len(b) < 8 {
			return 0, false, 0, 0, ErrBadLen
		}
		hdr, payload = 8, payload-4
		id, ok = headers().exp[uint64(be.Uint32(b[4:]))<<16|uint64(h&0xfe00)]
	} else {
		id, ok = headers().find(h)
	}
	n := payload
	if masked {
		n /= 2
	}
	if !ok || !id.Available() ||
		n != int(fields[id].Bytes) && !(id.IsTLV() && n < int(fields[id].Bytes)) {
		return 0, masked, payload, hdr, ErrBadField
	}
	return id, masked, payload, hdr, nil
}

// KnownHeader reports whether the header at the front of b is that of a field,
// whatever the length it has.
func KnownHeader(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	h := be.Uint32(b)
	if h>>16 == classExp {
		_, ok := headers().exp[uint64(be.Uint32(b[4:]))<<16|uint64(h&0xfe00)]
		return len(b) >= 8 && ok
	}
	_, ok := headers().find(h)
	return ok
}

// Cookie is a flow cookie and its mask, which an NXM match may carry.
type Cookie struct{ Value, Mask uint64 }

// nxmCookie is the header of NXM_NX_COOKIE without mask bit and length.
const nxmCookie = classNX<<16 | 30<<9

// ParseNXM decodes a match from NXM or OXM entries without padding. strict
// refuses unknown fields and missing prerequisites, as a switch does; otherwise
// unknown fields are passed over. NXM_NX_COOKIE goes to cookie, or is an
// unknown field if that is nil.
func ParseNXM(b []byte, strict bool, cookie *Cookie) (m Match, err error) {
	err = m.ReadNXM(b, strict, cookie, nil)
	return m, err
}

// ReadNXM is ParseNXM into m, whatever that was, for a switch that has the tunnel
// options of tlvs; it returns ErrTLV for others. With nil any may be matched, as a
// tool needs it.
func (m *Match) ReadNXM(b []byte, strict bool, cookie *Cookie, tlvs *TLVMap) error {
	*m = Match{}
	tlvs.Begin(&m.Key)
	for len(b) > 0 {
		if len(b) < 4 {
			return ErrBadLen
		}
		if h := be.Uint32(b); h&^0x1ff == nxmCookie && (h&0x1ff == 8 || h&0x1ff == 0x110) {
			n := 4 + int(h&0xff)
			if len(b) < n {
				return ErrBadLen
			}
			if cookie == nil && strict {
				return ErrBadField
			}
			if cookie == nil {
				b = b[n:]
				continue
			}
			if cookie.Mask != 0 {
				return ErrDupField
			}
			*cookie = Cookie{be.Uint64(b[4:]), ^uint64(0)}
			if h&0x100 != 0 {
				cookie.Mask = be.Uint64(b[12:])
				if cookie.Value&^cookie.Mask != 0 {
					return ErrBadWildcards
				}
			}
			b = b[n:]
			continue
		}
		id, v, mask, n, err := parseEntry(b)
		switch {
		case err == ErrBadField && !strict && n > 0:
			b = b[n:]
			continue
		case err != nil:
			return err
		case strict && !id.PrereqsOKMatch(m):
			return ErrBadPrereq
		case !m.Wild(id):
			return ErrDupField
		}
		if id.IsTLV() {
			if err := m.setTLV(id, v, mask, be.Uint32(b)&0x100 != 0); err != nil {
				return err
			}
		} else {
			m.SetMasked(id, v, mask)
		}
		b = b[n:]
	}
	if m.Mask.TunPresent == 0 {
		m.Key.TunLayout = 0
	}
	return nil
}

// ParseEntry decodes one NXM or OXM entry from the front of b: a field, its
// value and mask (exact if it has none), and the length of the entry. For an
// unknown field the length is valid and err is ErrBadField.
func ParseEntry(b []byte) (id FieldID, v, mask Value, n int, err error) { return parseEntry(b) }

func parseEntry(b []byte) (id FieldID, v, mask Value, n int, err error) {
	id, masked, payload, hdr, err := ParseHeader(b)
	if err != nil && hdr == 0 || len(b) < hdr+payload {
		return id, v, mask, 0, ErrBadLen
	}
	n = hdr + payload
	if err != nil {
		// That bits are set which the mask leaves out is the graver fault.
		if half := payload / 2; masked && hasBitsOutside(b[hdr:hdr+half], b[hdr+half:n]) {
			err = ErrBadWildcards
		}
		return id, v, mask, n, err
	}
	f := &fields[id]
	ones := id.Ones()
	p := b[hdr:n]
	mask = ones
	if !masked {
		v = ValueFromBytes(p)
	} else {
		size := len(p) / 2 // of an odd length the last byte does not matter, as in OVS
		v, mask = ValueFromBytes(p[:size]), ValueFromBytes(p[size:2*size])
		if !f.Maskable && !mask.IsZero() && mask != OnesValue(size*8) {
			return id, v, mask, n, ErrBadMask
		}
		if !v.AndNot(mask).IsZero() {
			return id, v, mask, n, ErrBadWildcards
		}
		mask = mask.And(ones)
	}
	if !id.ValidValue(v) {
		return id, v, mask, n, ErrBadValue
	}
	return id, v, mask, n, nil
}

// hasBitsOutside reports whether v has bits that are not in mask.
func hasBitsOutside(v, mask []byte) bool {
	for i := range v {
		if v[i]&^mask[i] != 0 {
			return true
		}
	}
	return false
}

// nxmWriter collects entries.
type nxmWriter struct {
	b        []byte
	version  uint8
	ethernet bool // an entry implies that the packet is an Ethernet frame
}

// exactMask is the mask that needs no mask on the wire.
func exactMask(id FieldID) Value {
	switch id {
	case TunFlags, CtState: // fewer bits are kept than the wire has
		return OnesValue(128)
	}
	return id.Ones()
}

// tlvs puts the tunnel options.
func (w *nxmWriter) tlvs(m *Match) {
	for p := m.Mask.TunPresent; p != 0; p &= p - 1 {
		id := TunMetadata0 + FieldID(bits.TrailingZeros64(p))
		if s := id.slot(&m.Key); s != nil {
			masked := !m.tlvExact(id)
			w.b = id.OXMFor(w.version).append(w.b, int(s.len), masked)
			w.b = append(w.b, s.data(&m.Key)...)
			if masked {
				w.b = append(w.b, s.data((*Key)(&m.Mask))...)
			}
		}
	}
}

func (w *nxmWriter) put(id FieldID, v, mask Value) {
	if mask.IsZero() {
		return
	}
	f := &fields[id]
	masked := f.Maskable && mask != exactMask(id)
	if f.Prereq != PrereqNone {
		w.ethernet = true
	}
	w.b = id.AppendEntry(w.b, v, mask, w.version, masked)
}

// AppendNXM appends the match as NXM (version WireNXM) or as OXM entries of the
// OpenFlow wire version, in Open vSwitch's order, without padding. Fields whose
// prerequisites the match does not state are left out, as are those that have no
// wire form. A cookie may follow in NXM; nil for none.
func AppendNXM(dst []byte, m *Match, version uint8, cookie *Cookie) []byte {
	w := nxmWriter{b: dst, version: version}
	k, x := &m.Key, &m.Mask
	put := func(ids ...FieldID) {
		for _, id := range ids {
			if mask := id.GetMask(&m.Mask); !mask.IsZero() {
				w.put(id, id.Get(&m.Key), mask)
			}
		}
	}
	if x.PacketType != 0 && k.PacketType != PacketTypeEthernet {
		put(PacketType)
		w.ethernet = true
	}
	put(DPHash, RecircID, ConjID)
	if version == WireNXM {
		put(InPort)
	} else {
		put(InPortOXM)
	}
	put(ActsetOutput)
	put(EthSrc, EthDst, EthType)
	if version == WireNXM {
		put(VlanTCI)
	} else {
		w.vlanOXM(m)
	}
	typ := k.DLType()
	if x.EthType == 0 && k.IsEthernet() {
		typ = 0
	}
	switch typ {
	case EthTypeMPLS, EthTypeMPLSM:
		put(MPLSTC, MPLSBOS, MPLSTTL, MPLSLabel)
	case EthTypeIP:
		put(IPSrc, IPDst)
		w.ip(m, ProtoICMP, ICMPType, ICMPCode)
	case EthTypeIPv6:
		put(IPv6Src, IPv6Dst)
		w.ip(m, ProtoICMPv6, ICMPv6Type, ICMPv6Code)
		if x.NwProto != 0 && k.IsND() {
			put(NDReserved, NDTarget, NDOptionsType)
			if k.TPSrc == ICMPv6NS {
				put(NDSLL)
			} else {
				put(NDTLL)
			}
		}
	case EthTypeARP, EthTypeRARP:
		put(ArpOp, ArpSPA, ArpTPA, ArpSHA, ArpTHA)
	}
	if x.Tunnel != (packet.Tunnel{}) {
		put(TunID, TunFlags, TunSrc, TunDst, TunIPv6Src, TunIPv6Dst, TunGBPID, TunGBPFlags)
		put(TunErspanIdx, TunErspanVer, TunErspanDir, TunErspanHwid, TunGTPUFlags, TunGTPUMsgtype)
	}
	w.tlvs(m)
	if x.NSHFlags|x.NSHTTL|x.NSHMDType|x.NSHNP != 0 || x.NSHPath != 0 || x.NSHC != [4]uint32{} {
		put(NSHFlags, NSHTTL, NSHMDType, NSHNP, NSHSPI, NSHSI, NSHC1, NSHC2, NSHC3, NSHC4)
	}
	switch {
	case x.Regs == [32]uint32{}:
	case version < WireOF15:
		for id := range FieldID(32) {
			put(Reg0 + id)
		}
	default:
		for id := range FieldID(16) {
			put(XReg0 + id)
		}
	}
	put(PktMark, CtState, CtZone, CtMark, CtLabel)
	if x.CtNwProto|uint8(x.CtTPSrc|x.CtTPDst)|uint8((x.CtTPSrc|x.CtTPDst)>>8) != 0 || x.CtNwSrc|x.CtNwDst != 0 ||
		x.CtIPv6Src != [16]byte{} || x.CtIPv6Dst != [16]byte{} {
		put(CtNwSrc, CtIPv6Src, CtNwDst, CtIPv6Dst, CtNwProto)
		if x.CtNwProto != 0 {
			put(CtTPSrc, CtTPDst)
		}
	}
	put(Metadata)
	if cookie != nil && cookie.Mask != 0 {
		w.cookie(cookie)
	}
	if k.PacketType == PacketTypeEthernet && !w.ethernet && (x.PacketType != 0 || x.HasHeaders()) {
		// Only now it is clear that nothing else says so; it goes first.
		var e [8]byte
		pt := PacketType.AppendHeader(e[:0], version, false)
		pt = append(pt, 0, 0, 0, 0)
		w.b = append(w.b, pt...)
		copy(w.b[len(dst)+8:], w.b[len(dst):])
		copy(w.b[len(dst):], pt)
	}
	return w.b
}

// HasHeaders reports whether the mask looks at anything that only frames have.
func (m *Mask) HasHeaders() bool {
	if m.CtTPSrc|m.CtTPDst != 0 {
		return true
	}
	const first = unsafe.Offsetof(zk.EthDst) / 8
	const layout = unsafe.Offsetof(zk.TunLayout)/8 - first // is of the tunnel, MPLS[2] is not
	for i, w := range m.Words()[first:tunWord] {
		if w != 0 && i != int(layout) {
			return true
		}
	}
	return m.MPLS[2] != 0
}

// vlanOXM puts the outer VLAN header as OXM's VLAN_VID and VLAN_PCP.
func (w *nxmWriter) vlanOXM(m *Match) {
	tci, mask := m.Key.VLANs[0].TCI, m.Mask.VLANs[0].TCI
	w.put(VlanVID, U(uint64(tci&0x1fff)), U(uint64(mask&0x1fff)))
	if tci&0x1fff != 0 && mask>>13 != 0 {
		w.put(VlanPCP, U(uint64(tci>>13)), U(7))
	}
}

// ip puts what IPv4 and IPv6 have in common, down to the transport ports.
func (w *nxmWriter) ip(m *Match, icmp uint8, icmpType, icmpCode FieldID) {
	put := func(ids ...FieldID) {
		for _, id := range ids {
			if mask := id.GetMask(&m.Mask); !mask.IsZero() {
				w.put(id, id.Get(&m.Key), mask)
			}
		}
	}
	put(IPFrag)
	if m.Mask.NwTOS&0xfc != 0 {
		if w.version == WireNXM {
			w.put(IPTOS, U(uint64(m.Key.NwTOS&0xfc)), U(0xfc))
		} else {
			w.put(IPDSCP, U(uint64(m.Key.NwTOS>>2)), U(0x3f))
		}
	}
	put(IPECN, IPTTL, IPv6Label, IPProto)
	if m.Mask.NwProto == 0 {
		return
	}
	switch m.Key.NwProto {
	case ProtoTCP:
		put(TCPSrc, TCPDst, TCPFlags)
	case ProtoUDP:
		put(UDPSrc, UDPDst)
	case ProtoSCTP:
		put(SCTPSrc, SCTPDst)
	case icmp:
		put(icmpType, icmpCode)
	}
}

func (w *nxmWriter) cookie(c *Cookie) {
	h := uint32(nxmCookie | 8)
	if c.Mask != ^uint64(0) {
		h = nxmCookie | 0x100 | 16
	}
	w.b = be.AppendUint32(w.b, h)
	w.b = be.AppendUint64(w.b, c.Value)
	if c.Mask != ^uint64(0) {
		w.b = be.AppendUint64(w.b, c.Mask)
	}
}
