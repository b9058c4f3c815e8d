package datapath

import (
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"strconv"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"govs/internal/netlab"
	"govs/packet"
)

const (
	xdpDrop, xdpTx = 1, 3
	// liveFrames is BPF_F_TEST_XDP_LIVE_FRAMES: what a test run of an XDP
	// program lets through really leaves by the interface.
	liveFrames = 2
)

// generate is the load: UDP frames of 60 bytes out of an interface as fast as
// one processor can, of as many flows as are asked for: they differ by source
// port, beyond perSource by source address, too.
func generate(args []string) error {
	if err := pin(0, loadCPU); err != nil {
		return err
	}
	ifc, err := net.InterfaceByName(args[0])
	if err != nil {
		return err
	}
	flows, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	frame, err := hex.DecodeString(args[2])
	if err != nil {
		return err
	}
	source := int32(binary.BigEndian.Uint16(frame[28:]))
	turn, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		return err
	}
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "generate", Type: ebpf.XDP, License: "Apache-2.0",
		Instructions: asm.Instructions{
			asm.Mov.Reg(asm.R6, asm.R1),
			asm.StoreImm(asm.R10, -4, 0, asm.Word),
			asm.LoadMapPtr(asm.R1, turn.FD()),
			asm.Mov.Reg(asm.R2, asm.R10),
			asm.Add.Imm(asm.R2, -4),
			asm.FnMapLookupElem.Call(),
			asm.JEq.Imm(asm.R0, 0, "drop"),
			asm.LoadMem(asm.R1, asm.R0, 0, asm.Word),
			asm.Mov.Reg(asm.R7, asm.R1),
			asm.Add.Imm(asm.R1, 1),
			asm.StoreMem(asm.R0, 0, asm.R1, asm.Word),
			asm.Mod.Imm(asm.R7, int32(flows)),
			asm.Mov.Reg(asm.R8, asm.R7),
			asm.Mod.Imm(asm.R7, perSource),
			asm.Add.Imm(asm.R7, 1), // flow n is UDP source port n, from 1
			asm.HostTo(asm.BE, asm.R7, asm.Half),
			asm.Div.Imm(asm.R8, perSource),
			// What the source address gains the identification loses, so that
			// the checksum stays right.
			asm.Mov.Imm(asm.R9, int32(binary.BigEndian.Uint16(frame[18:]))),
			asm.Sub.Reg(asm.R9, asm.R8),
			asm.HostTo(asm.BE, asm.R9, asm.Half),
			asm.Add.Imm(asm.R8, source),
			asm.HostTo(asm.BE, asm.R8, asm.Half),
			asm.LoadMem(asm.R2, asm.R6, 0, asm.Word),
			asm.LoadMem(asm.R3, asm.R6, 4, asm.Word),
			asm.Mov.Reg(asm.R4, asm.R2),
			asm.Add.Imm(asm.R4, 42),
			asm.JGT.Reg(asm.R4, asm.R3, "drop"),
			asm.StoreMem(asm.R2, 18, asm.R9, asm.Half),
			asm.StoreMem(asm.R2, 28, asm.R8, asm.Half),
			asm.StoreMem(asm.R2, 34, asm.R7, asm.Half),
			asm.Mov.Imm(asm.R0, xdpTx),
			asm.Return(),
			asm.Mov.Imm(asm.R0, xdpDrop).WithSymbol("drop"),
			asm.Return(),
		},
	})
	if err != nil {
		return err
	}
	// struct xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex
	ctx := make([]byte, 24)
	binary.NativeEndian.PutUint32(ctx[4:], uint32(len(frame)))
	binary.NativeEndian.PutUint32(ctx[12:], uint32(ifc.Index))
	for {
		// A run begins and ends with a wait for all processors (synchronize_rcu),
		// which a busy machine may draw out: runs are to be long.
		if _, err := prog.Run(&ebpf.RunOptions{Data: frame, Context: ctx, Repeat: 1 << 24, Flags: liveFrames}); err != nil {
			return err
		}
	}
}

const (
	perSource = 60000
	// newOnly is a number of flows that a load does not get through.
	newOnly = perSource << 14
)

// loadFrame returns the first frame of a load.
func loadFrame(srcMAC, dstMAC string, src, dst netip.Addr) []byte {
	b := make([]byte, 60)
	for i, s := range []string{dstMAC, srcMAC} {
		mac, _ := net.ParseMAC(s)
		copy(b[6*i:], mac)
	}
	copy(b[12:], []byte{8, 0, 0x45, 0, 0, 46, 0x80, 0, 0x40, 0, 64, 17})
	copy(b[26:], src.AsSlice())
	copy(b[30:], dst.AsSlice())
	copy(b[34:], []byte{0, 1, 0, 9, 0, 26})
	packet.IPv4(b[14:]).Checksum()
	return b
}

// counter counts and drops what an interface receives, before the host's stack.
type counter struct {
	m *ebpf.Map
	l link.Link
}

func newCounter(b *testing.B, ns *netlab.Namespace, ifname string) *counter {
	c := &counter{}
	var err error
	c.m, err = ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 8, MaxEntries: 1})
	if err != nil {
		b.Fatal(err)
	}
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "count", Type: ebpf.XDP, License: "Apache-2.0",
		Instructions: asm.Instructions{
			// Frames of the load only, which are UDP.
			asm.LoadMem(asm.R2, asm.R1, 0, asm.Word),
			asm.LoadMem(asm.R3, asm.R1, 4, asm.Word),
			asm.Mov.Reg(asm.R4, asm.R2),
			asm.Add.Imm(asm.R4, 42),
			asm.JGT.Reg(asm.R4, asm.R3, "drop"),
			asm.LoadMem(asm.R4, asm.R2, 23, asm.Byte),
			asm.JNE.Imm(asm.R4, 17, "drop"),
			asm.StoreImm(asm.R10, -4, 0, asm.Word),
			asm.LoadMapPtr(asm.R1, c.m.FD()),
			asm.Mov.Reg(asm.R2, asm.R10),
			asm.Add.Imm(asm.R2, -4),
			asm.FnMapLookupElem.Call(),
			asm.JEq.Imm(asm.R0, 0, "drop"),
			asm.LoadMem(asm.R1, asm.R0, 0, asm.DWord),
			asm.Add.Imm(asm.R1, 1),
			asm.StoreMem(asm.R0, 0, asm.R1, asm.DWord),
			asm.Mov.Imm(asm.R0, xdpDrop).WithSymbol("drop"),
			asm.Return(),
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer prog.Close()
	err = ns.Do(func() error {
		ifc, err := net.InterfaceByName(ifname)
		if err != nil {
			return err
		}
		c.l, err = link.AttachXDP(link.XDPOptions{Program: prog, Interface: ifc.Index, Flags: link.XDPDriverMode})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func (c *counter) close() {
	c.l.Close()
	c.m.Close()
}

func (c *counter) total() (n uint64) {
	var v []uint64
	c.m.Lookup(uint32(0), &v)
	for _, x := range v {
		n += x
	}
	return n
}
