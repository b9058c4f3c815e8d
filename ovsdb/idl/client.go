package idl

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"govs/daemon/vlog"
	"govs/jsonrpc"
	"govs/ovsdb"
	"govs/stream"
	"govs/stream/reconnect"
)

var log = vlog.New("ovsdb_idl")

// Config says which database to replicate, and from where.
type Config struct {
	// Remote is the server's name, such as "unix:/run/openvswitch/db.sock", or
	// several with commas between them, which are tried in turn. A passive
	// name such as "ptcp:6640" waits for the server to call.
	Remote string
	// DB is the database's name, such as "Open_vSwitch".
	DB string
	// Schema is the one the program is written for. Columns that the
	// server's lacks read as their defaults. Nil: the server's own.
	Schema *ovsdb.Schema
	// Tables lists the columns to monitor, by table. Nil: all of them.
	Tables map[string][]string
	// Conditions are what SetCondition is called with at the start, by table.
	Conditions map[string][]Clause
	// Lock is the name of a lock to hold while connected. Transactions then
	// fail with NotLocked while somebody else has it. "": none.
	Lock string
	// Dial, if set, connects instead of package stream: a server in the same
	// process gives one end of a net.Pipe.
	Dial func(ctx context.Context, remote string) (net.Conn, error)
	// Stream has the keys of ssl: remotes.
	Stream stream.Config
	// Once makes Run return when the first connection fails or ends,
	// instead of connecting again for ever.
	Once bool
	// LeaderOnly refuses servers of a cluster that do not lead it, and gives
	// one up that stops to. One that has lost its cluster, or is behind what
	// another has shown already, is given up in any case.
	LeaderOnly bool
	// Probe is the idle time after which the server must answer an echo. 0:
	// 5 s for remotes over the network, none for Unix sockets; negative:
	// none.
	Probe time.Duration
	// MaxBackoff bounds the pause between attempts to connect; 0: 8 s.
	MaxBackoff time.Duration
}

// base is what all snapshots of one schema share.
type base struct {
	schema *ovsdb.Schema
	loose  [][]ovsdb.Type
}

// Client is a replica of one database.
type Client struct {
	cfg     Config
	remotes []string

	snap atomic.Pointer[Snapshot]
	once atomic.Bool

	mu      sync.Mutex
	base    *base            // guarded by mu
	session *jsonrpc.Session // guarded by mu; nil if there is none
	early   []func()         // guarded by mu; updates that came before the first copy
	copying bool             // guarded by mu
	failure error            // guarded by mu; of the last attempt
	refused error            // guarded by mu; why we end the session

	cond        condState // guarded by mu
	conditional bool      // guarded by mu; the server knows conditions

	serving  serving // guarded by mu
	minIndex int64   // guarded by mu; of what servers of a cluster have shown
}

// New checks the configuration. The replica is empty until Run is called.
func New(cfg Config) (*Client, error) {
	if cfg.DB == "" {
		return nil, errors.New("no database name")
	}
	c := &Client{cfg: cfg}
	for _, r := range strings.Split(cfg.Remote, ",") {
		if r = strings.TrimSpace(r); r != "" {
			c.remotes = append(c.remotes, r)
		}
	}
	if len(c.remotes) == 0 {
		if cfg.Dial == nil {
			return nil, errors.New("no remote")
		}
		c.remotes = []string{"local"}
	}
	c.cond.want = cfg.Conditions
	c.once.Store(cfg.Once)
	s := &Snapshot{replaced: make(chan struct{})}
	if cfg.Schema != nil {
		c.base = &base{cfg.Schema, looseTypes(cfg.Schema)}
		s.schema, s.tables = cfg.Schema, make([]table, len(cfg.Schema.Tables))
	}
	c.snap.Store(s)
	return c, nil
}

// RemoteError is a failure to reach a remote.
type RemoteError struct {
	Remote string
	Err    error
}

func (e *RemoteError) Error() string { return fmt.Sprintf("%s: %v", e.Remote, e.Err) }
func (e *RemoteError) Unwrap() error { return e.Err }

// Snapshot returns the newest one, never nil.
func (c *Client) Snapshot() *Snapshot { return c.snap.Load() }

// publish makes a changed copy of the newest snapshot the newest one. The
// caller holds mu.
func (c *Client) publish(change func(s *Snapshot)) {
	old := c.snap.Load()
	s := *old
	s.Seqno++
	s.replaced = make(chan struct{})
	change(&s)
	c.snap.Store(&s)
	close(old.replaced)
}

// Wait returns the newest snapshot as soon as it is not after any more.
func (c *Client) Wait(ctx context.Context, after *Snapshot) (*Snapshot, error) {
	select {
	case <-after.replaced:
		return c.snap.Load(), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Ready waits for a snapshot that is Complete.
func (c *Client) Ready(ctx context.Context) (*Snapshot, error) {
	for {
		s := c.snap.Load()
		if s.Complete {
			return s, nil
		}
		if _, err := c.Wait(ctx, s); err != nil {
			return nil, err
		}
	}
}

// Err returns why the last connection or attempt failed, or nil.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure
}

// Run connects and keeps the replica up to date until ctx ends, whose error it
// returns. With Config.Once it returns the first failure.
func (c *Client) Run(ctx context.Context) error {
	fsm := &reconnect.FSM{Name: c.remotes[0], MaxBack: c.cfg.MaxBackoff}
	if fsm.MaxBack > 0 {
		fsm.MinBack = min(fsm.MaxBack, reconnect.DefaultMinBack)
	}
	fsm.Enable(time.Now())
	for tried := 0; ; {
		if fsm.Run(time.Now()) != reconnect.Connect {
			if err := sleepUntil(ctx, fsm); err != nil {
				return err
			}
			continue
		}
		remote := c.remotes[tried%len(c.remotes)]
		fsm.Name, fsm.Passive = remote, c.cfg.Dial == nil && stream.IsPassive(remote)
		fsm.ProbeInt = c.probeInterval(remote)
		err := c.serve(ctx, remote, fsm)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fsm.Disconnected(time.Now(), cause(err))
		c.mu.Lock()
		c.failure = err
		c.mu.Unlock()
		tried++
		if c.once.Load() && tried >= len(c.remotes) {
			return err
		}
		if tried%len(c.remotes) != 0 {
			fsm.SkipBackoff() // another server may be there
		}
	}
}

// sleepUntil waits until the machine has something to say.
func sleepUntil(ctx context.Context, fsm *reconnect.FSM) error {
	var alarm <-chan time.Time
	if at, ok := fsm.Deadline(); ok {
		t := time.NewTimer(time.Until(at))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-alarm:
		return nil
	}
}

// cause is the error below a RemoteError.
func cause(err error) error {
	var re *RemoteError
	if errors.As(err, &re) {
		return re.Err
	}
	return err
}

// probeInterval returns how long a remote may be silent.
func (c *Client) probeInterval(remote string) time.Duration {
	switch {
	case c.cfg.Probe < 0:
		return 0
	case c.cfg.Probe == 0 && (c.cfg.Dial != nil || strings.Contains(remote, "unix:")):
		return 0
	case c.cfg.Probe == 0:
		return 5 * time.Second
	}
	return c.cfg.Probe
}

// Persist undoes Config.Once: from now on a lost connection is made again.
func (c *Client) Persist() { c.once.Store(false) }

// Kick ends the connection, if there is one; Run makes a new one.
func (c *Client) Kick() {
	c.mu.Lock()
	s := c.session
	c.mu.Unlock()
	if s != nil {
		s.Close()
	}
}
