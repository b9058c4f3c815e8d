package openflow

import (
	"errors"
	"fmt"
	"strings"

	"govs/flow"
)

// Sample sends a share of packets (Probability of 65536) to IPFIX collectors.
type Sample struct {
	Probability    uint16
	CollectorSetID uint32
	ObsDomainID    uint32
	ObsDomainSrc   flow.Subfield // instead of ObsDomainID, when set
	ObsPointID     uint32
	ObsPointSrc    flow.Subfield // instead of ObsPointID, when set
	SamplingPort   Port
	Direction      SampleDirection

	// code is the Nicira subtype it came with, if one that says less would do.
	code uint16
}

// SampleDirection says which way a sampled packet goes.
type SampleDirection uint8

// Directions of a Sample.
const (
	SampleDefault SampleDirection = iota
	SampleIngress
	SampleEgress
)

// CheckPktLarger writes to Dst (one bit) whether the packet is longer than Len.
type CheckPktLarger struct {
	Len uint16
	Dst flow.Subfield
}

func parseSample(p *parser, _, arg string) (err error) {
	a := &Sample{SamplingPort: PortNone}
	for err == nil {
		k, v, rest, ok := cutPair(arg)
		if !ok {
			break
		}
		arg = rest
		switch k {
		case "probability":
			a.Probability, err = parseUint16(v, k)
			if err == nil && a.Probability == 0 {
				err = fmt.Errorf("invalid probability value \"%s\"", v)
			}
		case "collector_set_id":
			a.CollectorSetID, err = parseUint32(v)
		case "obs_domain_id":
			a.ObsDomainID, a.ObsDomainSrc, err = numOrSub(v)
		case "obs_point_id":
			a.ObsPointID, a.ObsPointSrc, err = numOrSub(v)
		case "sampling_port":
			var ok bool
			if a.SamplingPort, ok = p.names.ParsePort(v); !ok {
				err = fmt.Errorf("%s: unknown port", v)
			}
		case "ingress":
			a.Direction = SampleIngress
		case "egress":
			a.Direction = SampleEgress
		default:
			err = fmt.Errorf("invalid key \"%s\" in \"sample\" argument", k)
		}
	}
	if err == nil && a.Probability == 0 {
		err = errors.New(`non-zero "probability" must be specified on sample`)
	}
	p.add(a)
	return err
}

func (a *Sample) format(f *formatter) {
	f.paren("sample(")
	f.param("probability=")
	f.dec(uint64(a.Probability))
	f.str(",")
	f.param("collector_set_id=")
	f.dec(uint64(a.CollectorSetID))
	f.str(",")
	f.param("obs_domain_id=")
	f.numOrSub(a.ObsDomainID, a.ObsDomainSrc)
	f.str(",")
	f.param("obs_point_id=")
	f.numOrSub(a.ObsPointID, a.ObsPointSrc)
	if a.SamplingPort != PortNone {
		f.str(",")
		f.param("sampling_port=")
		f.port(a.SamplingPort)
	}
	switch a.Direction {
	case SampleIngress:
		f.str(",")
		f.param("ingress")
	case SampleEgress:
		f.str(",")
		f.param("egress")
	}
	f.paren(")")
}

// numOrSub reads a field, or else a number.
func numOrSub(s string) (n uint32, sub flow.Subfield, err error) {
	if sub, err = flow.ParseSubfield(s); err == nil {
		return 0, sub, nil
	}
	n, err = parseUint32(s)
	return n, sub, err
}

func (f *formatter) numOrSub(n uint32, s flow.Subfield) {
	if s.N != 0 {
		f.sub(s)
	} else {
		f.dec(uint64(n))
	}
}

func (a *Sample) encode(e *encoder) {
	wide := a.ObsDomainSrc.N != 0 || a.ObsPointSrc.N != 0
	code, n := uint16(29), 24
	switch {
	case wide:
		code, n = 51, 48
	case a.Direction != SampleDefault || a.code == 41:
		code, n = 41, 32
	case a.SamplingPort != PortNone || a.code == 38:
		code, n = 38, 32
	}
	b := e.nx(code, n)
	be.PutUint16(b[10:], a.Probability)
	be.PutUint32(b[12:], a.CollectorSetID)
	if wide {
		source := func(b []byte, n uint32, s flow.Subfield) {
			if s.N == 0 {
				be.PutUint32(b[4:], n)
				return
			}
			be.PutUint32(b, header32(s.Field, flow.WireNXM))
			be.PutUint16(b[4:], ofsNBits(s))
		}
		source(b[16:], a.ObsDomainID, a.ObsDomainSrc)
		source(b[24:], a.ObsPointID, a.ObsPointSrc)
		be.PutUint16(b[32:], uint16(a.SamplingPort))
		b[34] = uint8(a.Direction)
		return
	}
	be.PutUint32(b[16:], a.ObsDomainID)
	be.PutUint32(b[20:], a.ObsPointID)
	if n == 32 {
		be.PutUint16(b[24:], uint16(a.SamplingPort))
		b[26] = uint8(a.Direction)
	}
}

func (a *Sample) check(c *checker) error {
	for _, s := range [...]flow.Subfield{a.ObsDomainSrc, a.ObsPointSrc} {
		if s.N != 0 {
			if err := c.src(s); err != nil {
				return err
			}
		}
	}
	return nil
}

func decodeSample(d *decoder, b []byte) error {
	a := &Sample{Probability: be.Uint16(b[10:]), CollectorSetID: be.Uint32(b[12:]), ObsDomainID: be.Uint32(b[16:]),
		ObsPointID: be.Uint32(b[20:]), SamplingPort: PortNone}
	if a.Probability == 0 {
		return ErrBadActionBadArgument
	}
	d.add(a)
	return nil
}

func decodeSample2(d *decoder, b []byte) error { return decodeSamplePort(d, b, false) }

func decodeSample3(d *decoder, b []byte) error { return decodeSamplePort(d, b, true) }

func decodeSamplePort(d *decoder, b []byte, direction bool) error {
	if err := decodeSample(d, b); err != nil {
		return err
	}
	a := d.acts[len(d.acts)-1].(*Sample)
	a.SamplingPort = Port(be.Uint16(b[24:]))
	if direction {
		if !isZero(b[27:]) {
			return ErrBadRequestMustBeZero
		}
		err := a.direction(d, b[26])
		if a.Direction == SampleDefault {
			a.code = 41
		}
		return err
	}
	if a.SamplingPort == PortNone {
		a.code = 38
	}
	return nil
}

func (a *Sample) direction(d *decoder, n uint8) error {
	if n > uint8(SampleEgress) {
		d.names.warnf("ofp_actions", "invalid sample direction %d", n)
		return ErrBadActionBadArgument
	}
	a.Direction = SampleDirection(n)
	return nil
}

func decodeSample4(d *decoder, b []byte) error {
	a := &Sample{Probability: be.Uint16(b[10:]), CollectorSetID: be.Uint32(b[12:]), SamplingPort: Port(be.Uint16(b[32:]))}
	if a.Probability == 0 {
		return ErrBadActionBadArgument
	}
	source := func(b []byte) (n uint32, s flow.Subfield, err error) {
		h := be.Uint32(b)
		if h == 0 {
			return be.Uint32(b[4:]), s, nil
		}
		k := be.Uint16(b[4:])
		s, err = d.subfield32(h, k>>6, k&63+1)
		return 0, s, err
	}
	var err error
	if a.ObsDomainID, a.ObsDomainSrc, err = source(b[16:]); err != nil {
		return err
	}
	if a.ObsPointID, a.ObsPointSrc, err = source(b[24:]); err != nil {
		return err
	}
	d.add(a)
	return a.direction(d, b[34])
}

func parseCheckPktLarger(p *parser, _, arg string) error {
	size, dst, ok := strings.Cut(arg, "->")
	size = strings.TrimSuffix(size, ")")
	switch {
	case !ok:
		return fmt.Errorf("%s: missing `->'", arg)
	case dst == "":
		return fmt.Errorf("%s: missing field name following `->'", arg)
	}
	a := &CheckPktLarger{}
	var err error
	if a.Dst, err = p.subfield(dst); err != nil {
		return err
	}
	if a.Dst.N != 1 {
		return errors.New("Only 1-bit destination field is allowed")
	}
	if a.Len, err = parseUint16(size, "check_pkt_larger"); err != nil {
		return err
	}
	p.add(a)
	return nil
}

func (a *CheckPktLarger) format(f *formatter) {
	f.param("check_pkt_larger(")
	f.dec(uint64(a.Len))
	f.str(")->")
	f.sub(a.Dst)
}

func (a *CheckPktLarger) encode(e *encoder) {
	start := len(e.b)
	b := e.nx(49, 14)
	be.PutUint16(b[10:], a.Len)
	be.PutUint16(b[12:], a.Dst.Ofs)
	e.header(a.Dst.Field, false, true)
	e.closeAt(start, 24)
}

// check asks nothing: the destination is looked at when it is decoded.
func (a *CheckPktLarger) check(*checker) error { return nil }

func decodeCheckPktLarger(d *decoder, b []byte) error {
	id, rest, err := d.plainField(b[14:])
	if err != nil {
		return err
	}
	if !isZero(rest) {
		return ErrBadRequestMustBeZero
	}
	a := &CheckPktLarger{Len: be.Uint16(b[10:]), Dst: flow.Subfield{Field: id, Ofs: be.Uint16(b[12:]), N: 1}}
	d.add(a)
	c := checker{names: d.names}
	if err := c.span("destination", a.Dst); err != nil {
		return err
	}
	return checkWritable(d, id)
}
