package openflow

import (
	"strings"
	"testing"
)

// TestStripsNothing: an inner tag comes out only where the outer one was thought to be
// there, which in 3.1 a value for a part of it says, too.
func TestStripsNothing(t *testing.T) {
	for acts, ok := range map[string]bool{
		"push_vlan:0x8100,load:0x1003->NXM_OF_VLAN_TCI[],strip_vlan,set_field:0x1005->vlan_vid":                  true,
		"push_vlan:0x8100,load:0x3->NXM_OF_VLAN_TCI[0..11],write_actions(strip_vlan,set_field:0x1005->vlan_vid)": false,
		"push_vlan:0x8100,load:0x1003->NXM_OF_VLAN_TCI[],write_actions(strip_vlan,set_field:0x1005->vlan_vid)":   true,
		"push_vlan:0x8100,write_actions(strip_vlan,strip_vlan,set_field:0x1005->vlan_vid)":                       false,
	} {
		_, _, err := ParseFlowMod("vlan_tci=0x1002/0x1fff,actions="+acts, FlowAdd, nil)
		if bad := err != nil && strings.Contains(err.Error(), "OFPBAC_MATCH_INCONSISTENT"); bad == ok || err != nil && !bad {
			t.Errorf("%s: %v", acts, err)
		}
	}
}
