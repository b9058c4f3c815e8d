// Package test holds what is true of the whole: the house rules, the lab, and
// the suites that set govs and Debian's Open vSwitch side by side.
package test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rooms from the roof down. A package may import from its own room and from
// rooms further down.
var rooms = []string{"test", "cmd", "tools", "vswitchd", "bridge", "ofproto", "dpif", "netdev", "proto",
	"conntrack", "route", "classifier", "openflow", "ovsdb", "flow", "packet", "jsonrpc", "stream", "daemon", "cli", "internal"}

// walls are imports that the order of rooms would allow and that are wrong.
var walls = []struct{ from, to, why string }{
	{"openflow", "ovsdb", "the two protocols know nothing of each other"},
	{"classifier", "openflow", "a classifier finds rules by flow keys and knows no OpenFlow"},
	{"classifier", "ovsdb", "a classifier finds rules by flow keys"},
	{"netdev", "flow", "a device moves frames and does not look into them"},
	{"netdev", "openflow", "a device knows no OpenFlow"},
	{"dpif", "openflow", "a datapath applies flows and knows no OpenFlow"},
	{"dpif", "ovsdb", "a datapath is not configured by the database"},
	{"ofproto", "ovsdb", "bridge translates rows for ofproto"},
	{"packet", "stream", "a packet is bytes, not a connection"},
}

type goPackage struct {
	ImportPath, Dir string
	Imports         []string
	GoFiles         []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,GoFiles", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// room returns the first path element below the module, "" for other modules.
func room(path string) string {
	rest, ok := strings.CutPrefix(path, "govs/")
	if !ok {
		return ""
	}
	first, _, _ := strings.Cut(rest, "/")
	return first
}

func TestImportsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		from := slices.Index(rooms, room(p.ImportPath))
		if from < 0 {
			t.Errorf("%s is in no room; add it to the list where it belongs", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			to := slices.Index(rooms, room(imp))
			if to >= 0 && to < from {
				t.Errorf("%s imports %s: %s is above %s", p.ImportPath, imp, rooms[to], rooms[from])
			}
			for _, w := range walls {
				if room(p.ImportPath) == w.from && room(imp) == w.to {
					t.Errorf("%s imports %s: %s", p.ImportPath, imp, w.why)
				}
			}
		}
	}
}

func TestOnePackageComment(t *testing.T) {
	for _, p := range packages(t) {
		n := 0
		for _, f := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Error(err)
				continue
			}
			if file.Doc != nil && strings.TrimSpace(file.Doc.Text()) != "" {
				n++
			}
		}
		if n != 1 && len(p.GoFiles) > 0 {
			t.Errorf("%s has %d package comments, want 1", p.ImportPath, n)
		}
	}
}

// TestNoInit holds the tools' start-up: nothing happens before main.
func TestNoInit(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, 0)
			if err != nil {
				continue // reported elsewhere
			}
			for _, d := range file.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s/%s has an init function", p.ImportPath, f)
				}
			}
		}
	}
}
