package netlab

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"govs/internal/ovsref"
)

// pair returns two namespaces with a cable "eth0" between 10.9.9.1 and .2.
func pair(t *testing.T) (a, b *Namespace) {
	t.Helper()
	ovsref.Root(t)
	var ns [2]*Namespace
	for i := range ns {
		name := fmt.Sprintf("govstest%d-%c", os.Getpid(), 'a'+i)
		n, err := New(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
			if got := List(name); len(got) != 0 {
				t.Errorf("left behind: %v", got)
			}
		})
		ns[i] = n
	}
	if err := Veth(ns[0], "eth0", ns[1], "eth0"); err != nil {
		t.Fatal(err)
	}
	for i, n := range ns {
		if err := n.Addr("eth0", netip.MustParsePrefix(fmt.Sprintf("10.9.9.%d/24", i+1))); err != nil {
			t.Fatal(err)
		}
	}
	return ns[0], ns[1]
}

func TestCable(t *testing.T) {
	a, b := pair(t)
	ctx := context.Background()
	two := netip.MustParseAddr("10.9.9.2")
	sn, err := b.Sniff("eth0")
	if err != nil {
		t.Fatal(err)
	}
	defer sn.Close()
	if err := b.MAC("eth0", "fa:16:3e:00:00:02"); err != nil {
		t.Fatal(err)
	}
	pongs, err := a.Ping(ctx, two, 2, 10*time.Millisecond, 2*time.Second)
	if err != nil || len(pongs) != 2 {
		t.Errorf("ping: %v, %v", pongs, err)
	}
	if err := a.Forget("eth0"); err != nil {
		t.Error(err)
	}
	mac, err := a.Who(ctx, "eth0", netip.MustParseAddr("10.9.9.1"), two, 2*time.Second)
	if err != nil || mac.String() != "fa:16:3e:00:00:02" {
		t.Errorf("arp: %v, %v", mac, err)
	}
	tr, err := Transfer(ctx, a, b, two, 1<<20)
	if err != nil || tr.Bytes != 1<<20 || tr.Sent != tr.Received {
		t.Errorf("transfer: %d bytes, %v", tr.Bytes, err)
	}
	time.Sleep(100 * time.Millisecond)
	sn.Close()
	if n := sn.Count(func(f *Frame) bool { return f.Proto == 1 && f.Dst == two }); n != 2 {
		t.Errorf("sniffed %d echo requests", n)
	}
	if n := sn.Count(func(f *Frame) bool { return f.ARPOp == 1 && f.ARPTarget == two }); n == 0 {
		t.Error("sniffed no ARP request")
	}
	if pongs, err := a.Ping(ctx, netip.MustParseAddr("10.9.9.3"), 1, 0, 50*time.Millisecond); err != nil || len(pongs) != 0 {
		t.Errorf("ping to nobody: %v, %v", pongs, err)
	}
}

func TestClear(t *testing.T) {
	a, _ := pair(t)
	cmd := exec.Command("sleep", "60")
	if err := a.Start(cmd); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	if pids := Pids(a.Name); len(pids) != 1 || pids[0] != cmd.Process.Pid {
		t.Errorf("pids %v, want %d", pids, cmd.Process.Pid)
	}
	if err := Clear(a.Name); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("the process was not ended")
	}
}

func TestDecode(t *testing.T) {
	arp := "fffffffffffffa163ef418f508060001080006040001" + "fa163ef418f5c0a8010c" + "000000000000c0a80106"
	vxlan := "020000000051020000000052" + "0800" +
		"45000064000040004011000" + "00a0a00340a0a0033" + "c00012b500500000" + "0800000000138f00" + arp
	b, err := hex.DecodeString(vxlan)
	if err != nil {
		t.Fatal(err)
	}
	f := Decode(b)
	if f.VNI != 0x138f || !f.DF || f.Src.String() != "10.10.0.52" || f.DPort != VXLANPort {
		t.Fatalf("outer: %+v", f)
	}
	if i := f.Inner; i == nil || i.ARPOp != 1 || i.ARPTarget.String() != "192.168.1.6" || i.ARPSender.String() != "192.168.1.12" {
		t.Fatalf("inner: %+v", f.Inner)
	}
	for n := range b {
		Decode(b[:n])
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xfa\x16\x3e\xf4\x18\xf5\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01"))
	f.Fuzz(func(t *testing.T, b []byte) { Decode(b) })
}
