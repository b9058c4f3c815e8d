package openflow

import (
	"testing"
	"time"

	"govs/flow"
)

// splitMessages cuts a run of messages at their lengths.
func splitMessages(b []byte) (out [][]byte) {
	for len(b) > 0 {
		n := ParseHeader(b).Length
		out = append(out, b[:n])
		b = b[n:]
	}
	return out
}

// TestMultipart sends lists that do not fit in one message, requests and
// replies, in parts that come interleaved, and puts them together again.
func TestMultipart(t *testing.T) {
	ports := &PortStatsReply{}
	for i := range 5000 {
		ports.Ports = append(ports.Ports, PortStats{Port: Port(i + 1), RxPackets: uint64(i)})
	}
	tables := &TableFeaturesRequest{}
	for i := range 200 {
		f := TableFeatures{Table: uint8(i), HasProperties: true, MaxEntries: uint32(i + 1)}
		for n := range 250 {
			f.Flows.Next.Add(flow.FieldID(n))
		}
		f.MissFlow = f.Flows
		tables.Tables = append(tables.Tables, f)
	}
	for _, p := range []Protocols{ProtoOXM13, ProtoOXM14, ProtoOXM15} {
		a := splitMessages(Encode(ports, p, 1))
		b := splitMessages(Encode(tables, p, 2))
		if len(a) < 2 || len(b) < 2 {
			t.Fatalf("%s: %d and %d parts", p, len(a), len(b))
		}
		var as Assembler
		var whole [][][]byte
		for len(a)+len(b) > 0 {
			for _, l := range []*[][]byte{&a, &b} {
				if len(*l) == 0 {
					continue
				}
				parts, err := as.Add((*l)[0], time.Time{})
				if err != nil {
					t.Fatal(err)
				}
				if HasMore((*l)[0]) != (len(parts) == 0) {
					t.Errorf("%s: %d parts", p, len(parts))
				}
				if len(parts) > 0 {
					whole = append(whole, parts)
				}
				*l = (*l)[1:]
			}
		}
		if len(whole) != 2 {
			t.Fatalf("%s: %d messages", p, len(whole))
		}
		nPorts, nTables := 0, 0
		for _, parts := range whole {
			ds, err := DecodeParts(parts, DecodeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range ds {
				switch m := d.Message.(type) {
				case *PortStatsReply:
					for _, s := range m.Ports {
						if nPorts++; s.Port != Port(nPorts) || s.RxPackets != uint64(nPorts-1) {
							t.Fatalf("%s: port %d: %v", p, nPorts, s)
						}
					}
				case *TableFeaturesRequest:
					for _, f := range m.Tables {
						if int(f.Table) != nTables || f.Flows.Next != tables.Tables[nTables].Flows.Next {
							t.Fatalf("%s: table %d", p, nTables)
						}
						nTables++
					}
				}
			}
		}
		if nPorts != len(ports.Ports) || nTables != len(tables.Tables) {
			t.Errorf("%s: %d ports, %d tables", p, nPorts, nTables)
		}
	}
}

// TestMultipartLimits says that a message without end is given up, by size and
// by time, and that others go on.
func TestMultipartLimits(t *testing.T) {
	part := Encode(&PortStatsReply{Ports: make([]PortStats, 100)}, ProtoOXM13, 7)
	be.PutUint16(part[10:], statsFlagMore)
	a := Assembler{Limit: 3*len(part) + 1, Timeout: time.Second}
	now := time.Unix(1000, 0)
	for i := range 4 {
		_, err := a.Add(part, now)
		if want := i == 3; (err == ErrBadRequestMultipartBufferOverflow) != want {
			t.Errorf("part %d: %v", i, err)
		}
	}
	if _, err := a.Add(part, now); err != nil {
		t.Error(err)
	}
	if last := a.Expire(now.Add(time.Second - 1)); len(last) != 0 {
		t.Error("too early")
	}
	if last := a.Expire(now.Add(time.Second)); len(last) != 1 || len(a.open) != 0 {
		t.Errorf("%d expired", len(last))
	}
	echo := Encode(&EchoRequest{}, ProtoOXM13, 1)
	if parts, err := a.Add(echo, now); len(parts) != 1 || err != nil {
		t.Error(parts, err)
	}
}

func FuzzAssembler(f *testing.F) {
	part := Encode(&FlowStatsReply{Flows: make([]FlowStats, 2)}, ProtoOXM13, 7)
	more := append([]byte(nil), part...)
	be.PutUint16(more[10:], statsFlagMore)
	f.Add(more, part)
	f.Fuzz(func(t *testing.T, x, y []byte) {
		a := Assembler{Limit: 1000}
		for _, b := range [][]byte{x, y, x, y} {
			parts, err := a.Add(b, time.Time{})
			if err == nil && len(parts) > 0 {
				_, _ = DecodeParts(parts, DecodeOptions{})
			}
		}
	})
}
