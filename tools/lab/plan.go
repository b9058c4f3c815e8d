package lab

import (
	_ "embed"
	"net/netip"
	"strings"
)

// The flow tables of br-tun, in the text "ovs-ofctl add-flows" reads.
var (
	//go:embed flows/10.10.0.51.flows
	flows51 string
	//go:embed flows/10.10.0.52.flows
	flows52 string
)

// nic is the name of each host's interface to the underlay, vni the tunnel id
// of the tenant's network.
const (
	nic = "enp2s0f1"
	vni = 0x138f
)

// hostPlan is what is to be built on one host.
type hostPlan struct {
	name     string // of the namespace, behind the run's prefix
	ip       string // on the underlay
	peer     string // the other host's
	tunnel   string // port of br-tun to the other host: vxlan-IP in hex
	flows    string
	machines []machinePlan
	// idle is an internal port of br-int that nobody uses, "" for none.
	idle string
}

// machinePlan is a machine, or a service's port, on the tenant's network.
type machinePlan struct {
	name     string // of the namespace, behind the run's prefix
	title    text
	ip, mac  string
	port     string // of br-int
	internal bool   // the port is of type internal, else a veth's end
}

func (m *machinePlan) addr() netip.Addr { return addr(m.ip) }

// Addr returns the machine's IP address.
func (m *Machine) Addr() netip.Addr { return m.addr() }

// MAC returns its Ethernet address.
func (m *Machine) MAC() string { return m.mac }

// Port returns the port of br-int that it is behind.
func (m *Machine) Port() string { return m.port }

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// ifname is the machine's own interface.
func (m *machinePlan) ifname() string {
	if m.internal {
		return m.port
	}
	return "eth0"
}

// plans returns the seed's two hosts: 10.10.0.51, then 10.10.0.52 whose
// configuration the seed prints.
func plans() [2]hostPlan {
	return [2]hostPlan{{
		name: "host-51", ip: "10.10.0.51", peer: "10.10.0.52",
		tunnel: "vxlan-0a0a0034", flows: flows51,
		machines: []machinePlan{
			{name: "vm1", title: text{"VM1", "虚拟机1"}, ip: "192.168.1.6", mac: "fa:16:3e:d3:4f:c1", port: "tapd34fc1e0-51"},
			{name: "dhcp", title: text{"the DHCP port", "DHCP服务端口"}, ip: "192.168.1.9", mac: "fa:16:3e:97:bd:37", port: "tap97bd3751-0d", internal: true},
			{name: "snat", title: text{"the SNAT port", "SNAT端口"}, ip: "192.168.1.8", mac: "fa:16:3e:d5:8e:54", port: "sg-d58e5451-5a", internal: true},
		},
	}, {
		name: "host-52", ip: "10.10.0.52", peer: "10.10.0.51",
		tunnel: "vxlan-0a0a0033", flows: flows52,
		machines: []machinePlan{
			{name: "vm2", title: text{"VM2", "虚拟机2"}, ip: "192.168.1.12", mac: "fa:16:3e:f4:18:f5", port: "tap4c8a8752-e2"},
		},
		idle: "tap8c6f222b-1e",
	}}
}

// ruleCount is the number of rules in a flow file.
func ruleCount(flows string) int {
	n := 0
	for line := range strings.Lines(flows) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			n++
		}
	}
	return n
}

// seedShow is the tree that the seed prints of host 10.10.0.52, in today's
// quoting, with the name of the NIC taken out of br-tun and br-ex added.
const seedShow = `
    Bridge br-tun
        fail_mode: secure
        Port vxlan-0a0a0033
            Interface vxlan-0a0a0033
                type: vxlan
                options: {df_default="true", in_key=flow, local_ip="10.10.0.52", out_key=flow, remote_ip="10.10.0.51"}
        Port patch-int
            Interface patch-int
                type: patch
                options: {peer=patch-tun}
        Port br-tun
            Interface br-tun
                type: internal
    Bridge br-int
        Port patch-tun
            Interface patch-tun
                type: patch
                options: {peer=patch-int}
        Port br-int
            Interface br-int
                type: internal
        Port tap4c8a8752-e2
            tag: 1
            Interface tap4c8a8752-e2
        Port tap8c6f222b-1e
            tag: 1
            Interface tap8c6f222b-1e
                type: internal
    Bridge br-ex
        Port br-ex
            Interface br-ex
                type: internal
`
