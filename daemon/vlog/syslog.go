package vlog

import (
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// sender passes lines to the system's log. Nothing is opened before the first
// line, and a missing syslogd is no error.
type sender struct {
	method string   // "" for libc, "null", "unix:FILE" or "udp:IP:PORT"
	target string   // HOST:PORT of --syslog-target, "" for none
	conn   net.Conn // of method
	extra  net.Conn // of target
	failed time.Time
}

// directPrefix stands before messages that go straight to a log's socket.
const directPrefix = "<%B> %D{%h %e %T} %E %A:"

func validMethod(m string) bool {
	return m == "libc" || m == "null" || strings.HasPrefix(m, "unix:") || strings.HasPrefix(m, "udp:")
}

func (s *sender) open() net.Conn {
	if s.method == "" {
		s.method = "libc"
		if m := os.Getenv("OVS_SYSLOG_METHOD"); validMethod(m) {
			s.method = m
		}
	}
	network, addr := "unixgram", "/dev/log"
	switch m := s.method; {
	case m == "null":
		return nil
	case strings.HasPrefix(m, "unix:"):
		addr = m[len("unix:"):]
	case strings.HasPrefix(m, "udp:"):
		network, addr = "udp", m[len("udp:"):]
	}
	c, err := net.Dial(network, addr)
	if err != nil {
		return nil
	}
	return c
}

// send writes one record; reg.mu is held. After a failure it waits a second
// before it tries again, so that a log storm costs no system calls.
func (s *sender) send(r *record, pattern string) {
	text := string(r.format(nil, pattern))
	if s.target != "" {
		if s.extra == nil {
			s.extra, _ = net.Dial("udp", s.target)
		}
		if s.extra != nil {
			fmt.Fprint(s.extra, string(r.format(nil, directPrefix))+" "+text)
		}
	}
	if s.method == "null" {
		return
	}
	if s.conn == nil {
		if !s.failed.IsZero() && r.time.Sub(s.failed).Abs() < time.Second {
			return
		}
		if s.conn = s.open(); s.conn == nil {
			s.failed = r.time
			return
		}
	}
	prefix := directPrefix + " "
	if s.method == "libc" {
		prefix = "<%B>%d{%h %e %T} %A: "
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" {
			continue
		}
		if _, err := s.conn.Write(append(r.format(nil, prefix), line...)); err != nil {
			s.conn.Close()
			s.conn, s.failed = nil, r.time
			return
		}
	}
}
