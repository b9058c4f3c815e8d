package flow_test

import (
	"fmt"

	"govs/flow"
)

func Example() {
	m, err := flow.ParseMatch("arp,dl_vlan=1,arp_tpa=192.168.1.6", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	k, _ := flow.ParseKey("in_port=3,dl_vlan=1,arp,arp_op=1,arp_tpa=192.168.1.6", nil)
	fmt.Println(m.Matches(k))
	fmt.Println(string(flow.AppendMatch(nil, &m, 1, nil)))
	fmt.Printf("%x\n", flow.AppendNXM(nil, &m, flow.WireNXM, nil))
	// Output:
	// true
	// priority=1,arp,dl_vlan=1,arp_tpa=192.168.1.6
	// 0000060208060000090410011fff00002204c0a80106
}

func ExampleParseSubfield() {
	sf, _ := flow.ParseSubfield("vlan_tci[0..11]")
	k, _ := flow.ParseKey("dl_vlan=7", nil)
	fmt.Println(sf, sf.Get(k).Lo)
	// Output: NXM_OF_VLAN_TCI[0..11] 7
}
