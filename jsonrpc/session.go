package jsonrpc

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"govs/jsonrpc/json"
)

// ErrClosed is the error of calls on a closed session.
var ErrClosed = errors.New("connection closed")

// CallError is the error of a call that the peer answered with an error.
type CallError struct{ Value json.Value }

func (e *CallError) Error() string {
	if e.Value.Kind() == json.String {
		return e.Value.Str()
	}
	return e.Value.String()
}

// Config holds what a Session does besides calling. The zero value is ready.
type Config struct {
	// Handle gets every request and notification except echo, one at a
	// time, in order, on the goroutine that reads. A request must be answered
	// by Session.Send, at once or later. Nil answers "unknown method".
	Handle func(s *Session, m *Message)
	// MaxMsgs and MaxBytes limit what waits to be sent; 0: no limit.
	MaxMsgs, MaxBytes int
	// Sent and Received, if set, see every message (for --record and logs).
	Sent, Received func(m *Message)
}

// Session is one end of a connection.
type Session struct {
	conn net.Conn
	cfg  Config
	q    *Queue
	done chan struct{}

	mu     sync.Mutex
	nextID int64                   // guarded by mu
	calls  map[int64]chan *Message // guarded by mu; nil once closed
	err    error                   // guarded by mu
}

// NewSession starts a session on conn and owns it from then on.
func NewSession(conn net.Conn, cfg Config) *Session {
	s := &Session{conn: conn, cfg: cfg, q: NewQueue(conn, cfg.MaxMsgs, cfg.MaxBytes), done: make(chan struct{}), calls: map[int64]chan *Message{}}
	go s.q.Run(s.done)
	go s.read()
	return s
}

func (s *Session) read() {
	r := NewReader(s.conn)
	for {
		m, err := r.Next()
		if err != nil {
			s.close(err)
			return
		}
		if s.cfg.Received != nil {
			s.cfg.Received(m)
		}
		switch m.Type {
		case Reply, Error:
			s.mu.Lock()
			c := s.calls[m.ID.Int()]
			delete(s.calls, m.ID.Int())
			s.mu.Unlock()
			if c != nil {
				c <- m
			}
		default:
			switch {
			case m.Type == Request && m.Method == "echo":
				s.queue(NewReply(m, m.Params))
			case s.cfg.Handle != nil:
				s.cfg.Handle(s, m)
			case m.Type == Request:
				s.queue(NewError(m, json.Str("unknown method")))
			}
		}
	}
}

// queue sends from the reading goroutine, which must not wait for the peer.
func (s *Session) queue(m *Message) {
	if s.cfg.Sent != nil {
		s.cfg.Sent(m)
	}
	s.q.Push(m.Append(nil))
	s.q.Kick()
}

func (s *Session) close(err error) {
	if e := s.q.Err(); e != nil {
		err = e
	}
	s.mu.Lock()
	calls := s.calls
	s.calls = nil
	if s.err == nil {
		s.err = err
	}
	s.mu.Unlock()
	if calls == nil {
		return
	}
	close(s.done)
	s.conn.Close()
	for _, c := range calls {
		close(c)
	}
}

// Close ends the session. It may be called twice.
func (s *Session) Close() error {
	s.close(ErrClosed)
	return nil
}

// Done is closed when the session has ended.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err returns why the session ended: io.EOF if the peer closed it.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Send queues a message and tries to write it at once.
func (s *Session) Send(m *Message) error {
	if s.cfg.Sent != nil {
		s.cfg.Sent(m)
	}
	s.q.Push(m.Append(nil))
	return s.q.Flush()
}

// Notify sends a notification.
func (s *Session) Notify(method string, params json.Value) error {
	return s.Send(&Message{Type: Notify, Method: method, Params: params})
}

// Go sends a request and returns the channel its answer will come from. The
// channel is closed without an answer if the session ends before.
func (s *Session) Go(method string, params json.Value) (<-chan *Message, json.Value, error) {
	c := make(chan *Message, 1)
	s.mu.Lock()
	if s.calls == nil {
		s.mu.Unlock()
		return nil, json.Value{}, s.Err()
	}
	n := s.nextID
	s.nextID++
	s.calls[n] = c
	s.mu.Unlock()
	id := json.Int(n)
	return c, id, s.Send(&Message{Type: Request, Method: method, Params: params, ID: id})
}

// Call sends a request and waits for its result. The error is a *CallError if
// the peer answered with one, io.EOF if it closed the connection, or ctx's.
func (s *Session) Call(ctx context.Context, method string, params json.Value) (json.Value, error) {
	c, id, err := s.Go(method, params)
	if err != nil {
		return json.Value{}, err
	}
	select {
	case m := <-c:
		switch {
		case m == nil:
			if err := s.Err(); err != nil {
				return json.Value{}, err
			}
			return json.Value{}, io.EOF
		case m.Type == Error:
			return json.Value{}, &CallError{m.Err}
		}
		return m.Result, nil
	case <-ctx.Done():
		s.mu.Lock()
		delete(s.calls, id.Int())
		s.mu.Unlock()
		return json.Value{}, ctx.Err()
	}
}
