package ovsdbserver

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"govs/jsonrpc"
)

// A client that sends hundreds of megabytes of anything is disconnected, or answered,
// without taking more memory than a message may; others are served meanwhile.
func TestFlood(t *testing.T) {
	if testing.Short() {
		t.Skip("sends gigabytes in all")
	}
	p := launch(t, newDB(t))
	other := p.dial(t)
	for _, flood := range []struct {
		name, head, body string
		closes           bool
	}{
		{"blanks", "", "            \n", false},
		{"a string", `["`, "abcdefgh", true},
		{"a string of escapes", `["`, `\u00e9`, true},
		{"numbers", `{"method":"echo","id":1,"params":[`, "0,0,0,0,", true},
		{"objects", `{"method":"echo","id":1,"params":[`, `{"a":{}},`, true},
		{"duplicate members", `{`, `"a":1,`, true},
		{"nesting", ``, `{"a":[`, true},
		{"a word", ``, `aaaaaaaa`, true},
		{"null bytes", ``, "\x00\x00\x00\x00", true},
		{"invalid UTF-8", `["`, "\xff\xfe\xc0", true},
	} {
		conn, err := net.Dial("unix", p.dir+"/s")
		if err != nil {
			t.Fatal(err)
		}
		chunk := bytes.Repeat([]byte(flood.body), 1<<20/len(flood.body))
		conn.SetDeadline(time.Now().Add(time.Minute))
		_, err = conn.Write([]byte(flood.head))
		sent := 0
		for err == nil && sent < 300<<20 {
			var n int
			n, err = conn.Write(chunk)
			sent += n
		}
		if closed := err != nil; closed != flood.closes {
			t.Errorf("%s: after %d MB: %v", flood.name, sent>>20, err)
		}
		if err == nil {
			s := jsonrpc.NewSession(conn, jsonrpc.Config{})
			if _, err := call(s, "echo", "[]"); err != nil {
				t.Errorf("%s: %v", flood.name, err)
			}
		}
		conn.Close()
		if _, err := call(other, "echo", "[]"); err != nil {
			t.Fatalf("%s: another client gets %v", flood.name, err)
		}
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	peak := regexp.MustCompile(`VmHWM:\s+(\d+)`).FindSubmatch(status)
	kb, _ := strconv.Atoi(string(peak[1]))
	t.Logf("at most %d MB", kb>>10)
	if kb>>10 > 1200 {
		t.Errorf("the server took %d MB", kb>>10)
	}
	if strings.Contains(p.errs.String(), "panic") {
		t.Error(p.errs.String())
	}
}
