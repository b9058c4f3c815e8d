package openflow

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"govs/flow"
)

// DecNSHTTL decrements the TTL of the NSH header.
type DecNSHTTL struct{}

// Encap adds an outer header of the given packet type: NSH, Ethernet or MPLS.
type Encap struct {
	PacketType uint32 // namespace in the upper half, type in the lower
	Props      []EncapProp
}

// EncapProp is a property of an Encap, such as NSH's md_type.
type EncapProp struct {
	Class uint16
	Type  uint8
	Data  []byte
}

// Decap removes the outermost header.
type Decap struct{ PacketType uint32 }

func parseDecNSHTTL(p *parser, _, _ string) error {
	p.add(&DecNSHTTL{})
	return nil
}

func (a *DecNSHTTL) format(f *formatter) { f.special("dec_nsh_ttl") }
func (a *DecNSHTTL) encode(e *encoder)   { e.nx(48, 16) }

func (a *DecNSHTTL) check(c *checker) error {
	return c.need(c.match.Key.PacketType == packetTypeNSH || c.match.Key.DLType() == flow.EthTypeNSH)
}

func decodeDecNSHTTL(d *decoder, _ []byte) error {
	d.add(&DecNSHTTL{})
	return nil
}

// Packet types: a namespace (0 the ONF's, 1 Ethernet types) and a type.
const (
	packetTypeEthernet = 0
	packetTypeNSH      = 1<<16 | flow.EthTypeNSH
	packetTypeMPLS     = 1<<16 | flow.EthTypeMPLS
	packetTypeMPLSM    = 1<<16 | flow.EthTypeMPLSM
	packetTypeNext     = 0xfffe // decap: whatever comes next
	packetTypeUnknown  = 0xffffffff
)

var encapNames = [...]struct {
	typ  uint32
	name string
}{
	{packetTypeEthernet, "ethernet"}, {packetTypeNSH, "nsh"}, {packetTypeMPLS, "mpls"}, {packetTypeMPLSM, "mpls_mc"},
}

// Encap properties of class NSH.
const (
	encapClassNSH  = 4
	encapNSHMDType = 1
	encapNSHTLV    = 2
)

func parseEncap(p *parser, _, arg string) error {
	p.usable &= protoOF13Up
	a := &Encap{}
	key, value, _, ok := cutPair(arg)
	if !ok {
		return fmt.Errorf("Missing encap hdr: %s", arg)
	}
	found := false
	for _, n := range encapNames {
		if n.name == key {
			a.PacketType, found = n.typ, true
		}
	}
	if !found {
		return fmt.Errorf("Encap hdr not supported: %s", value)
	}
	for rest := value; ; {
		k, v, r, ok := cutPair(rest)
		if !ok {
			break
		}
		rest = r
		switch {
		case v == "" && a.PacketType == packetTypeNSH && (k == "md_type" || k == "tlv"):
			return errors.New("Value missing for encap property")
		case a.PacketType == packetTypeNSH && k == "md_type":
			n, err := parseUint8(v, "md_type")
			if err != nil {
				return err
			}
			if n != 1 && n != 2 {
				return fmt.Errorf("invalid md_type")
			}
			a.Props = append(a.Props, EncapProp{encapClassNSH, encapNSHMDType, []byte{n}})
		case a.PacketType == packetTypeNSH && k == "tlv":
			d, ok := parseNSHTLV(v)
			if !ok {
				return fmt.Errorf("Invalid NSH TLV header: %s", v)
			}
			a.Props = append(a.Props, EncapProp{encapClassNSH, encapNSHTLV, d})
		default:
			return fmt.Errorf("Invalid property: %s", k)
		}
	}
	p.add(a)
	return nil
}

// parseNSHTLV reads "0xCLASS,TYPE,0xDATA" as a TLV's bytes. As in OVS, what is
// too large is cut off, and so is what follows the data's last whole byte.
func parseNSHTLV(s string) (tlv []byte, ok bool) {
	s, ok = strings.CutPrefix(s, "0x")
	class, s, ok1 := flow.ScanInt(s, 16)
	s, ok2 := strings.CutPrefix(s, ",")
	typ, s, ok3 := flow.ScanInt(s, 10)
	s, ok4 := strings.CutPrefix(s, ",0x")
	n := min(len(s)-len(strings.TrimLeft(s, "0123456789abcdefABCDEF")), 251)
	if !ok || !ok1 || !ok2 || !ok3 || !ok4 || n == 0 {
		return nil, false
	}
	data, _ := hex.DecodeString(s[:n&^1])
	return append([]byte{byte(class >> 8), byte(class), byte(typ), byte(len(data))}, data...), true
}

func (a *Encap) format(f *formatter) {
	f.paren("encap(")
	name := ""
	for _, n := range encapNames {
		if n.typ == a.PacketType {
			name = n.name
		}
	}
	if name == "" {
		f.packetType(a.PacketType)
	} else {
		f.str(name)
	}
	if len(a.Props) > 0 {
		f.paren("(")
		for i, p := range a.Props {
			if i > 0 {
				f.str(",")
			}
			switch {
			case p.Type == encapNSHMDType && len(p.Data) > 0:
				f.b = fmt.Appendf(f.b, "md_type=%d", p.Data[0])
			case p.Type == encapNSHTLV && len(p.Data) >= 4:
				f.b = fmt.Appendf(f.b, "tlv(0x%04x,%d,", be.Uint16(p.Data), p.Data[2])
				f.hexBytes(p.Data[4:])
				f.str(")")
			}
		}
		f.paren(")")
	}
	f.paren(")")
}

// NSH returns the MD type of an NSH header, and the metadata of MD type 2.
func (a *Encap) NSH() (mdType uint8, md2 []byte) {
	mdType = 1
	for _, p := range a.Props {
		switch {
		case p.Class != encapClassNSH:
		case p.Type == encapNSHMDType && len(p.Data) > 0:
			mdType = p.Data[0]
		case p.Type == encapNSHTLV && len(p.Data) >= 4:
			md2 = append(md2, p.Data[:min(len(p.Data), 4+int(p.Data[3]))]...)
			md2 = append(md2, make([]byte, -len(md2)&3)...)
		}
	}
	return mdType, md2
}

func (a *Encap) encode(e *encoder) {
	start := len(e.b)
	be.PutUint32(e.nx(46, 16)[12:], a.PacketType)
	for _, p := range a.Props {
		n := 4 + len(p.Data)
		if p.Type == encapNSHTLV {
			n = (n + 7) &^ 7 // as OVS has it, with the padding
		}
		e.u16(p.Class)
		e.u8(p.Type)
		e.u8(uint8(n))
		e.b = append(e.b, p.Data...)
		for (len(e.b)-start)%8 != 0 {
			e.u8(0)
		}
	}
	e.close(start)
}

func (a *Encap) check(c *checker) error {
	k := &c.match.Key
	if a.PacketType == packetTypeEthernet && k.PacketType != packetTypeEthernet {
		k.EthType = uint16(k.PacketType) // which the frame then is of
	}
	k.PacketType = a.PacketType
	if !k.IsIP() {
		k.NwProto = 0
	}
	return nil
}

func decodeEncap(d *decoder, b []byte) error {
	a := &Encap{PacketType: be.Uint32(b[12:])}
	switch a.PacketType {
	case packetTypeEthernet, packetTypeNSH, packetTypeMPLS, packetTypeMPLSM:
	default:
		return ErrBadActionBadHeaderType
	}
	for p := b[16:]; len(p) > 0; {
		if len(p) < 8 {
			return ErrBadActionBadEDProp
		}
		n := int(p[3])
		padded := (n + 7) &^ 7
		if n < 4 || padded > len(p) {
			return ErrBadActionBadLen
		}
		prop := EncapProp{be.Uint16(p), p[2], append([]byte(nil), p[4:n]...)}
		switch {
		case prop.Class != encapClassNSH || a.PacketType != packetTypeNSH:
			return ErrBadActionUnknownEDProp
		case prop.Type == encapNSHMDType && n <= 8: // what length it says does not matter
			prop.Data = []byte{p[4]}
		case prop.Type == encapNSHMDType:
			return ErrBadActionBadEDProp
		case prop.Type == encapNSHTLV && len(prop.Data) >= 4 && n == (8+int(prop.Data[3])+7)&^7:
			prop.Data = prop.Data[:4+int(prop.Data[3])]
		case prop.Type == encapNSHTLV:
			return ErrBadActionBadEDProp
		default:
			return ErrBadActionUnknownEDProp
		}
		a.Props = append(a.Props, prop)
		p = p[padded:]
	}
	d.add(a)
	return nil
}

// maxNamespace is the last namespace of packet types that OVS knows.
const maxNamespace = 4

func parseDecap(p *parser, _, arg string) error {
	a := &Decap{PacketType: packetTypeNext}
	if key, value, _, ok := cutPair(arg); ok {
		if key != "packet_type" {
			return fmt.Errorf("Invalid decap argument: %s", key)
		}
		k, v, rest, _ := cutPair(value)
		if k != "ns" {
			return fmt.Errorf("Missing packet_type attribute ns")
		}
		ns, err := parseUint16(v, "ns")
		if err != nil {
			return err
		}
		if ns > maxNamespace {
			return fmt.Errorf("Unsupported ns value: %d", ns)
		}
		if k, v, _, _ = cutPair(rest); k != "type" {
			return fmt.Errorf("Missing packet_type attribute type")
		}
		typ, err := parseUint16(v, "type")
		if err != nil {
			return err
		}
		a.PacketType = uint32(ns)<<16 | uint32(typ)
	}
	p.add(a)
	return nil
}

func (a *Decap) format(f *formatter) {
	f.paren("decap(")
	if a.PacketType != packetTypeNext {
		f.packetType(a.PacketType)
	}
	f.paren(")")
}

func (f *formatter) packetType(t uint32) {
	f.str("packet_type(ns=")
	f.dec(uint64(t >> 16))
	f.str(",type=")
	f.hex(uint64(t & 0xffff))
	f.str(")")
}

func (a *Decap) encode(e *encoder) { be.PutUint32(e.nx(47, 16)[12:], a.PacketType) }

func (a *Decap) check(c *checker) error {
	k := &c.match.Key
	if k.PacketType == packetTypeEthernet {
		k.PacketType = 1<<16 | uint32(k.EthType)
		return nil
	}
	// What comes out is not known before it is there, whatever the action says.
	k.PacketType, k.EthType = packetTypeUnknown, 0xffff
	return nil
}

func decodeDecap(d *decoder, b []byte) error {
	if len(b) > 16 { // there are no properties
		return ErrBadActionUnknownEDProp
	}
	d.add(&Decap{PacketType: be.Uint32(b[12:])})
	return nil
}
