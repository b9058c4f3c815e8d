package datapath

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// profile records what the forwarder's processor does from now on; the function
// it returns ends that and writes two tables, by function alone and with all
// that it called. Their names are the forwarder's and the column's.
func (l *lab) profile(column string) (end func()) {
	if *profileDir == "" {
		return func() {}
	}
	l.must(os.MkdirAll(*profileDir, 0o755))
	name := filepath.Join(*profileDir, strings.NewReplacer(" ", "-", ",", "").Replace(l.name+" "+column))
	cmd := exec.Command("nice", "-n", "-19", "perf", "record", "-q", "-g", "-C", strconv.Itoa(forwardCPU), "-o", name+".data", "--", "sleep", fmt.Sprint(window.Seconds()*0.8))
	l.must(cmd.Start())
	return func() {
		l.must(cmd.Wait())
		for _, t := range []struct{ suffix, children string }{{".txt", "--no-children"}, {".children.txt", "--children"}} {
			out, err := exec.Command("perf", "report", "--stdio", "--no-inline", "-i", name+".data", "-g", "none", "--sort", "comm,dso,sym", t.children).Output()
			l.must(err)
			l.must(os.WriteFile(name+t.suffix, out, 0o644))
		}
	}
}
