package datapath

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
)

// profile records what the forwarder does from now on, or its processor if it is
// the kernel. The function that it returns writes, once that has ended, a table by function alone, one with
// all that each called, and one by stage. Their names are the forwarder's and the
// column's.
func (l *lab) profile(column string) (end func()) {
	if *profileDir == "" {
		return func() {}
	}
	l.must(os.MkdirAll(*profileDir, 0o755))
	name := filepath.Join(*profileDir, strings.NewReplacer(" ", "-", ",", "").Replace(l.f.name+" "+column))
	what := []string{"-C", strconv.Itoa(forwardCPU)}
	if len(l.pids) > 0 {
		var pids []string
		for _, pid := range l.pids {
			pids = append(pids, strconv.Itoa(pid))
		}
		what = []string{"-p", strings.Join(pids, ",")}
	}
	args := append([]string{"-n", "-19", "perf", "record", "-q", "-g", "-o", name + ".data"}, what...)
	cmd := exec.Command("nice", append(args, "--", "sleep", fmt.Sprint(window.Seconds()*0.8))...)
	l.must(cmd.Start())
	return func() {
		l.must(cmd.Wait())
		type table struct {
			suffix string
			args   []string
		}
		tables := []table{
			{".txt", []string{"--no-children", "--sort", "comm,dso,sym"}},
			{".children.txt", []string{"--children", "--sort", "comm,dso,sym"}},
		}
		if strings.HasPrefix(l.f.name, "govs") {
			tables = append(tables, table{stagesSuffix, []string{"--children", "--sort", "sym"}})
		}
		for _, t := range tables {
			args := append([]string{"report", "--stdio", "--no-inline", "-i", name + ".data", "-g", "none"}, t.args...)
			out, err := exec.Command("perf", args...).Output()
			l.must(err)
			if t.suffix == stagesSuffix {
				out = byStage(out)
			}
			l.must(os.WriteFile(name+t.suffix, out, 0o644))
		}
	}
}

const stagesSuffix = ".stages.txt"

// threadLoop is what a packet thread does all the time.
const threadLoop = "userspace.(*thread).run"

// stages are what a packet thread does, by the function that does it.
var stages = []struct {
	name string
	syms []string // ends of symbols
}{
	{"waiting for packets", []string{"userspace.(*thread).wait"}},
	{"receiving", []string{"afpacket.(*rxQueue).Recv", "afxdp.(*queue).Recv", "tap.(*rxQueue).Recv", "tunnel.(*rxQueue).Recv"}},
	{"reading headers", []string{"flow.Extract"}},
	{"finding the flow", []string{"userspace.(*exec).lookup"}},
	{"tracking connections", []string{"userspace.(*exec).track"}},
	{"flow setups", []string{"userspace.(*exec).upcall"}},
	{"sending, our part and the kernel's", []string{"afpacket.(*Device).Send", "afxdp.(*Device).Send", "afxdp.(*Device).Flush", "tap.(*Device).Send", "tunnel.(*Device).Send"}},
	{"  the system calls", []string{"__x64_sys_sendmmsg", "__x64_sys_sendto", "__x64_sys_write", "__x64_sys_writev"}},
	{"  in them the receiver's interface", []string{"net_rx_action"}},
}

// byStage makes a table of a report by perf, in percent of the packet threads'
// time.
func byStage(report []byte) []byte {
	share := map[string]float64{}
	for line := range strings.Lines(string(report)) {
		f := strings.Fields(line)
		if len(f) < 4 || !strings.HasSuffix(f[0], "%") {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSuffix(f[0], "%"), 64)
		if err == nil {
			share[f[3][strings.LastIndexByte(f[3], '/')+1:]] += v
		}
	}
	all := share[threadLoop]
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, s := range stages {
		sum := 0.0
		for _, sym := range s.syms {
			sum += share[sym]
		}
		if sum > 0 {
			fmt.Fprintf(w, "%s\t%.1f %%\n", s.name, sum*100/all)
		}
	}
	w.Flush()
	return b.Bytes()
}
