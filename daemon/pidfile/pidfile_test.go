package pidfile

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"govs/daemon/vlog"
)

// Locks belong to processes, so another one must hold them: the test binary,
// when told to, holds a pidfile until its input ends.
func TestMain(m *testing.M) {
	vlog.SetConsole(io.Discard)
	if path := os.Getenv("HOLD_PIDFILE"); path != "" {
		f, err := Create(path, os.Getenv("OVERWRITE") != "")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("held")
		io.Copy(io.Discard, os.Stdin)
		f.Remove()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

type holder struct {
	*exec.Cmd
	in  io.Closer
	say string
}

func hold(t *testing.T, path string, env ...string) *holder {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe)
	c.Env = append(append(os.Environ(), "HOLD_PIDFILE="+path), env...)
	in, _ := c.StdinPipe()
	out, _ := c.StdoutPipe()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	h := &holder{Cmd: c, in: in}
	b := make([]byte, 200)
	n, _ := out.Read(b)
	h.say = string(bytes.TrimSpace(b[:n]))
	t.Cleanup(func() { in.Close(); c.Process.Kill(); c.Wait() })
	return h
}

func TestHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.pid")
	a := hold(t, path)
	if pid, err := Read(path); pid != a.Process.Pid || err != nil {
		t.Error(pid, err)
	}
	b, _ := os.ReadFile(path)
	if string(b) != fmt.Sprintf("%d\n", a.Process.Pid) {
		t.Errorf("%q", b)
	}
	want := fmt.Sprintf("%s: already running as pid %d, aborting", path, a.Process.Pid)
	if b := hold(t, path); b.say != want {
		t.Errorf("a second: %q", b.say)
	}
	if err := Check(path); err == nil || err.Error() != want {
		t.Error(err)
	}

	// --overwrite-pidfile takes it over; the first leaves the other's alone.
	c := hold(t, path, "OVERWRITE=1")
	a.in.Close()
	a.Wait()
	if pid, err := Read(path); pid != c.Process.Pid || err != nil {
		t.Error(pid, err)
	}
	c.in.Close()
	c.Wait()
	if _, err := Read(path); !os.IsNotExist(err) {
		t.Error(err)
	}
}

func TestDead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.pid")
	a := hold(t, path)
	a.Process.Kill()
	a.Wait()
	if _, err := Read(path); err != syscall.ESRCH {
		t.Error(err)
	}
	if b := hold(t, path); b.say != "held" {
		t.Errorf("over a dead one's: %q", b.say)
	}
}

func TestForeign(t *testing.T) {
	for _, text := range []string{"", "1\n", "no number\n", strings.Repeat("9", 1000)} {
		path := filepath.Join(t.TempDir(), "x.pid")
		os.WriteFile(path, []byte(text), 0o644)
		if _, err := Read(path); err != syscall.ESRCH {
			t.Errorf("%q: %v", text, err)
		}
		if err := Check(path); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := Create("/does/not/exist/x.pid", false); err == nil || !strings.Contains(err.Error(), "create failed (No such file or directory)") {
		t.Error(err)
	}
}
