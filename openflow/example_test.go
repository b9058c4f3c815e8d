package openflow_test

import (
	"fmt"

	"govs/openflow"
)

// A flow in ovs-ofctl's text, as the message that adds it to a switch.
func ExampleParseFlowMod() {
	fm, usable, err := openflow.ParseFlowMod("table=1,priority=5,ip,nw_dst=10.0.0.0/8,actions=dec_ttl,output:2", openflow.FlowAdd, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(usable)
	fmt.Print(openflow.Print(openflow.Encode(fm, openflow.ProtoOXM13, 1), openflow.PrintOptions{}))
	// Output:
	// OXM,OpenFlow10+table_id,NXM+table_id,OpenFlow11
	// OFPT_FLOW_MOD (OF1.3) (xid=0x1): ADD table:1 priority=5,ip,nw_dst=10.0.0.0/8 actions=dec_ttl,output:2
}

// Actions in text, one by one as Go values.
func ExampleParseActions() {
	acts, _, err := openflow.ParseActions("mod_vlan_vid:5,resubmit(,20)", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range acts {
		switch a := a.(type) {
		case *openflow.SetVLANVID:
			fmt.Println("VLAN", a.VID)
		case *openflow.Resubmit:
			fmt.Println("table", a.Table)
		}
	}
	_, _, err = openflow.ParseActions("mod_dl_dest:00:00:00:00:00:01", nil)
	fmt.Println(err)
	// Output:
	// VLAN 5
	// table 20
	// unknown action mod_dl_dest; did you mean mod_dl_dst?
}
