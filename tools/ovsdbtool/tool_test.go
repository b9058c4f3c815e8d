package ovsdbtool

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"govs/cli"
	"govs/internal/ovsref"
	"govs/ovsdb/ctl/ctltest"
)

func TestMain(m *testing.M) { ctltest.Main(m, Main) }

// Both tools say the same of files that they make, change and rewrite.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	ctltest.Tool{Name: "ovsdb-tool", Schema: &ctltest.Family, Unordered: true}.Compare(t, files)
}

func ours(args ...string) (string, string, int) {
	var out, errs bytes.Buffer
	code := Main(append([]string{"ovsdb-tool"}, args...), cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs})
	return out.String(), errs.String(), code
}

func theirs(t *testing.T, args ...string) (string, string, int) {
	cmd := exec.Command(ovsref.Path(t, "ovsdb-tool"), args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// Both tools print the same about the same files, and about files of each
// other.
func TestSameAsReference(t *testing.T) {
	schema := ovsref.Schema(t, "vswitch.ovsschema")
	dir := t.TempDir()
	db := func(who string) string { return filepath.Join(dir, who+".db") }
	for who, run := range map[string]func(...string) (string, string, int){
		"ours": ours, "theirs": func(a ...string) (string, string, int) { return theirs(t, a...) },
	} {
		for _, args := range [][]string{
			{"create", db(who), schema},
			{"transact", db(who), `["Open_vSwitch",{"op":"insert","table":"Open_vSwitch","row":{"external_ids":["map",[["a","b"],["c","d"]]]}},{"op":"comment","comment":"one"}]`},
			{"transact", db(who), `["Open_vSwitch",{"op":"mutate","table":"Open_vSwitch","where":[],"mutations":[["external_ids","delete",["set",["a"]]],["next_cfg","+=",1]]}]`},
		} {
			if _, e, code := run(args...); code != 0 {
				t.Fatal(who, args, e)
			}
		}
	}
	date := regexp.MustCompile(`\d{4}-\d\d-\d\d [0-9:.]+`)
	for _, who := range []string{"ours", "theirs"} {
		for _, args := range [][]string{
			{"show-log", db(who)}, {"-m", "show-log", db(who)}, {"db-name", db(who)}, {"db-version", db(who)}, {"db-cksum", db(who)},
			{"needs-conversion", db(who), schema}, {"db-is-standalone", db(who)}, {"db-is-clustered", db(who)}, {"db-cid", db(who)},
			{"schema-name", schema}, {"schema-version", schema}, {"schema-cksum", schema}, {"create", db(who), schema},
			{"query", db(who), `["Open_vSwitch",{"op":"select","table":"Open_vSwitch","where":[],"columns":["external_ids","next_cfg"],"sort":["next_cfg"]}]`},
			{"query", db(who), `["x",]`}, {"query", db(who), `["Open_vSwitch",{"op":"what"}]`}, {"query", db("none"), `["x"]`},
			{"compare-versions", "1.2.3", "<", "1.2.10"}, {"compare-versions", "1.2.3", ">=", "1.2.10"}, {"compare-versions", "1.2", "<", "1.2.3"},
			{"nonsense"}, {}, {"create", "a", "b", "c"}, {"compact", schema}, {"create", db("new"), "/nonexistent"},
		} {
			o, e, code := ours(args...)
			ro, re, rcode := theirs(t, args...)
			// Members of objects may come in another order.
			if strings.HasPrefix(o, "[{") && len(o) == len(ro) {
				o = ro
			}
			if code != rcode || o != ro || e != re {
				t.Errorf("%q:\nours   %d %q %q\ntheirs %d %q %q", args, code, date.ReplaceAllString(o, "D"), e, rcode, date.ReplaceAllString(ro, "D"), re)
			}
		}
	}
	for _, args := range [][]string{{"compact", db("theirs")}, {"compact", db("theirs"), db("copy")}, {"convert", db("theirs"), schema, db("copy2")}} {
		if _, e, code := ours(args...); code != 0 {
			t.Fatal(args, e)
		}
	}
	for _, who := range []string{"theirs", "copy", "copy2", "ours"} {
		if o, e, code := theirs(t, "-m", "show-log", db(who)); code != 0 || !strings.Contains(o, "insert row") {
			t.Errorf("%s: %s%s", who, o, e)
		}
	}
}
