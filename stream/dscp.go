package stream

import (
	"crypto/tls"
	"net"
	"syscall"
)

// SetDSCP sets the differentiated services code point, 0 to 63, of the packets
// that a TCP connection sends, with TLS or without. Other connections have
// none.
func SetDSCP(c net.Conn, dscp int) error {
	for {
		switch t := c.(type) {
		case *conn:
			c = t.Conn
		case *tls.Conn:
			c = t.NetConn()
		case *net.TCPConn:
			raw, err := t.SyscallConn()
			if err != nil {
				return err
			}
			level, opt := syscall.IPPROTO_IP, syscall.IP_TOS
			if a, ok := t.LocalAddr().(*net.TCPAddr); ok && a.IP.To4() == nil {
				level, opt = syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS
			}
			cerr := raw.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), level, opt, dscp<<2) })
			if err == nil {
				err = cerr
			}
			return err
		default:
			return nil
		}
	}
}
