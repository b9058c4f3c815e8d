package ofctl

import (
	"math"
	"strconv"
	"strings"

	"govs/openflow"
)

// toldBy connects and sends one message to which only an error answers.
func (t *tool) toldBy(sw string, m openflow.Message) error {
	c, err := t.open(sw)
	if err != nil {
		return err
	}
	defer c.Close()
	if !openflow.Encodable(m, c.Protocol()) {
		return fatalf("%s cannot carry this", c.Version())
	}
	return t.tell(c, m)
}

// asked connects, sends one request and prints the answer.
func (t *tool) asked(sw string, m openflow.Message) error {
	c, err := t.open(sw)
	if err != nil {
		return err
	}
	defer c.Close()
	return t.dump(c, m, t.shown(sw))
}

func (t *tool) addTLVMap(args []string) error {
	maps, err := openflow.ParseTLVMaps(args[1])
	if err != nil {
		return err
	}
	t.xids += 2 // OVS asks for the table, whether it needs it or not
	return t.toldBy(args[0], &openflow.TLVTableMod{Command: openflow.TLVAdd, Maps: maps})
}

// delTLVMap deletes the given mappings, or all.
func (t *tool) delTLVMap(args []string) error {
	if len(args) == 1 || args[1] == "" {
		return t.toldBy(args[0], &openflow.TLVTableMod{Command: openflow.TLVClear})
	}
	maps, err := openflow.ParseTLVMaps(args[1])
	if err != nil {
		return err
	}
	return t.toldBy(args[0], &openflow.TLVTableMod{Command: openflow.TLVDelete, Maps: maps})
}

func (t *tool) dumpTLVMap(args []string) error { return t.asked(args[0], &openflow.TLVTableRequest{}) }

func (t *tool) dumpIPFIXBridge(args []string) error {
	return t.asked(args[0], &openflow.IPFIXBridgeRequest{})
}

func (t *tool) dumpIPFIXFlow(args []string) error {
	return t.asked(args[0], &openflow.IPFIXFlowRequest{})
}

func (t *tool) ctFlushZone(args []string) error {
	n, err := strconv.ParseUint(args[1], 0, 16)
	if err != nil {
		return fatalf("invalid zone_id \"%s\"", args[1])
	}
	return t.toldBy(args[0], &openflow.CTFlushZone{Zone: uint16(n)})
}

// scanZone reads the number at the start of a text as C's scanf does: what
// follows does not count, nor do bits above the 16 of a zone.
func scanZone(s string) (uint16, bool) {
	s = strings.TrimLeft(s, " \t")
	digits := strings.TrimLeft(s, "+-")
	end := 0
	for end < len(digits) && digits[end] >= '0' && digits[end] <= '9' {
		end++
	}
	if end == 0 || len(s)-len(digits) > 1 {
		return 0, false
	}
	n, err := strconv.ParseInt(s[:len(s)-len(digits)+end], 10, 64)
	if err != nil {
		n = math.MaxInt64
	}
	return uint16(n), true
}

// ctFlush drops tracked connections: all, those of a zone, or those of which a
// tuple of either direction is given.
func (t *tool) ctFlush(args []string) error {
	m := &openflow.CTFlush{}
	sw, args := args[0], args[1:]
	if len(args) > 0 {
		if v, ok := strings.CutPrefix(args[0], "zone="); ok {
			if m.Zone, m.HasZone = scanZone(v); !m.HasZone {
				return fatalf("Failed to parse zone")
			}
			args = args[1:]
		}
	}
	for i, dst := range []**openflow.CTTuple{&m.Orig, &m.Reply} {
		if i >= len(args) {
			break
		}
		tuple, proto, err := openflow.ParseCTTuple(args[i])
		if err != nil {
			return fatalf("Failed to parse ct-tuple: %s", err)
		}
		if *dst = tuple; proto != 0 {
			m.Proto = proto
		}
	}
	return t.toldBy(sw, m)
}

// queueGetConfig prints how the queues of a port, or of each, are set up.
func (t *tool) queueGetConfig(args []string) error {
	m := &openflow.QueueConfigRequest{Port: openflow.PortNone, Queue: openflow.QueueAll}
	if len(args) > 1 && !strings.EqualFold(args[1], "any") {
		var err error
		if m.Port, err = t.port(args[0], args[1]); err != nil {
			return err
		}
	}
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	if len(args) > 2 && c.Version() >= openflow.V14 {
		n, err := strconv.ParseUint(args[2], 10, 32)
		if err != nil {
			return fatalf("invalid queue \"%s\"", args[2])
		}
		m.Queue = uint32(n)
	}
	if m.Port != openflow.PortNone || c.Version() != openflow.V10 {
		if c.Version() >= openflow.V14 {
			return t.dumpMulti(c, m, t.shown(args[0]))
		}
		return t.dump(c, m, t.shown(args[0]))
	}
	// OpenFlow 1.0 can ask for one port only.
	c.NewXid() // OVS uses up one here
	ports, err := fetchPorts(c)
	if err != nil {
		return transactError(err)
	}
	var requests []openflow.Message
	for _, p := range ports {
		if p.Port.Ordinary() {
			requests = append(requests, &openflow.QueueConfigRequest{Port: p.Port, Queue: m.Queue})
		}
	}
	if t.json {
		return t.jsonDump(c, t.shown(args[0]), requests...)
	}
	for _, m := range requests {
		if err := t.dump(c, m, t.shown(args[0])); err != nil {
			return err
		}
	}
	return nil
}
