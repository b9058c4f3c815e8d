package ofproto

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"govs/flow"
	"govs/internal/ovsref"
)

// resumeFlows pause packets in all sorts of places.
var resumeFlows = []string{
	"br0 in_port=1,udp actions=push:NXM_OF_ETH_SRC[],load:5->NXM_NX_REG3[],resubmit(,1),mod_nw_src:5.5.5.5,resubmit(,9)",
	"br0 table=1,cookie=0x77 actions=controller(pause,userdata=01.02.03,max_len=60),mod_dl_src:1:1:1:1:1:1,pop:NXM_NX_REG0[]",
	"br0 in_port=2,udp actions=load:7->OXM_OF_METADATA[],output:4",
	"br0 in_port=3,udp actions=ct(table=2,zone=4)",
	"br0 table=2,ip,ct_state=+trk actions=controller(pause),resubmit(,9)",
	"br0 in_port=1,tcp actions=clone(load:1->NXM_NX_REG1[],controller(pause),resubmit(,9)),2",
	"br0 in_port=2,tcp actions=controller(pause),set_queue:3,mod_dl_dst:2:2:2:2:2:2,resubmit(,9)",
	"br0 in_port=3,tcp actions=resubmit(,3),resubmit(,9)",
	"br0 table=3 actions=controller(pause)",
	"br0 in_port=1,icmp actions=set_tunnel:9,load:7->NXM_NX_PKT_MARK[],controller(pause),controller(pause),controller(id=0),resubmit(,9)",
	"br0 table=9,in_port=1 actions=2",
	"br0 table=9,in_port=2 actions=2",
	"br0 table=9,in_port=3 actions=2",
	"br1 actions=load:9->NXM_NX_REG7[],resubmit(,1),resubmit(,9)",
	"br1 table=1 actions=controller(pause),load:1->NXM_NX_REG2[]",
	"br1 table=9,reg2=1,reg7=9 actions=2",
}

var resumeVolatile = regexp.MustCompile(`continuation.bridge=[-0-9a-f]+|odp_port=[0-9]+|_csum:[0-9a-f]+|[0-9]{4}-[0-9]{2}-[0-9]{2}T[^|]*\|.*\n`)

// TestResumeReference has "ovs-ofctl monitor BR resume" get paused packets from
// both switches and have them continued. What it prints, and which flows the
// packets then pass, is the same.
func TestResumeReference(t *testing.T) {
	bridges := []bridgeDef{
		{"br0", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}, {"p3", "", 3, -1}, {"pa", "pb", 4, -1}}},
		{"br1", true, []portDef{{"pb", "pa", 1, -1}, {"q2", "", 2, -1}}},
	}
	r := startReference(t)
	r.build(bridges)
	dir, err := os.MkdirTemp("", "of")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	h := newTestHostIn(t, dir)
	h.build(t, bridges)
	ours := append(os.Environ(), "OVS_RUNDIR="+dir, "OVS_LOGDIR="+dir)
	var got [2]string
	for i, env := range [][]string{r.env, ours} {
		ofctl := func(args ...string) string {
			cmd := exec.Command(ovsref.Path(t, "ovs-ofctl"), args...)
			cmd.Env = env
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("ovs-ofctl %q: %v\n%s", args, err, out)
			}
			return string(out)
		}
		for _, f := range resumeFlows {
			br, text, _ := strings.Cut(f, " ")
			ofctl("add-flow", br, text)
		}
		var files []*os.File
		for _, br := range []string{"br0", "br1"} {
			f, err := os.Create(filepath.Join(t.TempDir(), br))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			cmd := exec.Command(ovsref.Path(t, "ovs-ofctl"), "monitor", br, "resume", "-P", "nxt_packet_in2", "-vconsole:off")
			cmd.Env, cmd.Stdout, cmd.Stderr = env, f, f
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
			files = append(files, f)
		}
		text := func() (s string) {
			for _, f := range files {
				b, err := os.ReadFile(f.Name())
				if err != nil {
					t.Fatal(err)
				}
				s += string(b)
			}
			return s
		}
		time.Sleep(300 * time.Millisecond) // until the monitors listen
		const key = "dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_src=1.2.3.4,nw_dst=2.3.4.5,nw_ttl=64"
		for _, proto := range []string{"udp", "tcp", "icmp"} {
			for _, port := range []string{"1", "2", "3"} {
				more := map[string]string{"udp": ",udp_src=1,udp_dst=2", "tcp": ",tcp_src=1,tcp_dst=2", "icmp": ",icmp_type=8"}[proto]
				before := len(text())
				what := "in_port=" + port + "," + proto + "," + key + more
				if i == 0 {
					k, err := flow.ParseKey(what, nil)
					if err != nil {
						t.Fatal(err)
					}
					r.run("ovs-appctl", "netdev-dummy/receive", "p"+port, fmt.Sprintf("%x", flow.Compose(k, nil).Bytes()))
				} else {
					h.receive(t, "br0", "p"+port, what, 1)
				}
				for n, last := 0, -1; n < 40; n++ {
					time.Sleep(15 * time.Millisecond)
					s := len(text())
					if s == last && (s > before || n > 12) && n > 3 {
						break
					}
					last = s
				}
			}
		}
		if i == 0 {
			r.run("ovs-appctl", "revalidator/wait")
		} else {
			h.backer.Step(h.clock.Now())
		}
		got[i] = resumeVolatile.ReplaceAllString(text(), "V") + scriptVolatile.ReplaceAllString(ofctl("dump-flows", "br0")+ofctl("dump-flows", "br1"), "")
	}
	if got[0] != got[1] {
		a, b := strings.Split(got[0], "\n"), strings.Split(got[1], "\n")
		n := 0
		for n < len(a) && n < len(b) && a[n] == b[n] {
			n++
		}
		t.Errorf("line %d\n--- ours\n%s\n--- reference\n%s", n, strings.Join(b[n:], "\n"), strings.Join(a[n:], "\n"))
	}
	if c := bytes.Count([]byte(got[0]), []byte("NXT_RESUME")); c < 8 {
		t.Errorf("only %d packets were resumed\n%s", c, got[0])
	}
}
