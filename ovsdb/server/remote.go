package server

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"govs/cli"
	"govs/daemon/vlog"
	"govs/ovsdb"
	"govs/stream"
)

// wanted is a remote with the row it is read from, if any.
type wanted struct {
	Remote
	row rowRef
}

type rowRef struct {
	db    *Database
	table *ovsdb.TableSchema
	uuid  ovsdb.UUID
}

// remote is one connection method at work.
type remote struct {
	target string
	opts   atomic.Pointer[RemoteOptions]
	ctx    context.Context
	cancel context.CancelFunc

	mu           sync.Mutex
	row          rowRef               // guarded by mu
	l            stream.Listener      // guarded by mu; of a passive one
	clients      map[*Client]struct{} // guarded by mu
	state        string               // guarded by mu; of an active one
	lastErr      error                // guarded by mu
	connected    time.Time            // guarded by mu
	disconnected time.Time            // guarded by mu
}

func newRemote(w *wanted) *remote {
	m := &remote{target: w.Target, clients: map[*Client]struct{}{}, row: w.row}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	m.opts.Store(&w.Options)
	return m
}

// update takes new options over, for open sessions, too.
func (m *remote) update(w *wanted) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.row = w.row
	if *m.opts.Load() == w.Options {
		return
	}
	m.opts.Store(&w.Options)
	for c := range m.clients {
		c.SetOptions(w.Options.SessionOptions)
		stream.SetDSCP(c.s.conn, w.Options.DSCP)
	}
}

// silent reports whether a passive remote does not listen.
func (m *remote) silent() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.l == nil && stream.IsPassive(m.target)
}

// start makes a remote live. r.mu is held.
func (r *Remotes) start(m *remote) {
	if stream.IsPassive(m.target) {
		r.listen(m)
		return
	}
	go r.call(m)
}

// listen listens for sessions. A failure is logged when it is news.
func (r *Remotes) listen(m *remote) {
	l, err := r.stream.Listen(m.target)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		if m.lastErr == nil || m.lastErr.Error() != err.Error() {
			modules().rpc.Err("%s: listen failed: %s", m.target, cli.Strerror(err))
		}
		m.lastErr = err
		return
	}
	m.l, m.lastErr = l, nil
	if a, ok := l.Addr().(*net.TCPAddr); ok && requestedPort(m.target) == "0" {
		vlog.New("socket_util").Info("%s: listening on port %d", m.target[strings.IndexByte(m.target, ':')+1:], a.Port)
	}
	go r.srv.ServeOptions(l, func() SessionOptions { return m.opts.Load().SessionOptions }, m.notice)
}

func requestedPort(target string) string {
	part := strings.Split(target, ":")
	if len(part) < 2 {
		return ""
	}
	return part[1]
}

// notice keeps count of the remote's sessions.
func (m *remote) notice(c *Client, up bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !up {
		delete(m.clients, c)
		m.disconnected = time.Now()
		return
	}
	m.clients[c] = struct{}{}
	m.connected = time.Now()
	opts := m.opts.Load()
	c.SetOptions(opts.SessionOptions)
	stream.SetDSCP(c.s.conn, opts.DSCP)
	if m.ctx.Err() != nil {
		c.Close()
	}
}

func (m *remote) setState(state string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = state
	if err != nil {
		m.lastErr = err
	}
}

// stop ends the remote and its sessions.
func (m *remote) stop() {
	m.cancel()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.l != nil {
		m.l.Close()
	}
	for c := range m.clients {
		c.Close()
	}
}

// call keeps an active remote connected.
func (r *Remotes) call(m *remote) {
	log := vlog.New("reconnect")
	wait := time.Duration(0)
	for m.ctx.Err() == nil {
		most := 8 * time.Second
		if back := m.opts.Load().MaxBackoff; back > 0 {
			most = max(back, time.Second)
		}
		m.setState("CONNECTING", nil)
		if wait < most {
			log.Info("%s: connecting...", m.target)
		}
		dctx, cancel := context.WithTimeout(m.ctx, max(wait, time.Second))
		conn, err := r.stream.Dial(dctx, m.target)
		cancel()
		if err == nil {
			log.Info("%s: connected", m.target)
			m.setState("ACTIVE", nil)
			began := time.Now()
			err = r.srv.serveConn(conn, m.target, m.opts.Load().SessionOptions, m.notice)
			if m.ctx.Err() == nil {
				log.Info("%s: connection closed by peer", m.target)
			}
			if time.Since(began) > wait {
				wait = 0
			}
		} else if m.ctx.Err() == nil && wait < most {
			log.Info("%s: connection attempt failed (%s)", m.target, cli.Strerror(err))
		}
		m.setState("BACKOFF", err)
		switch {
		case wait == 0:
			wait = min(time.Second, most)
		case wait < most:
			wait = min(2*wait, most)
			if wait == most {
				log.Info("%s: continuing to reconnect in the background but suppressing further logging", m.target)
			} else {
				log.Info("%s: waiting %d seconds before reconnect", m.target, wait/time.Second)
			}
		}
		select {
		case <-m.ctx.Done():
		case <-time.After(wait):
		}
	}
}
