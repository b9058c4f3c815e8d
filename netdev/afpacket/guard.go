package afpacket

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

const tcxDrop = 2

// attachGuard keeps the frames that the interface receives from the host's own
// stack: the bridge owns the device, as it does with OVS's kernel module. The
// packet socket sees frames before tc ingress, so it still gets them. The guard
// goes with the returned link's descriptor, at the latest with the process.
func attachGuard(ifindex int) (link.Link, error) {
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name:         "govs_guard",
		Type:         ebpf.SchedCLS,
		License:      "Apache-2.0",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, tcxDrop), asm.Return()},
	})
	if err != nil {
		return nil, fmt.Errorf("load eBPF program: %w", err)
	}
	defer prog.Close()
	return link.AttachTCX(link.TCXOptions{Interface: ifindex, Program: prog, Attach: ebpf.AttachTCXIngress})
}
