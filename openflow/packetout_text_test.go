package openflow

import "testing"

// TestActionListRefusesInstructions: what only a flow can have is refused in a
// packet-out, and a meter is an action from OpenFlow 1.5 on.
func TestActionListRefusesInstructions(t *testing.T) {
	const head = "in_port=1,packet=000000000002020000000003080000,actions="
	for acts, want := range map[string]string{
		"goto_table:1":            "goto_table instruction not allowed here",
		"output:1,clear_actions":  "clear_actions instruction not allowed here",
		"write_metadata:1":        "write_metadata instruction not allowed here",
		"write_actions(output:1)": "write_actions instruction not allowed here",
		"output:1,resubmit(,0)":   "",
		"meter:1":                 "",
	} {
		_, usable, err := ParsePacketOut(head+acts, nil)
		if got := errText(err); got != want {
			t.Errorf("%s: %q, want %q", acts, got, want)
		}
		if acts == "meter:1" && usable.Versions() != VersionsOf(V15) {
			t.Errorf("%s can be said in %v", acts, usable)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
