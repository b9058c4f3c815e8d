// Package datapath measures the userspace datapath beside Debian's, a Linux
// bridge and bare forwarders without any switch logic, all in one run:
//
//	make bench-datapath
package datapath

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"govs/test/sandbox"
)

// roleEnv makes a process of this program a part of the load instead of the
// test.
const roleEnv = "GOVS_BENCH_ROLE"

// The processor of the load, and that of the forwarder.
const (
	loadCPU    = 0
	forwardCPU = 1
)

func TestMain(m *testing.M) {
	role := strings.Fields(os.Getenv(roleEnv))
	if len(role) == 0 {
		prefer(0)
		sandbox.Main(m)
		return
	}
	runtime.LockOSThread()
	err := fmt.Errorf("no role %q", role[0])
	if f := roles[role[0]]; f != nil {
		err = f(role[1:])
	}
	fmt.Fprintln(os.Stderr, role, err)
	os.Exit(1)
}

// roles are what a process can be told to be; they run until they are killed.
var roles = map[string]func([]string) error{
	"generate": generate,
	"recvmmsg": forwardRecvmmsg,
	"tpacket":  forwardRing,
	"vnet":     forwardVNet,
	"afxdp":    forwardXDP,
}

// role returns the command of a process with that role, which does not outlive
// this one.
func role(args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleEnv+"="+strings.Join(args, " "))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	return cmd
}

// pin keeps a process, 0 the calling one, on one processor, and has it go before
// whatever else the machine does.
func pin(pid, cpu int) error {
	prefer(pid)
	if pid == 0 {
		pid = os.Getpid()
	}
	var s unix.CPUSet
	s.Set(cpu % runtime.NumCPU())
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, t := range tasks {
		if tid, e := strconv.Atoi(t.Name()); e == nil {
			err = errors.Join(err, unix.SchedSetaffinity(tid, &s))
		}
	}
	return err
}

// prefer lets a process, 0 the calling one, and its session go first, if it may.
func prefer(pid int) {
	if pid == 0 {
		pid = os.Getpid()
	}
	os.WriteFile(fmt.Sprintf("/proc/%d/autogroup", pid), []byte("-19"), 0)
	unix.Setpriority(unix.PRIO_PROCESS, pid, -19)
}
