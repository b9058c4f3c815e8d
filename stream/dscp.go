package stream

import (
	"crypto/tls"
	"net"
	"syscall"
)

// DefaultDSCP is the code point of connections to controllers and managers when
// other_config:dscp does not say otherwise (vswitchd.conf.db(5)).
const DefaultDSCP = 48

// control sets c.DSCP before a socket connects or listens.
func (c Config) control(network, _ string, raw syscall.RawConn) error {
	if c.DSCP == 0 {
		return nil
	}
	// A mark that cannot be set must not cost the connection.
	return raw.Control(func(fd uintptr) {
		syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TOS, c.DSCP<<2)
		if network == "tcp6" { // which may carry IPv4, too
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS, c.DSCP<<2)
		}
	})
}

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
