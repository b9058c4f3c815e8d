//go:build linux && amd64

package ovsdbfile

import (
	"os"
	"os/exec"
	"testing"

	"govs/internal/ovsref"
)

// steps is what the client asks of the server that will be killed, in order:
// transactions, and between them compactions and conversions.
const steps = 12

// do asks for the n-th step and reports whether the server said that it is
// done. It returns how many conversions there are so far.
func (c *client) do(t testing.TB, n int) bool {
	switch n {
	case 4, 9:
		return c.compact() == nil
	case 7:
		out, err := c.ask("convert", `["D",`+schemaText(1)+`]`)
		return err == nil && out == "{}"
	}
	_, err := c.ask("transact", `["D",`+operation(n)+`]`)
	return err == nil
}

// A server killed before any of its system calls that change a file leaves the
// state before the transaction at hand, or after it: what it told is kept.
func TestKilledAtEachWrite(t *testing.T) {
	tool := ovsref.Path(t, "ovsdb-tool")
	// What the states are, by a server that lives.
	var states, versions []string
	dir := t.TempDir()
	file := create(t, dir)
	whole := trace(t, serverCommand("", dir), 0)
	c := dial(dir, whole.alive)
	for n := range steps {
		if !c.do(t, n) {
			t.Fatalf("step %d failed", n)
		}
		s, v := read(t, file)
		states, versions = append(states, s), append(versions, v)
	}
	c.Close()
	whole.kill()
	if whole.calls < steps {
		t.Fatalf("only %d system calls change files", whole.calls)
	}
	points := 0
	for at := 1; at <= whole.calls; at++ {
		dir := t.TempDir()
		file := create(t, dir)
		p := trace(t, serverCommand("", dir), at)
		told := -1
		if c := dial(dir, p.alive); c != nil {
			for n := 0; n < steps && c.do(t, n); n++ {
				told = n
			}
			c.Close()
		}
		p.kill()
		points++
		state, version := read(t, file)
		ok := false
		for _, n := range []int{told, told + 1} {
			switch {
			case n < 0:
				ok = ok || state == ""
			case n < steps:
				ok = ok || state == states[n] && version == versions[n]
			}
		}
		if !ok {
			t.Fatalf("killed before change %d (%s), told of %d steps: the file is of version %s and holds\n%s", at, p.last, told+1, version, state)
		}
		out, err := exec.Command(tool, "query", file, selectAll).Output()
		if err != nil || canon(t, string(out)) != state {
			t.Fatalf("killed before change %d: the reference reads %s, %v", at, out, err)
		}
		// The next server goes on from there.
		cmd := serverCommand("", dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		c := dial(dir, func() bool { return true })
		if !c.do(t, steps+5) {
			t.Errorf("killed before change %d: the next server does not write", at)
		}
		c.Close()
		cmd.Process.Kill()
		cmd.Wait()
		if left, _ := os.ReadDir(dir); len(left) > 6 {
			t.Errorf("killed before change %d: %d files are left", at, len(left))
		}
	}
	t.Logf("killed at %d points", points)
}
