// Package flow says what the switch can know of a packet: the Key that is
// extracted from it, the Mask and Match over keys, and the table of fields
// from which text, NXM and OXM forms follow.
//
// Keys, masks and matches are plain values; nothing here is shared or locked.
package flow

import (
	"unsafe"

	"govs/packet"
)

// MAC is an Ethernet address as it stands on the wire.
type MAC [6]byte

// VLAN is one 802.1Q or 802.1ad header. TCI has bit 0x1000 (CFI) set when the
// tag is present, so a zero VLAN means "no tag".
type VLAN struct {
	TPID, TCI uint16
}

// VLANPresent is the bit of VLAN.TCI that says the tag is there.
const VLANPresent = 0x1000

// Key is everything of a packet that a flow can match. Integers are in host
// order, addresses as on the wire. Members are grouped so that a lookup can
// proceed in stages: metadata, L2, L3, L4. As in the packet formats, some
// members serve several fields: NwProto holds arp_op, NwSrc/NwDst hold
// arp_spa/arp_tpa, TPSrc/TPDst hold ICMP type and code, ArpSHA/ArpTHA hold
// nd_sll/nd_tll.
//
// The struct has no implicit padding and its size is a multiple of 8, so that
// it can be treated as Words; a test holds this.
type Key struct {
	// Metadata.
	Tunnel       packet.Tunnel
	Metadata     uint64
	Regs         [32]uint32
	SkbPriority  uint32
	PktMark      uint32
	DPHash       uint32
	RecircID     uint32
	InPort       uint32 // OpenFlow port in ofproto, datapath port in dpif
	ConjID       uint32
	ActsetOutput uint32
	PacketType   uint32
	CtState      uint16
	CtZone       uint16
	CtMark       uint32
	CtLabel      [16]byte
	CtNwSrc      uint32
	CtNwDst      uint32
	CtIPv6Src    [16]byte
	CtIPv6Dst    [16]byte
	CtTPSrc      uint16
	CtTPDst      uint16
	CtNwProto    uint8
	_            uint8
	_            uint16

	// L2.
	EthDst  MAC
	EthSrc  MAC
	EthType uint16
	_       uint16
	VLANs   [2]VLAN // outermost first
	MPLS    [3]uint32

	TunLayout uint32 // where TunData has which option; 0 without any. No header, but here is room

	// L3.
	NwSrc     uint32
	NwDst     uint32
	IPv6Src   [16]byte
	IPv6Dst   [16]byte
	IPv6Label uint32
	NwFrag    uint8 // FragXxx
	NwTOS     uint8
	NwTTL     uint8
	NwProto   uint8
	NDTarget  [16]byte
	ArpSHA    MAC
	ArpTHA    MAC
	TCPFlags  uint16
	_         uint16
	NSHFlags  uint8
	NSHTTL    uint8
	NSHMDType uint8
	NSHNP     uint8
	NSHPath   uint32 // SPI in the upper 24 bits, SI in the lower 8
	NSHC      [4]uint32

	// L4.
	TPSrc     uint16
	TPDst     uint16
	IGMPGroup uint32

	// Tunnel options: which there are, a bit for each of tun_metadata0 to 63,
	// and their data. They are last so that keys without any can leave them be;
	// TunData is zero where TunPresent and TunLayout are.
	TunPresent uint64
	TunData    [256]byte
}

// Bits of Key.NwFrag (ip_frag).
const (
	FragAny   = 1 << iota // the packet is a fragment
	FragLater             // and not the first one
)

// KeyWords is the number of 64-bit words a Key consists of.
const KeyWords = int(unsafe.Sizeof(Key{}) / 8)

// Words is a Key seen as a row of 64-bit words, for masking, comparing and
// hashing without naming members.
type Words [KeyWords]uint64

// Words returns the key's own memory as words.
func (k *Key) Words() *Words { return (*Words)(unsafe.Pointer(k)) }

// Mask has a one in each bit of a Key that matters.
type Mask Key

// Words returns the mask's own memory as words.
func (m *Mask) Words() *Words { return (*Words)(unsafe.Pointer(m)) }

// Match is a pattern over keys: Key's bits under Mask. Bits of Key outside
// Mask are zero.
type Match struct {
	Key  Key
	Mask Mask
}
