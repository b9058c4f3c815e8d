package openflow

import (
	"fmt"
	"strconv"
	"strings"

	"govs/flow"
)

// HashFields names the packet fields that a hash is computed over
// (enum nx_hash_fields).
type HashFields uint16

// What multipath and bundle can hash.
const (
	HashEthSrc HashFields = iota
	HashSymmetricL4
	HashSymmetricL3L4
	HashSymmetricL3L4UDP
	HashNwSrc
	HashNwDst
	HashSymmetricL3
)

// Bundle chooses one of several ports by a hash; bundle_load writes the choice
// into Dst instead of sending there.
type Bundle struct {
	Fields    HashFields
	Basis     uint16
	Algorithm BundleAlgorithm
	Members   []Port
	Dst       flow.Subfield // zero for bundle
}

// BundleAlgorithm says how a bundle chooses among its live members.
type BundleAlgorithm uint16

// Algorithms of Bundle.
const (
	BundleActiveBackup BundleAlgorithm = iota
	BundleHRW
)

// Multipath writes a hash of the packet, reduced to MaxLink+1 values, to Dst.
type Multipath struct {
	Fields    HashFields
	Basis     uint16
	Algorithm MultipathAlgorithm
	MaxLink   uint16 // number of links minus 1
	Arg       uint32
	Dst       flow.Subfield
}

// MultipathAlgorithm says how a hash is reduced to a link number.
type MultipathAlgorithm uint16

// Algorithms of Multipath.
const (
	MultipathModuloN MultipathAlgorithm = iota
	MultipathHashThreshold
	MultipathHRW
	MultipathIterHash
)

var hashNames = [...]string{
	HashEthSrc: "eth_src", HashSymmetricL4: "symmetric_l4", HashSymmetricL3L4: "symmetric_l3l4",
	HashSymmetricL3L4UDP: "symmetric_l3l4+udp", HashNwSrc: "nw_src", HashNwDst: "nw_dst", HashSymmetricL3: "symmetric_l3",
}

// String returns the name that actions use, such as "symmetric_l4".
func (h HashFields) String() string {
	if int(h) < len(hashNames) {
		return hashNames[h]
	}
	return "<unknown>"
}

func parseHash(s string) (HashFields, bool) {
	for i, n := range hashNames {
		if strings.EqualFold(s, n) {
			return HashFields(i), true
		}
	}
	return 0, false
}

// words splits an argument list at commas and blanks.
func splitArgs(s, seps string, n int) []string {
	var out []string
	for len(out) < n {
		w, rest, ok := cutAny(s, seps)
		if !ok {
			break
		}
		out = append(out, w)
		s = rest
	}
	if s != "" {
		out = append(out, s)
	}
	return out
}

func parseBundle(p *parser, word, arg string) error {
	load := word == "bundle_load"
	n := 5
	if load {
		n = 6
	}
	w := splitArgs(arg, ", ", 4)
	a := &Bundle{}
	rest := ""
	if len(w) == 5 {
		rest = w[4]
	}
	if load {
		sub, r, ok := cutAny(rest, ", ")
		if ok {
			w = append(w[:4:4], sub)
			rest = r
		}
	}
	head, members, _ := cutAny(rest, ": ")
	if len(w) < n-1 || head == "" {
		return fmt.Errorf("%s: not enough arguments to bundle action", arg)
	}
	if !strings.EqualFold(head, "members") && !strings.EqualFold(head, "slaves") {
		return fmt.Errorf("%s: missing member delimiter, expected `members', got `%s'", arg, head)
	}
	for _, m := range strings.FieldsFunc(members, func(r rune) bool { return r == ',' || r == ' ' || r == '[' || r == ']' }) {
		port, ok := p.names.ParsePort(m)
		if !ok {
			return fmt.Errorf("%s: bad port number", m)
		}
		a.Members = append(a.Members, port)
	}
	var ok bool
	if a.Fields, ok = parseHash(w[0]); !ok {
		return fmt.Errorf("%s: unknown fields `%s'", arg, w[0])
	}
	a.Basis = uint16(leadingInt(w[1]))
	switch strings.ToLower(w[2]) {
	case "active_backup":
		a.Algorithm = BundleActiveBackup
	case "hrw":
		a.Algorithm = BundleHRW
	default:
		return fmt.Errorf("%s: unknown algorithm `%s'", arg, w[2])
	}
	if w[3] != "ofport" {
		return fmt.Errorf("%s: unknown member_type `%s'", arg, w[3])
	}
	if load {
		var err error
		if a.Dst, err = p.subfield(w[4]); err != nil {
			return err
		}
		if err := plainHeader(arg, w[4], a.Dst); err != nil {
			return err
		}
	}
	p.add(a)
	return nil
}

func (a *Bundle) format(f *formatter) {
	if a.Dst.N != 0 {
		f.paren("bundle_load(")
	} else {
		f.paren("bundle(")
	}
	f.str(a.Fields.String())
	f.str(",")
	f.dec(uint64(a.Basis))
	if a.Algorithm == BundleHRW {
		f.str(",hrw,ofport,")
	} else {
		f.str(",active_backup,ofport,")
	}
	if a.Dst.N != 0 {
		f.sub(a.Dst)
		f.str(",")
	}
	f.param("members:")
	for i, m := range a.Members {
		if i > 0 {
			f.str(",")
		}
		f.port(m)
	}
	f.paren(")")
}

func (a *Bundle) encode(e *encoder) {
	code := uint16(12)
	if a.Dst.N != 0 {
		code = 13
	}
	start := len(e.b)
	b := e.nx(code, 32)
	be.PutUint16(b[10:], uint16(a.Algorithm))
	be.PutUint16(b[12:], uint16(a.Fields))
	be.PutUint16(b[14:], a.Basis)
	be.PutUint32(b[16:], header32(flow.InPort, flow.WireNXM))
	be.PutUint16(b[20:], uint16(len(a.Members)))
	if a.Dst.N != 0 {
		be.PutUint16(b[22:], ofsNBits(a.Dst))
		be.PutUint32(b[24:], header32(a.Dst.Field, flow.WireNXM))
	}
	for _, m := range a.Members {
		e.u16(uint16(m))
	}
	e.close(start)
}

func (a *Bundle) check(c *checker) error {
	if a.Dst.N != 0 {
		if err := c.dst(a.Dst); err != nil {
			return err
		}
	}
	return a.checkMembers(c)
}

func (a *Bundle) checkMembers(c *checker) error {
	for _, m := range a.Members {
		switch {
		case m == PortController:
			c.names.warnf("bundle", "unsupported controller member")
			return ErrBadActionBadOutPort
		case m != PortNone && c.outPort(m) != nil:
			c.names.warnf("bundle", "invalid member %s", m)
			return ErrBadActionBadOutPort
		}
	}
	return nil
}

func decodeBundle(d *decoder, b []byte) error {
	a, err := bundleFrom(d, b)
	if err != nil {
		return err
	}
	if !isZero(b[22:32]) || int(a.Fields) >= len(hashNames) {
		return ErrBadActionBadArgument
	}
	d.add(a)
	c := checker{maxPort: PortMax, names: d.names}
	return a.checkMembers(&c)
}

func decodeBundleLoad(d *decoder, b []byte) error {
	n := be.Uint16(b[22:])
	dst, err := d.subfield32(be.Uint32(b[24:]), n>>6, n&63+1)
	if err != nil {
		return err
	}
	a, err := bundleFrom(d, b)
	if err != nil {
		return err
	}
	a.Dst = dst
	c := checker{maxPort: PortMax, names: d.names}
	if err := c.span("destination", dst); err != nil {
		return err
	}
	if a.Dst.N < 16 {
		return ErrBadActionBadArgument
	}
	d.add(a)
	if err := c.writable(dst); err != nil {
		return err
	}
	return a.checkMembers(&c)
}

func bundleFrom(d *decoder, b []byte) (*Bundle, error) {
	a := &Bundle{Algorithm: BundleAlgorithm(be.Uint16(b[10:])), Fields: HashFields(be.Uint16(b[12:])), Basis: be.Uint16(b[14:])}
	n := int(be.Uint16(b[20:]))
	switch {
	case n > 2048:
		d.names.warnf("ofp_actions", "too many members")
	case a.Algorithm > BundleHRW:
		d.names.warnf("ofp_actions", "unsupported algorithm %d", a.Algorithm)
	case be.Uint32(b[16:]) != header32(flow.InPort, flow.WireNXM):
		d.names.warnf("ofp_actions", "unsupported member type %d", be.Uint32(b[16:]))
	case len(b)-32 < n*2:
		d.names.warnf("ofp_actions", "Nicira action %s only has %d bytes allocated for members.  %d bytes are required for %d members.", "bundle", len(b)-32, n*2, n)
		return nil, ErrBadActionBadLen
	default:
		for i := range n {
			a.Members = append(a.Members, Port(be.Uint16(b[32+2*i:])))
		}
		return a, nil
	}
	return nil, ErrBadActionBadArgument
}

var multipathNames = [...]string{MultipathModuloN: "modulo_n", MultipathHashThreshold: "hash_threshold", MultipathHRW: "hrw", MultipathIterHash: "iter_hash"}

func parseMultipath(p *parser, _, arg string) error {
	w := splitArgs(arg, ", ", 5)
	if len(w) < 6 {
		return fmt.Errorf("%s: not enough arguments to multipath action", arg)
	}
	a := &Multipath{}
	var ok bool
	if a.Fields, ok = parseHash(w[0]); !ok {
		return fmt.Errorf("%s: unknown fields `%s'", arg, w[0])
	}
	a.Basis = uint16(leadingInt(w[1]))
	ok = false
	for i, n := range multipathNames {
		if strings.EqualFold(w[2], n) {
			a.Algorithm, ok = MultipathAlgorithm(i), true
		}
	}
	if !ok {
		return fmt.Errorf("%s: unknown algorithm `%s'", arg, w[2])
	}
	links := leadingInt(w[3])
	if links < 1 || links > 65536 {
		return fmt.Errorf("%s: n_links %d is not in valid range 1 to 65536", arg, links)
	}
	a.MaxLink = uint16(links - 1)
	a.Arg = uint32(leadingInt(w[4]))
	var err error
	dst, _, _ := cutAny(w[5], ", ")
	if a.Dst, err = p.subfield(dst); err != nil {
		return err
	}
	if err := plainHeader(arg, dst, a.Dst); err != nil {
		return err
	}
	if a.Dst.N < 16 && links > 1<<a.Dst.N {
		return fmt.Errorf("%s: %d-bit destination field has %d possible values, less than specified n_links %d", arg, a.Dst.N, 1<<a.Dst.N, links)
	}
	p.add(a)
	return nil
}

// plainHeader is an error for a destination whose header has an experimenter,
// for which the action has no room; all is its argument.
func plainHeader(all, dst string, s flow.Subfield) error {
	if header32(s.Field, flow.WireNXM) == 0 {
		return fmt.Errorf("%s: experimenter OXM field '%s' not supported", all, dst)
	}
	return nil
}

// leadingInt reads the decimal number that s begins with, as C's atoi does.
func leadingInt(s string) int {
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || n == 0 && (s[0] == '-' || s[0] == '+')) {
		n++
	}
	v, _ := strconv.ParseInt(s[:n], 10, 64)
	return int(int32(v))
}

func (a *Multipath) format(f *formatter) {
	f.paren("multipath(")
	f.str(a.Fields.String())
	f.str(",")
	f.dec(uint64(a.Basis))
	f.str(",")
	if int(a.Algorithm) < len(multipathNames) {
		f.str(multipathNames[a.Algorithm])
	} else {
		f.str("<unknown>")
	}
	f.str(",")
	f.dec(uint64(a.MaxLink) + 1)
	f.str(",")
	f.dec(uint64(a.Arg))
	f.str(",")
	f.sub(a.Dst)
	f.paren(")")
}

func (a *Multipath) encode(e *encoder) {
	b := e.nx(10, 32)
	be.PutUint16(b[10:], uint16(a.Fields))
	be.PutUint16(b[12:], a.Basis)
	be.PutUint16(b[16:], uint16(a.Algorithm))
	be.PutUint16(b[18:], a.MaxLink)
	be.PutUint32(b[20:], a.Arg)
	be.PutUint16(b[26:], ofsNBits(a.Dst))
	be.PutUint32(b[28:], header32(a.Dst.Field, flow.WireNXM))
}

func (a *Multipath) check(c *checker) error { return c.dst(a.Dst) }

func decodeMultipath(d *decoder, b []byte) error {
	a := &Multipath{Fields: HashFields(be.Uint16(b[10:])), Basis: be.Uint16(b[12:]), Algorithm: MultipathAlgorithm(be.Uint16(b[16:])),
		MaxLink: be.Uint16(b[18:]), Arg: be.Uint32(b[20:])}
	n := be.Uint16(b[26:])
	var err error
	if a.Dst, err = d.subfield32(be.Uint32(b[28:]), n>>6, n&63+1); err != nil {
		return err
	}
	switch {
	case int(a.Fields) >= len(hashNames):
		d.names.warnf("ofp_actions", "unsupported fields %d", a.Fields)
		return ErrBadActionBadArgument
	case int(a.Algorithm) >= len(multipathNames):
		d.names.warnf("ofp_actions", "unsupported algorithm %d", a.Algorithm)
		return ErrBadActionBadArgument
	case a.Dst.N < 16 && int(a.MaxLink) >= 1<<a.Dst.N:
		return ErrBadActionBadArgument
	}
	d.add(a)
	c := checker{names: d.names}
	if err := c.span("destination", a.Dst); err != nil {
		return err
	}
	return c.writable(a.Dst)
}
