package ofproto

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"govs/daemon/vlog"
	"govs/flow"
	"govs/ofproto/xlate"
	"govs/packet"
)

var (
	vportLog  = vlog.New("netdev_vport")
	tunnelLog = vlog.New("tunnel")
)

// A tunnelType is a type of Interface that is a tunnel.
type tunnelType struct {
	typ, system string // system: what its datapath port is called
	udp         uint16 // UDP port unless options:dst_port says otherwise; 0: none
	l2, l3      bool   // carries Ethernet frames, other packets
	csum, seq   bool   // has these options
	v4          bool   // has an IPv4 underlay
}

// proto is the protocol of IP that the tunnel is carried by.
func (t *tunnelType) proto() int {
	switch {
	case t.udp != 0:
		return flow.ProtoUDP
	case t.typ == "srv6":
		return 43 // a routing header
	}
	return 47 // GRE
}

// tunnelTypes are the tunnels we know.
var tunnelTypes = [...]tunnelType{
	{"vxlan", "vxlan_sys", 4789, true, false, true, false, true},
	{"geneve", "genev_sys", 6081, true, false, true, false, true},
	{"gre", "gre_sys", 0, true, true, true, true, true},
	{"ip6gre", "ip6gre_sys", 0, true, false, true, true, false},
	{"erspan", "erspan_sys", 0, true, false, false, false, true},
	{"ip6erspan", "ip6erspan_sys", 0, true, false, false, false, false},
	{"gtpu", "gtpu_sys", 2152, false, true, false, false, true},
	{"bareudp", "udp_sys", 6635, false, true, false, false, true},
	{"srv6", "srv6_sys", 0, false, true, false, false, false},
}

func tunnelTypeOf(typ string) *tunnelType {
	for i := range tunnelTypes {
		if tunnelTypes[i].typ == typ {
			return &tunnelTypes[i]
		}
	}
	return nil
}

// IsTunnel reports whether typ is an Interface type whose ports are tunnels.
func IsTunnel(typ string) bool { return tunnelTypeOf(typ) != nil }

// systemName returns the name of the datapath port for a tunnel.
func systemName(t *xlate.Tunnel) string {
	row := tunnelTypeOf(t.Type)
	if row.udp == 0 {
		return row.system
	}
	return fmt.Sprintf("%s_%d", row.system, t.DstPort)
}

// optionReader is a tunnel that is being read from options.
type optionReader struct {
	*xlate.Tunnel
	row  *tunnelType
	name string
	s    map[string]string
}

// fatalError is about an option that makes the port unusable; after a stopping
// one no more are read.
type fatalError struct {
	error
	stop bool
}

func fatalf(format string, args ...any) error { return fatalError{fmt.Errorf(format, args...), false} }

func stopf(format string, args ...any) error { return fatalError{fmt.Errorf(format, args...), true} }

// errUnknownOption says that the type has no such option.
var errUnknownOption = errors.New("unknown option")

// tunnelOptionRows are the options of tunnel Interfaces (ovs-vswitchd.conf.db(5),
// "Tunnel Options"): how each is read. An error's text follows "NAME: "; a fatal
// one makes the port unusable, others are warned of and leave the default. As in
// OVS most numbers are read as far as they are numbers.
var tunnelOptionRows = [...]struct {
	name string
	read func(t *optionReader, v string) error
}{
	{"remote_ip", func(t *optionReader, v string) error {
		a, flow, ok := tunnelAddr(v)
		switch {
		case !ok:
			return fatalf("bad %s 'remote_ip'", t.Type)
		case a.IsValid() && a.IsMulticast():
			return stopf("multicast remote_ip=%s not allowed", v)
		}
		t.Remote, t.RemoteFlow = a, flow
		return nil
	}},
	{"local_ip", func(t *optionReader, v string) error {
		a, flow, ok := tunnelAddr(v)
		if !ok {
			return fmt.Errorf("bad %s 'local_ip'", t.Type)
		}
		t.Local, t.LocalFlow = a, flow
		return nil
	}},
	{"key", func(t *optionReader, v string) error {
		if _, own := t.s["in_key"]; !own {
			t.InKey, t.InKeySet, t.InKeyFlow = tunnelKey(v)
		}
		if _, own := t.s["out_key"]; !own {
			t.OutKey, t.OutKeySet, t.OutKeyFlow = tunnelKey(v)
		}
		return nil
	}},
	{"in_key", func(t *optionReader, v string) error {
		t.InKey, t.InKeySet, t.InKeyFlow = tunnelKey(v)
		return nil
	}},
	{"out_key", func(t *optionReader, v string) error {
		t.OutKey, t.OutKeySet, t.OutKeyFlow = tunnelKey(v)
		return nil
	}},
	{"dst_port", func(t *optionReader, v string) error {
		if t.row.udp == 0 {
			return errUnknownOption
		}
		n, _ := cNumber(v, 10)
		if uint16(n) == 0 {
			return fmt.Errorf("bad %s 'dst_port'", t.Type) // nothing can come in by port 0
		}
		t.DstPort = uint16(n)
		return nil
	}},
	{"tos", func(t *optionReader, v string) error {
		n, whole := cNumber(v, 0)
		switch {
		case v == "inherit":
			t.TOSInherit = true
		case !whole || n&^0xfc != 0:
			return fmt.Errorf("invalid TOS %s", v)
		default:
			t.TOS = uint8(n)
		}
		return nil
	}},
	{"ttl", func(t *optionReader, v string) error {
		if v == "inherit" {
			t.TTLInherit = true
		} else if n, _ := cNumber(v, 10); uint8(n) != 0 {
			t.TTL = uint8(n)
		}
		return nil
	}},
	{"df_default", func(t *optionReader, v string) error {
		t.DF = v != "false"
		return nil
	}},
	{"csum", func(t *optionReader, v string) error {
		if !t.row.csum {
			return errUnknownOption
		}
		t.Csum = v == "true"
		return nil
	}},
	{"seq", func(t *optionReader, v string) error {
		if !t.row.seq {
			return errUnknownOption
		}
		t.Seq = v == "true"
		return nil
	}},
	{"egress_pkt_mark", func(t *optionReader, v string) error {
		n, _ := cNumber(v, 10)
		t.Mark, t.MarkSet = uint32(n), true
		return nil
	}},
	{"exts", func(t *optionReader, v string) error {
		if t.Type != "vxlan" {
			return errUnknownOption
		}
		var bad error
		var exts []string
		for e := range strings.SplitSeq(v, ",") {
			switch e = strings.TrimSpace(e); e {
			case "gbp", "gpe":
				exts = append(exts, e)
			case "":
			default:
				bad = fmt.Errorf("unknown extension '%s'", e)
			}
		}
		slices.Sort(exts)
		t.Device.Exts = strings.Join(slices.Compact(exts), ",")
		return bad
	}},
	{"packet_type", func(t *optionReader, v string) error {
		i := slices.Index(xlate.PTModeNames[:], v)
		if i < 0 {
			return stopf("unknown packet_type '%s'", v)
		}
		t.Mode = xlate.PTMode(i)
		return nil
	}},
	{"erspan_ver", func(t *optionReader, v string) error {
		if v == "flow" {
			t.ErspanVerFlow, t.ErspanIdxFlow, t.ErspanDirFlow, t.ErspanHwidFlow = true, true, true, true
			return nil
		}
		n, _ := cNumber(v, 0)
		if n != 1 && n != 2 {
			return stopf("invalid erspan version: %s", v)
		}
		t.ErspanVer = uint8(n)
		return nil
	}},
	{"erspan_idx", func(t *optionReader, v string) error {
		n, err := t.erspan(v, &t.ErspanIdxFlow, 0xfffff, "index")
		t.ErspanIdx = uint32(n)
		return err
	}},
	{"erspan_dir", func(t *optionReader, v string) error {
		n, err := t.erspan(v, &t.ErspanDirFlow, 1, "direction")
		t.ErspanDir = uint8(n)
		return err
	}},
	{"erspan_hwid", func(t *optionReader, v string) error {
		n, err := t.erspan(v, &t.ErspanHwidFlow, 0x3f, "hardware ID")
		t.ErspanHwid = uint8(n)
		return err
	}},
	{"payload_type", func(t *optionReader, v string) error {
		if n, whole := cNumber(v, 16); v != "ip" && v != "mpls" && (!whole || n > 0xffff) {
			return stopf("") // OVS has no words of its own for it
		}
		t.Device.PayloadType = v
		return nil
	}},
	{"srv6_segs", func(t *optionReader, v string) error {
		if t.Type != "srv6" {
			return errUnknownOption
		}
		t.Segments = nil
		for s := range strings.SplitSeq(v, ",") {
			a, err := netip.ParseAddr(strings.TrimSpace(s))
			if err != nil || !a.Is6() || len(t.Segments) == 16*packet.MaxSegments {
				t.Segments = nil
				return fatalf("bad %s 'srv6_segs'", t.Type)
			}
			t.Segments = append(t.Segments, a.AsSlice()...)
		}
		return nil
	}},
	{"srv6_flowlabel", func(t *optionReader, v string) error {
		if t.Type != "srv6" {
			return errUnknownOption
		}
		switch v {
		case "zero":
			t.Label = 0
		case "compute":
			t.Label = packet.TunLabelHash
		case "copy":
		default:
			return fmt.Errorf("bad %s 'srv6_flowlabel'", t.Type)
		}
		return nil
	}},
	{"pmtud", func(t *optionReader, v string) error {
		t.PMTUD = v == "true"
		return nil
	}},
	// What ovs-monitor-ipsec reads.
	{"psk", ignored}, {"remote_cert", ignored}, {"remote_name", ignored}, {"local_name", ignored},
}

func ignored(*optionReader, string) error { return nil }

// erspan reads a number in hexadecimal of at most limit, or "flow".
func (t *optionReader) erspan(v string, flow *bool, limit uint64, what string) (uint64, error) {
	if v == "flow" {
		*flow = true
		return 0, nil
	}
	n, whole := cNumber(v, 16)
	switch {
	case !whole:
		n = 0
	case n > limit:
		return 0, stopf("invalid erspan %s: %s", what, v)
	}
	return n, nil
}

// tunnelAddr reads an address or "flow".
func tunnelAddr(v string) (a netip.Addr, flow, ok bool) {
	if v == "flow" {
		return a, true, true
	}
	a, err := netip.ParseAddr(v)
	return a.Unmap(), false, err == nil && a.Zone() == ""
}

// tunnelKey reads a key or "flow".
func tunnelKey(v string) (key uint64, set, flow bool) {
	if v == "flow" {
		return 0, true, true
	}
	key, _ = cNumber(v, 0)
	return key, true, false
}

// parseTunnel reads a tunnel Interface's options. What is wrong with options
// that a tunnel can do without is logged.
func parseTunnel(s *PortSpec) (*xlate.Tunnel, error) {
	row := tunnelTypeOf(s.Type)
	t := &optionReader{&xlate.Tunnel{Type: s.Type, TTL: 64, DF: true, DstPort: row.udp}, row, s.Name, s.Options}
	if !row.l2 {
		t.Mode = xlate.LegacyL3
	}
	if s.Type == "srv6" {
		t.Label = packet.TunLabelCopy
	}
	var lines []string
	fatal, stopped := false, false
	for _, name := range slices.Sorted(maps.Keys(s.Options)) {
		err := errUnknownOption
		for i := range tunnelOptionRows {
			if o := &tunnelOptionRows[i]; o.name == name {
				err = o.read(t, s.Options[name])
			}
		}
		text := fmt.Sprintf("unknown %s argument '%s'", s.Type, name)
		switch {
		case err == nil:
			continue
		case err != errUnknownOption:
			text = err.Error()
		}
		if text != "" {
			lines = append(lines, s.Name+": "+text)
		}
		if f, ok := err.(fatalError); ok {
			if fatal = true; f.stop {
				stopped = true
				break
			}
		}
	}
	if !stopped {
		bad := t.check()
		lines = append(lines, bad...)
		fatal = fatal || len(bad) > 0
	}
	text := strings.Join(lines, "\n")
	if text != "" {
		vportLog.Warn("%s", text)
	}
	switch {
	case !fatal:
		return t.Tunnel, nil
	case text == "":
		text = s.Name + ": could not set configuration (Invalid argument)"
	}
	return nil, &ConfigError{Text: text}
}

// check returns what is wrong with the options together.
func (t *optionReader) check() (bad []string) {
	say := func(format string, args ...any) {
		bad = append(bad, t.name+": "+fmt.Sprintf(format, args...))
	}
	gpe := strings.Contains(t.Device.Exts, "gpe")
	switch {
	case t.Mode == xlate.LegacyL3 && t.Type == "vxlan" && !gpe:
		say("legacy_l3 configured on VXLAN (without GPE) tunnel that cannot carry L3 traffic")
	case t.Mode == xlate.LegacyL3 && t.Type != "vxlan" && !t.row.l3:
		say("legacy_l3 configured on %s tunnel that cannot carry L3 traffic", t.Type)
	case t.Mode == xlate.LegacyL2 && !t.row.l2:
		say("legacy_l2 configured on %s tunnel that cannot carry L2 traffic", t.Type)
	}
	if bad != nil {
		return bad
	}
	if !t.Remote.IsValid() && !t.RemoteFlow {
		say("%s type requires valid 'remote_ip' argument", t.Type)
		return bad
	}
	if t.LocalFlow && !t.RemoteFlow {
		say("%s type requires 'remote_ip=flow' with 'local_ip=flow'", t.Type)
	}
	if t.Local.IsValid() && t.Remote.IsValid() && strings.Contains(t.s["local_ip"], ":") != strings.Contains(t.s["remote_ip"], ":") {
		say("'remote_ip' and 'local_ip' has to be of the same address family")
	}
	if t.Type == "srv6" {
		switch {
		case t.Remote.IsValid() && t.Remote.Is4():
			say("srv6 type requires an IPv6 'remote_ip'")
		case len(t.Segments) > 0 && (!t.Remote.IsValid() || t.Remote.As16() != [16]byte(t.Segments)):
			say("the first of 'srv6_segs' must be 'remote_ip'")
		}
	}
	return bad
}
