package conn

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"govs/openflow"
)

// Handler is one side of a conversation: a machine that is given the messages
// of the other side and says what to send. Serve calls it from one goroutine.
type Handler interface {
	// Begin appends what to send first.
	Begin(out []byte) []byte
	// Message appends what to send in answer to msg, a whole message which
	// the handler may keep. Requests for an echo are its to answer, too.
	Message(out, msg []byte) []byte
}

// errSilent means that the peer did not answer a probe.
var errSilent = fmt.Errorf("no response to inactivity probe: %w", syscall.ETIMEDOUT)

// Serve lets h speak over a connection past its handshake, until that or ctx
// ends. A peer silent for longer than probe is asked for an echo, and after the
// same time again given up; zero never does. Serve closes c.
func Serve(ctx context.Context, c *Conn, h Handler, probe time.Duration) error {
	defer context.AfterFunc(ctx, func() { c.Close() })()
	defer c.Close()
	err := c.serve(h, probe)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (c *Conn) serve(h Handler, probe time.Duration) error {
	out := h.Begin(nil)
	for {
		if len(out) > 0 && !c.Buffered() {
			if err := c.Send(out); err != nil {
				return err
			}
			out = out[:0]
		}
		if err := c.awaitMore(probe); err != nil {
			return err
		}
		b, err := c.Recv()
		if err != nil {
			return err
		}
		out = h.Message(out, b)
	}
}

// awaitMore waits until something can be received, or has ended.
func (c *Conn) awaitMore(probe time.Duration) error {
	if probe <= 0 || c.Buffered() {
		return nil
	}
	for probed := false; ; probed = true {
		_ = c.nc.SetReadDeadline(time.Now().Add(probe))
		_, err := c.r.Peek(c.skip + openflow.HeaderLen)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil // Recv says what it is, within the time that is left
		}
		if probed {
			return errSilent
		}
		if err := c.Send(openflow.Encode(&openflow.EchoRequest{}, openflow.ProtocolOf(c.version), c.NewXid())); err != nil {
			return err
		}
	}
}

// EchoReply turns an echo request into its answer.
func EchoReply(request []byte) []byte {
	request[1] = openflow.TypeEchoReply
	return request
}
