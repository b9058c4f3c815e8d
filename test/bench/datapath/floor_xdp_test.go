package datapath

import (
	"net"

	"golang.org/x/sys/unix"

	"govs/netdev/afxdp"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// forwardXDP forwards by AF_XDP sockets in copy mode.
func forwardXDP(args []string) error {
	if err := pin(0, forwardCPU); err != nil {
		return err
	}
	var s [2]*afxdp.Socket
	var p [2]unix.PollFd
	for i := range s {
		ifc, err := net.InterfaceByName(args[i])
		if err != nil {
			return err
		}
		m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.XSKMap, KeySize: 4, ValueSize: 4, MaxEntries: 1})
		if err != nil {
			return err
		}
		prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
			Type: ebpf.XDP, License: "Apache-2.0",
			Instructions: asm.Instructions{
				asm.LoadMapPtr(asm.R1, m.FD()), asm.Mov.Imm(asm.R2, 0), asm.Mov.Imm(asm.R3, xdpDrop), asm.FnRedirectMap.Call(), asm.Return(),
			},
		})
		if err != nil {
			return err
		}
		if _, err := link.AttachXDP(link.XDPOptions{Program: prog, Interface: ifc.Index, Flags: link.XDPDriverMode}); err != nil {
			return err
		}
		if s[i], err = afxdp.OpenSocket(afxdp.SocketConfig{Ifindex: ifc.Index, Frame: 2048, Depth: 2048, NeedWakeup: true}); err != nil {
			return err
		}
		if err := m.Put(uint32(0), uint32(s[i].FD())); err != nil {
			return err
		}
		p[i].Fd = int32(s[i].FD())
	}
	for {
		await(p[:])
		for i := range s {
			in, out := s[i], s[1-i]
			n := in.Received(batch)
			for j := range n {
				out.Put(in.Frame(j))
			}
			in.Release(n)
			out.Flush()
		}
	}
}
