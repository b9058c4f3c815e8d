package openflow

// BundleType is what a BundleControl asks or answers (OFPBCT_*).
type BundleType uint16

// Types of a BundleControl; a reply is its request plus one.
const (
	BundleOpen    BundleType = 0
	BundleClose   BundleType = 2
	BundleCommit  BundleType = 4
	BundleDiscard BundleType = 6
)

// BundleFlags are flags of a bundle (OFPBF_*).
type BundleFlags uint16

// Flags of a bundle: all or nothing, also for packets; in the order given.
const (
	BundleAtomic  BundleFlags = 1 << 0
	BundleOrdered BundleFlags = 1 << 1
)

// BundleControl opens, closes, commits or discards a bundle, or says that it is
// done.
type BundleControl struct {
	ID    uint32
	Type  BundleType
	Flags BundleFlags
}

// BundleAdd puts a message into a bundle: Message, or when that is nil the one
// that Raw is already the wire form of.
type BundleAdd struct {
	ID      uint32
	Flags   BundleFlags
	Message Message
	Xid     uint32 // of the message, as of the BundleAdd itself
	Raw     []byte // of the message
}

const bundleHead = 8

// BundleAddLen is how many bytes of a BundleAdd come before the message in it.
func BundleAddLen(v Version) int {
	if v == V13 {
		return lenVendor + bundleHead
	}
	return HeaderLen + bundleHead
}

func bundleRaw(p Protocols, onf, v14 rawType) rawType {
	switch v := p.Version(); {
	case v >= V14:
		return v14
	case v == V13:
		return onf
	}
	return rawNone
}

func (*BundleControl) raw(p Protocols) rawType {
	return bundleRaw(p, rawONFBundleControl, rawBundleControl14)
}

func (m *BundleControl) encode(e *msgEncoder) {
	e.u32(m.ID)
	e.u16(uint16(m.Type))
	e.u16(uint16(m.Flags))
}

func decodeBundleControl(_ *msgDecoder, b []byte) (Message, error) {
	return &BundleControl{be.Uint32(b), BundleType(be.Uint16(b[4:])), BundleFlags(be.Uint16(b[6:]))}, nil
}

var bundleTypeNames = [...]string{"OPEN_REQUEST", "OPEN_REPLY", "CLOSE_REQUEST", "CLOSE_REPLY", "COMMIT_REQUEST", "COMMIT_REPLY", "DISCARD_REQUEST", "DISCARD_REPLY"}

func (m *BundleControl) print(p *printer) {
	p.str("\n bundle_id=")
	p.hex(uint64(m.ID))
	p.str(" type=")
	if int(m.Type) < len(bundleTypeNames) {
		p.str(bundleTypeNames[m.Type])
	}
	p.bundleFlags(m.Flags)
}

func (p *printer) bundleFlags(f BundleFlags) {
	p.str(" flags=")
	all, n := f, len(p.b)
	if f&BundleAtomic != 0 {
		p.str("atomic")
	}
	if f&BundleOrdered != 0 {
		if len(p.b) > n {
			p.str(" ")
		}
		p.str("ordered")
	}
	if f &^= BundleAtomic | BundleOrdered; f != 0 {
		if len(p.b) > n {
			p.str(" ")
		}
		p.f("0x%x", uint16(f))
	}
	if all == 0 {
		p.str("0")
	}
}

func (*BundleAdd) raw(p Protocols) rawType { return bundleRaw(p, rawONFBundleAdd, rawBundleAdd14) }

func (m *BundleAdd) encode(e *msgEncoder) {
	e.u32(m.ID)
	e.u16(0)
	e.u16(uint16(m.Flags))
	if m.Message == nil {
		e.bytes(m.Raw)
		return
	}
	e.b = AppendEncode(e.b, m.Message, e.proto, m.Xid)
}

func decodeBundleAdd(d *msgDecoder, b []byte) (Message, error) {
	m := d.bundleAdd
	if m == nil {
		m = new(BundleAdd)
	}
	*m = BundleAdd{ID: be.Uint32(b), Flags: BundleFlags(be.Uint16(b[6:]))}
	if b = b[bundleHead:]; len(b) < HeaderLen {
		return nil, ErrBundleFailedMsgBadLen
	}
	h := ParseHeader(b)
	n := int(h.Length)
	switch {
	case h.Version != d.Version:
		return nil, ErrBundleFailedBadVersion
	case n > len(b) || n < HeaderLen:
		return nil, ErrBundleFailedMsgBadLen
	case h.Xid != d.Xid:
		return nil, ErrBundleFailedMsgBadXID
	}
	m.Raw, m.Xid = b[:n:n], h.Xid
	in := msgDecoders.Get().(*msgDecoder)
	defer msgDecoders.Put(in)
	*in = msgDecoder{Header: h, proto: d.proto, names: d.names, index: d.index, loose: d.loose, flowMod: d.flowMod}
	body, err := in.findRow(m.Raw)
	if in.row == nil {
		return nil, ErrBundleFailedMsgUnsup
	}
	switch in.row.name {
	case "OFPT_PORT_MOD", "OFPT_FLOW_MOD", "OFPT_GROUP_MOD", "OFPT_PACKET_OUT", "NXT_FLOW_MOD":
	default:
		d.names.warnf("ofp_bundle", "%s message not allowed inside OFPT14_BUNDLE_ADD_MESSAGE", in.row.name)
		return nil, ErrBundleFailedMsgUnsup
	}
	if err != nil {
		return nil, err
	}
	m.Message, err = in.row.decode(in, body)
	return m, err
}

func (m *BundleAdd) print(p *printer) {
	p.str("\n bundle_id=")
	p.hex(uint64(m.ID))
	p.bundleFlags(m.Flags)
	p.str("\n")
	p.b = AppendPrint(p.b, m.Raw, PrintOptions{Verbosity: p.verbosity, Names: p.names})
}
