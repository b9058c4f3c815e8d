package xlatediff

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A port of the bridges. All switches have the same: the order in which the
// reference floods is that in which ports were made one by one, so making them
// anew takes too long.
type port struct {
	bridge int
	name   string
	no     int
	iface  string // the words of ovs-vsctl for its interface
}

func (p *port) dummy() bool { return strings.HasPrefix(p.iface, "type=dummy") }

// ports are those of bridges that patch cables join; the third has the tunnels.
// Their numbers are such that none share a bucket of the table by which the
// reference floods for FLOOD and ALL: within a bucket the order turns around with
// every change of anything.
var ports = []port{
	{0, "p10", 1, "type=dummy"}, {0, "p11", 2, "type=dummy"}, {0, "p12", 3, "type=dummy"}, {0, "patcha", 14, "type=patch options:peer=patchb"},
	{0, "p13", 5, "type=dummy"}, {0, "p15", 11, "type=dummy"}, {0, "p14", 12, "type=dummy"},
	{1, "p20", 1, "type=dummy"}, {1, "p21", 2, "type=dummy"}, {1, "p22", 3, "type=dummy"}, {1, "patchb", 14, "type=patch options:peer=patcha"},
	{1, "p23", 5, "type=dummy"}, {1, "p25", 12, "type=dummy"}, {1, "patchd", 11, "type=patch options:peer=patchc"},
	{2, "p30", 1, "type=dummy"}, {2, "p31", 2, "type=dummy"}, {2, "p32", 3, "type=dummy"}, {2, "p33", 5, "type=dummy"}, {2, "patchc", 14, "type=patch options:peer=patchd"},
	{2, "t0", 11, "type=vxlan options:remote_ip=flow options:key=flow"},
	{2, "t1", 12, "type=geneve options:remote_ip=flow options:key=flow"},
	{2, "t2", 15, "type=gre options:remote_ip=1.1.2.92 options:key=flow options:tos=inherit options:ttl=inherit"},
	{2, "t3", 16, "type=vxlan options:remote_ip=1.1.2.93 options:key=1"},
	{2, "t4", 17, "type=geneve options:remote_ip=1.1.2.92 options:key=2 options:csum=true"},
	{2, "t5", 24, "type=gre options:remote_ip=flow options:local_ip=flow options:key=flow options:df_default=false"},
	{2, "t6", 25, "type=geneve options:remote_ip=\"fd00::2\" options:local_ip=\"fd00::1\" options:key=flow options:tos=0x1c options:ttl=7"},
	{2, "t7", 26, "type=erspan options:remote_ip=1.1.2.92 options:key=1 options:erspan_ver=1 options:erspan_idx=5"},
	{2, "t8", 36, "type=vxlan options:remote_ip=1.1.2.92 options:in_key=3 options:out_key=4 options:dst_port=4790 options:egress_pkt_mark=7"},
	{2, "t9", 48, "type=ip6erspan options:remote_ip=\"fd00::2\" options:key=flow options:erspan_ver=flow options:erspan_idx=flow options:erspan_dir=flow options:erspan_hwid=flow"},
}

// make returns what makes a port. Frames that go out by it are kept in dir.
func (p *port) make(dir string) []string {
	words := []string{"add-port", bridgeName(p.bridge), p.name, "--", "set", "interface", p.name, fmt.Sprintf("ofport_request=%d", p.no)}
	words = append(words, strings.Fields(p.iface)...)
	if p.dummy() && dir != "" {
		words = append(words, "options:tx_pcap="+dir+"/"+p.name+".pcap")
	}
	return words
}

// bridges is how many there are. withTunnels is the one that has them.
const (
	bridges     = 3
	withTunnels = 2
)

func bridgeName(i int) string { return fmt.Sprintf("br%d", i) }

// portNumbers returns the OpenFlow numbers of a bridge's ports.
func portNumbers(bridge int) (out []string) {
	for _, p := range ports {
		if p.bridge == bridge {
			out = append(out, fmt.Sprint(p.no))
		}
	}
	return out
}

// A topology is what the database says of the bridges and their ports: commands
// of ovs-vsctl that change what makes nothing.
type topology struct{ settings [][]string }

// newTopology makes a random topology.
func newTopology(r *rand.Rand) *topology {
	t := &topology{}
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	one := func(n int) bool { return r.IntN(n) == 0 }
	set := func(words ...string) { t.settings = append(t.settings, words) }
	if one(2) {
		set("set", "Open_vSwitch", ".", "other_config:vlan-limit="+pick("0", "1", "2"))
	}
	for b := range bridges {
		br := bridgeName(b)
		vlans := b == 1 || one(2) && b != withTunnels
		for _, p := range ports {
			if p.bridge != b || !vlans || one(3) {
				continue
			}
			var s []string
			switch r.IntN(9) {
			case 0, 1:
				s = append(s, "tag="+pick("1", "1", "2"))
			case 2:
				s = append(s, "trunks="+pick("1", "1,2", "2,3", "0,1"))
			case 3:
				s = append(s, "tag=1", "vlan_mode=native-tagged")
			case 4:
				s = append(s, "tag="+pick("1", "2"), "vlan_mode=native-untagged", "trunks="+pick("1,2", "2", "3"))
			case 5:
				s = append(s, "tag="+pick("2", "100"), "vlan_mode=dot1q-tunnel")
				if one(2) {
					s = append(s, "cvlans="+pick("1", "1,2", "0,3"))
				}
				if one(3) {
					s = append(s, "other_config:qinq-ethtype="+pick("802.1q", "802.1ad"))
				}
			case 6:
				s = append(s, "tag=2", "vlan_mode=access")
			default: // whatever goes or does not go together
				if !one(3) {
					s = append(s, "tag="+pick("0", "1", "2", "100"))
				}
				if one(2) {
					s = append(s, "trunks="+pick("1", "0", "2,3", "0,1,2"))
				}
				if !one(3) {
					s = append(s, "vlan_mode="+pick("access", "trunk", "native-tagged", "native-untagged", "dot1q-tunnel"))
				}
				if one(4) {
					s = append(s, "cvlans="+pick("1", "0,2"))
				}
				if len(s) == 0 {
					continue
				}
			}
			if one(4) {
				s = append(s, "other_config:priority-tags="+pick("true", "false", "always", "if-nonzero", "never"))
			}
			if one(6) {
				s = append(s, "protected=true")
			}
			set(append([]string{"set", "port", p.name}, s...)...)
		}
		if one(3) {
			set("set", "bridge", br, "flood_vlans="+pick("1", "0,2", "1,2,3"))
		}
		if one(4) {
			set("set", "bridge", br, "other_config:forward-bpdu=true")
		}
		if one(5) {
			set("set", "bridge", br, "other_config:mac-table-size=3")
		}
		if one(3) {
			set("set", "bridge", br, "fail_mode=secure")
		}
		if one(4) {
			t.settings = append(t.settings, []string{"--id=@br" + br, "get", "bridge", br, "--", "--id=@i" + br, "create", "IPFIX", `targets="127.0.0.1:4739"`,
				"--", "create", "Flow_Sample_Collector_Set", "id=1", "bridge=@br" + br, "ipfix=@i" + br})
		}
		if one(3) {
			// One: which of several comes first is up to the reference's hashes.
			t.settings = append(t.settings, mirror(r, b, 0))
		}
	}
	return t
}

// mirror returns what makes a random mirror.
func mirror(r *rand.Rand, b, m int) (words []string) {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	one := func(n int) bool { return r.IntN(n) == 0 }
	use := func() string {
		name := fmt.Sprintf("p%d", 10*(b+1)+r.IntN(4))
		as := fmt.Sprintf("@%d%s", m, name)
		if !slices.Contains(words, "--id="+as) {
			words = append(words, "--", "--id="+as, "get", "port", name)
		}
		return as
	}
	var set []string
	switch r.IntN(4) {
	case 0:
		set = append(set, "select_all=true")
	case 1:
		set = append(set, "select_src_port="+use())
	case 2:
		set = append(set, "select_dst_port="+use())
	case 3:
		src := []string{use(), use()}
		set = append(set, "select_src_port="+strings.Join(slices.Compact(src), ","), "select_dst_port="+use())
	}
	if one(3) {
		set = append(set, "select_vlan="+pick("0", "1", "1,2"))
	}
	if one(3) {
		set = append(set, "output_vlan="+pick("3", "100"))
	} else {
		set = append(set, "output_port="+use())
	}
	if one(4) && b != withTunnels { // see pipegen.Gen.Tunnels
		set = append(set, "snaplen="+pick("64", "100"))
	}
	id := fmt.Sprintf("@m%d%d", b, m)
	words = append(words, "--", "--id="+id, "create", "mirror", fmt.Sprintf("name=m%d%d", b, m))
	words = append(words, set...)
	return append(words, "--", "add", "bridge", bridgeName(b), "mirrors", id)[1:]
}

// mirrors reports whether a bridge has mirrors.
func (t *topology) mirrors(b int) bool {
	return slices.ContainsFunc(t.settings, func(s []string) bool { return slices.Contains(s, "mirror") && slices.Contains(s, bridgeName(b)) })
}

// has reports whether a setting has a word in it.
func (t *topology) has(word string) bool {
	return slices.ContainsFunc(t.settings, func(s []string) bool { return strings.Contains(strings.Join(s, " "), word) })
}

// without returns a copy without a setting, or a word of one.
func (t *topology) without(i int) *topology {
	return &topology{slices.Delete(slices.Clone(t.settings), i, i+1)}
}

// clearing takes every topology away.
func clearing() (out []string) {
	for b := range bridges {
		br := bridgeName(b)
		for _, column := range []string{"mirrors", "flood_vlans", "fail_mode", "other_config"} {
			out = append(out, "--", "clear", "bridge", br, column)
		}
	}
	out = append(out, "--", "--all", "destroy", "Flow_Sample_Collector_Set")
	out = append(out, "--", "remove", "Open_vSwitch", ".", "other_config", "vlan-limit")
	for _, p := range ports {
		for _, column := range []string{"tag", "vlan_mode", "trunks", "cvlans", "other_config"} {
			out = append(out, "--", "clear", "port", p.name, column)
		}
		out = append(out, "--", "set", "port", p.name, "protected=false")
	}
	return out[1:]
}
