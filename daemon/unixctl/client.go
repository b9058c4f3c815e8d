package unixctl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"time"

	"govs/cli"
	"govs/daemon/pidfile"
	"govs/internal/dirs"
	"govs/internal/unixsock"
)

// TargetPath returns the socket of a -t TARGET: an absolute path is itself, a
// name is looked up by its pidfile in the run directory. The error has the
// words ovs-appctl prints.
func TargetPath(target string) (string, error) {
	if len(target) > 0 && target[0] == '/' {
		return target, nil
	}
	pf := dirs.Abs(dirs.Run(), target+".pid")
	pid, err := pidfile.Read(pf)
	if err != nil {
		return "", fmt.Errorf("cannot read pidfile \"%s\" (%s)", pf, cli.Strerror(err))
	}
	return DefaultPath(target, pid), nil
}

// Client is a connection to a daemon's control socket, for one goroutine.
type Client struct {
	c   net.Conn
	dec *json.Decoder
	id  int
}

// Connect opens a control socket by its path.
func Connect(path string) (*Client, error) {
	nc, err := unixsock.Dial(context.Background(), path)
	if err != nil {
		log.Warn("failed to connect to %s", path)
		return nil, err
	}
	dec := json.NewDecoder(nc)
	dec.UseNumber()
	return &Client{c: nc, dec: dec}, nil
}

// Reply is what a daemon answered: one of the two is nil. Both are a string
// for text, and any other JSON value from a client that asked for JSON.
type Reply struct {
	Result, Error json.RawMessage
}

// Do sends one command and waits for the answer. err is a failure of the
// connection, not of the command.
func (c *Client) Do(name string, args []string) (*Reply, error) {
	params := make([]json.RawMessage, len(args))
	for i, a := range args {
		params[i], _ = json.Marshal(a)
	}
	b := new(bytes.Buffer)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	id := json.RawMessage(strconv.Itoa(c.id))
	c.id++
	if err := enc.Encode(request{ID: id, Method: name, Params: params}); err != nil {
		return nil, err
	}
	if _, err := c.c.Write(b.Bytes()); err != nil {
		return nil, err
	}
	var a struct {
		ID     json.RawMessage `json:"id"`
		Result json.RawMessage `json:"result"`
		Error  json.RawMessage `json:"error"`
	}
	if err := c.dec.Decode(&a); err != nil {
		return nil, err
	}
	if string(a.Result) == "null" {
		a.Result = nil
	}
	if string(a.Error) == "null" {
		a.Error = nil
	}
	return &Reply{Result: a.Result, Error: a.Error}, nil
}

// SetDeadline sets when Do gives up; zero: never.
func (c *Client) SetDeadline(t time.Time) error { return c.c.SetDeadline(t) }

// Close ends the connection.
func (c *Client) Close() error { return c.c.Close() }
