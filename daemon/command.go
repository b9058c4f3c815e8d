package daemon

import (
	"strings"

	"govs/daemon/coverage"
	"govs/daemon/unixctl"
	"govs/daemon/vlog"
)

// Commands returns the rows every daemon and --detach'ed tool answers, beside
// those of unixctl itself.
func Commands() []unixctl.Command {
	return []unixctl.Command{
		{Name: "coverage/read-counter", Usage: "COUNTER", MinArgs: 1, MaxArgs: 1, Run: readCounter},
		{Name: "coverage/show", Run: text(coverage.Show)},
		{Name: "memory/show", Run: text(MemoryReport)},
		{Name: "vlog/close", Run: func(r *unixctl.Request) { vlog.CloseFile(); r.Reply("") }},
		{Name: "vlog/disable-rate-limit", Usage: "[module]...", MaxArgs: unixctl.Many,
			Run: func(r *unixctl.Request) { answer(r, vlog.HonorRateLimit(r.Args, false)) }},
		{Name: "vlog/enable-rate-limit", Usage: "[module]...", MaxArgs: unixctl.Many,
			Run: func(r *unixctl.Request) { answer(r, vlog.HonorRateLimit(r.Args, true)) }},
		{Name: "vlog/list", Run: func(r *unixctl.Request) {
			var b strings.Builder
			vlog.List(&b)
			r.Reply(b.String())
		}},
		{Name: "vlog/list-pattern", Run: func(r *unixctl.Request) {
			var b strings.Builder
			vlog.ListPattern(&b)
			r.Reply(b.String())
		}},
		{Name: "vlog/reopen", Run: func(r *unixctl.Request) { answer(r, vlog.Reopen()) }},
		{Name: "vlog/set", Usage: "{spec | PATTERN:destination:pattern}", MinArgs: 1, MaxArgs: unixctl.Many,
			Run: func(r *unixctl.Request) {
				for _, a := range r.Args {
					if err := vlog.Set(a); err != nil {
						r.Error(err.Error())
						return
					}
				}
				r.Reply("")
			}},
	}
}

func text(f func() string) func(*unixctl.Request) {
	return func(r *unixctl.Request) { r.Reply(f()) }
}

func answer(r *unixctl.Request, err error) {
	if err != nil {
		r.Error(err.Error())
		return
	}
	r.Reply("")
}

func readCounter(r *unixctl.Request) {
	n, ok := coverage.Read(r.Args[0])
	if !ok {
		r.Error("No such counter")
		return
	}
	r.Replyf("%d", n)
}
