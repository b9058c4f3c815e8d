package lab

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"govs/internal/netlab"
)

// finding is the outcome of one check: what was expected and what was seen.
type finding struct {
	expected, seen text
	ok             bool
}

// check is one thing the lab shows.
type check struct {
	title text
	why   text // one line for somebody who meets this for the first time
	run   func(context.Context, *Network) (finding, error)
}

// same makes a text that is alike in all languages.
func same(format string, args ...any) text {
	s := fmt.Sprintf(format, args...)
	return text{s, s}
}

// checks are what the lab shows of a network that works.
func checks() []check {
	return []check{
		{text{"The bridges and ports", "网桥和端口"},
			text{"host 10.10.0.52 is configured as the article prints it", "主机 10.10.0.52 的配置与文章里打印的一致"},
			checkShow},
		{text{"The flow tables", "流表"},
			text{"every rule of the file is in the switch", "文件里的每条规则都已装入交换机"},
			checkLoaded},
		{text{"VM2 pings VM1, the DHCP port and the SNAT port", "虚拟机2 ping 虚拟机1、DHCP端口和SNAT端口"},
			text{"the frames cross from host to host inside VXLAN, tunnel id 0x138f", "报文封装在 VXLAN 里（隧道号 0x138f）从一台主机到另一台主机"},
			checkPings},
		{text{"ARP is answered on the spot", "ARP 在本地应答"},
			text{"table 21 turns the question around into the answer; nobody on the underlay hears of it", "表21把请求就地改成应答；物理网络上看不到这个 ARP"},
			checkARP},
		{text{"What table 10 learned", "表10学到的规则"},
			text{"a frame from the tunnel taught table 20 the way back to its sender", "从隧道来的报文教会了表20怎样回到它的发送者"},
			checkLearned},
		{text{"Counters", "计数器"},
			text{"each rule counts the packets it handled, also those the datapath forwarded by itself", "每条规则统计它处理的报文，包括数据通路自己转发的"},
			checkCounters},
		{text{"The way of one packet", "一个报文走过的路"},
			text{"ofproto/trace follows a ping from VM2 through br-int and br-tun into the tunnel", "ofproto/trace 跟踪虚拟机2的一个 ping，经过 br-int、br-tun 进入隧道"},
			checkTrace},
		{text{"20 MB by TCP from VM2 to VM1", "从虚拟机2到虚拟机1用TCP传20MB"},
			text{"large frames and checksums survive switch and tunnel", "大报文和校验和经过交换机与隧道后保持正确"},
			checkTransfer},
	}
}

// Titles returns the names, in English, of what the lab shows of a network that
// works.
func Titles() (titles []string) {
	for _, c := range checks() {
		titles = append(titles, c.title.en)
	}
	return titles
}

func checkShow(ctx context.Context, n *Network) (f finding, err error) {
	out, err := n.tool(ctx, n.Hosts[1], "ovs-vsctl", "show")
	if err != nil {
		return f, err
	}
	missing, extra := treeDiff(seedShow, out)
	f.expected = text{"the seed's bridges, ports and options", "文章里的网桥、端口和选项"}
	f.ok = len(missing)+len(extra) == 0
	if f.ok {
		f.seen = text{"the same tree", "相同的树"}
	} else {
		f.seen = text{fmt.Sprintf("missing %q, too many %q", missing, extra), fmt.Sprintf("缺少 %q，多出 %q", missing, extra)}
	}
	return f, nil
}

func checkLoaded(ctx context.Context, n *Network) (f finding, err error) {
	f.ok = true
	var want, have []string
	for _, h := range n.Hosts {
		out, err := n.tool(ctx, h, "ovs-ofctl", "dump-aggregate", "br-tun")
		if err != nil {
			return f, err
		}
		w := ruleCount(h.hostPlan.flows)
		g, err := strconv.Atoi(value(out, "flow_count="))
		want, have = append(want, strconv.Itoa(w)), append(have, strconv.Itoa(g))
		f.ok = f.ok && err == nil && g >= w
	}
	f.expected = text{strings.Join(want, " and ") + " rules", strings.Join(want, " 和 ") + " 条规则"}
	f.seen = text{strings.Join(have, " and "), strings.Join(have, " 和 ")}
	return f, nil
}

// value returns the word behind key in a tool's output.
func value(out, key string) string {
	_, rest, ok := strings.Cut(out, key)
	if !ok {
		return ""
	}
	if i := strings.IndexAny(rest, " ,\n)"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

// pingAll pings from VM2 to the three machines of the other host, and returns
// how many requests each answered.
func (n *Network) pingAll(ctx context.Context, count int, wait time.Duration) (counts []int, err error) {
	from := n.Machines["vm2"]
	for _, name := range []string{"vm1", "dhcp", "snat"} {
		to := n.Machines[name]
		n.show("%s # ping %s", from.ip, to.ip)
		pongs, err := from.NS.Ping(ctx, to.addr(), count, 200*time.Millisecond, wait)
		if err != nil {
			return counts, err
		}
		for _, p := range pongs {
			n.show("    64 bytes from %s: icmp_seq=%d time=%.3f ms", to.ip, p.Seq, float64(p.RTT)/1e6)
		}
		n.show("    %d packets transmitted, %d received", count, len(pongs))
		counts = append(counts, len(pongs))
	}
	return counts, nil
}

// show prints a line as it is.
func (n *Network) show(format string, args ...any) {
	if v := n.cfg.voice; v != nil {
		v.printf("  "+format+"\n", args...)
	}
}

func checkPings(ctx context.Context, n *Network) (f finding, err error) {
	sniffer, err := n.Hosts[0].NS.Sniff(nic)
	if err != nil {
		return f, err
	}
	defer sniffer.Close()
	counts, err := n.pingAll(ctx, 3, 3*time.Second)
	if err != nil {
		return f, err
	}
	time.Sleep(100 * time.Millisecond)
	requests := func(x *netlab.Frame) bool {
		return x.VNI == vni && x.DF && x.Inner.Proto == 1 && !x.Inner.Tagged && x.Src.String() == "10.10.0.52"
	}
	wrapped := sniffer.Count(requests)
	f.expected = text{"3, 3 and 3 answers; 9 requests in VXLAN 0x138f from 10.10.0.52, untagged, don't fragment",
		"分别 3、3、3 个应答；9 个请求在来自 10.10.0.52 的 VXLAN 0x138f 里，不带标签，禁止分片"}
	f.seen = text{fmt.Sprintf("%v answers; %d requests so wrapped", counts, wrapped), fmt.Sprintf("应答 %v；这样封装的请求 %d 个", counts, wrapped)}
	f.ok = counts[0] == 3 && counts[1] == 3 && counts[2] == 3 && wrapped >= 9
	return f, nil
}

func checkARP(ctx context.Context, n *Network) (f finding, err error) {
	vm2, vm1 := n.Machines["vm2"], n.Machines["vm1"]
	before, err := n.rulePackets(ctx, n.Hosts[1], "table=21,arp,arp_tpa="+vm1.ip)
	if err != nil {
		return f, err
	}
	var sniffers []*netlab.Sniffer
	for _, h := range n.Hosts {
		s, err := h.NS.Sniff(nic)
		if err != nil {
			return f, err
		}
		defer s.Close()
		sniffers = append(sniffers, s)
	}
	n.show("%s # arping %s", vm2.ip, vm1.ip)
	mac, err := vm2.NS.Who(ctx, vm2.ifname(), vm2.addr(), vm1.addr(), 3*time.Second)
	if err != nil {
		return f, err
	}
	n.show("    %s is-at %s", vm1.ip, mac)
	time.Sleep(300 * time.Millisecond)
	about := func(x *netlab.Frame) bool {
		return x.ARPOp != 0 && (x.ARPTarget == vm1.addr() || x.ARPSender == vm1.addr())
	}
	heard := 0
	for _, s := range sniffers {
		heard += s.Count(func(x *netlab.Frame) bool { return about(x) || x.Inner != nil && about(x.Inner) })
	}
	n.show("10.10.0.51, 10.10.0.52 # sniffers on %s: %d ARP frames about %s", nic, heard, vm1.ip)
	after, err := n.awaitPackets(ctx, n.Hosts[1], "table=21,arp,arp_tpa="+vm1.ip, before+1)
	if err != nil {
		return f, err
	}
	if _, err := n.tool(ctx, n.Hosts[1], "ovs-ofctl", "dump-flows", "br-tun", "table=21,arp,arp_tpa="+vm1.ip); err != nil {
		return f, err
	}
	f.expected = text{"192.168.1.6 is at " + vm1.mac + "; 0 ARP frames on the underlay; table 21's rule counts 1 more",
		"192.168.1.6 的 MAC 是 " + vm1.mac + "；物理网络上 0 个 ARP；表21的规则计数加 1"}
	f.seen = text{fmt.Sprintf("%v; %d; %d more", mac, heard, after-before), fmt.Sprintf("%v；%d 个；加 %d", mac, heard, after-before)}
	f.ok = mac.String() == vm1.mac && heard == 0 && after > before
	return f, nil
}

// rulePackets returns the sum of n_packets of the rules a match selects.
func (n *Network) rulePackets(ctx context.Context, h *Host, match string) (int, error) {
	out, err := h.Tool(ctx, "ovs-ofctl", "dump-flows", "br-tun", match)
	if err != nil {
		return 0, err
	}
	sum := 0
	for line := range strings.Lines(out) {
		if v := value(line, "n_packets="); v != "" {
			c, err := strconv.Atoi(v)
			if err != nil {
				return 0, err
			}
			sum += c
		}
	}
	return sum, nil
}

// awaitPackets waits a few seconds until the rules count at least want: the
// datapath's counters come back a little later.
func (n *Network) awaitPackets(ctx context.Context, h *Host, match string, want int) (got int, err error) {
	for range 30 {
		if got, err = n.rulePackets(ctx, h, match); err != nil || got >= want {
			return got, err
		}
		select {
		case <-ctx.Done():
			return got, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return got, nil
}

func checkLearned(ctx context.Context, n *Network) (f finding, err error) {
	vm1 := n.Machines["vm1"]
	out, err := n.tool(ctx, n.Hosts[1], "ovs-ofctl", "dump-flows", "br-tun", "table=20")
	if err != nil {
		return f, err
	}
	rule := "vlan_tci=0x0001/0x0fff,dl_dst=" + vm1.mac + " actions=load:0->NXM_OF_VLAN_TCI[],load:0x138f->NXM_NX_TUN_ID[],output:3"
	f.expected = text{"hard_timeout=300, priority=1," + rule, "hard_timeout=300, priority=1," + rule}
	f.seen = text{"no such rule", "没有这条规则"}
	for line := range strings.Lines(out) {
		if strings.Contains(line, rule) {
			line = strings.TrimSpace(line)
			f.seen = same("%s", line)
			f.ok = strings.Contains(line, "hard_timeout=300") && strings.Contains(line, "priority=1,")
		}
	}
	return f, nil
}

func checkCounters(ctx context.Context, n *Network) (f finding, err error) {
	match := "table=20,dl_vlan=1,dl_dst=" + n.Machines["vm1"].mac
	got, err := n.awaitPackets(ctx, n.Hosts[1], match, 3)
	if err != nil {
		return f, err
	}
	out, err := n.tool(ctx, n.Hosts[1], "ovs-ofctl", "dump-flows", "br-tun")
	if err != nil {
		return f, err
	}
	in := 0
	for line := range strings.Lines(out) {
		if strings.Contains(line, "table=10,") {
			in, _ = strconv.Atoi(value(line, "n_packets="))
		}
	}
	f.expected = text{"at least 3 packets to VM1 in table 20, and 9 from the tunnel in table 10", "表20里到虚拟机1的至少 3 个，表10里从隧道来的至少 9 个"}
	f.seen = same("%d, %d", got, in)
	f.ok = got >= 3 && in >= 9
	return f, nil
}

func checkTrace(ctx context.Context, n *Network) (f finding, err error) {
	vm1, vm2 := n.Machines["vm1"], n.Machines["vm2"]
	out, err := n.tool(ctx, n.Hosts[1], "ovs-appctl", "ofproto/trace", "br-int",
		fmt.Sprintf("in_port=%s,icmp,dl_src=%s,dl_dst=%s,nw_src=%s,nw_dst=%s,nw_ttl=64,icmp_type=8", vm2.port, vm2.mac, vm1.mac, vm2.ip, vm1.ip))
	if err != nil {
		return f, err
	}
	actions := ""
	for line := range strings.Lines(out) {
		if a, ok := strings.CutPrefix(line, "Datapath actions: "); ok {
			actions = strings.TrimSpace(a)
		}
	}
	f.expected = text{"table 20 sends it to port 3 with tunnel id 0x138f, and the datapath does so", "表20用隧道号 0x138f 送往端口 3，数据通路照办"}
	f.seen = text{"datapath actions: " + actions, "数据通路动作: " + actions}
	f.ok = strings.Contains(out, "set_tunnel:0x138f") && strings.Contains(actions, "0x138f") && strings.Contains(actions, "10.10.0.51")
	return f, nil
}

func checkTransfer(ctx context.Context, n *Network) (f finding, err error) {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	const size = 20 << 20
	vm1, vm2 := n.Machines["vm1"], n.Machines["vm2"]
	t, err := netlab.Transfer(ctx, vm2.NS, vm1.NS, vm1.addr(), size)
	if err != nil {
		return f, err
	}
	n.show("sha256 %x  sent", t.Sent[:8])
	n.show("sha256 %x  received", t.Received[:8])
	f.expected = text{fmt.Sprintf("%d bytes, the same checksum at both ends", size), fmt.Sprintf("%d 字节，两端校验和相同", size)}
	rate := float64(t.Bytes) * 8 / 1e6 / t.Took.Seconds()
	f.ok = t.Bytes == size && t.Sent == t.Received
	word := text{"different", "不同"}
	if f.ok {
		word = text{"the same", "相同"}
	}
	f.seen = text{fmt.Sprintf("%d bytes in %.2f s (%.0f Mbit/s), %s", t.Bytes, t.Took.Seconds(), rate, word.en),
		fmt.Sprintf("%d 字节，用时 %.2f 秒（%.0f Mbit/s），%s", t.Bytes, t.Took.Seconds(), rate, word.zh)}
	return f, nil
}
