package userspace

import (
	"encoding/binary"
	"fmt"
	"testing"

	"govs/dpif"
	"govs/netdev"
	"govs/packet"
)

// lengths is a device that notes how long the packets are that it sends.
type lengths struct {
	sink
	to *string
	no string
}

func (d lengths) RxQueues() []netdev.RxQueue { return nil }

func (d lengths) Send(_ int, b []*packet.Packet) (int, error) {
	for _, p := range b {
		*d.to += fmt.Sprintf(" %s:%d", d.no, p.Len())
	}
	return len(b), nil
}

// TestCutNested: the cutting of the next output concerns none inside sample or
// check_pkt_len, and ends with a clone. As measured of OVS 3.1.
func TestCutNested(t *testing.T) {
	dp := newLearner(t)
	var sent string
	var no [2]dpif.PortNo
	for i := range no {
		name := fmt.Sprint("p", i+1)
		n, err := dp.PortAdd(name, lengths{to: &sent, no: name}, dpif.NoPort)
		must(t, err)
		no[i] = n
	}
	type A = dpif.Actions
	a, b := A(nil).Output(no[0]), A(nil).Output(no[1])
	always := binary.NativeEndian.AppendUint32(nil, ^uint32(0))
	cut := A(nil).Trunc(60)
	for _, c := range []struct {
		name, want string
		actions    A
	}{
		{"trunc,1,2", " p1:60 p2:100", append(cut.Output(no[0]), b...)},
		{"trunc,check_pkt_len(50,gt(1),le(2)),2", " p1:100 p2:60", append(cut.CheckPktLen(50, a, b), b...)},
		{"trunc,check_pkt_len(80,gt(1),le(2)),1", " p2:100 p1:60", append(cut.CheckPktLen(80, a, b), a...)},
		{"trunc,sample(1),2", " p1:100 p2:60", append(A(dpif.AppendAttr(cut, dpif.ActSample,
			dpif.AppendAttr(dpif.AppendAttr(nil, dpif.SampleProbability, always), dpif.SampleActions, a))), b...)},
		{"trunc,clone(1),2", " p1:60 p2:100", append(cut.Clone(a), b...)},
		{"trunc,clone(push_vlan),2", " p2:100", append(cut.Clone(A(nil).PushVLAN(0x8100, 0x1003)), b...)},
	} {
		sent = ""
		p := packet.New(make([]byte, 100))
		must(t, dp.Execute(&dpif.Execute{Packet: p, Actions: c.actions}))
		if sent != c.want {
			t.Errorf("%s: sent%s, want%s", c.name, sent, c.want)
		}
	}
}
