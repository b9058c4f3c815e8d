package ctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"govs/cli"
	"govs/cli/table"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/ovsdb/idl"
	"govs/stream"
)

// ExitRefused is the status of a tool whose change was stored but could not be
// carried out by the daemon, as since Open vSwitch 3.6.
const ExitRefused = 65

// run is one invocation of a tool.
type run struct {
	app   *App
	argv  []string
	io    cli.IO
	log   *vlog.Module
	style table.Style
	tls   stream.TLS

	db                             string
	noWait, dryRun, oneline, retry bool
	leaderOnly                     bool
	timeout                        int
	calls                          []*Call
	command                        string // the command line, for logs
	need                           *Need
	client                         *idl.Client
	awaited                        atomic.Value  // string: what the commands wait for
	ended                          chan struct{} // closed when the client has ended
	clientErr                      error
}

// Main runs the tool: argv[0] is its name. It returns the exit status.
func (a *App) Main(argv []string, o cli.IO) int {
	r := &run{app: a, argv: argv, io: o, log: vlog.New(a.Module), db: "unix:" + filepath.Join(daemon.RunDir(), "db.sock"), leaderOnly: true}
	r.style = table.Style{Format: table.List}
	vlog.SetLevel(nil, vlog.Console, vlog.Warn)
	vlog.SetLevel(vlog.New("reconnect"), -1, vlog.Warn)
	done, err := r.parse()
	if err == nil && !done {
		err = r.run()
	}
	var exit ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	case errors.Is(err, cli.ErrSilent):
		return 1
	}
	vlog.SetLevel(r.log, vlog.Console, vlog.Off)
	r.log.Err("%s", err)
	o.Errorf(a.Name, "%s", err)
	return 1
}

// parse reads the command line. done tells that an option such as --help has
// said all there is to say.
func (r *run) parse() (done bool, err error) {
	local := map[string]string{}
	s := cli.NewScanner(r.options(local), cli.StopFirst, r.argv[1:])
	for {
		opt, val, has, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, err
		}
		if err := opt.Do(val, has); err != nil {
			if errors.Is(err, cli.ErrStop) {
				return true, nil
			}
			return false, err
		}
	}
	if r.calls, err = r.app.parseCalls(s.Rest(), local); err != nil {
		return false, err
	}
	if r.timeout == 0 {
		for _, v := range r.app.Timeouts {
			if n, err := strconv.Atoi(os.Getenv(v)); err == nil && n > 0 {
				r.timeout = n
				break
			}
		}
	}
	return false, nil
}

func (r *run) run() error {
	if r.timeout > 0 {
		daemon.Alarm(r.timeout, nil)
	}
	r.command = escape(r.argv)
	level := vlog.Dbg
	for _, c := range r.calls {
		if c.Access == Writes {
			level = vlog.Info
		}
	}
	r.log.Log(level, "Called as %s", r.command)

	r.need = &Need{app: r.app, schema: r.app.Schema(), columns: map[string][]string{}}
	if r.app.Always != nil {
		r.app.Always(r.need)
	}
	if w := r.app.Reload; w != nil {
		r.need.Columns(w.Table, w.Cur)
	}
	for _, c := range r.calls {
		if c.Need != nil {
			if err := c.Need(r.need, c); err != nil {
				return err
			}
		}
	}
	if err := r.connect(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.ended = make(chan struct{})
	go func() {
		r.clientErr = r.client.Run(ctx)
		close(r.ended)
	}()
	err := r.work(ctx)
	cancel()
	<-r.ended
	return err
}

// escape joins words as a shell would need them.
func escape(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		if w != "" && !strings.ContainsAny(w, " \t\r\n\v\\'\"") {
			b.WriteString(w)
			continue
		}
		b.WriteByte('"')
		b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(w))
		b.WriteByte('"')
	}
	return b.String()
}

func (r *run) connect() (err error) {
	cfg := idl.Config{
		Remote: r.db, DB: r.need.schema.Name, Schema: r.need.schema, Tables: r.need.columns, Dial: r.app.Dial,
		LeaderOnly: r.leaderOnly && strings.Contains(r.db, ","),
	}
	if r.tls != (stream.TLS{}) {
		cfg.Stream.TLS = &r.tls
	}
	cfg.Once = !r.retry && !stream.IsPassive(r.db)
	r.client, err = idl.New(cfg)
	return err
}

// work tries the commands until they can be committed on the newest state.
func (r *run) work(ctx context.Context) error {
	stop := r.patience(func() string { return fmt.Sprintf("a connection to %s", r.db) })
	snap := r.client.Snapshot()
	for !snap.Complete {
		var err error
		if snap, err = r.next(ctx, snap); err != nil {
			stop()
			return err
		}
	}
	stop()
	defer r.patience(func() string { return r.awaited.Load().(string) })()
	r.awaited.Store("an answer to the transaction")
	for try := 1; ; try++ {
		done, err := r.attempt(ctx, snap)
		if done || err != nil {
			return err
		}
		if snap, err = r.next(ctx, snap); err != nil {
			return err
		}
		if s := r.client.Snapshot(); s.Seqno > snap.Seqno {
			snap = s
		}
	}
}

// next waits for a snapshot newer than s.
func (r *run) next(ctx context.Context, s *idl.Snapshot) (*idl.Snapshot, error) {
	select {
	case <-s.Replaced():
		n := r.client.Snapshot()
		if n.Complete && !n.Connected {
			// Only a newer state counts, and the end of the connection is one
			// if it is not made again.
			select {
			case <-r.ended:
				return nil, r.lost()
			case <-n.Replaced():
				return r.client.Snapshot(), nil
			}
		}
		return n, nil
	case <-r.ended:
		return nil, r.lost()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (r *run) lost() error {
	err := r.clientErr
	var re *idl.RemoteError
	if errors.As(err, &re) {
		err = re.Err
	}
	return fmt.Errorf("%s: database connection failed (%s)", r.db, cli.Strerror(err))
}

// attempt runs the commands on one state. done is unset if they must be tried
// on a newer one.
func (r *run) attempt(ctx context.Context, snap *idl.Snapshot) (done bool, err error) {
	txn := r.client.TxnOn(snap)
	if r.dryRun {
		txn.DryRun()
	}
	who := r.app.Name
	if r.app.Invoker {
		who += " (invoked by " + parent() + ")"
	}
	txn.Comment("%s: %s", who, r.command)
	var state any
	if r.app.Begin != nil {
		state = r.app.Begin(txn)
	}
	wait := r.app.Reload != nil && !r.noWait && !r.dryRun
	if wait {
		txn.Increment(idl.First(txn, r.app.Reload.Table), r.app.Reload.Next, false)
	}
	syms := &symbols{byName: map[string]*symbol{}}
	contexts := make([]*Context, len(r.calls))
	for i, call := range r.calls {
		c := &Context{Call: call, Txn: txn, App: r.app, State: state, symbols: syms}
		contexts[i] = c
		if err := call.Run(c); err != nil {
			return false, err
		}
		if c.TryAgain {
			r.awaited.Store(fmt.Sprintf("\"%s\" to come true", c.Call))
			return false, nil
		}
	}
	if err := r.checkSymbols(syms); err != nil {
		return false, err
	}
	res := txn.Commit(ctx)
	switch res.Status {
	case idl.TryAgain:
		return false, nil
	case idl.NotLocked:
		return false, errors.New("database not locked")
	case idl.Failed:
		var te *idl.TxnError
		if !errors.As(res.Err, &te) {
			return false, fmt.Errorf("transaction error: %s", cli.Strerror(res.Err))
		}
		if r.overtaken(te, snap) {
			return false, nil
		}
		return false, fmt.Errorf("transaction error: %s", te)
	}
	for _, c := range contexts {
		c.result = res
		if c.After != nil {
			c.After(c)
		}
	}
	if err := r.print(contexts); err != nil {
		return true, err
	}
	if wait && res.Status == idl.Success {
		r.awaited.Store("") // waitReload says it
		return true, r.waitReload(ctx, state, res)
	}
	return true, nil
}

// overtaken reports whether a refusal comes from a change that somebody else
// has made meanwhile: then the commands find out more on the newer state.
func (r *run) overtaken(e *idl.TxnError, snap *idl.Snapshot) bool {
	return r.client.Snapshot().Seqno > snap.Seqno && e.Tag == "constraint violation" &&
		(strings.Contains(e.Details, "identical values") || strings.Contains(e.Details, "schema-defined limit"))
}

func (r *run) checkSymbols(s *symbols) error {
	for _, name := range s.order {
		y := s.byName[name]
		switch {
		case !y.created:
			return fmt.Errorf("row id \"%s\" is referenced but never created (e.g. with \"-- --id=%s create ...\")", name, name)
		case y.strong:
		case y.weak:
			r.log.Warn("row id \"%s\" was created but only a weak reference to it was inserted, so it will not actually appear in the database", name)
		default:
			r.log.Warn("row id \"%s\" was created but no reference to it was inserted, so it will not actually appear in the database", name)
		}
	}
	return nil
}

// print writes what the commands have to say, in their order.
func (r *run) print(contexts []*Context) error {
	var b strings.Builder
	for _, c := range contexts {
		if c.Grid != nil {
			if err := r.style.Write(&b, c.Grid); err != nil {
				return err
			}
			continue
		}
		out := c.Out.String()
		if r.oneline {
			out = strings.TrimSuffix(out, "\n")
			out = strings.NewReplacer("\\", "\\\\", "\n", "\\n").Replace(out) + "\n"
		}
		b.WriteString(out)
	}
	if _, err := io.WriteString(r.io.Out, b.String()); err != nil {
		return fmt.Errorf("write to standard output failed (%s)", cli.Strerror(err))
	}
	return nil
}

// waitReload waits until the daemon has carried the change out, and reports
// what it could not do.
func (r *run) waitReload(ctx context.Context, state any, res *idl.Result) error {
	w := r.app.Reload
	r.client.Persist()
	snap := r.client.Snapshot()
	cur := func() int64 {
		if root := idl.First(r.client.Snapshot(), w.Table); root != nil {
			return root.Int(w.Cur)
		}
		return 0
	}
	stop := r.patience(func() string {
		return fmt.Sprintf("%s to carry out the change (%s; %s is %d, to become %d)", r.app.Daemon, r.daemonState(), w.Cur, cur(), res.Counter)
	})
	defer stop()
	for {
		if root := idl.First(snap, w.Table); root != nil && root.Int(w.Cur) >= res.Counter {
			break
		}
		var err error
		if snap, err = r.client.Wait(ctx, snap); err != nil {
			return err
		}
	}
	if w.Check == nil {
		return nil
	}
	complaints := w.Check(snap, state, res)
	if len(complaints) == 0 {
		return nil
	}
	for _, s := range complaints {
		r.io.Errorf(r.app.Name, "%s", s)
	}
	return ExitError(ExitRefused)
}

// daemonState says what can be seen of the daemon from here.
func (r *run) daemonState() string {
	file := filepath.Join(daemon.RunDir(), r.app.Daemon+".pid")
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Sprintf("%s: %s", file, cli.Strerror(err))
	}
	pid := strings.TrimSpace(string(text))
	if _, err := os.Stat("/proc/" + pid); err != nil {
		return "process " + pid + " has gone"
	}
	return "process " + pid
}

// patient is how long the tool waits in silence.
const patient = 5 * time.Second

// patience says on the error stream what the tool waits for, once, if that
// takes long. It ends with the returned function.
func (r *run) patience(what func() string) (stop func()) {
	t := time.AfterFunc(patient, func() {
		if s := what(); s != "" {
			r.io.Errorf(r.app.Name, "waiting for %s", s)
		}
	})
	return func() { t.Stop() }
}

// parent returns the name of the program that called us.
func parent() string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", os.Getppid()))
	if err != nil {
		return "unknown"
	}
	return strings.TrimSuffix(string(b), "\n")
}
