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
	raw, err := c.(*conn).Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		if tos, err := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TOS); err != nil || tos != 48<<2 {
			t.Errorf("type of service %d, %v", tos, err)
		}
	})
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if err := SetDSCP(a, 48); err != nil {
		t.Error(err)
	}
}
