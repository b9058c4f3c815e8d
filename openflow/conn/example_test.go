package conn_test

import (
	"context"
	"fmt"
	"net"

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

// hub is the simplest controller: a packet goes out of all ports.
type hub struct{}

func (hub) Begin(out []byte) []byte {
	return append(out, openflow.Encode(&openflow.FeaturesRequest{}, openflow.ProtoOXM13, 1)...)
}

func (hub) Message(out, msg []byte) []byte {
	d, err := openflow.Decode(msg, openflow.DecodeOptions{Loose: true})
	if err != nil {
		return out
	}
	switch m := d.Message.(type) {
	case *openflow.EchoRequest:
		return append(out, conn.EchoReply(msg)...)
	case *openflow.SwitchFeatures:
		fmt.Printf("a switch with %d tables\n", m.NTables)
	case *openflow.PacketIn:
		reply := &openflow.PacketOut{Buffer: m.Buffer, Packet: m.Packet, Metadata: m.Metadata, Actions: []openflow.Action{&openflow.Output{Port: openflow.PortFlood}}}
		return append(out, openflow.Encode(reply, openflow.ProtoOXM13, d.Header.Xid)...)
	}
	return out
}

// oneSwitch is a switch that only says what it is, and then sends a packet.
type oneSwitch struct{ done func() }

func (oneSwitch) Begin(out []byte) []byte { return out }

func (s oneSwitch) Message(out, msg []byte) []byte {
	d, err := openflow.Decode(msg, openflow.DecodeOptions{})
	if code, ok := err.(openflow.ErrorCode); ok {
		return append(out, openflow.Encode(&openflow.ErrorMsg{Code: code, Data: msg}, openflow.ProtoOXM13, d.Header.Xid)...)
	}
	switch m := d.Message.(type) {
	case *openflow.FeaturesRequest:
		out = append(out, openflow.Encode(&openflow.SwitchFeatures{DatapathID: 1, NTables: 254}, openflow.ProtoOXM13, d.Header.Xid)...)
		in := &openflow.PacketIn{Packet: []byte("a packet"), TotalLen: 8, Buffer: openflow.NoBuffer}
		return append(out, openflow.Encode(in, openflow.ProtoOXM13, 0)...)
	case *openflow.PacketOut:
		fmt.Printf("%q: %s\n", m.Packet, openflow.FormatActions(nil, m.Actions, nil))
		s.done()
	}
	return out
}

// A switch and a controller on the two ends of a connection.
func ExampleServe() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := l.Accept()
	if err != nil {
		fmt.Println(err)
		return
	}
	end := make(chan error)
	start := func(nc net.Conn, name string, h conn.Handler) {
		c := conn.New(nc, name)
		if err := c.Handshake(ctx, openflow.VersionsOf(openflow.V13)); err != nil {
			end <- err
			return
		}
		end <- conn.Serve(ctx, c, h, 0)
	}
	go start(a, "switch", oneSwitch{cancel})
	go start(b, "controller", hub{})
	<-end
	<-end
	// Output:
	// a switch with 254 tables
	// "a packet": FLOOD
}
