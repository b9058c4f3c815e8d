package jsonrpc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"govs/jsonrpc/json"
)

func TestMessageErrors(t *testing.T) {
	for in, want := range map[string]string{
		`[]`:                                "message is not a JSON object",
		`{"method":1}`:                      "method is not a JSON string",
		`{"method":"a","id":1}`:             `request must have "params"`,
		`{"method":"a"}`:                    `notification must have "params"`,
		`{"method":"a","params":{},"id":1}`: `"params" must be JSON array`,
		`{"result":1}`:                      `reply must have "id"`,
		`{"error":1,"result":2,"id":3}`:     `error must not have "result"`,
		`{"method":"a","params":[],"id":1,"x":2}`:      `message has unexpected member "x"`,
		`{"method":"a","params":[],"id":1,"result":2}`: `request must not have "result"`,
	} {
		v, err := json.ParseString(in)
		if err != nil {
			t.Fatal(in, err)
		}
		if _, err = FromJSON(v); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", in, err, want)
		}
	}
}

func TestSession(t *testing.T) {
	a, b := net.Pipe()
	server := NewSession(b, Config{Handle: func(s *Session, m *Message) {
		if m.Method == "add" {
			e := m.Params.Elems()
			go s.Send(NewReply(m, json.Int(e[0].Int()+e[1].Int())))
		} else if m.Type == Request {
			go s.Send(NewError(m, json.Str("unknown method")))
		}
	}})
	client := NewSession(a, Config{})
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for i := range 20 {
		v, err := client.Call(ctx, "add", json.Arr(json.Int(int64(i)), json.Int(1)))
		if err != nil || v.Int() != int64(i)+1 {
			t.Fatal(v, err)
		}
	}
	if v, err := client.Call(ctx, "echo", json.Arr(json.Str("x"))); err != nil || v.String() != `["x"]` {
		t.Fatal(v, err)
	}
	_, err := client.Call(ctx, "nothing", json.Arr())
	var ce *CallError
	if !errors.As(err, &ce) || ce.Error() != "unknown method" {
		t.Fatal(err)
	}
	server.Close()
	if _, err := client.Call(ctx, "echo", json.Arr()); err == nil {
		t.Fatal("call on a closed session")
	}
	<-client.Done()
}

func TestBacklog(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	q := NewQueue(a, 10, 0)
	for range 11 {
		q.Push([]byte("{}"))
	}
	var be *BacklogError
	if !errors.As(q.Err(), &be) {
		t.Fatal(q.Err())
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{`{"method":"echo","params":[],"id":0}{"id":0,"result":1,"error":null}`, `{"method":"a"`, `]`, `{"id":"` + "\x01"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		if cut < 1 {
			cut = 1
		}
		read := func(src io.Reader) (out []string) {
			r := NewReader(src)
			for {
				m, err := r.Next()
				if err != nil {
					return out
				}
				out = append(out, string(m.Append(nil)))
			}
		}
		whole := read(bytes.NewReader(b))
		pieces := read(&chopped{b, cut})
		if len(whole) != len(pieces) {
			t.Fatalf("%d messages at once, %d in pieces", len(whole), len(pieces))
		}
	})
}

type chopped struct {
	b []byte
	n int
}

func (c *chopped) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.n)], c.b)
	c.b = c.b[n:]
	return n, nil
}
