package ofctl

import (
	"fmt"
	"strings"

	"govs/openflow"
	"govs/openflow/conn"
)

const bundleFlags = openflow.BundleAtomic | openflow.BundleOrdered

// useBundles makes the tool speak a version that has bundles.
func (t *tool) useBundles() {
	vs := t.versions & openflow.VersionsOf(openflow.V13, openflow.V14, openflow.V15)
	if vs == 0 || t.anyVersion {
		vs = openflow.VersionsOf(openflow.V14)
	}
	t.versions, t.protocols, t.anyVersion = vs, openflow.ProtocolsOf(vs), false
}

// bundleFile does the flows, groups and packet-outs of a file as one bundle.
func (t *tool) bundleFile(args []string) error {
	t.useBundles()
	names := t.accept(args[0])
	usable := openflow.Protocols(openflow.ProtoAny)
	var msgs []openflow.Message
	err := t.fileLines(args[1], func(text string) error {
		word, rest, _ := strings.Cut(text, " ")
		var m openflow.Message
		var u openflow.Protocols
		var err error
		switch word {
		case "flow":
			m, u, err = openflow.ParseFlowLine(rest, openflow.FlowAdd, names)
		case "group":
			m, u, err = openflow.ParseGroupLine(rest, names)
		case "packet-out":
			m, u, err = openflow.ParsePacketOut(rest, names)
		default:
			err = fmt.Errorf("Unsupported bundle message type: %s", word)
		}
		usable &= u
		msgs = append(msgs, m)
		return err
	})
	if err != nil {
		return err
	}
	return t.bundleMessages(args[0], msgs, usable)
}

// bundleMessages connects and sends messages as one bundle.
func (t *tool) bundleMessages(sw string, msgs []openflow.Message, usable openflow.Protocols) error {
	c, err := t.openVersion(sw, usable)
	if err != nil {
		return err
	}
	defer c.Close()
	return t.sendBundle(c, len(msgs), func(i int, xid uint32) ([]byte, error) {
		return openflow.Encode(msgs[i], c.Protocol(), xid), nil
	})
}

// sendBundle sends n messages, which encode makes, as one bundle: the switch
// does all or nothing.
func (t *tool) sendBundle(c *conn.Client, n int, encode func(i int, xid uint32) ([]byte, error)) error {
	control := func(typ openflow.BundleType) []byte {
		return c.Encode(&openflow.BundleControl{Type: typ, Flags: bundleFlags})
	}
	bad := 0
	refused := func(b []byte) {
		bad++
		d, err := openflow.Decode(b, openflow.DecodeOptions{})
		if e, ok := d.Message.(*openflow.ErrorMsg); ok && err == nil {
			data := e.Data
			if d, err := openflow.Decode(data, openflow.DecodeOptions{}); err == nil {
				if add, ok := d.Message.(*openflow.BundleAdd); ok {
					data = add.Raw
				}
			}
			fmt.Fprintf(t.Err, "Error %s for: ", e.Code)
			t.print(t.Err, data, 1, nil)
		}
	}
	flush := func() error {
		if err := c.BarrierEach(refused); err != nil {
			return transactError(err)
		}
		if bad > 0 {
			return fatalf("talking to %s (Protocol error)", c.Name())
		}
		return nil
	}
	// Ids are given in the order of OVS's tool, which opens the bundle last.
	var adds []byte
	for i := range n {
		xid := c.NewXid()
		b, err := encode(i, xid)
		if err != nil {
			return err
		}
		adds = append(adds, openflow.Encode(&openflow.BundleAdd{Flags: bundleFlags, Raw: b}, c.Protocol(), xid)...)
	}
	c.Queue(control(openflow.BundleOpen))
	c.Queue(adds)
	c.Queue(control(openflow.BundleClose))
	commit := control(openflow.BundleCommit)
	if err := flush(); err != nil {
		return err
	}
	c.Queue(commit)
	return flush()
}
