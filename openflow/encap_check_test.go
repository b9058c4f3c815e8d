package openflow

import (
	"strings"
	"testing"
)

// TestEncapHides: behind a header that was put on, actions on the packet's own do
// not suit it any more.
func TestEncapHides(t *testing.T) {
	for acts, ok := range map[string]bool{
		"fin_timeout(idle_timeout=5)":                               true,
		"encap(ethernet),fin_timeout(idle_timeout=5)":               true,
		"decap(),fin_timeout(idle_timeout=5)":                       true,
		"encap(nsh),fin_timeout(idle_timeout=5)":                    false,
		"encap(nsh),clone(),fin_timeout(idle_timeout=5)":            false,
		"encap(nsh),encap(ethernet),fin_timeout(idle_timeout=5)":    false,
		"encap(nsh),encap(ethernet),push_vlan:0x8100,set_queue:1":   true,
		"encap(mpls),fin_timeout(idle_timeout=5)":                   false,
		"encap(nsh),encap(ethernet),dec_ttl":                        false,
		"encap(nsh),encap(ethernet),set_field:1.2.3.4->ip_src":      false,
		"encap(nsh),encap(ethernet),set_field:0:0:0:0:0:1->eth_dst": true,
		// What comes out of any but a frame is not known, even where the action says it.
		"encap(nsh),decap(),set_field:00:00:00:00:00:01->eth_src":                             false,
		"encap(nsh),decap(packet_type(ns=0,type=0)),set_field:00:00:00:00:00:01->eth_src":     false,
		"encap(mpls),decap(packet_type(ns=1,type=0x800)),mod_nw_src:1.1.1.1":                  false,
		"encap(nsh),decap(),push_mpls:0x8847":                                                 false,
		"encap(nsh),decap(),encap(ethernet),set_field:00:00:00:00:00:01->eth_src,set_queue:1": true,
	} {
		_, _, err := ParseFlowMod("tcp,actions="+acts, FlowAdd, nil)
		if bad := err != nil && strings.Contains(err.Error(), "OFPBAC_MATCH_INCONSISTENT"); bad == ok || err != nil && !bad {
			t.Errorf("%s: %v", acts, err)
		}
	}
	// The protocol alone counts, as in 3.1, whatever the type says.
	if _, _, err := ParseFlowMod("tcp,dl_type=0x88cc,actions=fin_timeout(idle_timeout=5)", FlowAdd, nil); err != nil {
		t.Error(err)
	}
}
