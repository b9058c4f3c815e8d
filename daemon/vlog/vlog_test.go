package vlog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"govs/cli"
)

// fresh gives a test a log of its own: console in a buffer, no syslog, and a
// clock that stands.
func fresh(t *testing.T) (*strings.Builder, *time.Time) {
	t.Helper()
	reg.mu.Lock()
	old, oldMods := reg.out, reg.modules
	now := time.Date(2026, 11, 22, 19, 0, 29, 596e6, time.UTC)
	b := new(strings.Builder)
	reg.out = output{app: "ovs-test", console: b, now: func() time.Time { return now }, syslog: sender{method: "null"}}
	reg.modules, reg.set = nil, false
	reg.mu.Unlock()
	serial.Store(0)
	t.Cleanup(func() {
		CloseFile()
		reg.mu.Lock()
		defer reg.mu.Unlock()
		reg.out, reg.modules, reg.set = old, oldMods, false
	})
	return b, &now
}

func TestLineAndLevels(t *testing.T) {
	b, _ := fresh(t)
	log := New("bridge")
	log.Dbg("hidden")
	log.Warn("port %s", "p1")
	if got, want := b.String(), "2026-11-22T19:00:29Z|00001|bridge|WARN|port p1\n"; got != want {
		t.Errorf("%q", got)
	}
	if log.IsEnabled(Dbg) || !log.IsEnabled(Info) {
		t.Error("IsEnabled")
	}
	SetLevel(nil, Console, Off)
	SetLevel(nil, Syslog, Off)
	if log.IsEnabled(Emer) {
		t.Error("enabled by a log file that is not open")
	}
	if New("late").IsEnabled(Emer) {
		t.Error("a later module does not follow what was set for all")
	}
	if New("bridge") != log {
		t.Error("a second module of the same name")
	}
}

func TestPattern(t *testing.T) {
	b, _ := fresh(t)
	New("vlog")
	SetSubprogram("monitor")
	for _, tt := range []struct{ pattern, want string }{
		// As the reference printed it, but for host, pid and uptime.
		{`%-8c|%8c|%08c|%A|%B|%D|%D{%H:%M:%S.###}|%p|%%|%q|%5p|%m|%05m|%h|%`,
			`vlog    |    vlog|0000vlog|ovs-test|29|2026-11-22 19:00:29.596|19:00:29.596|INFO|%|q| INFO|hi|000hi|h|`},
		{`%t%T|%D{%h %e %T %F %j %s %y %Q %%}`, `monitor(monitor)|Nov 22 19:00:29 2026-11-22 326 1795374029 26 %Q %`},
		{`%D{%S.#####`, `29.59600`},
		{`%r`, `0`},
		{`a%nb`, "a\nb"},
	} {
		if err := Set("PATTERN:console:" + tt.pattern); err != nil {
			t.Fatal(err)
		}
		b.Reset()
		New("vlog").Info("hi")
		if got := strings.TrimSuffix(b.String(), "\n"); got != tt.want {
			t.Errorf("%s:\n%s\nwant:\n%s", tt.pattern, got, tt.want)
		}
	}
	Set("FACILITY:local1")
	Set("PATTERN:ANY:%B")
	b.Reset()
	New("vlog").Info("hi")
	if b.String() != "141\n" {
		t.Errorf("facility: %q", b.String())
	}
}

func TestSet(t *testing.T) {
	fresh(t)
	New("bridge")
	New("bfd")
	for _, tt := range []struct{ spec, want string }{
		{"foo", `no destination, level, or module "foo"`},
		{"bridge:dbg:dbg", "cannot specify multiple levels"},
		{"bridge:file:file:dbg", "cannot specify multiple destinations"},
		{"bridge:bfd", "cannot specify multiple modules"},
		{"PATTERN:x:y", `unknown destination "x"`},
		{"FACILITY:x", "invalid facility"},
		{"", ""},
		{"any", ""},
		{"BRIDGE Console,Warn", ""},
	} {
		got := ""
		if err := Set(tt.spec); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%q: %q, want %q", tt.spec, got, tt.want)
		}
	}
	if err := HonorRateLimit([]string{"bridge", "nope"}, false); err == nil || err.Error() != "unknown module" {
		t.Error(err)
	}
	HonorRateLimit([]string{"bfd"}, false)
	var b strings.Builder
	List(&b)
	want := `                 console    syslog    file
                 -------    ------    ------
bfd                DBG        DBG        DBG    (rate limiting disabled)
bridge            WARN        DBG        DBG
`
	if b.String() != want {
		t.Errorf("list:\n%s", b.String())
	}
	b.Reset()
	ListPattern(&b)
	want = `         prefix                            format
         ------                            ------
SYSLOG   <%B> %D{%h %e %T} %E %A:          ovs|%05N|%c%T|%p|%m
CONSOLE  none                              %D{%Y-%m-%dT%H:%M:%SZ}|%05N|%c%T|%p|%m
FILE     none                              %D{%Y-%m-%dT%H:%M:%S.###Z}|%05N|%c%T|%p|%m
`
	if b.String() != want {
		t.Errorf("list-pattern:\n%s", b.String())
	}
}

func TestRateLimit(t *testing.T) {
	b, now := fresh(t)
	log := New("x")
	Set("PATTERN:console:%m")
	rl := RateLimit{Rate: 60, Burst: 2}
	for i := range 5 {
		log.WarnRL(&rl, "m%d", i)
	}
	*now = now.Add(10 * time.Second)
	log.WarnRL(&rl, "again")
	want := "m0\nm1\nDropped 3 log messages in last 10 seconds (most recently, 10 seconds ago) due to excessive rate\nagain\n"
	if b.String() != want {
		t.Errorf("%q", b.String())
	}
	b.Reset()
	HonorRateLimit(nil, false)
	for range 5 {
		log.WarnRL(&rl, "m")
	}
	if b.String() != strings.Repeat("m\n", 5) {
		t.Errorf("without limit: %q", b.String())
	}
}

func TestFile(t *testing.T) {
	b, _ := fresh(t)
	if err := Reopen(); err != ErrNoFile {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "x.log")
	log := New("x")
	if err := OpenFile(path); err != nil {
		t.Fatal(err)
	}
	os.Rename(path, path+".1")
	if err := Reopen(); err != nil {
		t.Fatal(err)
	}
	Reopen() // still the same file: nothing to say
	log.Info("one")
	CloseFile()
	log.Info("two")
	got, _ := os.ReadFile(path)
	if want := "2026-11-22T19:00:29.596Z|00003|vlog|INFO|opened log file " + path + "\n2026-11-22T19:00:29.596Z|00004|x|INFO|one\n"; string(got) != want {
		t.Errorf("log file:\n%s", got)
	}
	b.Reset()
	if OpenFile("/nope/x") == nil || !strings.HasSuffix(b.String(), "|vlog|WARN|failed to open /nope/x for logging: No such file or directory\n") {
		t.Errorf("%q", b.String())
	}
}

func TestOptions(t *testing.T) {
	fresh(t)
	for arg, want := range map[string]string{
		"-vfoo":               `processing "foo": no destination, level, or module "foo"`,
		"--verbose=file:x":    `processing "file:x": no destination, level, or module "x"`,
		"--syslog-method=foo": "unsupported syslog method 'foo'",
		"-v":                  "",
		"-vany:dbg":           "",
	} {
		got := ""
		if _, err := cli.Parse([]string{arg}, cli.Permute, Options("ovs-test")); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", arg, got, want)
		}
	}
}

func TestDisabledMessageAllocatesNothing(t *testing.T) {
	fresh(t)
	log := New("x")
	if n := testing.AllocsPerRun(100, func() { log.Dbg("nothing") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzSet(f *testing.F) {
	for _, s := range []string{"bridge:dbg", "PATTERN:file:%m", "PATTERN:", "FACILITY:kern", "a b,c::", "PATTERN:console:%999999999c%D{%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fresh(t)
		Set(s)
		New("x").Info("m")
	})
}
