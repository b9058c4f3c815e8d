package openflow

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var bandNames = [...]string{BandDrop: "drop", BandDSCPRemark: "dscp_remark"}

// ParseMeterMod reads a meter as ovs-ofctl's add-meter and its kin take it, such
// as "meter=1,kbps,burst,bands=type=drop,rate=100,burst_size=10". It also
// returns the protocols that can carry it. The error is in ovs-ofctl's words.
func ParseMeterMod(text string, cmd MeterCommand) (*MeterMod, Protocols, error) {
	m := &MeterMod{Command: cmd}
	head, bands := text, ""
	if cmd != MeterDelete {
		i := strings.Index(text, "band")
		if i < 0 {
			return nil, 0, errors.New("must specify bands")
		}
		j := strings.Index(text[i:], "=")
		if j < 0 {
			return nil, 0, errors.New("must specify bands")
		}
		// As in OVS, what stands between "band" and the equals sign does not
		// matter.
		head, bands = text[:i], text[i+j+1:]
	}
	if err := m.parseKeys(head); err != nil {
		return nil, 0, err
	}
	if cmd == MeterDelete {
		return m, protoOF13Up, nil
	}
	if m.Flags == 0 { // another flag than these is as good to OVS
		return nil, 0, errors.New("meter must specify either 'kbps' or 'pktps'")
	}
	if err := m.parseBands(bands); err != nil {
		return nil, 0, err
	}
	return m, protoOF13Up, nil
}

func (m *MeterMod) parseKeys(s string) error {
	given := false
	for {
		k, rest, ok := cutAny(s, "=, \t\r\n")
		if !ok {
			break
		}
		flag := MeterFlags(0)
		for _, f := range meterFlagNames {
			if f.name == k && m.Command != MeterDelete {
				flag = f.flag
			}
		}
		if flag != 0 {
			m.Flags |= flag
			s = rest
			continue
		}
		v, rest, ok := cutAny(rest, ", \t\r\n")
		if !ok {
			return fmt.Errorf("field %s missing value", k)
		}
		s = rest
		if k != "meter" {
			return fmt.Errorf("unknown keyword %s", k)
		}
		given = true
		switch v {
		case "all":
			m.ID = MeterAll
		case "controller":
			m.ID = MeterController
		case "slowpath":
			m.ID = MeterSlowPath
		default:
			n, err := parseUint32(v)
			if err != nil {
				return err
			}
			if n == 0 || n > MeterMax {
				return errors.New("invalid value for meter")
			}
			m.ID = n
		}
	}
	if !given {
		return errors.New("must specify 'meter'")
	}
	return nil
}

func (m *MeterMod) parseBands(s string) error {
	for {
		k, rest, ok := cutAny(s, "=, \t\r\n")
		if !ok {
			break
		}
		v, rest, ok := cutAny(rest, ", \t\r\n")
		if !ok {
			return fmt.Errorf("field %s missing value", k)
		}
		s = rest
		if k == "type" {
			var b MeterBand
			for t, name := range bandNames {
				if name == v && name != "" {
					b.Type = MeterBandType(t)
				}
			}
			if b.Type == 0 {
				return fmt.Errorf("field %s unknown value %s", k, v)
			}
			m.Bands = append(m.Bands, b)
			continue
		}
		if len(m.Bands) == 0 {
			return errors.New("band must start with the 'type' keyword")
		}
		b := &m.Bands[len(m.Bands)-1]
		var err error
		switch {
		case k == "rate":
			b.Rate, err = parseUint32(v)
		case k == "burst_size":
			b.Burst, err = parseUint32(v)
		case k == "prec_level":
			b.PrecLevel, err = parseUint8(v, k)
		default:
			err = fmt.Errorf("unknown keyword %s", k)
		}
		if err != nil {
			return err
		}
	}
	if len(m.Bands) == 0 {
		return errors.New("meter must have bands")
	}
	for _, b := range m.Bands {
		switch {
		case b.Type == BandDrop && b.PrecLevel != 0:
			return errors.New("Only 'dscp_remark' band may have 'prec_level'")
		case b.Type == BandDSCPRemark && b.PrecLevel == 0:
			return errors.New("'dscp_remark' band must have 'prec_level'")
		case b.Rate == 0:
			return errors.New("band must have 'rate'")
		case m.Flags&MeterBurst != 0 && b.Burst == 0:
			return errors.New("band must have 'burst_size' when 'burst' flag is set")
		case m.Flags&MeterBurst == 0 && b.Burst != 0:
			return errors.New("band may have 'burst_size' only when 'burst' flag is set")
		}
	}
	return nil
}

// meterNumber prints a meter's number.
func (p *printer) meterNumber(sep string, id uint32) {
	p.str("meter")
	p.str(sep)
	p.str(MeterName(id))
}

// MeterName returns the number of a meter in text, or its name if it is one of
// the special ones; "unknown" for numbers that are reserved.
func MeterName(id uint32) string {
	switch {
	case id == MeterSlowPath:
		return "slowpath"
	case id == MeterController:
		return "controller"
	case id == MeterAll:
		return "all"
	case id > MeterMax:
		return "unknown"
	}
	return strconv.FormatUint(uint64(id), 10)
}

// meterFlags prints the names of flags, separated by blanks, and returns those
// without a name.
func (p *printer) meterFlags(f uint32) (unknown uint32) {
	sep := ""
	for _, r := range meterFlagNames {
		if f&uint32(r.flag) != 0 {
			f &^= uint32(r.flag)
			p.str(sep)
			p.str(r.name)
			sep = " "
		}
	}
	return f
}

func (p *printer) meterConfig(c *MeterConfig) {
	p.meterNumber("=", c.ID)
	p.str(" ")
	unknown := p.meterFlags(uint32(c.Flags))
	p.space()
	if unknown != 0 {
		p.f("flags:0x%x ", unknown)
	}
	p.str("bands=\n")
	for _, b := range c.Bands {
		p.str("type=")
		if name := b.Type.String(); name != "" {
			p.str(name)
		} else {
			p.dec(uint64(b.Type))
		}
		p.f(" rate=%d", b.Rate)
		if c.Flags&MeterBurst != 0 {
			p.f(" burst_size=%d", b.Burst)
		}
		if b.Type == BandDSCPRemark {
			p.f(" prec_level=%d", b.PrecLevel)
		}
		p.str("\n")
	}
}
