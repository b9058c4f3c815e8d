// Package lab builds, on one machine, the network that govs began with: two
// hosts of a cloud whose virtual machines talk through a VXLAN tunnel, each
// host with a database and a switch of its own. It shows them at work, check
// by check, and removes every trace. Its Network is also what tests build on.
//
// A Network is used by one goroutine at a time.
package lab

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"govs/cli"
)

const usage = `govs lab: two hosts on this machine, as namespaces, with the seed's network
usage: govs lab [OPTION]...

  --keep           leave it running, and print how to enter it
  --stop           stop every lab that was kept
  --broken         make the seed's mistake (its NIC in br-tun), show what
                   happens, and put it right
  --host-dir=DIR   keep the hosts' files below DIR (default: a new directory
                   in /tmp); DIR must be short
  --lang=en|zh     language (default: by the locale)
  -h, --help       this text
It needs root, and leaves nothing behind when it ends or is interrupted.
`

type options struct {
	keep, stop, broken, help bool
	dir, lang                string
}

func (o *options) rows() []cli.Option {
	flag := func(p *bool) func(string, bool) error {
		return func(string, bool) error { *p = true; return nil }
	}
	word := func(p *string) func(string, bool) error {
		return func(v string, _ bool) error { *p = v; return nil }
	}
	return []cli.Option{
		{Long: "keep", Do: flag(&o.keep)},
		{Long: "stop", Do: flag(&o.stop)},
		{Long: "broken", Do: flag(&o.broken)},
		{Long: "help", Short: 'h', Do: flag(&o.help)},
		{Long: "host-dir", Arg: cli.ReqArg, Do: word(&o.dir)},
		{Long: "lang", Arg: cli.ReqArg, Do: func(v string, _ bool) error {
			if v != "en" && v != "zh" {
				return fmt.Errorf("%s: language must be en or zh", v)
			}
			o.lang = v
			return nil
		}},
	}
}

// Main runs "govs lab".
func Main(argv []string, std cli.IO) int {
	const self = "govs lab"
	var o options
	rest, err := cli.Parse(argv[1:], cli.Permute, o.rows())
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("unexpected argument %q", rest[0])
	}
	if err != nil {
		std.Errorf(self, "%v", err)
		return 1
	}
	if o.help {
		fmt.Fprint(std.Out, usage)
		return 0
	}
	if os.Geteuid() != 0 {
		std.Errorf(self, "needs root, to make network namespaces: try sudo")
		return 1
	}
	if o.stop {
		n, err := stopAll()
		if err != nil {
			std.Errorf(self, "%v", err)
			return 1
		}
		fmt.Fprintf(std.Out, "%d stopped\n", n)
		return 0
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		std.Errorf(self, "internal ports need /dev/net/tun: %v", cli.Strerror(err))
		return 1
	}
	ctx, stop := watchSignals()
	defer stop()
	v := &voice{w: std.Out, chinese: wantsChinese(o.lang, os.Getenv), onError: stop}
	passed, failed, err := run(ctx, &o, v)
	switch {
	case done(ctx):
		std.Errorf(self, "%s", v.in(text{"interrupted; everything is removed", "已中断；全部清除"}))
		return 1
	case err != nil:
		std.Errorf(self, "%v", err)
		return 1
	}
	v.printf("\n%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		return 1
	}
	return 0
}

// watchSignals returns a context that ends with the first signal that would
// end the process. Later ones change nothing: cleaning up is under way.
func watchSignals() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
	go func() {
		<-c
		cancel()
	}()
	return ctx, cancel
}

// run builds the network, makes the checks, and removes the network unless it
// is to be kept.
func run(ctx context.Context, o *options, v *voice) (passed, failed int, err error) {
	sweep()
	s := &state{Pid: os.Getpid(), Prefix: DefaultPrefix(os.Getpid()), Dir: o.dir}
	if s.Dir == "" {
		s.Dir = filepath.Join(os.TempDir(), fmt.Sprintf("govs-lab-%d", s.Pid))
	}
	if s.Dir, err = filepath.Abs(s.Dir); err != nil {
		return 0, 0, err
	}
	if err := s.save(); err != nil {
		return 0, 0, err
	}
	var n *Network
	// Runs in a panic too.
	defer func() {
		if s.Stays && !done(ctx) {
			return
		}
		if n != nil {
			_ = n.Close()
		}
		if e := s.remove(); err == nil {
			err = e
		}
	}()

	v.say(text{"Building two hosts of a cloud on this machine.", "在本机上搭建云里的两台主机。"})
	n, err = Build(ctx, Config{Prefix: s.Prefix, Dir: s.Dir, Mistake: o.broken, Stay: o.keep, voice: v})
	if err == nil {
		passed, failed = n.performAll(ctx, v)
	}
	if done(ctx) {
		return passed, failed, ctx.Err()
	}
	if err != nil || failed > 0 {
		n.explain(v)
	}
	if err != nil {
		return passed, failed, err
	}
	if o.keep {
		s.Stays = true
		if err := s.save(); err != nil {
			return passed, failed, err
		}
		n.directions(v)
	}
	return passed, failed, nil
}

// performAll makes every check that belongs to the network.
func (n *Network) performAll(ctx context.Context, v *voice) (passed, failed int) {
	n.cfg.voice = v
	list := checks()
	if n.cfg.Mistake {
		list = mistakeChecks()
	}
	for i := range list {
		if done(ctx) {
			break
		}
		if n.perform(ctx, v, i+1, &list[i]) {
			passed++
		} else {
			failed++
		}
	}
	return passed, failed
}

// Show makes the lab's checks on the network, printing to w.
func (n *Network) Show(ctx context.Context, w io.Writer) (passed, failed int) {
	return n.performAll(ctx, &voice{w: w})
}

// perform makes one check and tells of it.
func (n *Network) perform(ctx context.Context, v *voice, i int, c *check) bool {
	v.heading(i, c.title)
	v.printf("  (%s)\n", v.in(c.why))
	f, err := c.run(ctx, n)
	if done(ctx) {
		return false
	}
	if err != nil {
		v.say(text{"  FAILED: %v", "  失败: %v"}, err)
		return false
	}
	v.say(text{"  expected: %s", "  期望: %s"}, v.in(f.expected))
	v.say(text{"  seen:     %s", "  看到: %s"}, v.in(f.seen))
	if f.ok {
		v.say(text{"  ok", "  通过"})
	} else {
		v.say(text{"  FAILED", "  失败"})
	}
	return f.ok
}

// explain prints what the daemons complained of.
func (n *Network) explain(v *voice) {
	var all strings.Builder
	for _, h := range n.Hosts {
		all.WriteString(h.complaints())
	}
	if all.Len() > 0 {
		v.say(text{"\nWhat the daemons logged:", "\n守护进程的日志:"})
		v.quote(all.String())
	}
}

// directions prints how to enter a lab that stays.
func (n *Network) directions(v *voice) {
	exe, err := os.Executable()
	if err != nil {
		exe = "govs"
	}
	enter := func(ns string) string {
		if _, err := exec.LookPath("ip"); err == nil {
			return "ip netns exec " + ns
		}
		return "nsenter --net=/run/netns/" + ns
	}
	v.say(text{"\nThe lab stays. As root, a shell on each host:", "\n实验环境保留。以 root 进入每台主机:"})
	for _, h := range n.Hosts {
		v.printf("  %s env OVS_RUNDIR=%s/run PATH=%s:$PATH sh\n", enter(h.NS.Name), h.Dir, filepath.Dir(exe))
	}
	v.say(text{"and in each machine:", "进入每台机器:"})
	for _, h := range n.Hosts {
		for _, p := range h.hostPlan.machines {
			v.printf("  %s sh   # %s, %s\n", enter(n.Machines[p.name].NS.Name), v.in(p.title), p.ip)
		}
	}
	v.say(text{"To stop it:\n  %s lab --stop", "停止:\n  %s lab --stop"}, exe)
}
