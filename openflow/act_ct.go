package openflow

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"govs/flow"
)

// CT sends the packet through the connection tracker.
type CT struct {
	Flags   CTFlags
	Zone    uint16        // when ZoneSrc is not set
	ZoneSrc flow.Subfield // take the zone from a field
	Table   uint8         // where the packet comes back; TableAny for nowhere
	ALG     uint16        // well-known port of the helper: 21 ftp, 69 tftp
	Exec    []Action      // set-fields on ct_mark and ct_label, and a NAT
}

// CTFlags are flags of CT.
type CTFlags uint16

// Flags of CT.
const (
	CTCommit CTFlags = 1 << iota
	CTForce
)

// CTClear forgets the connection tracker's state of the packet.
type CTClear struct{}

// NAT is the address translation inside a CT.
type NAT struct {
	Flags            NATFlags
	AddrMin, AddrMax netip.Addr // invalid when no address was given
	PortMin, PortMax uint16     // 0 when no port was given
}

// NATFlags are flags of NAT.
type NATFlags uint16

// Flags of NAT.
const (
	NATSrc NATFlags = 1 << iota
	NATDst
	NATPersistent
	NATHash
	NATRandom
)

// The protocols that conntrack follows to related connections, by their ports.
const (
	algFTP  = 21
	algTFTP = 69
)

func parseCT(p *parser, _, arg string) (err error) {
	a := &CT{Table: TableAny}
	for err == nil {
		k, v, rest, ok := cutPair(arg)
		if !ok {
			break
		}
		arg = rest
		switch k {
		case "commit":
			a.Flags |= CTCommit
		case "force":
			a.Flags |= CTForce
		case "table":
			t, ok := p.names.ParseTable(v)
			if !ok {
				return fmt.Errorf("unknown table %s", v)
			}
			if t == TableAny {
				return fmt.Errorf("invalid table %#x", t)
			}
			a.Table = t
		case "zone":
			if a.Zone, err = parseUint16(v, "zone"); err != nil {
				a.ZoneSrc, err = p.subfield(v)
			}
		case "alg":
			switch v {
			case "ftp":
				a.ALG = algFTP
			case "tftp":
				a.ALG = algTFTP
			default:
				err = fmt.Errorf("invalid conntrack helper \"%s\"", v)
			}
		case "nat":
			var n *NAT
			if n, err = parseNATArgs(v); err == nil {
				a.Exec = append(a.Exec, n)
			}
		case "exec":
			var acts []Action
			if acts, err = p.nested(v, KindCT); err == nil {
				a.Exec = append(a.Exec, acts...)
			}
		default:
			err = fmt.Errorf("invalid argument to \"ct\" action: `%s'", k)
		}
	}
	if err == nil && a.Flags&CTForce != 0 && a.Flags&CTCommit == 0 {
		err = errors.New(`"force" flag requires "commit" flag.`)
	}
	p.add(a)
	return err
}

// needsCommit refuses what only makes sense for a connection that is kept.
func (a *CT) needsCommit() error {
	if a.Flags&CTCommit != 0 {
		return nil
	}
	for _, x := range a.Exec {
		if n, ok := x.(*NAT); !ok || n.Flags&(NATSrc|NATDst) != 0 {
			return errors.New("CT action requires commit flag if actions other than NAT without arguments are specified.")
		}
	}
	return nil
}

func (a *CT) format(f *formatter) {
	f.paren("ct(")
	if a.Flags&CTCommit != 0 {
		f.value("commit")
		f.str(",")
	}
	if a.Flags&CTForce != 0 {
		f.value("force")
		f.str(",")
	}
	if a.Table != TableAny {
		f.special("table=")
		f.b = f.names.AppendTable(f.b, a.Table)
		f.str(",")
	}
	if a.ZoneSrc.N != 0 {
		f.param("zone=")
		f.sub(a.ZoneSrc)
		f.str(",")
	} else if a.Zone != 0 {
		f.param("zone=")
		f.dec(uint64(a.Zone))
		f.str(",")
	}
	rest := a.Exec
	if len(rest) > 0 {
		if n, ok := rest[0].(*NAT); ok {
			n.format(f)
			f.str(",")
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		f.paren("exec(")
		f.inner(rest)
		f.paren("),")
	}
	switch a.ALG {
	case 0:
	case 21:
		f.param("alg=")
		f.str("ftp,")
	case 69:
		f.param("alg=")
		f.str("tftp,")
	default:
		f.param("alg=")
		f.dec(uint64(a.ALG))
		f.str(",")
	}
	f.trimComma()
	f.paren(")")
}

func (a *CT) encode(e *encoder) {
	start := len(e.b)
	b := e.nx(35, 24)
	be.PutUint16(b[10:], uint16(a.Flags))
	if a.ZoneSrc.N != 0 {
		be.PutUint32(b[12:], header32(a.ZoneSrc.Field, flow.WireNXM))
		be.PutUint16(b[16:], ofsNBits(a.ZoneSrc))
	} else {
		be.PutUint16(b[16:], a.Zone)
	}
	b[18] = a.Table
	be.PutUint16(b[22:], a.ALG)
	e.list(a.Exec)
	e.close(start)
}

func (a *CT) check(c *checker) error {
	proto := c.match.Key.NwProto
	if a.Flags&CTCommit != 0 && c.match.Key.CtState&flow.CtInv != 0 {
		return ErrBadActionMatchInconsistent // nobody keeps an invalid connection
	}
	if !c.isIP() || a.ALG == algFTP && proto != flow.ProtoTCP || a.ALG == algTFTP && proto != flow.ProtoUDP {
		// Unlike others this must not pass as OpenFlow 1.0's "cannot apply".
		return ErrBadActionMatchInconsistent
	}
	if a.ZoneSrc.N != 0 {
		return c.src(a.ZoneSrc) // the reference then takes what is inside as it is
	}
	return c.nested(a.Exec)
}

func decodeCT(d *decoder, b []byte) error {
	a := &CT{Flags: CTFlags(be.Uint16(b[10:])), Table: b[18], ALG: be.Uint16(b[22:])}
	if a.Flags&CTForce != 0 && a.Flags&CTCommit == 0 {
		return ErrBadActionBadArgument
	}
	n := be.Uint16(b[16:])
	if h := be.Uint32(b[12:]); h != 0 {
		var err error
		if a.ZoneSrc, err = d.subfield32(h, n>>6, n&63+1); err != nil {
			return err
		}
		if a.ZoneSrc.N != 16 {
			d.names.warnf("ofp_actions", "zone n_bits %d not within valid range [16..16]", a.ZoneSrc.N)
			return ErrBadActionBadSetLen
		}
		c := checker{names: d.names}
		if err := c.span("source", a.ZoneSrc); err != nil {
			return err
		}
	} else {
		a.Zone = n
	}
	var err error
	if a.Exec, err = d.nested(b[24:], KindCT); err != nil {
		return err
	}
	if err := a.needsCommit(); err != nil {
		d.names.warnf("ofp_actions", "%s", err)
		return ErrBadActionBadArgument
	}
	d.add(a)
	return nil
}

func parseCTClear(p *parser, _, _ string) error {
	p.add(&CTClear{})
	return nil
}

func (a *CTClear) format(f *formatter)  { f.value("ct_clear") }
func (a *CTClear) encode(e *encoder)    { e.nx(43, 16) }
func (a *CTClear) check(*checker) error { return nil }

func decodeCTClear(d *decoder, _ []byte) error {
	d.add(&CTClear{})
	return nil
}

func parseNAT(p *parser, _, arg string) error {
	a, err := parseNATArgs(arg)
	if err != nil {
		return err
	}
	p.add(a)
	return nil
}

func parseNATArgs(arg string) (*NAT, error) {
	a := &NAT{}
	var r natRange
	for {
		k, v, rest, ok := cutPair(arg)
		if !ok {
			break
		}
		arg = rest
		switch k {
		case "src", "dst":
			flag := NATSrc
			if k == "dst" {
				flag = NATDst
			}
			a.Flags |= flag
			r.size = 0
			if v != "" {
				if err := r.parse(v); err != nil {
					return nil, err
				}
			}
		case "persistent":
			a.Flags |= NATPersistent
		case "hash":
			a.Flags |= NATHash
		case "random":
			a.Flags |= NATRandom
		default:
			return nil, fmt.Errorf("invalid key \"%s\" in \"nat\" argument", k)
		}
	}
	switch {
	case a.Flags&(NATSrc|NATDst) == NATSrc|NATDst:
		return nil, errors.New(`May only specify one of "src" or "dst".`)
	case a.Flags != 0 && a.Flags&(NATSrc|NATDst) == 0:
		return nil, errors.New(`Flags allowed only with "src" or "dst".`)
	case a.Flags&(NATHash|NATRandom) == NATHash|NATRandom:
		return nil, errors.New(`Both "hash" and "random" are not allowed.`)
	}
	r.store(a)
	return a, nil
}

// natRange is what the ranges of a nat's arguments leave: a later one writes
// over what came before, as in OVS, where IPv4 and IPv6 addresses share their
// place.
type natRange struct {
	addrs            [32]byte // IPv4: 4 bytes each for the first and the last; IPv6: 16
	size             int      // of an address; 0 for none
	portMin, portMax uint16
}

// parse reads ADDR[-ADDR][:PORT[-PORT]]; brackets around IPv6 addresses tell
// where the ports begin.
func (r *natRange) parse(s string) error {
	bad := fmt.Errorf("invalid nat range \"%s\"", s)
	r.size = 0
	rest := s
	if addr, after, ok := cutAddr(s, 0); after != s {
		// What is no address, but of its characters, is left out.
		if rest = after; ok {
			r.size = copy(r.addrs[:], addr)
		}
	}
	if to, isRange := strings.CutPrefix(rest, "-"); isRange && r.size > 0 {
		addr, after, ok := cutAddr(to, r.size)
		if !ok {
			return bad
		}
		rest = after
		copy(r.addrs[r.size:], addr)
		if bytes.Compare(addr, r.addrs[:r.size]) < 0 {
			return bad
		}
	}
	if ports, hasPorts := strings.CutPrefix(rest, ":"); hasPorts && r.size > 0 {
		n, after, ok := flow.ScanInt(ports, 10)
		if !ok {
			return bad
		}
		r.portMin, rest = uint16(n), after
		if to, isRange := strings.CutPrefix(rest, "-"); isRange {
			if n, rest, ok = flow.ScanInt(to, 10); !ok || uint16(n) < r.portMin {
				return bad
			}
			r.portMax = uint16(n)
		}
	}
	if rest != "" {
		return fmt.Errorf("garbage (%s) after nat range \"%s\" (pos: %d)", rest, s, len(s)-len(rest))
	}
	return nil
}

// store puts the range into the action.
func (r *natRange) store(a *NAT) {
	if r.size == 0 {
		return
	}
	a.AddrMin, _ = netip.AddrFromSlice(r.addrs[:r.size])
	if last, _ := netip.AddrFromSlice(r.addrs[r.size : 2*r.size]); !last.IsUnspecified() {
		a.AddrMax = last
	}
	a.PortMin, a.PortMax = r.portMin, r.portMax
}

// cutAddr takes an IP address off the front of s, of size bytes or, when size is
// 0, of any kind; rest is s when there is nothing like one.
func cutAddr(s string, size int) (addr []byte, rest string, ok bool) {
	if size != 16 {
		if v, rest, ok := flow.CutIPv4(s); ok {
			return be.AppendUint32(nil, v), rest, true
		}
		if size == 4 {
			return nil, s, false
		}
	}
	text, bracket := strings.CutPrefix(s, "[")
	n := min(len(text)-len(strings.TrimLeft(text, "0123456789abcdefABCDEF:.")), maxIPv6Text)
	rest = text[n:]
	if n > 0 && bracket {
		var closed bool
		if rest, closed = strings.CutPrefix(rest, "]"); !closed {
			n = 0
		}
	}
	if n == 0 {
		return nil, s, false
	}
	a, ok := flow.ParseIPv6(text[:n])
	return a[:], rest, ok
}

// maxIPv6Text is the length of the longest text of an IPv6 address and, in C,
// the zero behind it.
const maxIPv6Text = 46

func (a *NAT) format(f *formatter) {
	f.paren("nat")
	if a.Flags&(NATSrc|NATDst) == 0 {
		return
	}
	f.paren("(")
	if a.Flags&NATSrc != 0 {
		f.param("src")
	} else {
		f.param("dst")
	}
	if a.AddrMin.IsValid() {
		f.param("=")
		quote := a.AddrMin.Is6() && a.PortMin != 0
		f.addr(a.AddrMin, quote)
		if a.AddrMax.IsValid() && a.AddrMax != a.AddrMin {
			f.str("-")
			f.addr(a.AddrMax, quote)
		}
		if a.PortMin != 0 {
			f.str(":")
			f.dec(uint64(a.PortMin))
			if a.PortMax != 0 && a.PortMax != a.PortMin {
				f.str("-")
				f.dec(uint64(a.PortMax))
			}
		}
		// As OVS does, only with an address.
		f.str(",")
		if a.Flags&NATPersistent != 0 {
			f.value("persistent")
			f.str(",")
		}
		if a.Flags&NATHash != 0 {
			f.value("hash")
			f.str(",")
		}
		if a.Flags&NATRandom != 0 {
			f.value("random")
			f.str(",")
		}
	}
	f.trimComma()
	f.paren(")")
}

func (f *formatter) addr(a netip.Addr, brackets bool) {
	if brackets {
		f.str("[")
	}
	if a.Is6() {
		f.b = flow.AppendIPv6(f.b, a.As16())
	} else {
		f.b = a.AppendTo(f.b)
	}
	if brackets {
		f.str("]")
	}
}

// Bits of what a NAT action has, in the order in which it has them.
const (
	natIPv4Min = 1 << iota
	natIPv4Max
	natIPv6Min
	natIPv6Max
	natProtoMin
	natProtoMax
)

func (a *NAT) encode(e *encoder) {
	start := len(e.b)
	b := e.nx(36, 16)
	be.PutUint16(b[12:], uint16(a.Flags))
	var has uint16
	addr := func(x netip.Addr, v4, v6 uint16) {
		if !x.IsValid() || x.IsUnspecified() {
			return // as OVS has it
		}
		if x.Is4() {
			has |= v4
		} else {
			has |= v6
		}
		e.b = append(e.b, x.AsSlice()...)
	}
	addr(a.AddrMin, natIPv4Min, natIPv6Min)
	addr(a.AddrMax, natIPv4Max, natIPv6Max)
	if a.PortMin != 0 {
		has |= natProtoMin
		e.u16(a.PortMin)
	}
	if a.PortMax != 0 {
		has |= natProtoMax
		e.u16(a.PortMax)
	}
	be.PutUint16(e.b[start+14:], has)
	e.close(start)
}

func (a *NAT) check(c *checker) error {
	t := c.match.Key.DLType()
	if !c.isIP() || a.AddrMin.Is4() && t != flow.EthTypeIP || a.AddrMin.Is6() && t != flow.EthTypeIPv6 {
		return ErrBadActionMatchInconsistent
	}
	return nil
}

func decodeNAT(d *decoder, b []byte) error {
	a := &NAT{Flags: NATFlags(be.Uint16(b[12:]))}
	has := be.Uint16(b[14:])
	const all = NATSrc | NATDst | NATPersistent | NATHash | NATRandom
	if a.Flags&^all != 0 ||
		a.Flags&(NATSrc|NATDst) == NATSrc|NATDst || a.Flags&(NATHash|NATRandom) == NATHash|NATRandom ||
		has&natIPv4Min != 0 && has&natIPv6Min != 0 || has&natIPv4Max != 0 && has&natIPv4Min == 0 ||
		has&natIPv6Max != 0 && has&natIPv6Min == 0 || has&natProtoMax != 0 && has&natProtoMin == 0 {
		return ErrBadActionBadArgument
	}
	// What is left behind the range does not matter.
	rest := b[16:]
	short := false
	take := func(bit uint16, n int) []byte {
		if has&bit == 0 || short {
			return nil
		}
		if short = len(rest) < n; short {
			return nil
		}
		v := rest[:n]
		rest = rest[n:]
		return v
	}
	for _, x := range [...]struct {
		bit uint16
		n   int
		to  *netip.Addr
	}{{natIPv4Min, 4, &a.AddrMin}, {natIPv4Max, 4, &a.AddrMax}, {natIPv6Min, 16, &a.AddrMin}, {natIPv6Max, 16, &a.AddrMax}} {
		if v := take(x.bit, x.n); v != nil {
			*x.to, _ = netip.AddrFromSlice(v)
		}
	}
	ports := [2]uint16{}
	for i, bit := range [...]uint16{natProtoMin, natProtoMax} {
		if v := take(bit, 2); v != nil {
			ports[i] = be.Uint16(v)
		}
	}
	a.PortMin, a.PortMax = ports[0], ports[1]
	if short || a.AddrMin.IsValid() && a.AddrMin.IsUnspecified() || a.AddrMax.IsValid() && a.AddrMax.Less(a.AddrMin) ||
		has&natProtoMin != 0 && (!a.AddrMin.IsValid() || a.PortMin == 0) || has&natProtoMax != 0 && a.PortMax < a.PortMin {
		return ErrBadActionBadArgument
	}
	d.add(a)
	return nil
}
