package ctdiff

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"govs/daemon/unixctl"
	"govs/test/sandbox"
)

func TestMain(m *testing.M) { sandbox.Main(m) }

// refDP is the datapath of the reference's bridge.
const refDP = "system@ovs-system"

// sw is a switch with two dummy ports whose datapath flows the test makes.
type sw struct {
	*sandbox.Switch
	t  *testing.T
	dp string

	client *unixctl.Client
	read   [3]int64 // of each port's file

	total [3]int // packets each port was sent
}

func startSwitch(t *testing.T, m sandbox.Maker) *sw {
	s := &sw{Switch: sandbox.Start(t, m, sandbox.Config{Dummy: "override"}), t: t, dp: refDP}
	if m.Name == "govs" {
		// A datapath without a bridge is switched, too, and nobody deletes flows
		// that no rule of OpenFlow stands for.
		s.dp = "dummy@ct"
		s.ctl("dpctl/add-dp", s.dp)
		for i := 1; i <= 2; i++ {
			s.ctl("dpctl/add-if", s.dp, fmt.Sprintf("p%d,type=dummy,tx_pcap=%s,port_no=%d", i, s.pcap(i), i))
		}
	} else {
		s.addBridge()
	}
	s.addFlows()
	s.ctl("time/stop")
	return s
}

// startBridge starts a switch with a bridge and no flows.
func startBridge(t *testing.T, m sandbox.Maker) *sw {
	s := &sw{Switch: sandbox.Start(t, m, sandbox.Config{Dummy: "override"}), t: t, dp: refDP}
	s.addBridge()
	s.ctl("time/stop")
	return s
}

func (s *sw) addBridge() {
	args := []string{"--", "add-br", "br0", "--", "set", "bridge", "br0", "fail-mode=secure"}
	for i := 1; i <= 2; i++ {
		p := fmt.Sprintf("p%d", i)
		args = append(args, "--", "add-port", "br0", p, "--", "set", "interface", p, "type=dummy",
			fmt.Sprintf("ofport_request=%d", i), "options:tx_pcap="+s.pcap(i))
	}
	s.Must("ovs-vsctl", args...)
}

func (s *sw) pcap(port int) string { return filepath.Join(s.Dir, fmt.Sprintf("p%d-tx.pcap", port)) }

// A crash is the end of a switch daemon that nobody asked for.
type crash struct{ maker, line string }

// ctl has the switch carry a command out. It panics with a crash when there is no
// answer.
func (s *sw) ctl(cmd string, args ...string) string {
	s.t.Helper()
	text, ok, err := s.ask(cmd, args)
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(s.Dir, "ovs-vswitchd.log"))
		panic(crash{s.Maker.Name, fmt.Sprintf("%v\n%s", err, emergency.Find(log))})
	}
	if !ok {
		s.t.Fatalf("%s: %s %q: %s", s.Maker.Name, cmd, args, text)
	}
	return text
}

var emergency = regexp.MustCompile(`[^\n]*\|EMER\|[^\n]*`)

func (s *sw) ask(cmd string, args []string) (text string, ok bool, err error) {
	if s.client == nil {
		s.client, err = unixctl.Connect(filepath.Join(s.Dir, fmt.Sprintf("ovs-vswitchd.%d.ctl", s.PID("ovs-vswitchd"))))
		if err != nil {
			return "", false, err
		}
		s.t.Cleanup(func() { s.client.Close() })
	}
	r, err := s.client.Do(cmd, args)
	if err != nil {
		return "", false, err
	}
	raw := r.Result
	if r.Error != nil {
		raw = r.Error
	}
	err = json.Unmarshal(raw, &text)
	return text, r.Error == nil, err
}

// addFlows puts the flows of all scenarios.
func (s *sw) addFlows() {
	s.t.Helper()
	flows := ofFlows()
	if s.dp != refDP {
		flows = dpFlows()
	}
	f := filepath.Join(s.Dir, "flows.txt")
	if err := os.WriteFile(f, []byte(strings.Join(flows, "\n")+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if s.dp != refDP {
		s.ctl("dpctl/add-flows", s.dp, f)
	} else {
		s.Must("ovs-ofctl", "add-flows", "br0", f)
	}
}

// send has a port receive frames.
func (s *sw) send(port int, frames [][]byte) {
	if len(frames) == 0 {
		return
	}
	args := []string{fmt.Sprintf("p%d", port)}
	for _, f := range frames {
		// The reference makes a packet's buffer as long as the text would need, and
		// translates announcements of FTP only where the buffer has room.
		args = append(args, hex.EncodeToString(f)+strings.Repeat(" ", 160))
	}
	s.ctl("netdev-dummy/receive", args...)
	// The reference answers before it has switched them: one in each turn of its
	// main loop.
	s.total[port] += len(frames)
	want := fmt.Sprintf("port %d: p%d (dummy)\n    RX packets:%d ", port, port, s.total[port])
	for range 10000 {
		if strings.Contains(s.ctl("dpctl/show", "-s"), want) {
			return
		}
	}
	s.t.Fatalf("%s: port %d has not received %d packets:\n%s", s.Maker.Name, port, s.total[port], s.ctl("dpctl/show", "-s"))
}

// sent returns what a port has sent since the last time.
func (s *sw) sent(port int) [][]byte {
	b, err := os.ReadFile(s.pcap(port))
	if err != nil {
		s.t.Fatal(err)
	}
	at := max(s.read[port], 24)
	var frames [][]byte
	for int64(len(b)) >= at+16 {
		n := int64(le.Uint32(b[at+8:]))
		if int64(len(b)) < at+16+n {
			break
		}
		frames = append(frames, b[at+16:at+16+n])
		at += 16 + n
	}
	s.read[port] = at
	if len(b) > 8<<20 { // the file is appended to
		if err := os.Truncate(s.pcap(port), 24); err == nil {
			s.read[port] = 24
		}
	}
	return frames
}

func (s *sw) dump() []string {
	l := strings.Split(strings.TrimSpace(s.ctl("dpctl/dump-conntrack", "-m", "-s", s.dp)), "\n")
	slices.Sort(l)
	return l
}

func sortFrames(l [][]byte) { slices.SortFunc(l, bytes.Compare) }
