package openflow

import (
	"net/netip"

	"govs/flow"
)

// CT sends the packet through the connection tracker.
type CT struct {
	Flags   CTFlags
	Zone    uint16        // when ZoneSrc is not set
	ZoneSrc flow.Subfield // take the zone from a field
	Table   uint8         // where the packet comes back; TableAny for nowhere
	ALG     uint16        // well-known port of the helper: 21 ftp, 69 tftp
	Exec    []Action      // set-fields on ct_mark and ct_label, and a NAT
}

// CTFlags are flags of CT.
type CTFlags uint16

// Flags of CT.
const (
	CTCommit CTFlags = 1 << iota
	CTForce
)

// CTClear forgets the connection tracker's state of the packet.
type CTClear struct{}

// NAT is the address translation inside a CT.
type NAT struct {
	Flags            NATFlags
	AddrMin, AddrMax netip.Addr // invalid when no address was given
	PortMin, PortMax uint16     // 0 when no port was given
}

// NATFlags are flags of NAT.
type NATFlags uint16

// Flags of NAT.
const (
	NATSrc NATFlags = 1 << iota
	NATDst
	NATPersistent
	NATHash
	NATRandom
)
