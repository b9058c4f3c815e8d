package conn_test

import (
	"context"
	"fmt"

	"govs/openflow"
	"govs/openflow/conn"
	"govs/stream"
)

// Add a flow to a switch and read its table back.
func ExampleDialClient() {
	c, err := conn.DialClient(context.Background(), stream.Config{}, "unix:/var/run/openvswitch/br0.mgmt", openflow.VersionsOf(openflow.V13))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fm, _, err := openflow.ParseFlowMod("in_port=1,actions=2", openflow.FlowAdd, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if refused, err := c.Request(fm); err != nil || refused != nil {
		fmt.Println(err, openflow.Print(refused, openflow.PrintOptions{}))
		return
	}
	all := &openflow.FlowStatsRequest{Table: openflow.TableAny, OutPort: openflow.PortNone, OutGroup: openflow.GroupAny}
	err = c.TransactMulti(all, func(b []byte) error {
		d, err := openflow.Decode(b, openflow.DecodeOptions{})
		if r, ok := d.Message.(*openflow.FlowStatsReply); ok {
			for i := range r.Flows {
				fmt.Println(string(openflow.AppendFlowStats(nil, &r.Flows[i], nil, false)))
			}
		}
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
}
