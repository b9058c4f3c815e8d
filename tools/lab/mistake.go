package lab

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// mistakeChecks show the network with the NIC of 10.10.0.52 in br-tun, what is
// wrong with it, and how it heals.
func mistakeChecks() []check {
	return []check{
		{text{"The mistake", "错误的配置"},
			text{"the NIC that holds 10.10.0.52 is a port of br-tun", "持有 10.10.0.52 的网卡被绑到了 br-tun 上"},
			mistakeShow},
		{text{"The VMs cannot talk", "虚拟机不能互通"},
			text{"a tunnel leaves by the NIC with its local_ip, and the bridge now eats that NIC's frames", "隧道要从持有 local_ip 的网卡出去，而这块网卡的报文现在都被网桥吃掉了"},
			mistakeSilence},
		{text{"Where the frames end", "报文在哪里消失"},
			text{"what the NIC receives enters br-tun as port 1, for which the only rule is table 0's drop", "网卡收到的报文从端口1进入 br-tun，只能匹配表0的 drop"},
			mistakeDrop},
		{text{"What the switch says of it", "交换机怎么说"},
			text{"lint/show looks for settings that are accepted and cannot work", "lint/show 查找能配置但不能工作的设置"},
			mistakeLint},
		{text{"The port taken out", "把端口拿掉"},
			text{"no other change is needed; the hosts find each other again within seconds", "不需要别的改动；几秒内两台主机就能重新找到对方"},
			mistakeHealed},
	}
}

func mistakeShow(ctx context.Context, n *Network) (f finding, err error) {
	out, err := n.tool(ctx, n.Hosts[1], "ovs-vsctl", "show")
	if err != nil {
		return f, err
	}
	want := strings.Replace(seedShow, "        Port patch-int\n", "        Port "+nic+"\n            Interface "+nic+"\n        Port patch-int\n", 1)
	missing, extra := treeDiff(want, out)
	ofport, err := n.tool(ctx, n.Hosts[1], "ovs-vsctl", "get", "interface", nic, "ofport")
	if err != nil {
		return f, err
	}
	ofport = strings.TrimSpace(ofport)
	f.expected = text{"the seed's tree with enp2s0f1 in br-tun, as port 1", "文章里的树，enp2s0f1 在 br-tun 里，端口号 1"}
	f.seen = text{fmt.Sprintf("missing %q, too many %q, port %s", missing, extra, ofport), fmt.Sprintf("缺少 %q，多出 %q，端口号 %s", missing, extra, ofport)}
	f.ok = len(missing)+len(extra) == 0 && ofport == "1"
	return f, nil
}

func mistakeSilence(ctx context.Context, n *Network) (f finding, err error) {
	counts, err := n.pingAll(ctx, 2, 700*time.Millisecond)
	if err != nil {
		return f, err
	}
	f.expected = text{"no answers", "没有应答"}
	f.seen = text{fmt.Sprintf("%v answers", counts), fmt.Sprintf("应答 %v", counts)}
	f.ok = counts[0]+counts[1]+counts[2] == 0
	return f, nil
}

func mistakeDrop(ctx context.Context, n *Network) (f finding, err error) {
	h := n.Hosts[1]
	// The last rule of table 0 has no match; the two others count what comes
	// from ports 2 and 3.
	count := func() (int, error) { return n.rulePackets(ctx, h, "table=0") }
	before, err := count()
	if err != nil {
		return f, err
	}
	peer := n.Hosts[0]
	n.show("%s # ping %s", peer.ip, h.ip)
	pongs, err := peer.NS.Ping(ctx, addr(h.ip), 2, 100*time.Millisecond, 700*time.Millisecond)
	if err != nil {
		return f, err
	}
	n.show("    2 packets transmitted, %d received", len(pongs))
	after, err := n.awaitPackets(ctx, h, "table=0", before+1)
	if err != nil {
		return f, err
	}
	if _, err := n.tool(ctx, h, "ovs-ofctl", "dump-flows", "br-tun", "table=0"); err != nil {
		return f, err
	}
	f.expected = text{"10.10.0.52 itself does not answer any more; table 0 counts what it sent into the bridge", "10.10.0.52 本身也不再应答；发给它的报文计在表0上"}
	f.seen = text{fmt.Sprintf("%d answers, %d packets more in table 0", len(pongs), after-before), fmt.Sprintf("应答 %d 个，表0增加 %d 个报文", len(pongs), after-before)}
	f.ok = len(pongs) == 0 && after > before
	return f, nil
}

func mistakeLint(ctx context.Context, n *Network) (f finding, err error) {
	h := n.Hosts[1]
	out, err := n.tool(ctx, h, "ovs-appctl", "lint/show")
	if err != nil {
		return f, err
	}
	f.expected = text{"one finding that names enp2s0f1, 10.10.0.52 and vxlan-0a0a0033", "一条发现，指出 enp2s0f1、10.10.0.52 和 vxlan-0a0a0033"}
	f.ok = strings.Contains(out, nic) && strings.Contains(out, h.ip) && strings.Contains(out, h.tunnel)
	f.seen = text{"these three named", "三者都指出了"}
	if !f.ok {
		f.seen = text{"not all of them named", "没有全部指出"}
	}
	return f, nil
}

func mistakeHealed(ctx context.Context, n *Network) (f finding, err error) {
	if _, err := n.tool(ctx, n.Hosts[1], "ovs-vsctl", "del-port", "br-tun", nic); err != nil {
		return f, err
	}
	// The kernel asks for the other host's MAC again within a second or two.
	for range 50 {
		if got, err := n.Ping(ctx, "vm2", "vm1", 1); err != nil || got > 0 {
			break
		}
	}
	counts, err := n.pingAll(ctx, 3, 3*time.Second)
	if err != nil {
		return f, err
	}
	f.expected = text{"3, 3 and 3 answers", "分别 3、3、3 个应答"}
	f.seen = text{fmt.Sprintf("%v answers", counts), fmt.Sprintf("应答 %v", counts)}
	f.ok = counts[0] == 3 && counts[1] == 3 && counts[2] == 3
	return f, nil
}
