// Package nstest lets the tests of a package run in a network namespace of
// their own, so that the devices and routes they make can hurt nobody and
// vanish with them. For tests only.
package nstest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

const env = "GOVS_TEST_NETNS"

// Main is for TestMain: it runs the tests in a new network namespace if it may
// make one. Without that privilege, tests that call Need skip themselves.
func Main(m *testing.M) {
	if os.Getenv(env) != "" || !allowed() {
		os.Exit(m.Run())
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), env+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		os.Exit(0)
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	}
	fmt.Fprintln(os.Stderr, "nstest:", err)
	os.Exit(1)
}

func allowed() bool {
	cmd := exec.Command("/proc/self/exe", "-test.list=^$")
	cmd.Env = append(os.Environ(), env+"=probe")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	return cmd.Run() == nil
}

// Need skips the test when it does not run in a namespace of its own, or fails
// it in CI.
func Need(t testing.TB) {
	t.Helper()
	if os.Getenv(env) != "" {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("needs the privilege to make network namespaces")
	}
	t.Skip("needs the privilege to make network namespaces")
}
