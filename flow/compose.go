package flow

import "govs/packet"

// DefaultPayload is how many bytes of payload Compose makes up.
const DefaultPayload = 64

// ComposeOptions vary what Compose builds.
type ComposeOptions struct {
	// Payload follows the transport header; nil means DefaultPayload bytes
	// counting up from 0.
	Payload []byte
	// BadChecksum makes every checksum wrong.
	BadChecksum bool
}

// Compose builds a packet that Extract would read k from: valid headers with
// the fields of k, correct lengths and checksums, and a payload behind TCP, UDP
// and ICMP echo. Fields that no header carries (metadata, fragments of IPv6) are
// left out. opt may be nil.
func Compose(k *Key, opt *ComposeOptions) *packet.Packet {
	if opt == nil {
		opt = &ComposeOptions{}
	}
	b := make([]byte, 0, 256)
	if k.IsEthernet() {
		b = append(b, k.EthDst[:]...)
		b = append(b, k.EthSrc[:]...)
		for i := range k.VLANs {
			if v := k.VLANs[i]; v.TCI&VLANPresent != 0 {
				tpid := v.TPID
				if tpid == 0 {
					tpid = EthTypeVLAN
				}
				b = be.AppendUint16(b, tpid)
				b = be.AppendUint16(b, v.TCI&^VLANPresent)
			}
		}
		if k.EthType == EthTypeNone {
			// A length: that of the frame, of which nothing follows.
			b = be.AppendUint16(b, packet.EthernetLen)
			return packet.New(b)
		}
		b = be.AppendUint16(b, k.EthType)
	}
	switch k.DLType() {
	case EthTypeIP:
		b = composeIPv4(b, k, opt)
	case EthTypeIPv6:
		b = composeIPv6(b, k, opt)
	case EthTypeARP, EthTypeRARP:
		b = append(b, 0, 1, 8, 0, 6, 4, 0, k.NwProto)
		if k.NwProto != 1 && k.NwProto != 2 {
			// Open vSwitch writes addresses into requests and replies only.
			b = append(b, make([]byte, 20)...)
			break
		}
		b = append(b, k.ArpSHA[:]...)
		b = be.AppendUint32(b, k.NwSrc)
		b = append(b, k.ArpTHA[:]...)
		b = be.AppendUint32(b, k.NwDst)
	case EthTypeMPLS, EthTypeMPLSM:
		for _, lse := range k.MPLS {
			b = be.AppendUint32(b, lse)
			if lse&0x100 != 0 {
				break
			}
		}
	case EthTypeNSH:
		n := uint16(2)
		if k.NSHMDType == 1 {
			n = 6
		}
		b = be.AppendUint16(b, uint16(k.NSHFlags&3)<<12|uint16(k.NSHTTL&0x3f)<<6|n)
		b = append(b, k.NSHMDType, k.NSHNP)
		b = be.AppendUint32(b, k.NSHPath)
		if k.NSHMDType == 1 {
			for _, c := range k.NSHC {
				b = be.AppendUint32(b, c)
			}
		}
	}
	p := packet.New(b)
	p.PacketType = k.PacketType
	return p
}

func composeIPv4(b []byte, k *Key, opt *ComposeOptions) []byte {
	l3 := len(b)
	b = append(b, 0x45, k.NwTOS, 0, 0, 0, 0, 0, 0, k.NwTTL, k.NwProto, 0, 0)
	b = be.AppendUint32(b, k.NwSrc)
	b = be.AppendUint32(b, k.NwDst)
	if k.NwFrag&FragAny != 0 {
		b[l3+6] = 0x20
		if k.NwFrag&FragLater != 0 {
			b[l3+7] = 100
		}
	}
	l4 := len(b)
	if k.NwFrag&FragLater == 0 {
		b = composeL4(b, k, opt)
	}
	ip := packet.IPv4(b[l3:])
	be.PutUint16(ip[2:], uint16(len(ip)))
	ip.Checksum()
	if opt.BadChecksum {
		ip[10]++
	}
	finishL4(b[l4:], k, opt, packet.PseudoV4(ip, k.NwProto, len(b)-l4))
	return b
}

func composeIPv6(b []byte, k *Key, opt *ComposeOptions) []byte {
	l3 := len(b)
	b = be.AppendUint32(b, 6<<28|uint32(k.NwTOS)<<20|k.IPv6Label&0xfffff)
	b = append(b, 0, 0, k.NwProto, k.NwTTL)
	b = append(b, k.IPv6Src[:]...)
	b = append(b, k.IPv6Dst[:]...)
	l4 := len(b)
	if k.NwFrag&FragLater == 0 {
		b = composeL4(b, k, opt)
	}
	ip := packet.IPv6(b[l3:])
	ip.SetPayloadLen(len(b) - l4)
	finishL4(b[l4:], k, opt, packet.PseudoV6(ip, k.NwProto, len(b)-l4))
	return b
}

// composeL4 appends the transport header and payload, without checksum.
func composeL4(b []byte, k *Key, opt *ComposeOptions) []byte {
	payload := func() {
		if opt.Payload != nil {
			b = append(b, opt.Payload...)
			return
		}
		for i := range DefaultPayload {
			b = append(b, byte(i))
		}
	}
	v6 := k.DLType() == EthTypeIPv6
	switch {
	case k.NwProto == ProtoTCP:
		b = be.AppendUint16(b, k.TPSrc)
		b = be.AppendUint16(b, k.TPDst)
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
		b = be.AppendUint16(b, 5<<12|k.TCPFlags&0xfff)
		b = append(b, 0, 0, 0, 0, 0, 0)
		if k.TCPFlags&7 == 0 { // none with SYN, FIN or RST
			payload()
		}
	case k.NwProto == ProtoUDP:
		at := len(b)
		b = be.AppendUint16(b, k.TPSrc)
		b = be.AppendUint16(b, k.TPDst)
		b = append(b, 0, 0, 0, 0)
		payload()
		be.PutUint16(b[at+4:], uint16(len(b)-at))
	case k.NwProto == ProtoSCTP:
		b = be.AppendUint16(b, k.TPSrc)
		b = be.AppendUint16(b, k.TPDst)
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	case k.NwProto == ProtoICMP && !v6:
		b = append(b, byte(k.TPSrc), byte(k.TPDst), 0, 0, 0, 0, 0, 0)
		if k.TPSrc == 8 || k.TPSrc == 0 {
			payload()
		}
	case k.NwProto == ProtoIGMP && !v6:
		b = append(b, byte(k.TPSrc), byte(k.TPDst), 0, 0)
		b = be.AppendUint32(b, k.IGMPGroup)
	case k.NwProto == ProtoICMPv6 && v6:
		b = append(b, byte(k.TPSrc), byte(k.TPDst), 0, 0)
		if !k.IsND() {
			b = append(b, 0, 0, 0, 0)
			if k.TPSrc == 128 || k.TPSrc == 129 {
				payload()
			}
			break
		}
		b = be.AppendUint32(b, k.IGMPGroup)
		b = append(b, k.NDTarget[:]...)
		if k.ArpSHA != (MAC{}) {
			b = append(append(b, 1, 1), k.ArpSHA[:]...)
		}
		if k.ArpTHA != (MAC{}) {
			b = append(append(b, 2, 1), k.ArpTHA[:]...)
		}
	}
	return b
}

// finishL4 fills in the checksum of the transport header h; pseudo is the sum of
// the pseudo-header.
func finishL4(h []byte, k *Key, opt *ComposeOptions, pseudo uint64) {
	at := -1
	switch {
	case k.NwProto == ProtoTCP && len(h) >= packet.TCPLen:
		at = 16
	case k.NwProto == ProtoUDP && len(h) >= packet.UDPLen:
		at = 6
	case k.NwProto == ProtoICMPv6 && len(h) >= 4 && k.DLType() == EthTypeIPv6:
		at = 2
	case (k.NwProto == ProtoICMP || k.NwProto == ProtoIGMP) && len(h) >= 4 && k.DLType() == EthTypeIP:
		at, pseudo = 2, 0
	}
	if at < 0 {
		return
	}
	c := ^packet.Fold(packet.Sum(h, pseudo))
	if c == 0 && k.NwProto == ProtoUDP {
		c = 0xffff
	}
	be.PutUint16(h[at:], c)
	if opt.BadChecksum {
		h[at]++
	}
}
