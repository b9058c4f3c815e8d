package ofctl

import (
	"strings"

	"govs/openflow"
)

// packetOut sends packets through a list of actions: those of its arguments,
// in the old form "PORT ACTIONS PACKET...", or of one packet-out in text.
func (t *tool) packetOut(args []string) error {
	names := t.accept(args[0])
	var msgs []openflow.Message
	var usable openflow.Protocols
	switch {
	case len(args) == 3:
		return fatalf("Too many arguments (%d)", len(args)+1)
	case len(args) == 2:
		m, u, err := openflow.ParsePacketOut(args[1], names)
		if err != nil {
			return err
		}
		msgs, usable = []openflow.Message{m}, u
	default:
		acts, u, err := openflow.ParseActionList(args[2], names)
		if err != nil {
			return err
		}
		in, ok := names.ParsePort(args[1])
		if !ok {
			if !strings.EqualFold(args[1], "none") {
				return fatalf("%s: unknown port `%s'", args[0], args[1])
			}
			in = openflow.PortNone
		}
		usable = u
		for _, a := range args[3:] {
			p, err := openflow.ParsePacket(a)
			if err != nil {
				return err
			}
			m := &openflow.PacketOut{Buffer: openflow.NoBuffer, Packet: p, Actions: acts}
			m.Metadata.Key.InPort, m.Metadata.Mask.InPort = uint32(in), 0xffffffff
			msgs = append(msgs, m)
		}
	}
	c, err := t.openForFlows(args[0], usable)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, m := range msgs {
		if !openflow.Encodable(m, c.Protocol()) {
			return fatalf("packet-out is not there yet in %s", c.Version())
		}
		if err := t.tell(c, m); err != nil {
			return err
		}
	}
	return nil
}
