package afpacket

import (
	"errors"
	"fmt"
	"io"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Verdicts of a classifier program: drop is the same number for tcx
// (TCX_DROP) and for a direct-action filter (TC_ACT_SHOT).
const verdictDrop = 2

// attachGuard keeps the frames that the interface receives from the host's own
// stack: the bridge owns the device, as it does with OVS's kernel module. The
// packet socket sees frames before tc ingress, so it still gets them. The guard
// goes when it is closed, and with tcx at the latest with the process.
func attachGuard(ifindex int) (io.Closer, error) {
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name:         "govs_guard",
		Type:         ebpf.SchedCLS,
		License:      "Apache-2.0",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, verdictDrop), asm.Return()},
	})
	if err != nil {
		if errors.Is(err, unix.EPERM) {
			return nil, errors.New("loading an eBPF program needs CAP_BPF and CAP_NET_ADMIN of the machine")
		}
		return nil, fmt.Errorf("load eBPF program: %w", err)
	}
	defer prog.Close()
	l, err := link.AttachTCX(link.TCXOptions{Interface: ifindex, Program: prog, Attach: ebpf.AttachTCXIngress})
	if err == nil {
		return l, nil
	}
	f, older := attachFilter(ifindex, prog)
	if older != nil {
		return nil, errors.Join(err, older)
	}
	return f, nil
}

// filter is the guard of kernels before 6.6, which have no tcx: a classic
// filter. It outlives a process that is killed, as a port of the kernel's
// datapath does; the next guard of the interface takes its place.
type filter struct{ netlink.BpfFilter }

func attachFilter(ifindex int, prog *ebpf.Program) (*filter, error) {
	err := netlink.QdiscAdd(&netlink.GenericQdisc{
		QdiscAttrs: netlink.QdiscAttrs{
			LinkIndex: ifindex,
			Handle:    netlink.MakeHandle(0xffff, 0),
			Parent:    netlink.HANDLE_CLSACT,
		},
		QdiscType: "clsact",
	})
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return nil, fmt.Errorf("add clsact: %w", err)
	}
	f := &filter{netlink.BpfFilter{
		FilterAttrs: netlink.FilterAttrs{
			LinkIndex: ifindex,
			Parent:    netlink.HANDLE_MIN_INGRESS,
			Handle:    1,
			Protocol:  unix.ETH_P_ALL,
			Priority:  1,
		},
		Fd:           prog.FD(),
		Name:         "govs_guard",
		DirectAction: true,
	}}
	if err := netlink.FilterReplace(&f.BpfFilter); err != nil {
		return nil, fmt.Errorf("add filter: %w", err)
	}
	return f, nil
}

// Close takes the filter away; the clsact queue it hung on stays.
func (f *filter) Close() error { return netlink.FilterDel(&f.BpfFilter) }
