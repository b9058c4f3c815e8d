package datapath

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"govs/test/sandbox"
)

// A forwarder is one thing that carries frames between f0 and f1.
type forwarder struct {
	name  string
	start func(l *lab)
	// What it is measured for.
	frames, many, rules, tcp, ping bool
	plain                          bool   // it does not take frames with offloads
	taps                           bool   // hosts have taps of the switch
	hosts                          bool   // it is two hosts of the seed's network
	of                             string // the row of this build that another build's is compared to
}

var forwarders = []forwarder{
	{name: "floor recvmmsg", start: bare("recvmmsg"), frames: true},
	{name: "floor TPACKET_V3", start: bare("tpacket"), frames: true},
	{name: "floor AF_XDP", start: bare("afxdp"), frames: true},
	{name: "floor vnet", start: bare("vnet"), tcp: true, ping: true},
	{name: "Linux bridge", start: bridge, frames: true, tcp: true, ping: true},
	{name: "OVS", start: aSwitch(sandbox.Reference, "system"), frames: true, many: true, rules: true, tcp: true, ping: true, plain: true},
	{name: "OVS userspace-tso", start: aSwitch(sandbox.Reference, "system", "userspace-tso-enable=true"), tcp: true},
	{name: "OVS AF_XDP", start: aSwitch(sandbox.Reference, "afxdp"), frames: true, many: true, ping: true, plain: true},
	{name: "govs AF_XDP", start: aSwitch(sandbox.Ours, "afxdp"), frames: true, many: true, ping: true, plain: true},
	{name: "OVS taps", start: aSwitch(sandbox.Reference, "internal"), taps: true, tcp: true, ping: true},
	{name: "govs taps", start: aSwitch(sandbox.Ours, "internal"), taps: true, tcp: true, ping: true},
	{name: "govs", start: aSwitch(sandbox.Ours, "system"), frames: true, many: true, rules: true, tcp: true, ping: true},
	{name: seedReference, start: twoHosts(reference), frames: true, tcp: true, ping: true, hosts: true},
	{name: seedOurs, start: twoHosts(ours), frames: true, tcp: true, ping: true, hosts: true},
}

// bare starts a forwarder without any switch logic.
func bare(kind string) func(*lab) {
	return func(l *lab) { l.start(l.s, role(kind, "f0", "f1")) }
}

func bridge(l *lab) {
	for _, args := range [][]string{
		{"link", "add", "br0", "type", "bridge"}, {"link", "set", "br0", "up"},
		{"link", "set", "f0", "master", "br0"}, {"link", "set", "f1", "master", "br0"},
	} {
		l.must(l.s.Run(exec.Command("ip", args...)))
	}
}

// aSwitch starts a switch whose ports are of a type, with other_config.
func aSwitch(maker func(testing.TB) sandbox.Maker, typ string, config ...string) func(*lab) {
	return func(l *lab) {
		l.sw = sandbox.Start(l.tb, maker(l.tb), sandbox.Config{Dummy: "no", Namespace: l.s, NoSwitch: true})
		args := []string{"--no-wait", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "fail_mode=secure"}
		if typ == "afxdp" {
			config = append(config, fmt.Sprintf("pmd-cpu-mask=%x", 1<<forwardCPU)) // the reference's threads for it are pinned by themselves
		}
		for _, c := range config {
			args = append(args, "--", "set", "open_vswitch", ".", "other_config:"+c)
		}
		ports := []string{"f0", "f1"}
		if typ == "internal" {
			ports = []string{"g0", "g1"}
		}
		for i, p := range ports {
			args = append(args, "--", "add-port", "br0", p, "--", "set", "interface", p, "type="+typ, "ofport_request="+string(rune('1'+i)))
		}
		l.sw.Must("ovs-vsctl", args...)
		l.sw.StartSwitch()
		pid := l.sw.PID("ovs-vswitchd")
		prefer(pid)
		l.pids = []int{pid}
		if typ == "internal" {
			l.taps()
		}
	}
}

// others returns the rows of the other build of govs, if there is one.
func others() (list []forwarder) {
	if *other == "" {
		return nil
	}
	build := func(testing.TB) sandbox.Maker {
		return sandbox.Maker{Name: "govs", Program: func(tool string) string { return filepath.Join(*other, tool) }}
	}
	types := map[string]string{"govs": "system", "govs AF_XDP": "afxdp", "govs taps": "internal"}
	for _, f := range forwarders {
		if typ := types[f.name]; typ != "" {
			f.name, f.of, f.start = "other "+f.name, f.name, aSwitch(build, typ)
			list = append(list, f)
		}
	}
	return list
}
