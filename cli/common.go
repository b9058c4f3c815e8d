package cli

import (
	"fmt"
	"io"
)

// Common holds what was asked for by the options that every tool has: --help,
// --version, and --option, which lists options for shell completion. Each ends
// the scan.
type Common struct {
	Help, Version, Option bool
}

// Rows returns the rows -h, -o and -V, which set c.
func (c *Common) Rows() []Option {
	stop := func(b *bool) func(string, bool) error {
		return func(string, bool) error { *b = true; return ErrStop }
	}
	return []Option{
		{Long: "help", Short: 'h', Doc: "print a summary", Do: stop(&c.Help)},
		{Long: "option", Short: 'o', Doc: "print the options, one a line", Do: stop(&c.Option)},
		{Long: "version", Short: 'V', Doc: "print the version", Do: stop(&c.Version)},
	}
}

// PrintOptions lists rows one form a line, as --option does.
func PrintOptions(w io.Writer, groups ...[]Option) {
	for _, g := range groups {
		for _, o := range g {
			arg := [...]string{NoArg: "", ReqArg: "ARG", OptArg: "[ARG]"}[o.Arg]
			if o.Long != "" {
				eq := ""
				if arg != "" {
					eq = "="
				}
				fmt.Fprintf(w, "--%s%s%s\n", o.Long, eq, arg)
			}
			if o.Short != 0 {
				fmt.Fprintf(w, "-%c %s\n", o.Short, arg)
			}
		}
	}
}
