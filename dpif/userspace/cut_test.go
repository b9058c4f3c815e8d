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

// superFrame returns a super-frame of TCP whose vnet header counts more than the
// headers, as the kernel's do.
func superFrame(n, mss int) *packet.Packet {
	b := make([]byte, 54+n)
	copy(b[12:], []byte{8, 0, 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2})
	binary.BigEndian.PutUint16(b[16:], uint16(40+n))
	packet.IPv4(b[14:]).Checksum()
	b[46] = 0x50
	p := packet.New(b)
	p.Offload = packet.Offload{CsumPartial: true, CsumStart: 34, CsumOffset: 16, GSOType: packet.GSOTCPv4, GSOSize: uint16(mss), HdrLen: 100}
	return p
}

// TestCutSuperFrame: of a super-frame, each frame that it stands for is cut, and
// compared.
func TestCutSuperFrame(t *testing.T) {
	dp := newLearner(t)
	var sent string
	no, err := dp.PortAdd("p1", lengths{to: &sent, no: "p1"}, dpif.NoPort)
	must(t, err)
	type A = dpif.Actions
	out := A(nil).Output(no)
	for _, c := range []struct {
		name, want string
		actions    A
	}{
		{"trunc(2000)", " p1:2554", A(nil).Trunc(2000).Output(no)},
		{"trunc(1054)", " p1:2554", A(nil).Trunc(1054).Output(no)},
		{"trunc(1053)", " p1:1053 p1:1053 p1:554", A(nil).Trunc(1053).Output(no)},
		{"trunc(100),1,1", " p1:100 p1:1054 p1:100 p1:1054 p1:100 p1:554", append(A(nil).Trunc(100).Output(no), out...)},
		{"push_vlan,trunc(1057)", " p1:1057 p1:1057 p1:558", A(nil).PushVLAN(0x8100, 0x1003).Trunc(1057).Output(no)},
		{"check_pkt_len(1054)", " p1:2554", A(nil).CheckPktLen(1054, nil, out)},
		{"check_pkt_len(1053)", " p1:2554", A(nil).CheckPktLen(1053, out, nil)},
		{"push_vlan,check_pkt_len(1057)", " p1:2558", A(nil).PushVLAN(0x8100, 0x1003).CheckPktLen(1057, out, nil)},
	} {
		sent = ""
		must(t, dp.Execute(&dpif.Execute{Packet: superFrame(2500, 1000), Actions: c.actions}))
		if sent != c.want {
			t.Errorf("%s: sent%s, want%s", c.name, sent, c.want)
		}
	}
}
