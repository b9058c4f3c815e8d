package openflow

import (
	"fmt"
	"slices"
)

// Sizes of descriptions of ports.
const (
	portDesc10Len = 48
	portDesc11Len = 64
	portDesc14Len = 40
)

// Features of OpenFlow 1.0 are those of 1.1 without 40G, 100G, 1T and other:
// bits 0 to 6 are the same, copper and above are 4 bits lower.
func features10To(f PortFeatures) uint32 { return uint32(f&0x7f | f>>4&0xf80) }

func features10From(n uint32) PortFeatures { return PortFeatures(n&0x7f | n&0xf80<<4) }

// The state of OpenFlow 1.0 has the spanning tree's, that of 1.1 blocked and
// live.
func (s PortState) to10() uint32  { return uint32(s & (PortLinkDown | PortSTPMask)) }
func (s PortState) to11() uint32  { return uint32(s & (PortLinkDown | PortBlocked | PortLive)) }
func (c PortConfig) to11() uint32 { return uint32(c & portConfig11) }

// portConfig11 are the bits that OpenFlow 1.1 and later have.
const portConfig11 = PortDown | PortNoRecv | PortNoFwd | PortNoPacketIn

// Speed returns the speed in Mbit/s of the fastest of the features.
func (f PortFeatures) Speed() uint32 {
	for _, s := range [...]struct {
		bits  PortFeatures
		speed uint32
	}{
		{Feature1TFD, 1000000}, {Feature100GFD, 100000}, {Feature40GFD, 40000}, {Feature10GFD, 10000},
		{Feature1GHD | Feature1GFD, 1000}, {Feature100MHD | Feature100MFD, 100}, {Feature10MHD | Feature10MFD, 10},
	} {
		if f&s.bits != 0 {
			return s.speed
		}
	}
	return 0
}

func (d *PortDesc) encode(e *msgEncoder) {
	switch {
	case e.version == V10:
		e.u16(uint16(d.Port))
		e.bytes(d.HWAddr[:])
		e.text(d.Name, 16)
		e.u32(uint32(d.Config & 0x7f))
		e.u32(d.State.to10())
		e.u32(features10To(d.Curr))
		e.u32(features10To(d.Advertised))
		e.u32(features10To(d.Supported))
		e.u32(features10To(d.Peer))
	case e.version < V14:
		e.portHead(d)
		e.features(d)
	default:
		start := len(e.b)
		e.u32(d.Port.Wide())
		e.u16(portDesc14Len + 32)
		e.zeros(2)
		e.bytes(d.HWAddr[:])
		e.zeros(2)
		e.text(d.Name, 16)
		e.u32(d.Config.to11())
		e.u32(d.State.to11())
		e.u16(0) // OFPPDPT_ETHERNET
		e.u16(32)
		e.zeros(4)
		e.features(d)
		be.PutUint16(e.b[start+4:], uint16(len(e.b)-start))
	}
}

func (e *msgEncoder) portHead(d *PortDesc) {
	e.u32(d.Port.Wide())
	e.zeros(4)
	e.bytes(d.HWAddr[:])
	e.zeros(2)
	e.text(d.Name, 16)
	e.u32(d.Config.to11())
	e.u32(d.State.to11())
}

func (e *msgEncoder) features(d *PortDesc) {
	for _, f := range [...]PortFeatures{d.Curr, d.Advertised, d.Supported, d.Peer} {
		e.u32(uint32(f) & 0xffff)
	}
	e.u32(d.CurrSpeed)
	e.u32(d.MaxSpeed)
}

func portDesc10(b []byte) PortDesc {
	d := PortDesc{Port: Port(be.Uint16(b)), Name: cString(b[8:24]), Config: PortConfig(be.Uint32(b[24:]) & 0x7f),
		State: PortState(be.Uint32(b[28:])) & (PortLinkDown | PortSTPMask),
		Curr:  features10From(be.Uint32(b[32:])), Advertised: features10From(be.Uint32(b[36:])),
		Supported: features10From(be.Uint32(b[40:])), Peer: features10From(be.Uint32(b[44:]))}
	copy(d.HWAddr[:], b[2:8])
	d.CurrSpeed, d.MaxSpeed = d.Curr.Speed()*1000, d.Supported.Speed()*1000
	return d
}

func portDesc11(b []byte) (PortDesc, error) {
	p, ok := PortFromWide(be.Uint32(b))
	if !ok {
		return PortDesc{}, ErrBadActionBadOutPort
	}
	d := PortDesc{Port: p, Name: cString(b[16:32]), Config: PortConfig(be.Uint32(b[32:])) & portConfig11,
		State: PortState(be.Uint32(b[36:])) & (PortLinkDown | PortBlocked | PortLive)}
	copy(d.HWAddr[:], b[8:14])
	d.setFeatures(b[40:])
	return d, nil
}

func (d *PortDesc) setFeatures(b []byte) {
	d.Curr, d.Advertised = PortFeatures(be.Uint32(b)&0xffff), PortFeatures(be.Uint32(b[4:])&0xffff)
	d.Supported, d.Peer = PortFeatures(be.Uint32(b[8:])&0xffff), PortFeatures(be.Uint32(b[12:])&0xffff)
	d.CurrSpeed, d.MaxSpeed = be.Uint32(b[16:]), be.Uint32(b[20:])
}

// portDesc14 reads a description with properties; b begins with it.
func portDesc14(b []byte) (d PortDesc, n int, err error) {
	if len(b) < portDesc14Len {
		return d, 0, ErrBadRequestBadLen
	}
	n = int(be.Uint16(b[4:]))
	if n < portDesc14Len || n > len(b) {
		return d, 0, ErrBadRequestBadLen
	}
	var ok bool
	if d.Port, ok = PortFromWide(be.Uint32(b)); !ok {
		return d, 0, ErrBadActionBadOutPort
	}
	copy(d.HWAddr[:], b[8:14])
	d.Name = cString(b[16:32])
	d.Config = PortConfig(be.Uint32(b[32:])) & portConfig11
	d.State = PortState(be.Uint32(b[36:])) & (PortLinkDown | PortBlocked | PortLive)
	err = eachProp(b[portDesc14Len:n], func(typ uint16, p []byte) error {
		if typ == 0 {
			if len(p) != 32 {
				return ErrBadPropertyBadLen
			}
			d.setFeatures(p[8:])
		}
		return nil
	})
	return d, n, err
}

var featureNames = [...]string{"10MB-HD", "10MB-FD", "100MB-HD", "100MB-FD", "1GB-HD", "1GB-FD", "10GB-FD", "40GB-FD", "100GB-FD", "1TB-FD",
	"OTHER", "COPPER", "FIBER", "AUTO_NEG", "AUTO_PAUSE", "AUTO_PAUSE_ASYM"}

var portConfigNames = [...]string{"PORT_DOWN", "NO_STP", "NO_RECV", "NO_RECV_STP", "NO_FLOOD", "NO_FWD", "NO_PACKET_IN"}

var portStateNames = [...]string{"LINK_DOWN", "BLOCKED", "LIVE"}

func (s PortState) text() string {
	rest := uint32(s &^ PortSTPMask)
	if s&PortSTPMask == 0 {
		return bitNames(rest, portStateNames[:])
	}
	out := [...]string{"STP_LISTEN", "STP_LEARN", "STP_FORWARD", "STP_BLOCK"}[s&PortSTPMask>>8]
	if rest != 0 {
		out += bitNames(rest, portStateNames[:])
	}
	return out
}

// printable returns the part of a name before what cannot be printed.
func printable(s string) string {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return s[:i]
		}
	}
	return s
}

// AppendPortDesc prints a port as show and dump-ports-desc do, in several
// lines.
func AppendPortDesc(b []byte, d *PortDesc) []byte {
	b = append(b, ' ')
	b = append(b, d.Port.String()...)
	b = append(b, '(')
	b = append(b, printable(d.Name)...)
	b = fmt.Appendf(b, "): addr:%s\n     config:     %s\n     state:      %s\n", d.HWAddr, bitNames(uint32(d.Config), portConfigNames[:]), d.State.text())
	for _, f := range [...]struct {
		name string
		bits PortFeatures
	}{{"current:   ", d.Curr}, {"advertised:", d.Advertised}, {"supported: ", d.Supported}, {"peer:      ", d.Peer}} {
		if f.bits != 0 {
			b = fmt.Appendf(b, "     %s %s\n", f.name, bitNames(uint32(f.bits), featureNames[:]))
		}
	}
	return fmt.Appendf(b, "     speed: %d Mbps now, %d Mbps max\n", d.CurrSpeed/1000, d.MaxSpeed/1000)
}

func (*PortStatus) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case v == V10:
		return rawPortStatus10
	case v < V14:
		return rawPortStatus11
	}
	return rawPortStatus14
}

func (m *PortStatus) encode(e *msgEncoder) {
	e.u8(uint8(m.Reason))
	e.zeros(7)
	m.Desc.encode(e)
}

func decodePortStatus10(_ *msgDecoder, b []byte) (Message, error) {
	return portStatus(b, func(b []byte) (PortDesc, error) { return portDesc10(b), nil })
}

func decodePortStatus11(_ *msgDecoder, b []byte) (Message, error) { return portStatus(b, portDesc11) }

func decodePortStatus14(_ *msgDecoder, b []byte) (Message, error) {
	return portStatus(b, func(b []byte) (PortDesc, error) {
		d, _, err := portDesc14(b)
		return d, err
	})
}

func portStatus(b []byte, desc func(b []byte) (PortDesc, error)) (Message, error) {
	if b[0] > uint8(PortModify) {
		return nil, ErrBadRequestBadReason
	}
	d, err := desc(b[8:])
	return &PortStatus{PortReason(b[0]), d}, err
}

func (m *PortStatus) print(p *printer) {
	p.f(" %s:", [...]string{"ADD", "DEL", "MOD"}[m.Reason%3])
	p.b = AppendPortDesc(p.b, &m.Desc)
}

func (*PortMod) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case v == V10:
		return rawPortMod10
	case v < V14:
		return rawPortMod11
	}
	return rawPortMod14
}

func (m *PortMod) encode(e *msgEncoder) {
	if e.version == V10 {
		e.u16(uint16(m.Port))
		e.bytes(m.HWAddr[:])
		e.u32(uint32(m.Config))
		e.u32(uint32(m.Mask))
		e.u32(features10To(m.Advertise))
		e.zeros(4)
		return
	}
	e.u32(m.Port.Wide())
	e.zeros(4)
	e.bytes(m.HWAddr[:])
	e.zeros(2)
	e.u32(m.Config.to11())
	e.u32(m.Mask.to11())
	if e.version < V14 {
		e.u32(uint32(m.Advertise))
		e.zeros(4)
	} else if m.Advertise != 0 {
		e.u16(0) // OFPPMPT_ETHERNET
		e.u16(8)
		e.u32(uint32(m.Advertise))
	}
}

func decodePortMod10(_ *msgDecoder, b []byte) (Message, error) {
	m := &PortMod{Port: Port(be.Uint16(b)), Config: PortConfig(be.Uint32(b[8:]) & 0x7f), Mask: PortConfig(be.Uint32(b[12:]) & 0x7f), Advertise: features10From(be.Uint32(b[16:]))}
	copy(m.HWAddr[:], b[2:8])
	m.Config &= m.Mask
	return m, nil
}

func decodePortMod11(_ *msgDecoder, b []byte) (Message, error) {
	m, err := portMod11(b)
	m.Advertise = PortFeatures(be.Uint32(b[24:]) & 0xffff)
	return m, err
}

func decodePortMod14(d *msgDecoder, b []byte) (Message, error) {
	m, err := portMod11(b)
	if err != nil {
		return nil, err
	}
	return m, eachProp(b[24:], func(typ uint16, p []byte) error {
		if typ != 0 {
			return d.unknownProp("port_mod", typ)
		}
		if len(p) != 8 {
			return ErrBadPropertyBadLen
		}
		m.Advertise = PortFeatures(be.Uint32(p[4:]) & 0xffff)
		return nil
	})
}

func portMod11(b []byte) (*PortMod, error) {
	p, ok := PortFromWide(be.Uint32(b))
	m := &PortMod{Port: p, Config: PortConfig(be.Uint32(b[16:])), Mask: PortConfig(be.Uint32(b[20:])) & portConfig11}
	copy(m.HWAddr[:], b[8:14])
	m.Config &= m.Mask
	if !ok {
		return m, ErrBadActionBadOutPort
	}
	return m, nil
}

func (m *PortMod) print(p *printer) {
	p.str(" port: ")
	p.port(m.Port)
	p.f(": addr:%s\n     config: %s\n     mask:   %s\n     advertise: ", m.HWAddr,
		bitNames(uint32(m.Config), portConfigNames[:]), bitNames(uint32(m.Mask), portConfigNames[:]))
	if m.Advertise == 0 {
		p.str("UNCHANGED\n")
	} else {
		p.f("%s\n", bitNames(uint32(m.Advertise), featureNames[:]))
	}
}

// PortDescReply is (a part of) the answer to a PortDescRequest.
type PortDescReply struct{ Ports []PortDesc }

func (*PortDescRequest) raw(p Protocols) rawType {
	if p.Version() >= V15 {
		return rawPortDescRequest15
	}
	return rawPortDescRequest
}

func (m *PortDescRequest) encode(e *msgEncoder) {
	if e.version >= V15 {
		e.u32(m.Port.Wide())
		e.zeros(4)
	}
}

func decodePortDescRequest(d *msgDecoder, b []byte) (Message, error) {
	m := &PortDescRequest{PortNone}
	if d.Version >= V15 {
		if len(b) < 8 {
			return nil, ErrBadRequestBadLen
		}
		var ok bool
		if m.Port, ok = PortFromWide(be.Uint32(b)); !ok {
			return nil, ErrBadActionBadOutPort
		}
	}
	return m, nil
}

func (m *PortDescRequest) print(p *printer) {
	p.str(" port=")
	p.port(m.Port)
}

func (*PortDescReply) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case v == V10:
		return rawPortDescReply10
	case v < V14:
		return rawPortDescReply11
	}
	return rawPortDescReply14
}

func (m *PortDescReply) encode(e *msgEncoder) {
	for i := range m.Ports {
		start := len(e.b)
		m.Ports[i].encode(e)
		e.item(start)
	}
}

// portList reads descriptions of a fixed length.
func portList(b []byte, v Version) ([]PortDesc, error) {
	n := portDesc11Len
	if v == V10 {
		n = portDesc10Len
	}
	if len(b)%n != 0 {
		return nil, ErrBadRequestBadLen
	}
	var out []PortDesc
	for ; len(b) > 0; b = b[n:] {
		if v == V10 {
			out = append(out, portDesc10(b))
			continue
		}
		d, err := portDesc11(b)
		if err != nil {
			return out, err
		}
		out = append(out, d)
	}
	return out, nil
}

func decodePortDescReply10(d *msgDecoder, b []byte) (Message, error) {
	d.partial = true
	ports, err := portList(b, d.Version)
	return &PortDescReply{ports}, err
}

func decodePortDescReply11(d *msgDecoder, b []byte) (Message, error) {
	d.partial = true
	ports, err := portList(b, d.Version)
	return &PortDescReply{ports}, err
}

func decodePortDescReply14(dec *msgDecoder, b []byte) (Message, error) {
	dec.partial = true
	m := &PortDescReply{}
	for len(b) > 0 {
		d, n, err := portDesc14(b)
		if err != nil {
			return m, err
		}
		m.Ports = append(m.Ports, d)
		b = b[n:]
	}
	return m, nil
}

func (m *PortDescReply) print(p *printer) {
	p.str("\n")
	p.ports(m.Ports)
}

func (p *printer) ports(ports []PortDesc) {
	ports = slices.Clone(ports)
	slices.SortStableFunc(ports, func(a, b PortDesc) int { return int(a.Port) - int(b.Port) })
	for i := range ports {
		p.b = AppendPortDesc(p.b, &ports[i])
	}
}
