package ovssave

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"govs/cli"
	"govs/internal/programs"
)

// versions are those of OpenFlow that a bridge may speak, best first: with
// which the most of its state can be saved.
var versions = []struct {
	name    string
	bundles bool
}{
	{"OpenFlow14", true}, {"OpenFlow15", true}, {"OpenFlow13", false}, {"OpenFlow12", false},
	{"OpenFlow11", false}, {"OpenFlow10", false},
}

// Flows writes a shell script to o.Out that restores the OpenFlow state of the
// bridges: tunnel metadata fields, groups, flows. What it loads lies in files
// of a directory that it removes at its end. name is in front of errors; the
// result is an exit status.
func Flows(o cli.IO, name string, bridges []string) int {
	if len(bridges) == 0 {
		return 0
	}
	dir, err := os.MkdirTemp("", "ovs-save.")
	if err != nil {
		return o.Fail(name, err)
	}
	var script strings.Builder
	for _, br := range bridges {
		if err := saveBridge(&script, o, dir, br); err != nil {
			os.RemoveAll(dir)
			return o.Fail(name, fmt.Errorf("%s: %w", br, err))
		}
	}
	fmt.Fprintf(o.Out, "%srm -rf %s\n", script.String(), programs.ShellWord(dir))
	return 0
}

func saveBridge(script *strings.Builder, o cli.IO, dir, br string) error {
	version, bundle, err := bestVersion(o, br)
	if err != nil {
		return err
	}
	dump := func(args ...string) ([]byte, error) {
		return output(o, "ovs-ofctl", append([]string{"-O", version}, args...)...)
	}
	say := func(cmd, arg string) {
		fmt.Fprintf(script, "ovs-ofctl -O %s %s %s %s%s\n", version, cmd, programs.ShellWord(br), programs.ShellWord(arg), bundle)
	}
	file := func(kind string, text []byte) (string, error) {
		path := filepath.Join(dir, br+"."+kind+".dump")
		return path, os.WriteFile(path, text, 0o600)
	}
	if tlv, err := dump("dump-tlv-map", br); err == nil {
		if maps := tlvMaps(tlv); maps != "" {
			fmt.Fprintf(script, "ovs-ofctl -O %s add-tlv-map %s %s\n", version, programs.ShellWord(br), programs.ShellWord(maps))
		}
	}
	if version != "OpenFlow10" { // which has no groups
		b, err := dump("dump-groups", br)
		if err != nil {
			return err
		}
		path, err := file("groups", withoutHeader(b))
		if err != nil {
			return err
		}
		say("add-groups", path)
	}
	b, err := dump("--no-names", "--no-stats", "dump-flows", br)
	if err != nil {
		return err
	}
	path, err := file("flows", withoutHeader(b))
	if err != nil {
		return err
	}
	say("replace-flows", path)
	return nil
}

// bestVersion is the version of OpenFlow to speak with a bridge, and the option
// that makes changes atomic where it has any.
func bestVersion(o cli.IO, br string) (version, bundle string, err error) {
	b, err := output(o, "ovs-vsctl", "--no-wait", "get", "bridge", br, "protocols")
	if err != nil {
		return "", "", err
	}
	protocols := strings.TrimSpace(string(b))
	for _, v := range versions {
		if protocols == "[]" || strings.Contains(protocols, v.name) {
			if v.bundles {
				bundle = " --bundle"
			}
			return v.name, bundle, nil
		}
	}
	return "", "", fmt.Errorf("protocols %s: no version of OpenFlow", protocols)
}

// withoutHeader drops the line that names the reply, keeping those that name
// what can be added again.
func withoutHeader(b []byte) []byte {
	var keep []byte
	for line := range bytes.Lines(b) {
		line = bytes.TrimSpace(line)
		if bytes.Contains(line, []byte("actions=")) || bytes.HasPrefix(line, []byte("group_id=")) {
			keep = append(append(keep, line...), '\n')
		}
	}
	return keep
}

// tlvMaps turns what dump-tlv-map prints into what add-tlv-map takes.
func tlvMaps(b []byte) string {
	var maps []string
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) == 4 && strings.HasPrefix(f[0], "0x") && strings.HasPrefix(f[3], "tun_metadata") {
			maps = append(maps, fmt.Sprintf("{class=%s,type=%s,len=%s}->%s", f[0], f[1], f[2], f[3]))
		}
	}
	return strings.Join(maps, ",")
}

// output runs a tool and returns what it printed.
func output(o cli.IO, tool string, args ...string) ([]byte, error) {
	cmd := programs.Command(tool, args...)
	cmd.Stderr = o.Err
	b, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", tool, strings.Join(args, " "), err)
	}
	return b, nil
}
