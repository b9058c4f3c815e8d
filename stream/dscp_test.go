package stream

import (
	"net"
	"syscall"
	"testing"
)

func TestSetDSCP(t *testing.T) {
	l, err := Listen("ptcp:0:127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := Dial(t.Context(), "tcp:"+l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := SetDSCP(c, 48); err != nil {
		t.Fatal(err)
	}
	if tos := typeOfService(t, c); tos != 48<<2 {
		t.Errorf("type of service %d", tos)
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if err := SetDSCP(a, 48); err != nil {
		t.Error(err)
	}
}

// typeOfService returns what a TCP connection over IPv4 writes into its packets.
func typeOfService(t *testing.T, c Conn) (tos int) {
	t.Helper()
	raw, err := c.(*conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) { tos, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TOS) })
	if err != nil {
		t.Fatal(err)
	}
	return tos
}

// TestConfigDSCP sees the code point at both ends of a connection, the called
// one's inherited from the socket that listens.
func TestConfigDSCP(t *testing.T) {
	cfg := Config{DSCP: 10}
	l, err := cfg.Listen("ptcp:0:127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := cfg.Dial(t.Context(), "tcp:"+l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, e := range []Conn{c, s} {
		if tos := typeOfService(t, e); tos != 10<<2 {
			t.Errorf("%s: type of service %d", e.Name(), tos)
		}
	}
}
