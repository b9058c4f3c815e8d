package ofproto

import (
	"os"
	"testing"

	"govs/openflow"
)

// TestTableMiss: what table-mods say of packets without a flow, as the reference
// traces it.
func TestTableMiss(t *testing.T) {
	bridges := []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}, {"p2", "", 2, -1}}}}
	r := startReference(t)
	r.build(bridges)
	dir, err := os.MkdirTemp("", "of")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	h := newTestHostIn(t, dir)
	h.build(t, bridges)
	r.run("ovs-ofctl", "add-flow", "br9", "table=2,in_port=1,actions=output:2")
	h.flows(t, "br9", "table=2,in_port=1,actions=output:2")
	for _, x := range []struct {
		table uint8
		name  string
		miss  openflow.TableMiss
	}{{0, "drop", openflow.TableMissDrop}, {0, "controller", openflow.TableMissController}, {0, "continue", openflow.TableMissContinue}, {1, "continue", openflow.TableMissContinue}} {
		r.run("ovs-ofctl", "-O", "OpenFlow11", "mod-table", "br9", string('0'+rune(x.table)), x.name)
		if err := h.Ofproto("br9").tableMod(&openflow.TableMod{Table: x.table, Miss: x.miss, EvictionFlags: openflow.EvictDefault}); err != nil {
			t.Fatal(err)
		}
		for _, port := range []string{"1", "2"} {
			compareTrace(t, r, h, "br9", "in_port="+port+",dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02")
		}
	}
}
