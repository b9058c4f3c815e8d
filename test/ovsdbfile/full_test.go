package ovsdbfile

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"govs/internal/ovsref"
)

// On a full disk a transaction fails, with the system's word for it, and the
// database stays what it was; when there is room again it goes on. Both
// servers say the same.
func TestFullDisk(t *testing.T) {
	ovsref.Root(t)
	theirs := ovsref.Path(t, "ovsdb-server")
	var said [2][]string
	for i, bin := range []string{"", theirs} {
		dir := t.TempDir()
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
			t.Skip("no tmpfs: ", err)
		}
		t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
		file := create(t, dir)
		cmd := serverCommand(bin, dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		stop := func() { cmd.Process.Kill(); cmd.Wait() }
		t.Cleanup(stop)
		c := dial(dir, func() bool { return true })
		filler := filepath.Join(dir, "filler")
		transact := func(name string, size int) {
			out, err := c.ask("transact", fmt.Sprintf(`["D",{"op":"insert","table":"T","row":{"name":"%s","map":["map",[["x","%s"]]]}}]`, name, strings.Repeat("x", size)))
			if err != nil {
				t.Fatal(err)
			}
			out = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`).ReplaceAllString(strings.ReplaceAll(out, dir, "DIR"), "U")
			v := parse(t, out)
			said[i] = append(said[i], v.Elems()[0].String())
			for _, e := range v.Elems()[1:] {
				tag, _ := e.Get("error")
				details, _ := e.Get("details")
				io, _ := e.Get("io-error")
				said[i] = append(said[i], fmt.Sprintf("%s %s %s", tag, details, io))
			}
		}
		transact("first", 1000)
		if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); err == nil {
			t.Fatal("the disk does not become full")
		}
		transact("second", 20000)
		transact("third", 20000)
		if out, err := c.ask("transact", selectAll); err != nil || strings.Contains(out, "second") || strings.Contains(out, "third") || !strings.Contains(out, "first") {
			t.Errorf("%q: what failed is there: %.200s %v", bin, out, err)
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		transact("fourth", 20000)
		c.Close()
		stop()
		state, _ := read(t, file)
		for name, want := range map[string]bool{"first": true, "second": false, "third": false, "fourth": true} {
			if strings.Contains(state, `"`+name+`"`) != want {
				t.Errorf("%q: %s is kept: %t", bin, name, !want)
			}
		}
	}
	if a, b := strings.Join(said[0], "\n"), strings.Join(said[1], "\n"); a != b {
		t.Errorf("ours\n%s\ntheirs\n%s", a, b)
	}
}
