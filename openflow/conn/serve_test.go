package conn

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"govs/openflow"
)

// echoer answers echoes and begins with a features request.
type echoer struct{ got []uint8 }

func (e *echoer) Begin(out []byte) []byte {
	return append(out, openflow.Encode(&openflow.FeaturesRequest{}, openflow.ProtoOF10, 7)...)
}

func (e *echoer) Message(out, msg []byte) []byte {
	h := openflow.ParseHeader(msg)
	e.got = append(e.got, h.Type)
	if h.Type == openflow.TypeEchoRequest {
		out = append(out, EchoReply(msg)...)
	}
	return out
}

func TestServe(t *testing.T) {
	x, y := net.Pipe()
	a, b := New(x, "a"), New(y, "b")
	a.version, b.version = openflow.V10, openflow.V10
	h := &echoer{}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, a, h, time.Minute) }()
	if m, err := b.Recv(); err != nil || openflow.ParseHeader(m).Xid != 7 {
		t.Fatalf("%x %v", m, err)
	}
	if err := b.Send([]byte{1, openflow.TypeEchoRequest, 0, 9, 0, 0, 0, 5, 42}); err != nil {
		t.Fatal(err)
	}
	if m, err := b.Recv(); err != nil || string(m) != "\x01\x03\x00\x09\x00\x00\x00\x05\x2a" {
		t.Fatalf("%x %v", m, err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	if len(h.got) != 1 {
		t.Errorf("handled %v", h.got)
	}
}

func TestServeProbes(t *testing.T) {
	x, y := net.Pipe()
	a, b := New(x, "a"), New(y, "b")
	a.version = openflow.V13
	done := make(chan error, 1)
	go func() { done <- Serve(context.Background(), a, &echoer{}, 5*time.Millisecond) }()
	if _, err := b.Recv(); err != nil { // the features request
		t.Fatal(err)
	}
	if m, err := b.Recv(); err != nil || openflow.ParseHeader(m).Type != openflow.TypeEchoRequest || m[0] != 4 {
		t.Fatalf("instead of a probe: %x %v", m, err)
	}
	if err := <-done; !errors.Is(err, syscall.ETIMEDOUT) {
		t.Errorf("a silent peer: %v", err)
	}
	if _, err := b.Recv(); err == nil {
		t.Error("the connection is still open")
	}
}
