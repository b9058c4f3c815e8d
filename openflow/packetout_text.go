package openflow

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"govs/flow"
	"govs/packet"
)

// ErrPacketGarbage and ErrPacketShort are what is wrong with a packet given in
// hex.
var (
	ErrPacketGarbage = errors.New("Trailing garbage in packet data")
	ErrPacketShort   = errors.New("Packet data too short for Ethernet")
)

// ParsePacket reads an Ethernet frame in hex; blanks between the bytes do not
// matter.
func ParsePacket(s string) ([]byte, error) {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	switch {
	case err != nil:
		return nil, ErrPacketGarbage
	case len(b) < packet.EthernetLen:
		return nil, ErrPacketShort
	}
	return b, nil
}

// ParsePacketOut reads "in_port=PORT,FIELD=VALUE,packet=HEX,actions=..."
// (ovs-ofctl(8), Packet-Out Syntax). Only fields that are not the packet's own,
// such as registers and tunnel fields, can be given. The protocols returned can
// carry the actions.
func ParsePacketOut(text string, names *Names) (*PacketOut, Protocols, error) {
	m := &PacketOut{Buffer: NoBuffer}
	in := PortNone
	head, acts, _ := cutActions(text)
	for {
		k, v, rest, ok := cutPair(head)
		if !ok {
			break
		}
		head = rest
		if v == "" {
			return nil, 0, fmt.Errorf("field %s missing value", k)
		}
		id, isField := flow.FieldByPlainName(k)
		switch {
		case k == "in_port":
			if in, ok = names.ParsePort(v); !ok {
				return nil, 0, fmt.Errorf("%s is not a valid OpenFlow port", v)
			}
			if in > PortMax && in != PortLocal && in != PortNone && in != PortController {
				return nil, 0, fmt.Errorf("%s is not a valid OpenFlow port for PACKET_OUT", v)
			}
		case k == "packet":
			p, err := ParsePacket(v)
			if err != nil {
				return nil, 0, fmt.Errorf("packet: %w", err)
			}
			m.Packet = p
		case !isField:
			return nil, 0, fmt.Errorf("unknown keyword %s", k)
		case !ofPipeline(id):
			return nil, 0, fmt.Errorf("%s is not a valid pipeline field for PACKET_OUT", k)
		default:
			val, mask, err := id.ParseValue(v, names.env())
			if err != nil {
				return nil, 0, err
			}
			m.Metadata.SetMasked(id, val, mask)
		}
	}
	m.Metadata.Key.InPort, m.Metadata.Mask.InPort = uint32(in), 0xffffffff
	if m.Packet == nil {
		return nil, 0, errors.New("must specify packet")
	}
	var usable Protocols
	var err error
	m.Actions, usable, err = ParseActionList(acts, names)
	return m, usable, err
}

// ofPipeline reports whether a field is of the switch's making, not of the
// packet.
func ofPipeline(id flow.FieldID) bool {
	return id.IsRegister() || id == flow.Metadata || id == flow.PacketType || strings.HasPrefix(id.Info().Name, "tun_")
}
