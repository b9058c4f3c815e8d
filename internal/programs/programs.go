// Package programs runs the other tools: those in OVS_SBINDIR and OVS_BINDIR if
// these are set, and this very program under the tool's name otherwise. It keeps
// no state.
package programs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// dirs are where tools are looked for before this program serves itself.
func dirs() (l []string) {
	for _, v := range []string{"OVS_SBINDIR", "OVS_BINDIR"} {
		if dir := os.Getenv(v); dir != "" {
			l = append(l, dir)
		}
	}
	return l
}

// Path is a search path for scripts that call the tools by name: it begins with
// the directories that Command looks into and this program's own.
func Path() string {
	l := dirs()
	if self, err := os.Executable(); err == nil {
		l = append(l, filepath.Dir(self))
	}
	return strings.Join(append(l, os.Getenv("PATH")), string(filepath.ListSeparator))
}

// Command returns a call of tool, such as "ovs-vsctl".
func Command(tool string, args ...string) *exec.Cmd {
	for _, dir := range dirs() {
		p := filepath.Join(dir, tool)
		if _, err := os.Stat(p); err == nil {
			return exec.Command(p, args...)
		}
	}
	self, err := os.Executable()
	if err != nil {
		self = "/proc/self/exe"
	}
	return &exec.Cmd{Path: self, Args: append([]string{tool}, args...)}
}
