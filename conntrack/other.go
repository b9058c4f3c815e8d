package conntrack

// A verdict is what a packet turned out to be to its connection.
type verdict uint8

const (
	valid    verdict = iota // of an established connection
	validNew                // of one that has not been answered yet
	invalid
	anew // a connection that is over begins again
)

// States of connections other than TCP.
const (
	stateFirst    = iota // one packet
	stateMultiple        // several, all one way
	stateBoth            // both ways
)

// begins reports whether a packet that belongs to no connection may open one.
func (v *view) begins() bool {
	switch {
	case v.key.proto == protoTCP:
		return beginsTCP(v.l4)
	case v.key.isICMP():
		typ := v.key.srcType
		if v.key.v6 {
			return typ == icmp6Echo
		}
		return typ == icmpEcho || typ == icmpTimestamp || typ == icmpInfo
	}
	return true
}

// open sets the state after the first packet.
func (c *conn) open(v *view) timer {
	switch {
	case v.key.proto == protoTCP:
		return openTCP(c, v.l4)
	case v.key.isICMP():
		return timerICMPFirst
	}
	return timerFirst
}

// update carries a packet out on the state of its connection.
func (t *Tracker) update(c *conn, v *view, reply bool) (verdict, timer) {
	switch {
	case v.key.proto == protoTCP:
		return t.updateTCP(c, v.l4, reply)
	case v.key.isICMP():
		if reply {
			c.state = stateBoth
		}
		if c.state == stateBoth {
			return valid, timerICMPReply
		}
		return validNew, timerICMPFirst
	}
	if reply {
		c.state = stateBoth
	} else if c.state == stateFirst {
		c.state = stateMultiple
	}
	if c.state == stateBoth {
		return valid, timerBoth
	}
	return validNew, timerMultiple
}
