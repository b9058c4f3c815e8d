// Package pipegen makes random OpenFlow pipelines and the packets to send
// through them, for tests that compare two switches or look for unsound caches.
// All values come from a small universe, so that packets meet flows. The same
// random source makes the same pipeline. For tests only.
package pipegen

import (
	"math/rand/v2"
	"strconv"
)

// Gen makes the pipeline of one bridge. It is for one goroutine.
type Gen struct {
	*rand.Rand
	// Ports are the OpenFlow numbers of the bridge's ports.
	Ports []string
	// Tables is how many tables flows are in.
	Tables int
	// Writes says that flows may write action sets. The reference ends itself
	// when a translation with an action set is frozen, so such a pipeline has
	// nothing that freezes: neither ct, nor packets to controllers.
	Writes bool
	// Groups and Meters are the numbers of those that exist, from 1.
	Groups, Meters int
	// Tunnels says that the bridge has tunnels, and options of theirs as in
	// TunnelMap. As the reference goes on cutting packets when a tunnel without a
	// device does not take them, such a bridge cuts none for them.
	Tunnels bool
	// Without are the names of action families to leave out.
	Without map[string]bool

	families []family
	isIP     bool // what the flow that is being made matches
	isIPv6   bool
}

// New returns a generator for a bridge with the given ports.
func New(r *rand.Rand, ports ...string) *Gen { return &Gen{Rand: r, Ports: ports, Tables: 5} }

// pick returns one of its arguments.
func (g *Gen) pick(s ...string) string { return s[g.IntN(len(s))] }

// one reports true once in n times.
func (g *Gen) one(n int) bool { return g.IntN(n) == 0 }

// n returns a number below max as text.
func (g *Gen) n(max int) string { return strconv.Itoa(g.IntN(max)) }

// port returns a port's number.
func (g *Gen) port() string { return g.pick(g.Ports...) }

// The universe.
var (
	macs  = []string{"00:00:00:00:00:01", "00:00:00:00:00:02", "02:00:00:00:00:03", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "01:80:c2:00:00:0e"}
	ips   = []string{"10.0.0.1", "10.0.0.2", "10.0.1.1", "10.1.0.1", "192.168.0.1", "224.0.0.5"}
	ip6s  = []string{"fe80::1", "fe80::2", "fe80::3", "2001:db8::1", "ff02::1"}
	vids  = []string{"0", "1", "2", "3", "100"}
	tcpFl = []string{"syn", "ack", "0", "fin", "fin|ack", "syn|ack", "rst"}
)

func (g *Gen) mac() string { return g.pick(macs...) }
func (g *Gen) ip() string  { return g.pick(ips...) }
func (g *Gen) ip6() string { return g.pick(ip6s...) }
func (g *Gen) vid() string { return g.pick(vids...) }
