package ofproto

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"govs/daemon/vlog"
	"govs/ofproto/xlate"
)

var vportLog = vlog.New("netdev_vport")

// tunnelOptionRows are the options of tunnel Interfaces (ovs-vswitchd.conf.db(5),
// "Tunnel Options"): how each is read into a Tunnel. A parser's error text
// follows "NAME: "; one of a fatal option makes the port unusable, others are
// warned of and leave the default.
var tunnelOptionRows = [...]struct {
	name  string
	fatal bool
	parse func(t *xlate.Tunnel, typ, v string) error
}{
	{"remote_ip", true, func(t *xlate.Tunnel, typ, v string) (err error) {
		t.Remote, t.RemoteFlow, err = tunnelAddr(typ, "remote_ip", v)
		if err == nil && t.Remote.Is4() && t.Remote.IsMulticast() {
			return fmt.Errorf("multicast remote_ip=%s not allowed", v)
		}
		return err
	}},
	{"local_ip", true, func(t *xlate.Tunnel, typ, v string) (err error) {
		t.Local, t.LocalFlow, err = tunnelAddr(typ, "local_ip", v)
		return err
	}},
	{"key", false, func(t *xlate.Tunnel, _, v string) error {
		if !t.InKeySet {
			t.InKey, t.InKeySet, t.InKeyFlow = tunnelKey(v)
		}
		t.OutKey, t.OutKeySet, t.OutKeyFlow = tunnelKey(v)
		return nil
	}},
	{"in_key", false, func(t *xlate.Tunnel, _, v string) error {
		t.InKey, t.InKeySet, t.InKeyFlow = tunnelKey(v)
		return nil
	}},
	{"out_key", false, func(t *xlate.Tunnel, _, v string) error {
		t.OutKey, t.OutKeySet, t.OutKeyFlow = tunnelKey(v)
		return nil
	}},
	{"dst_port", false, func(t *xlate.Tunnel, typ, v string) error {
		n, err := strconv.ParseUint(v, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("bad %s 'dst_port'", typ)
		}
		if t.DstPort == 0 {
			return fmt.Errorf("unknown %s argument 'dst_port'", typ)
		}
		t.DstPort = uint16(n)
		return nil
	}},
	{"tos", false, func(t *xlate.Tunnel, _, v string) error {
		n, err := strconv.ParseUint(v, 0, 8)
		switch {
		case v == "inherit":
			t.TOSInherit = true
		case err != nil || n&3 != 0:
			return fmt.Errorf("invalid TOS %s", v)
		default:
			t.TOS = uint8(n)
		}
		return nil
	}},
	{"ttl", false, func(t *xlate.Tunnel, _, v string) error {
		n, err := strconv.ParseUint(v, 0, 8)
		switch {
		case v == "inherit":
			t.TTLInherit = true
		case err != nil || n == 0:
			return fmt.Errorf("invalid TTL %s", v)
		default:
			t.TTL = uint8(n)
		}
		return nil
	}},
	{"df_default", false, func(t *xlate.Tunnel, _, v string) error {
		t.DF = v == "true"
		return nil
	}},
	{"csum", false, func(t *xlate.Tunnel, _, v string) error {
		t.Csum = v == "true"
		return nil
	}},
	{"egress_pkt_mark", false, func(t *xlate.Tunnel, typ, v string) error {
		n, err := strconv.ParseUint(v, 0, 32)
		if err != nil {
			return fmt.Errorf("bad %s 'egress_pkt_mark'", typ)
		}
		t.Mark, t.MarkSet = uint32(n), true
		return nil
	}},
}

// tunnelAddr reads an address or "flow".
func tunnelAddr(typ, key, v string) (a netip.Addr, flow bool, err error) {
	if v == "flow" {
		return a, true, nil
	}
	if a, err = netip.ParseAddr(v); err != nil {
		return netip.Addr{}, false, fmt.Errorf("bad %s '%s'", typ, key)
	}
	return a, false, nil
}

// tunnelKey reads a key or "flow"; as in OVS what is no number counts as 0.
func tunnelKey(v string) (key uint64, set, flow bool) {
	if v == "flow" {
		return 0, true, true
	}
	key, _ = strconv.ParseUint(v, 0, 64)
	return key, true, false
}

// parseTunnel reads a tunnel Interface's options. What is wrong with options
// that a tunnel can do without is logged.
func parseTunnel(s *PortSpec) (*xlate.Tunnel, error) {
	t := &xlate.Tunnel{Type: s.Type, TTL: 64, DF: true}
	for i := range tunnelTypes {
		if tunnelTypes[i].typ == s.Type {
			t.DstPort = tunnelTypes[i].udp
		}
	}
	var fatal []string
	// In order of names: key leaves alone what in_key has set, and out_key
	// overrides what key has set.
	for _, name := range slices.Sorted(maps.Keys(s.Options)) {
		text := fmt.Sprintf("unknown %s argument '%s'", s.Type, name)
		for i := range tunnelOptionRows {
			o := &tunnelOptionRows[i]
			if o.name != name {
				continue
			}
			text = ""
			if err := o.parse(t, s.Type, s.Options[name]); err != nil {
				text = err.Error()
				if o.fatal {
					fatal = append(fatal, s.Name+": "+text)
				}
			}
		}
		if text != "" {
			vportLog.Warn("%s: %s", s.Name, text)
		}
	}
	if !t.Remote.IsValid() && !t.RemoteFlow {
		fatal = append(fatal, fmt.Sprintf("%s: %s type requires valid 'remote_ip' argument", s.Name, s.Type))
	}
	if t.LocalFlow && !t.RemoteFlow {
		fatal = append(fatal, fmt.Sprintf("%s: %s type requires 'remote_ip=flow' with 'local_ip=flow'", s.Name, s.Type))
	}
	if len(fatal) > 0 {
		return nil, &ConfigError{Text: strings.Join(fatal, "\n")}
	}
	return t, nil
}
