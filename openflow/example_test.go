package openflow_test

import (
	"fmt"
	"time"

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

// Any message as ovs-ofctl prints it.
func ExamplePrint() {
	b := openflow.Encode(&openflow.PortMod{Port: 3, Config: openflow.PortDown, Mask: openflow.PortDown}, openflow.ProtoOXM13, 7)
	fmt.Print(openflow.Print(b, openflow.PrintOptions{}))
	fmt.Print(openflow.Print(b[:20], openflow.PrintOptions{}))
	// Output:
	// OFPT_PORT_MOD (OF1.3) (xid=0x7): port: 3: addr:00:00:00:00:00:00
	//      config: PORT_DOWN
	//      mask:   PORT_DOWN
	//      advertise: UNCHANGED
	// OFPT_PORT_MOD (OF1.3) (xid=0x7):
	// (***truncated to 20 bytes from 40***)
	// 00000000  04 10 00 28 00 00 00 07-00 00 00 03 00 00 00 00 |...(............|
	// 00000010  00 00 00 00                                     |....            |
}

// A message read, and what to answer to one that is wrong.
func ExampleDecode() {
	b := openflow.Encode(&openflow.RoleRequest{Role: openflow.RolePrimary, GenerationID: 5, HasID: true}, openflow.ProtoOXM14, 1)
	d, err := openflow.Decode(b, openflow.DecodeOptions{})
	if m, ok := d.Message.(*openflow.RoleRequest); ok && err == nil {
		fmt.Println(d.Name, m.GenerationID)
	}
	b[11] = 9 // no role
	_, err = openflow.Decode(b, openflow.DecodeOptions{})
	if code, ok := err.(openflow.ErrorCode); ok {
		answer := openflow.Encode(&openflow.ErrorMsg{Code: code, Data: b}, openflow.ProtoOXM14, d.Header.Xid)
		fmt.Println(code, len(answer))
	}
	// Output:
	// OFPT_ROLE_REQUEST 5
	// OFPRRFC_BAD_ROLE 36
}

// A list too long for one message, sent in parts and put together again.
func ExampleAssembler() {
	ports := &openflow.PortDescReply{Ports: make([]openflow.PortDesc, 2000)}
	wire := openflow.Encode(ports, openflow.ProtoOXM13, 1)
	var a openflow.Assembler
	for len(wire) > 0 {
		n := openflow.ParseHeader(wire).Length
		parts, err := a.Add(wire[:n], time.Time{})
		if err != nil {
			fmt.Println(err)
			return
		}
		wire = wire[n:]
		if parts == nil {
			continue
		}
		n = 0
		msgs, err := openflow.DecodeParts(parts, openflow.DecodeOptions{})
		for _, d := range msgs {
			n += uint16(len(d.Message.(*openflow.PortDescReply).Ports))
		}
		fmt.Println(len(parts), "parts,", n, "ports", err)
	}
	// Output:
	// 2 parts, 2000 ports <nil>
}
