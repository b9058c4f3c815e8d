package openflow

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"govs/internal/ovsref"
)

// referencePrint has the reference print whole messages of versions that it
// knows, all in one go, at a verbosity of 2 or more.
func referencePrint(t testing.TB, msgs [][]byte, verbosity int) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "messages")
	var all bytes.Buffer
	// Each is followed by a mark; at 5 and more, marks have a dump, too.
	mark := func(i int) []byte { return Encode(&EchoReply{}, ProtoOF10, 0xfeed0000+uint32(i)) }
	for i, b := range msgs {
		all.Write(b)
		all.Write(mark(i))
	}
	if err := os.WriteFile(file, all.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-vconsole:off"}
	for range verbosity - 2 {
		args = append(args, "-m")
	}
	cmd := exec.Command(ovsref.Path(t, "ovs-ofctl"), append(args, "ofp-parse", file)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	rest := string(out)
	var texts []string
	for i := range msgs {
		end := Print(mark(i), PrintOptions{Verbosity: verbosity})
		text, after, ok := strings.Cut(rest, end)
		if !ok {
			t.Fatalf("message %d: %v %s\n%x\n%s", i, err, stderr.String(), msgs[i], rest[:min(len(rest), 1000)])
		}
		texts = append(texts, text)
		rest = after
	}
	return texts
}

// sampleMessages returns the wire form of every sample in every protocol that
// has one.
func sampleMessages(t testing.TB) (msgs [][]byte) {
	all := append(append(samples(t), groupSamples(t)...), meterSamples(t)...)
	all = append(all, bundleSamples(t)...)
	all = append(all, &RequestForward{Reason: ForwardMeterMod, Request: meterSamples(t)[0], Xid: 6})
	for _, m := range groupSamples(t)[:3] {
		all = append(all, &RequestForward{Reason: ForwardGroupMod, Request: m, Xid: 5})
	}
	for _, p := range allProtocols {
		for i, m := range all {
			if Encodable(m, p) {
				msgs = append(msgs, Encode(m, p, uint32(i+1)))
			}
		}
	}
	return msgs
}

// compareWire says where the reference and we print differently.
func compareWire(t *testing.T, msgs [][]byte, verbosity int) {
	t.Helper()
	bad, declared, other := 0, 0, 0
	for i, want := range referencePrint(t, msgs, verbosity) {
		if got := Print(msgs[i], PrintOptions{Verbosity: verbosity}); got != want {
			if declaredMessage(msgs[i], got, want) != "" {
				declared++
				continue
			}
			if a, b := decodeError(got), decodeError(want); a != "" && b != "" && a != b {
				other++ // the message has several faults, and another is named
				continue
			}
			if bad++; bad <= 20 {
				t.Errorf("%x at %d\n got %s\nwant %s", msgs[i], verbosity, strings.ReplaceAll(got, " \n", "_\n"), strings.ReplaceAll(want, " \n", "_\n"))
			}
		}
	}
	if other > 2+len(msgs)/2000 {
		t.Errorf("%d of %d messages are refused for another of their faults", other, len(msgs))
	}
	t.Logf("%d messages, %d differ, %d differences declared, %d refused for another fault", len(msgs), bad, declared, other)
}

// TestPrintReference compares the printing of every message in every version
// with the reference's, and so its encoding with the reference's decoding.
func TestPrintReference(t *testing.T) {
	for _, verbosity := range []int{2, 3, 4, 5} {
		t.Run(fmt.Sprint(verbosity), func(t *testing.T) { compareWire(t, sampleMessages(t), verbosity) })
	}
}

// TestPrintReferenceTerse is the same for what ovs-ofctl's ofp-parse does not
// print.
func TestPrintReferenceTerse(t *testing.T) {
	ofctl := ovsref.Path(t, "ovs-ofctl")
	for i, b := range sampleMessages(t) {
		if testing.Short() && i%10 != 0 {
			continue
		}
		verbosity := i % 2
		want, _ := exec.Command(ofctl, "-vconsole:off", "ofp-print", hex.EncodeToString(b), strconv.Itoa(verbosity)).Output()
		if got := Print(b, PrintOptions{Verbosity: verbosity}); got != string(want) && declaredMessage(b, got, string(want)) == "" {
			t.Errorf("%x at %d\n got %s\nwant %s", b, verbosity, got, want)
		}
	}
}
