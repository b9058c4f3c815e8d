package afpacket

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"govs/internal/netlab"
	"govs/internal/ovsref"
)

// TestFilter proves that the guard of older kernels starves the host's stack
// and that closing it ends that.
func TestFilter(t *testing.T) {
	ovsref.Root(t)
	var ns [2]*netlab.Namespace
	for i := range ns {
		n, err := netlab.New(fmt.Sprintf("govsguard%d-%d", os.Getpid(), i))
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		ns[i] = n
	}
	if err := netlab.Veth(ns[0], "eth0", ns[1], "eth0"); err != nil {
		t.Fatal(err)
	}
	for i, n := range ns {
		if err := n.Addr("eth0", netip.MustParsePrefix(fmt.Sprintf("10.8.8.%d/24", i+1))); err != nil {
			t.Fatal(err)
		}
	}
	pings := func() int {
		pongs, err := ns[0].Ping(context.Background(), netip.MustParseAddr("10.8.8.2"), 1, 0, 300*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		return len(pongs)
	}
	if pings() != 1 {
		t.Fatal("no answer without a guard")
	}
	err := ns[1].Do(func() error {
		ifc, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.SchedCLS, License: "Apache-2.0",
			Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, verdictDrop), asm.Return()}})
		if err != nil {
			return err
		}
		defer prog.Close()
		for range 2 { // the second takes the first one's place
			f, err := attachFilter(ifc.Index, prog)
			if err != nil {
				return err
			}
			defer f.Close()
		}
		if pings() != 0 {
			t.Error("the host's stack still answers")
		}
		return nil
	})
	if err != nil {
		if err, ok := err.(interface{ Unwrap() error }); ok && err.Unwrap() == unix.ENOENT {
			t.Skip("this kernel has no clsact or no eBPF classifier")
		}
		t.Fatal(err)
	}
	if pings() != 1 {
		t.Error("no answer after the guard is gone")
	}
}
