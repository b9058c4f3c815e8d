package conn

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"govs/openflow"
	"govs/stream"
)

// Client is a Conn to a switch with what asking it takes: requests matched
// with their replies, multipart replies, and the protocol in which flows are
// spoken of. It is for one goroutine.
type Client struct {
	*Conn
	proto openflow.Protocols
	out   []byte // queued messages
}

// DialError is an error of reaching the other side at all, as opposed to one
// of agreeing with it.
type DialError struct {
	Name string
	Err  error
}

// Error names what was called.
func (e *DialError) Error() string { return fmt.Sprintf("connecting to %s: %v", e.Name, e.Err) }

// Unwrap returns the system's error.
func (e *DialError) Unwrap() error { return e.Err }

// DialClient connects to a switch by a stream's name and agrees on one of the
// versions allowed. A switch that cannot be reached is a *DialError, one that
// speaks no such version a *VersionError.
func DialClient(ctx context.Context, cfg stream.Config, name string, allowed openflow.Versions) (*Client, error) {
	return DialClientOr(ctx, cfg, name, allowed, 0)
}

// DialClientOr is DialClient that calls a second time when the switch speaks
// none of the versions allowed: then the newest that it has in common with
// others is taken.
func DialClientOr(ctx context.Context, cfg stream.Config, name string, allowed, others openflow.Versions) (*Client, error) {
	if cfg.Port == 0 {
		cfg.Port = stream.OpenFlowPort
	}
	c, err := dial(ctx, cfg, name, allowed)
	v, refused := errors.AsType[*VersionError](err)
	if refused && v.Peers&others != 0 {
		c, err = dial(ctx, cfg, name, openflow.VersionsOf((v.Peers & others).Max()))
		v, refused = errors.AsType[*VersionError](err)
	}
	if refused {
		log.WarnRL(&limit, "%s", v)
	}
	return c, err
}

func dial(ctx context.Context, cfg stream.Config, name string, allowed openflow.Versions) (*Client, error) {
	nc, err := cfg.Dial(ctx, name)
	if err != nil {
		return nil, &DialError{name, err}
	}
	c := New(nc, name)
	if err := c.quietHandshake(ctx, allowed); err != nil {
		c.Close()
		return nil, err
	}
	return NewClient(c), nil
}

// NewClient returns a client over a connection past its handshake.
func NewClient(c *Conn) *Client { return &Client{Conn: c, proto: openflow.ProtocolOf(c.Version())} }

// Protocol returns how flows are spoken of at the moment.
func (c *Client) Protocol() openflow.Protocols { return c.proto }

// SkipXids passes over n transaction ids.
func (c *Client) SkipXids(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.xid += uint32(n)
}

// SetDeadline bounds all later reads and writes; the zero time is no bound.
func (c *Client) SetDeadline(t time.Time) { _ = c.nc.SetDeadline(t) }

// Queue keeps an encoded message for the next Flush.
func (c *Client) Queue(b []byte) { c.out = append(c.out, b...) }

// Flush sends what was queued.
func (c *Client) Flush() error {
	if len(c.out) == 0 {
		return nil
	}
	err := c.Send(c.out)
	c.out = c.out[:0]
	return err
}

// TransactRaw sends an encoded request and returns the first message with its
// transaction id. Echo requests that come meanwhile are answered, other
// messages dropped.
func (c *Client) TransactRaw(b []byte) ([]byte, error) {
	c.Queue(b)
	if err := c.Flush(); err != nil {
		return nil, err
	}
	return c.await(openflow.ParseHeader(b).Xid)
}

func (c *Client) await(xid uint32) ([]byte, error) {
	for {
		r, err := c.Recv()
		if err != nil {
			return nil, err
		}
		if openflow.ParseHeader(r).Xid == xid {
			return r, nil
		}
		if err := c.AnswerEcho(r); err != nil {
			return nil, err
		}
	}
}

// AnswerEcho answers b if it is an echo request.
func (c *Client) AnswerEcho(b []byte) error {
	if openflow.ParseHeader(b).Type != openflow.TypeEchoRequest {
		return nil
	}
	r := append([]byte(nil), b...)
	r[1] = openflow.TypeEchoReply
	return c.Send(r)
}

// Encode encodes a message for this connection under a new transaction id.
func (c *Client) Encode(m openflow.Message) []byte {
	return openflow.Encode(m, c.proto, c.NewXid())
}

// Transact sends a request and returns the decoded reply. An error message is
// returned as the error, an *openflow.ErrorMsg.
func (c *Client) Transact(m openflow.Message) (openflow.Decoded, error) {
	r, err := c.TransactRaw(c.Encode(m))
	if err != nil {
		return openflow.Decoded{}, err
	}
	d, err := openflow.Decode(r, openflow.DecodeOptions{Protocol: c.proto.WithTable()})
	if e, ok := d.Message.(*openflow.ErrorMsg); ok && err == nil {
		err = e
	}
	return d, err
}

// TransactMulti sends a multipart request and calls f with each part of the
// reply, undecoded, until the last. An error message is such a part.
func (c *Client) TransactMulti(m openflow.Message, f func(b []byte) error) error {
	b := c.Encode(m)
	xid := openflow.ParseHeader(b).Xid
	c.Queue(b)
	if err := c.Flush(); err != nil {
		return err
	}
	for {
		r, err := c.await(xid)
		if err != nil {
			return err
		}
		if err := f(r); err != nil {
			return err
		}
		if !openflow.HasMore(r) {
			return nil
		}
	}
}

// Request sends messages to which only errors answer, and a barrier behind
// them. It returns the first error message, or nil.
func (c *Client) Request(msgs ...openflow.Message) ([]byte, error) {
	for _, m := range msgs {
		c.Queue(c.Encode(m))
	}
	return c.Barrier()
}

// Barrier sends what was queued and a barrier, and waits for that. It returns
// the first error message that came, or nil.
func (c *Client) Barrier() ([]byte, error) {
	var first []byte
	return first, c.BarrierEach(func(b []byte) {
		if first == nil {
			first = b
		}
	})
}

// flushAt is how much BarrierEach sends at once.
const flushAt = 256 << 10

// BarrierEach is Barrier that calls f with each error message. Sending and
// receiving go on at the same time, so much may have been queued.
func (c *Client) BarrierEach(f func(b []byte)) error {
	out := c.out
	c.out = nil
	return c.BarrierFrom(slices.Chunk(out, flushAt), f)
}

// BarrierFrom is BarrierEach for messages that are still being made: pieces of
// the stream, which it sends as they come, in another goroutine than f's.
func (c *Client) BarrierFrom(pieces iter.Seq[[]byte], f func(b []byte)) error {
	barrier := c.Encode(&openflow.BarrierRequest{})
	xid := openflow.ParseHeader(barrier).Xid
	sent := make(chan error, 1)
	go func() {
		for b := range pieces {
			if err := c.Send(b); err != nil {
				sent <- err
				return
			}
		}
		sent <- c.Send(barrier)
	}()
	for {
		r, err := c.Recv()
		if err != nil {
			c.Close() // so that a blocked Send returns
			<-sent
			return err
		}
		h := openflow.ParseHeader(r)
		if h.Type == openflow.TypeError {
			f(r)
		}
		if h.Xid == xid {
			return <-sent
		}
		if h.Type != openflow.TypeError {
			if err := c.AnswerEcho(r); err != nil {
				return err
			}
		}
	}
}

// SetProtocol asks the switch to speak of flows in protocol p, which must be
// of the connection's version. A switch that refuses answers with reply.
func (c *Client) SetProtocol(p openflow.Protocols) (reply []byte, err error) {
	if p == c.proto {
		return nil, nil
	}
	if p.Version() != c.Version() {
		return nil, fmt.Errorf("protocol %s needs another version", p)
	}
	const nxm = openflow.ProtoNXM | openflow.ProtoNXMTID
	if (p&nxm != 0) != (c.proto&nxm != 0) {
		if reply, err := c.Request(&openflow.SetFlowFormat{NXM: p&nxm != 0}); reply != nil || err != nil {
			return reply, err
		}
	}
	if p.NamesTable() != c.proto.NamesTable() {
		if reply, err := c.Request(&openflow.FlowModTableID{On: p.NamesTable()}); reply != nil || err != nil {
			return reply, err
		}
	}
	c.proto = p
	return nil, nil
}
