package stream

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"govs/cli"
)

func echo(t *testing.T, l Listener) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(c, c); c.Close() }()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
}

func ping(t *testing.T, c Conn) {
	t.Helper()
	defer c.Close()
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 5)
	if _, err := io.ReadFull(c, b); err != nil || string(b) != "hello" {
		t.Fatalf("read %q, %v", b, err)
	}
}

func TestUnix(t *testing.T) {
	dir := t.TempDir()
	long := filepath.Join(dir, strings.Repeat("d", 60), strings.Repeat("e", 60))
	if err := os.MkdirAll(long, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"absolute": filepath.Join(dir, "a.sock"),
		"relative": "b.sock",
		"long":     filepath.Join(long, "c.sock"),
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Dir: dir}
			l, err := cfg.Listen("punix:" + path)
			if err != nil {
				t.Fatal(err)
			}
			echo(t, l)
			c, err := cfg.Dial(t.Context(), "unix:"+path)
			if err != nil {
				t.Fatal(err)
			}
			if c.Name() != "unix:"+path {
				t.Errorf("name %q", c.Name())
			}
			ping(t, c)
			if _, err := cfg.Listen("punix:" + path); !errors.Is(err, syscall.EADDRINUSE) {
				t.Errorf("listen on a live socket: %v", err)
			}
			l.Close()
			l.Close()
			if _, err := cfg.Dial(t.Context(), "unix:"+path); cli.Strerror(err) != "No such file or directory" {
				t.Errorf("after close: %v", err)
			}
		})
	}
}

func TestDeadSocketIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	old.SetUnlinkOnClose(false)
	old.Close()
	if _, err := Dial(t.Context(), "unix:"+path); cli.Strerror(err) != "Connection refused" {
		t.Errorf("dead socket: %v", err)
	}
	l, err := Listen("punix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	echo(t, l)
	// A socket somebody else put there stays when we close.
	os.Remove(path)
	os.WriteFile(path, nil, 0o600)
	l.Close()
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	if _, err := Listen("punix:" + path); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("over a plain file: %v", err)
	}
}

func TestTCP(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		l, err := Listen("ptcp:0:" + host)
		if err != nil {
			t.Logf("%s: %v", host, err)
			continue
		}
		echo(t, l)
		c, err := Dial(t.Context(), "tcp:"+l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		ping(t, c)
		l.Close()
		if _, err := Dial(t.Context(), "tcp:"+l.Addr().String()); cli.Strerror(err) != "Connection refused" {
			t.Errorf("closed port: %v", err)
		}
	}
}

func TestDialCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Dial(ctx, "tcp:127.0.0.1:1"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		in      string
		def     int
		passive bool
		want    string // address, or the error's start
	}{
		{"10.0.0.1:6640", 0, false, "10.0.0.1:6640"},
		{"10.0.0.1", 6640, false, "10.0.0.1:6640"},
		{"10.0.0.1", 0, false, "10.0.0.1: port must be specified"},
		{"[fe80::1]:66", 0, false, "[fe80::1]:66"},
		{"[fe80::1", 1, false, "[fe80::1: missing ']'"},
		{":66", 1, false, ":66: host must be specified"},
		{"h:99999", 1, false, `h:99999: bad port number "99999"`},
		{"6640", 0, true, ":6640"},
		{"", 6640, true, ":6640"},
		{"6640:127.0.0.1", 0, true, "127.0.0.1:6640"},
		{"6640:[::1]", 0, true, "[::1]:6640"},
		{"0:127.0.0.1", 6640, true, "127.0.0.1:0"},
		{"x", 0, true, `x: bad port number "x"`},
	} {
		f := hostPort
		if tt.passive {
			f = portHost
		}
		got, err := f(tt.in, tt.def)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
	for _, bad := range []string{"", "foo", "foo:1", "punix:x", "ptcp:1"} {
		if _, err := Dial(t.Context(), bad); cli.Strerror(err) != "Address family not supported by protocol" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if !IsPassive("ptcp:1") || IsPassive("tcp:1") || !IsActive("unix:x") || IsActive("") {
		t.Error("IsPassive, IsActive")
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"1.2.3.4:5", "[::1]:5", "[", "]:", "::", "5:[::1]", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		hostPort(s, 1)
		portHost(s, 1)
		split(s, true)
	})
}
