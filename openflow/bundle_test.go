package openflow

import "testing"

func bundleSamples(t testing.TB) []Message {
	ms := []Message{&BundleControl{}, &BundleControl{7, BundleCommit, BundleAtomic | BundleOrdered}, &BundleControl{8, BundleDiscard + 1, BundleOrdered}}
	fm, _, err := ParseFlowMod("table=1,priority=5,tcp actions=output:2,goto_table:3", FlowAdd, nil)
	if err != nil {
		t.Fatal(err)
	}
	gm, _, err := ParseGroupMod("group_id=5,type=all,bucket=output:2", GroupAdd, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range []Message{fm, gm, &PortMod{Port: 3, Config: PortDown, Mask: PortDown}} {
		// The outer message must have the inner one's transaction id, which
		// comparePrints makes of its index.
		ms = append(ms, &BundleAdd{ID: 3, Flags: BundleAtomic, Message: m, Xid: uint32(4 + i)})
	}
	return ms
}

// TestBundleMessagesReference compares messages about bundles with the
// reference's reading of them.
func TestBundleMessagesReference(t *testing.T) { comparePrints(t, bundleSamples(t)) }
