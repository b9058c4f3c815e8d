// Package traffic sends real packets through a switch: hosts in network
// namespaces of their own, cables into its ports, one script a subject. Each
// script runs on ours, with the hosts' offloads as the kernel has them and
// without, and on the reference, with the same expectations.
package traffic

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"govs/flow"
	"govs/test/sandbox"
)

func TestMain(m *testing.M) {
	name := filepath.Base(os.Args[0])
	if run := programs[name]; run != nil {
		if err := run(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, name+":", err)
			os.Exit(1)
		}
		return
	}
	sandbox.Main(m)
}

// programs are for scripts, which find them by these names.
var programs = map[string]func(args []string) error{"send": send, "tell": tell, "ask": ask}

// send sends frames that are given in flow syntax
// by an interface, "send INTERFACE FLOW [COUNT [PAYLOAD-BYTES]]". An @ in FLOW
// stands for the number of the frame.
func send(args []string) error {
	if len(args) < 2 || len(args) > 4 {
		return fmt.Errorf("usage: send INTERFACE FLOW [COUNT [PAYLOAD-BYTES]]")
	}
	numbers := [2]int{1, 64}
	var err error
	for i, a := range args[2:] {
		if numbers[i], err = strconv.Atoi(a); err != nil || numbers[i] < 0 || numbers[i] > 65000 {
			return fmt.Errorf("%s: not a number from 0 to 65000", a)
		}
	}
	ifc, err := net.InterfaceByName(args[0])
	if err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	to := &unix.SockaddrLinklayer{Ifindex: ifc.Index}
	for i := range numbers[0] {
		m, err := flow.ParseMatch(strings.ReplaceAll(args[1], "@", strconv.Itoa(i+1)), nil)
		if err != nil {
			return err
		}
		frame := flow.Compose(&m.Key, &flow.ComposeOptions{Payload: make([]byte, numbers[1])}).Bytes()
		if err := unix.Sendto(fd, frame, 0, to); err != nil {
			return err
		}
	}
	return nil
}
