package openflow

import "fmt"

// TLVCommand is what a TLVTableMod does (NXTTMC_*).
type TLVCommand uint16

// Commands of a TLVTableMod.
const (
	TLVAdd TLVCommand = iota
	TLVDelete
	TLVClear
)

// numTunMetadata is how many fields there are for Geneve options.
const numTunMetadata = 64

// TLVMap maps a Geneve option to the field tun_metadataN.
type TLVMap struct {
	Class  uint16
	Type   uint8
	Length uint8 // bytes of the option's data, a multiple of 4
	Index  uint16
}

// TLVTableMod changes the switch's table of Geneve options (NXT_TLV_TABLE_MOD).
type TLVTableMod struct {
	Command TLVCommand
	Maps    []TLVMap
}

// TLVTableRequest asks for a TLVTableReply (NXT_TLV_TABLE_REQUEST).
type TLVTableRequest struct{}

// TLVTableReply is the switch's table of Geneve options.
type TLVTableReply struct {
	MaxSpace  uint32 // bytes that all mapped options may have
	MaxFields uint16
	Maps      []TLVMap
}

func (*TLVTableMod) raw(Protocols) rawType     { return rawNXTLVTableMod }
func (*TLVTableRequest) raw(Protocols) rawType { return rawNXTLVTableRequest }
func (*TLVTableReply) raw(Protocols) rawType   { return rawNXTLVTableReply }
func (*TLVTableRequest) encode(*msgEncoder)    {}
func (*TLVTableRequest) print(*printer)        {}

func (m *TLVTableMod) encode(e *msgEncoder) {
	e.u16(uint16(m.Command))
	e.zeros(6)
	e.tlvMaps(m.Maps)
}

func (m *TLVTableReply) encode(e *msgEncoder) {
	e.u32(m.MaxSpace)
	e.u16(m.MaxFields)
	e.zeros(10)
	e.tlvMaps(m.Maps)
}

func (e *msgEncoder) tlvMaps(maps []TLVMap) {
	for _, t := range maps {
		e.u16(t.Class)
		e.u8(t.Type)
		e.u8(t.Length)
		e.u16(t.Index)
		e.zeros(2)
	}
}

func (d *msgDecoder) tlvMaps(b []byte, fields uint16) (maps []TLVMap, err error) {
	for ; len(b) >= 8; b = b[8:] {
		t := TLVMap{be.Uint16(b), b[2], b[3], be.Uint16(b[4:])}
		if t.Length%4 != 0 || t.Length > 124 {
			d.names.warnf("ofp_match", "tlv table option length (%d) is not a valid option size", t.Length)
			return nil, ErrTLVTableModFailedBadOptLen
		}
		if t.Index >= fields {
			d.names.warnf("ofp_match", "tlv table field index (%d) is too large (max %d)", t.Index, int(fields)-1)
			return nil, ErrTLVTableModFailedBadFieldIdx
		}
		maps = append(maps, t)
	}
	return maps, nil
}

func decodeTLVTableMod(d *msgDecoder, b []byte) (Message, error) {
	m := &TLVTableMod{Command: TLVCommand(be.Uint16(b))}
	if m.Command > TLVClear {
		d.names.warnf("ofp_match", "tlv table mod command (%d) is out of range", m.Command)
		return nil, ErrTLVTableModFailedBadCommand
	}
	var err error
	m.Maps, err = d.tlvMaps(b[8:], numTunMetadata)
	return m, err
}

func decodeTLVTableReply(d *msgDecoder, b []byte) (Message, error) {
	m := &TLVTableReply{MaxSpace: be.Uint32(b), MaxFields: be.Uint16(b[4:])}
	var err error
	m.Maps, err = d.tlvMaps(b[16:], m.MaxFields)
	return m, err
}

func (p *printer) tlvMaps(maps []TLVMap) {
	p.str(" mapping table:\n")
	p.str("  class  type  length  match field\n")
	p.str(" ------  ----  ------  --------------")
	for _, t := range maps {
		p.f("\n %s  %s  %6d  tun_metadata%d", altHex(uint32(t.Class), 6), altHex(uint32(t.Type), 4), t.Length, t.Index)
	}
}

// altHex is C's %#x: 0 has no prefix.
func altHex(n uint32, width int) string {
	s := "0"
	if n != 0 {
		s = fmt.Sprintf("%#x", n)
	}
	return fmt.Sprintf("%*s", width, s)
}

func (m *TLVTableMod) print(p *printer) {
	p.str("\n ")
	p.str([...]string{"ADD", "DEL", "CLEAR"}[m.Command%3])
	if m.Command != TLVClear {
		p.tlvMaps(m.Maps)
	}
}

func (m *TLVTableReply) print(p *printer) {
	space := 0
	for _, t := range m.Maps {
		space += int(t.Length)
	}
	p.f("\n max option space=%d max fields=%d\n", m.MaxSpace, m.MaxFields)
	p.f(" allocated option space=%d\n\n", space)
	p.tlvMaps(m.Maps)
}
