package vlog

import (
	"fmt"
	"strings"

	"govs/cli"
)

// Options returns the rows -v, --verbose, --log-file, --syslog-method,
// --syslog-target of a program, in the order of its help.
func Options(program string) []cli.Option {
	SetProgram(program)
	verbose := func(v string, has bool) error {
		if !has {
			SetLevel(nil, -1, Dbg)
			return nil
		}
		if err := Set(v); err != nil {
			return fmt.Errorf("processing \"%s\": %w", v, err)
		}
		return nil
	}
	return []cli.Option{
		{Long: "verbose", Short: 'v', Arg: cli.OptArg, Meta: "SPEC", Doc: "log more: SPEC has a module, a destination (console, syslog, file) and a level (off, emer, err, warn, info, dbg), in any order; without it everything is logged", Do: verbose},
		{Long: "log-file", Arg: cli.OptArg, Meta: "FILE", Doc: "log to a file, in the log directory if none is named", Do: func(v string, _ bool) error {
			if OpenFile(v) != nil {
				return cli.ErrSilent
			}
			return nil
		}},
		{Long: "syslog-method", Arg: cli.ReqArg, Meta: "METHOD", Doc: "how the system log is reached: libc, unix:FILE, udp:IP:PORT or null", Do: func(v string, _ bool) error {
			if !validMethod(v) {
				return fmt.Errorf("unsupported syslog method '%s'", v)
			}
			reg.mu.Lock()
			defer reg.mu.Unlock()
			reg.out.syslog.method = v
			return nil
		}},
		{Long: "syslog-target", Arg: cli.ReqArg, Meta: "HOST:PORT", Doc: "send system log messages there by UDP, too", Do: func(v string, _ bool) error {
			if !strings.Contains(v, ":") {
				New("socket_util").Err("%s: port must be specified", v)
				return nil
			}
			reg.mu.Lock()
			defer reg.mu.Unlock()
			reg.out.syslog.target = v
			return nil
		}},
	}
}

// Usage returns the help section of Options.
func Usage(program string) string {
	return `
Logging options:
  -vSPEC, --verbose=SPEC   set logging levels
  -v, --verbose            set maximum verbosity level
  --log-file[=FILE]        enable logging to specified FILE
                           (default: ` + DefaultFile(program) + `)
  --syslog-method=(libc|unix:file|udp:ip:port)
                           specify how to send messages to syslog daemon
  --syslog-target=HOST:PORT  also send syslog msgs to HOST:PORT via UDP
`
}
