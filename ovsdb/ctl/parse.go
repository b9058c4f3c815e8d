package ctl

import (
	"errors"
	"fmt"
	"strings"
)

var errNoCommand = errors.New("missing command name (use --help for help)")

// parseCalls splits words at "--" into commands. local are the options that
// stood among the global ones and belong to the first command.
func (a *App) parseCalls(words []string, local map[string]string) ([]*Call, error) {
	var calls []*Call
	start := 0
	for i := 0; i <= len(words); i++ {
		if i < len(words) && words[i] != "--" {
			continue
		}
		if i > start {
			c, err := a.parseCall(words[start:i], local)
			if err != nil {
				return nil, err
			}
			calls = append(calls, c)
			local = nil
		} else if len(local) > 0 {
			return nil, errNoCommand
		}
		start = i + 1
	}
	if len(calls) == 0 {
		return nil, errNoCommand
	}
	return calls, nil
}

func (a *App) parseCall(words []string, local map[string]string) (*Call, error) {
	options := map[string]string{}
	hasValue := map[string]bool{}
	for k, v := range local {
		options[k] = v
		hasValue[k] = v != noValue
		if !hasValue[k] {
			options[k] = ""
		}
	}
	i := 0
	order := make([]string, 0, len(words))
	for ; i < len(words) && strings.HasPrefix(words[i], "-"); i++ {
		name, val, has := strings.Cut(words[i], "=")
		if _, dup := options[name]; dup {
			return nil, fmt.Errorf("'%s' option specified multiple times", name)
		}
		options[name], hasValue[name] = val, has
		order = append(order, name)
	}
	if i == len(words) {
		return nil, errNoCommand
	}
	cmd := a.find(words[i])
	if cmd == nil {
		return nil, fmt.Errorf("unknown command '%s'; use --help for help", words[i])
	}
	for k := range local {
		order = append(order, k)
	}
	for _, o := range order {
		known, takes := cmd.takes(o)
		switch {
		case !known:
			return nil, fmt.Errorf("'%s' command has no '%s' option", cmd.Name, o)
		case takes && !hasValue[o]:
			return nil, fmt.Errorf("missing argument to '%s' option on '%s' command", o, cmd.Name)
		case !takes && hasValue[o]:
			return nil, fmt.Errorf("'%s' option on '%s' does not accept an argument", o, cmd.Name)
		}
	}
	args := words[i+1:]
	if len(args) < cmd.Min {
		return nil, fmt.Errorf("'%s' command requires at least %d arguments", cmd.Name, cmd.Min)
	}
	if len(args) > cmd.Max {
		for _, w := range args {
			if strings.HasPrefix(w, "-") {
				return nil, fmt.Errorf("'%s' command takes at most %d arguments (note that options must precede command names and follow a \"--\" argument)", cmd.Name, cmd.Max)
			}
		}
		return nil, fmt.Errorf("'%s' command takes at most %d arguments", cmd.Name, cmd.Max)
	}
	return &Call{Command: cmd, Words: args, Options: options}, nil
}

// noValue marks, in the options of the first command, one without a value.
const noValue = "\x00"
