package idl

import (
	"context"
	"errors"

	"govs/jsonrpc"
	"govs/jsonrpc/json"
)

// serverDB is the database in which a server says how it serves the others.
const serverDB = "_Server"

// Why a server is given up for another.
var (
	errNotLeader    = errors.New("clustered database server is not cluster leader; trying another server")
	errDisconnected = errors.New("clustered database server is disconnected from cluster; trying another server")
	errStale        = errors.New("clustered database server has stale data; trying another server")
)

// serving is the server's row of our database in _Server.
type serving struct {
	clustered, leader, connected bool
	index                        int64
}

// watchServer monitors how the server serves the database, and returns an
// error if that is not good enough. Servers without _Server are alone.
func (c *Client) watchServer(ctx context.Context, s *jsonrpc.Session) error {
	c.serving = serving{}
	if c.cfg.DB == serverDB {
		return nil
	}
	cols := json.Arr(json.Str("name"), json.Str("model"), json.Str("leader"), json.Str("connected"), json.Str("index"))
	v, err := s.Call(ctx, "monitor", json.Arr(json.Str(serverDB), json.Str(serverDB),
		json.Obj(json.Member{Key: "Database", Value: json.Obj(json.Member{Key: "columns", Value: cols})})))
	if err != nil {
		var ce *jsonrpc.CallError
		if errors.As(err, &ce) {
			return nil
		}
		return err
	}
	return c.served(v)
}

// served takes an update of _Server.
func (c *Client) served(updates json.Value) error {
	tables, _ := updates.Get("Database")
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range tables.Members() {
		row, _ := m.Value.Get("new")
		if name, _ := row.Get("name"); name.Str() != c.cfg.DB {
			continue
		}
		model, _ := row.Get("model")
		leader, _ := row.Get("leader")
		connected, _ := row.Get("connected")
		index, _ := row.Get("index")
		c.serving = serving{model.Str() == "clustered", leader.Bool(), connected.Bool(), index.Int()}
	}
	switch sv := c.serving; {
	case !sv.clustered:
		return nil
	case !sv.connected:
		return errDisconnected
	case c.cfg.LeaderOnly && !sv.leader:
		return errNotLeader
	case sv.index < c.minIndex:
		return errStale
	default:
		c.minIndex = sv.index
	}
	return nil
}

// refuse ends a session for a reason of ours.
func (c *Client) refuse(s *jsonrpc.Session, err error) {
	c.mu.Lock()
	c.refused = err
	c.mu.Unlock()
	s.Close()
}
