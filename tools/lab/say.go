package lab

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// text is one sentence in the languages the lab speaks.
type text struct{ en, zh string }

// voice prints to the person watching. Words come in two languages, side by
// side where they are used; what tools print stays as it is.
type voice struct {
	w       io.Writer
	chinese bool
	onError func() // called when the person stopped reading
}

func (v *voice) in(t text) string {
	if v.chinese {
		return t.zh
	}
	return t.en
}

func (v *voice) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(v.w, format, args...); err != nil && v.onError != nil {
		v.onError()
	}
}

// say prints one line.
func (v *voice) say(t text, args ...any) { v.printf("%s\n", fmt.Sprintf(v.in(t), args...)) }

// heading begins a part.
func (v *voice) heading(n int, t text) { v.printf("\n=== %d. %s\n", n, v.in(t)) }

// quote prints the output of a tool, set in.
func (v *voice) quote(out string) {
	for line := range strings.Lines(out) {
		v.printf("    %s\n", strings.TrimRight(line, "\n"))
	}
}

// wantsChinese picks the language: the option, else the locale.
func wantsChinese(option string, env func(string) string) bool {
	for _, s := range []string{option, env("LC_ALL"), env("LC_MESSAGES"), env("LANG")} {
		if s != "" {
			return strings.HasPrefix(s, "zh")
		}
	}
	return false
}

// done reports whether the person or a signal has ended the run.
func done(ctx context.Context) bool { return ctx.Err() != nil }
