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
	// LeaderOnly refuses servers of a cluster that do not lead it.
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
	limit := c.cfg.MaxBackoff
	if limit <= 0 {
		limit = 8 * time.Second
	}
	backoff := time.Duration(0)
	for i := 0; ; i++ {
		remote := c.remotes[i%len(c.remotes)]
		start := time.Now()
		err := c.serve(ctx, remote)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.mu.Lock()
		c.failure = err
		c.mu.Unlock()
		if c.once.Load() && i+1 >= len(c.remotes) {
			return err
		}
		if time.Since(start) > limit {
			backoff = 0
		}
		if (i+1)%len(c.remotes) != 0 && backoff == 0 {
			continue // try the next server at once
		}
		backoff = min(max(2*backoff, time.Second), limit)
		t := time.NewTimer(backoff)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
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
