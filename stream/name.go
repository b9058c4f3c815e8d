package stream

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// kind is what stands before the first colon of a name.
type kind struct {
	word    string
	network string // "unix" or "tcp"
	tls     bool
	passive bool
}

var kinds = [...]kind{
	{"unix", "unix", false, false},
	{"tcp", "tcp", false, false},
	{"ssl", "tcp", true, false},
	{"punix", "unix", false, true},
	{"ptcp", "tcp", false, true},
	{"pssl", "tcp", true, true},
}

// split finds the kind of a name and what follows it. An unknown one is
// EAFNOSUPPORT, as in OVS.
func split(name string, passive bool) (*kind, string, error) {
	word, rest, ok := strings.Cut(name, ":")
	if ok {
		for i := range kinds {
			if k := &kinds[i]; k.word == word && k.passive == passive {
				return k, rest, nil
			}
		}
	}
	return nil, "", fmt.Errorf("%s: unknown connection method: %w", name, syscall.EAFNOSUPPORT)
}

// IsActive reports whether name is one to dial, such as "tcp:...". Only the
// method is looked at.
func IsActive(name string) bool {
	_, _, err := split(name, false)
	return err == nil
}

// IsPassive reports whether name is one to listen on, such as "ptcp:...".
// Only the method is looked at.
func IsPassive(name string) bool {
	_, _, err := split(name, true)
	return err == nil
}

// hostPort splits "HOST[:PORT]" of an active name; IPv6 addresses stand in
// brackets.
func hostPort(s string, def int) (string, error) {
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", fmt.Errorf("%s: missing ']': %w", s, syscall.EAFNOSUPPORT)
		}
		host, port = s[1:end], s[end+1:]
		if port != "" && port[0] != ':' {
			return "", fmt.Errorf("%s: bad address: %w", s, syscall.EAFNOSUPPORT)
		}
		port = strings.TrimPrefix(port, ":")
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i+1:]
	}
	if host == "" {
		return "", fmt.Errorf("%s: host must be specified: %w", s, syscall.EAFNOSUPPORT)
	}
	n, err := parsePort(s, port, def)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(host, strconv.Itoa(n)), nil
}

// portHost splits "[PORT][:HOST]" of a passive name.
func portHost(s string, def int) (string, error) {
	port, host, _ := strings.Cut(s, ":")
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	n := 0
	if port != "0" {
		var err error
		if n, err = parsePort(s, port, def); err != nil {
			return "", err
		}
	}
	return net.JoinHostPort(host, strconv.Itoa(n)), nil
}

func parsePort(s, port string, def int) (int, error) {
	if port == "" {
		if def == 0 {
			return 0, fmt.Errorf("%s: port must be specified: %w", s, syscall.EAFNOSUPPORT)
		}
		return def, nil
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 {
		return 0, fmt.Errorf("%s: bad port number %q: %w", s, port, syscall.EAFNOSUPPORT)
	}
	return n, nil
}

// Remote returns the address that an active name of TCP or TLS calls, if it is a
// number; def is the port of a name without one.
func Remote(name string, def int) (netip.AddrPort, bool) {
	k, rest, err := split(name, false)
	if err != nil || k.network != "tcp" {
		return netip.AddrPort{}, false
	}
	addr, err := hostPort(rest, def)
	if err != nil {
		return netip.AddrPort{}, false
	}
	a, err := netip.ParseAddrPort(addr)
	return a, err == nil
}
