package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"govs/cli"
	"govs/daemon"
	"govs/tools/ofctl"
)

//go:generate go run . man --all ../../man

// topics are the pages of the manual that are about no tool.
var topics = [...]func() *cli.Manual{ofctl.FieldsManual, ofctl.ActionsManual}

// manuals returns all pages that are made of tables.
func manuals() []*cli.Manual {
	var all []*cli.Manual
	for i := range tools {
		if tools[i].manual != nil {
			all = append(all, tools[i].manual())
		}
	}
	for _, topic := range topics {
		all = append(all, topic())
	}
	return all
}

// manPages is "govs man": it prints the man page of a tool or topic, or writes
// those of all that have one.
func manPages(args []string, o cli.IO) int {
	fail := func(format string, a ...any) int {
		o.Errorf(self+" man", format, a...)
		return 1
	}
	switch {
	case len(args) == 2 && args[0] == "--all":
		if err := os.MkdirAll(args[1], 0o755); err != nil {
			return fail("%s", err)
		}
		for _, m := range manuals() {
			name := fmt.Sprintf("%s.%d", m.Name, m.Section)
			if err := os.WriteFile(filepath.Join(args[1], name), []byte(m.Page()), 0o644); err != nil {
				return fail("%s", err)
			}
		}
		return 0
	case len(args) == 1:
		for _, m := range manuals() {
			if m.Name == args[0] {
				fmt.Fprint(o.Out, m.Page())
				return 0
			}
		}
		if t := find(args[0]); t != nil {
			fmt.Fprint(o.Out, t.fromHelp().Page())
			return 0
		}
		return fail("%s: no manual", args[0])
	}
	return fail("usage: %s man TOOL, or %s man --all DIRECTORY", self, self)
}

// bash is what bash needs; all else is decided when a word is completed.
const bash = `# bash completion of govs and its tools, made by "govs completion bash"
_govs() {
    local IFS=$'\n'
    COMPREPLY=($("%[1]s" completion line "$COMP_LINE" "$COMP_POINT" 2>/dev/null))
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=:] ]]; then
        compopt -o nospace
    fi
}
complete -o bashdefault -o default -F _govs %[2]s
`

// completion is "govs completion": "bash" prints a script for the shell, and
// "line TEXT POINT", which that one calls, the words that complete a line.
func completion(args []string, o cli.IO) int {
	switch {
	case len(args) == 1 && args[0] == "bash":
		names := []string{self}
		for _, t := range tools {
			if strings.Contains(t.name, "-") {
				names = append(names, t.name)
			}
		}
		fmt.Fprintf(o.Out, bash, self, strings.Join(names, " "))
		return 0
	case len(args) == 3 && args[0] == "line":
		at, err := strconv.Atoi(args[2])
		if err == nil && at >= 0 && at <= len(args[1]) {
			daemon.Alarm(2, nil) // a shell must not hang with a server
			for _, w := range completeLine(args[1][:at]) {
				fmt.Fprintln(o.Out, w)
			}
			return 0
		}
	}
	o.Errorf(self+" completion", "usage: %s completion bash", self)
	return 1
}

// completeLine returns what may stand in the place of the line's last word, or
// of its part that the shell takes for a word: that begins anew behind "=" and
// ":".
func completeLine(line string) []string {
	words := shellWords(line)
	cur := words[len(words)-1]
	skip := strings.LastIndexAny(cur, "=:") + 1
	var out []string
	for _, w := range candidates(words) {
		if len(w) >= skip {
			out = append(out, w[skip:])
		}
	}
	return out
}

func candidates(words []string) []string {
	name := filepath.Base(words[0])
	if name == self {
		if len(words) == 2 {
			var names []string
			for _, t := range tools {
				names = append(names, t.name)
			}
			names = append(names, "completion", "man", "help", "version")
			names = slices.DeleteFunc(names, func(s string) bool { return !strings.HasPrefix(s, words[1]) })
			slices.Sort(names)
			return names
		}
		words = words[1:]
		name = words[0]
	}
	t := find(name)
	if t == nil || len(words) < 2 {
		return nil
	}
	m := t.fromHelp()
	if t.manual != nil {
		m = t.manual()
	}
	return m.Words(words[1:])
}

// fromHelp reads a tool's commands and options from what its --help prints.
func (t *tool) fromHelp() *cli.Manual {
	m := &cli.Manual{Name: t.name, Section: 8, About: t.help}
	if t.main == nil {
		return m
	}
	var out, errs strings.Builder
	t.main([]string{t.name, "--help"}, cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs})
	m.Help = out.String()
	var g cli.Group
	for line := range strings.SplitSeq(out.String(), "\n") {
		if !strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "    ") {
			continue
		}
		for w := range strings.FieldsSeq(line) {
			name, _, _ := strings.Cut(strings.TrimRight(strings.Trim(w, "[]"), ","), "[")
			if long, ok := strings.CutPrefix(name, "--"); ok && !strings.HasPrefix(w, "[") {
				long, _, takes := strings.Cut(long, "=")
				row := cli.Option{Long: long}
				if takes && !strings.Contains(w, "[=") {
					row.Arg = cli.ReqArg
				}
				m.Options = append(m.Options, row)
				break
			}
			if strings.HasPrefix(w, "-") && strings.HasSuffix(w, ",") || strings.HasPrefix(w, "[-") {
				continue // "-t, --timeout=SECS", "[--strict] mod-flows"
			}
			if !strings.HasPrefix(w, "-") {
				g.Entries = append(g.Entries, cli.Entry{Term: w})
			}
			break
		}
	}
	m.Groups = []cli.Group{g}
	return m
}

// shellWords splits a line as a shell does; the last word may be empty, and its
// quotes need not be closed.
func shellWords(line string) []string {
	words := []string{}
	var w strings.Builder
	var quote byte
	in := false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote == 0 && (c == ' ' || c == '\t'):
			if in {
				words = append(words, w.String())
				w.Reset()
			}
			in = false
			continue
		case c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case c == '\\' && quote != '\'' && i+1 < len(line):
			i++
			w.WriteByte(line[i])
		default:
			w.WriteByte(c)
		}
		in = true
	}
	if words = append(words, w.String()); len(words) == 1 {
		words = append(words, "")
	}
	return words
}
