package arrows

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "govs"

// rooms from the top of the house down: a room imports only from itself and
// from rooms below it.
var rooms = []string{
	"test", "cmd", "tools", "vswitchd", "bridge", "ofproto", "dpif", "netdev", "proto", "conntrack", "route",
	"classifier", "openflow", "ovsdb", "flow", "packet", "jsonrpc", "stream", "daemon", "cli", "internal",
}

// walls are imports forbidden although they point downward.
var walls = []struct{ from, to, why string }{
	{"openflow", "ovsdb", "the protocol and the database share nothing; bridge joins them"},
	{"netdev", "flow", "a port moves packets and must not know what a flow is"},
	{"netdev", "openflow", "a port moves packets and must not know OpenFlow"},
	{"netdev", "ovsdb", "a port is configured by values; bridge reads the rows"},
	{"dpif", "openflow", "a datapath knows keys and actions of its own; ofproto translates"},
	{"dpif", "ovsdb", "a datapath is configured by values; bridge reads the rows"},
	{"dpif", "classifier", "translation owns the rules; a datapath has only masks"},
	{"ofproto", "ovsdb", "a switch is configured by values; bridge reads the rows"},
	{"classifier", "packet", "the classifier sees keys and masks only"},
	{"classifier", "openflow", "the classifier knows no OpenFlow"},
	{"classifier", "ovsdb", "the classifier sees keys and masks only"},
}

type file struct {
	path string // relative to the module's root
	ast  *ast.File
	pkg  string // directory, relative to the root
	test bool
	text []byte
	fset *token.FileSet
}

// files parses every Go file of the module.
func files(t *testing.T) []file {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	var all []file
	fset := token.NewFileSet()
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (name == "testdata" || strings.HasPrefix(name, ".") || name == "bin" || name == "dist") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		all = append(all, file{rel, f, filepath.Dir(rel), strings.HasSuffix(name, "_test.go"), text, fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func room(pkg string) string { r, _, _ := strings.Cut(pkg, "/"); return r }

func TestArrows(t *testing.T) {
	for _, f := range files(t) {
		if f.test {
			continue
		}
		from := room(f.pkg)
		fromAt := slices.Index(rooms, from)
		if fromAt < 0 {
			if !ignored(f) {
				t.Errorf("%s: room %q has no place in the house; give it one in this test's list", f.path, from)
			}
			continue
		}
		for _, imp := range f.ast.Imports {
			path, _ := strconv.Unquote(imp.Path.Value)
			rest, ours := strings.CutPrefix(path, module+"/")
			if !ours {
				continue
			}
			to := room(rest)
			if to == from {
				continue
			}
			if at := slices.Index(rooms, to); at < fromAt {
				t.Errorf("%s imports %s: %s stands above %s, and imports point downward only, so that a reader can follow a packet or a setting in one direction",
					f.path, rest, to, from)
			}
			for _, w := range walls {
				if w.from == from && w.to == to {
					t.Errorf("%s imports %s: %s", f.path, rest, w.why)
				}
			}
		}
	}
}

// ignored: a program that no build takes in, such as a generator.
func ignored(f file) bool { return bytes.Contains(f.text, []byte("//go:build ignore")) }

func TestOnePackageComment(t *testing.T) {
	with := map[string][]string{}
	for _, f := range files(t) {
		if f.test || ignored(f) {
			continue
		}
		if _, ok := with[f.pkg]; !ok {
			with[f.pkg] = nil
		}
		if f.ast.Doc == nil {
			continue
		}
		with[f.pkg] = append(with[f.pkg], f.path)
		text, name := f.ast.Doc.Text(), f.ast.Name.Name
		want := "Package " + name + " "
		if name == "main" {
			want = "Command "
		}
		if !strings.HasPrefix(text, want) {
			t.Errorf("%s: the package comment does not begin with %q", f.path, want)
		}
	}
	for pkg, in := range with {
		if len(in) != 1 {
			t.Errorf("%s: %d files have a package comment %v; exactly one says what the package is and how it may be used concurrently", pkg, len(in), in)
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, f := range files(t) {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: func init runs in every tool's start-up; use sync.OnceValue or a literal", f.path)
			}
		}
	}
}

const maxLines = 800

func TestFileLength(t *testing.T) {
	for _, f := range files(t) {
		if n := bytes.Count(f.text, []byte("\n")); n >= maxLines && !generated(f) {
			t.Errorf("%s has %d lines; split it by idea before it reaches %d", f.path, n, maxLines)
		}
	}
}

func generated(f file) bool { return ast.IsGenerated(f.ast) }
