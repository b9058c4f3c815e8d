package appctl

import (
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/unixctl"
	"govs/daemon/vlog"
)

// Manual returns the tool's manual.
func Manual() *cli.Manual {
	const name = "ovs-appctl"
	opt := &options{target: "ovs-vswitchd"}
	rows := slices.Concat(opt.rows(), opt.Rows(), vlog.Options(name))
	return &cli.Manual{
		Name: name, Section: 8, About: "send a command to a running daemon", Usage: "[OPTION]... COMMAND [ARG]...",
		Text: []string{"The command \"list-commands\" prints what a daemon understands. These work with every daemon:"},
		Groups: []cli.Group{{Entries: []cli.Entry{
			{Term: "list-commands", Text: "print the daemon's commands"},
			{Term: "version", Text: "print the daemon's version"},
			{Term: "exit", Text: "end the daemon"},
			{Term: "vlog/list", Text: "print the log levels of all modules"},
			{Term: "vlog/list-pattern", Text: "print the patterns of log lines"},
			{Term: "vlog/set [SPEC]", Text: "set log levels, as --verbose does"},
			{Term: "vlog/reopen", Text: "open the log file again, after it was moved away"},
			{Term: "vlog/close", Text: "close the log file"},
			{Term: "coverage/show", Text: "print counters of events"},
			{Term: "memory/show", Text: "print what memory is used for"},
		}}},
		Options: rows,
		Status:  []cli.Entry{{Term: "0", Text: "the daemon has done it"}, {Term: "1", Text: "a wrong option, or the daemon cannot be reached"}, {Term: "2", Text: "the daemon answered with an error"}},
		Env:     []cli.Entry{{Term: "OVS_RUNDIR", Text: "the directory of pidfiles and control sockets"}},
		SeeAlso: []string{"ovs-vswitchd(8)", "ovsdb-server(1)"},
		Complete: func(words []string) []string {
			return opt.complete(rows, words)
		},
	}
}

// complete offers daemons after -t, and the daemon's commands.
func (opt *options) complete(rows []cli.Option, words []string) []string {
	cur, before := words[len(words)-1], words[:len(words)-1]
	if n := len(before); n > 0 && (before[n-1] == "-t" || before[n-1] == "--target") {
		return targets()
	}
	s := cli.NewScanner(rows, cli.StopFirst, before)
	for {
		o, val, has, err := s.Next()
		if err != nil {
			break
		}
		if o.Long == "target" {
			o.Do(val, has)
		}
	}
	switch {
	case len(s.Rest()) > 0:
		return nil
	case strings.HasPrefix(cur, "-"):
		return cli.OptionWords(rows)
	}
	return opt.commands()
}

// targets returns the daemons that have a pidfile.
func targets() []string {
	var names []string
	entries, _ := os.ReadDir(daemon.RunDir())
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".pid"); ok {
			names = append(names, name)
		}
	}
	return names
}

// commands asks the daemon for its commands.
func (opt *options) commands() []string {
	vlog.SetConsole(io.Discard)
	path, err := unixctl.TargetPath(opt.target)
	if err != nil {
		return nil
	}
	c, err := unixctl.Connect(path)
	if err != nil {
		return nil
	}
	defer c.Close()
	r, err := c.Do("list-commands", nil)
	var text string
	if err != nil || json.Unmarshal(r.Result, &text) != nil {
		return nil
	}
	var names []string
	for _, line := range strings.Split(text, "\n")[1:] {
		if f := strings.Fields(line); len(f) > 0 {
			names = append(names, f[0])
		}
	}
	return names
}
