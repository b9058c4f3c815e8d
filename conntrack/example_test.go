package conntrack_test

import (
	"fmt"

	"govs/conntrack"
	"govs/flow"
)

func Example() {
	t := conntrack.New()
	commit := &conntrack.Action{Zone: 5, Commit: true}
	send := func(src, dst uint32, sport, dport uint16) {
		k := flow.Key{EthType: flow.EthTypeIP, NwProto: flow.ProtoUDP, NwTTL: 64, NwSrc: src, NwDst: dst, TPSrc: sport, TPDst: dport}
		p := flow.Compose(&k, nil)
		flow.Extract(p, &k)
		t.Process(p, commit, 1000)
		fmt.Println(p.CtState == conntrack.StateTracked|conntrack.StateNew, p.CtState == conntrack.StateTracked|conntrack.StateEstablished|conntrack.StateReply)
	}
	send(0x0a000001, 0x0a000002, 1000, 53)
	send(0x0a000002, 0x0a000001, 53, 1000)
	t.Dump(nil, 1000, func(e *conntrack.Entry) bool {
		fmt.Println(e.Orig.Src, e.Reply.Src, e.Zone, e.Timeout)
		return true
	})
	// Output:
	// true false
	// false true
	// 10.0.0.1 10.0.0.2 5 30
}
