package ofproto

import "testing"

// TestSampleTunnel: what is sampled as if it went out by a tunnel gets the header that
// it would get there, and keeps it.
func TestSampleTunnel(t *testing.T) {
	h := newTestHost(t)
	h.build(t, []bridgeDef{{"br9", true, []portDef{{"p1", "", 1, -1}}}})
	p := h.Ofproto("br9")
	if _, err := p.PortAdd(PortSpec{Name: "t6", Type: "geneve", Request: 9, Options: map[string]string{"remote_ip": "1.1.1.1", "key": "7", "egress_pkt_mark": "3"}}); err != nil {
		t.Fatal(err)
	}
	p.SetSampling(true)
	const header = "set(tunnel(tun_id=0x7,dst=1.1.1.1,ttl=64,tp_dst=6081,flags(df|key))),"
	for acts, want := range map[string]string{
		"sample(probability=65535,collector_set_id=1,sampling_port=9),output:9": header +
			"userspace(pid=0,flow_sample(probability=65535,collector_set_id=1,obs_domain_id=0,obs_point_id=0,output_port=6081),tunnel_out_port=6081),set(skb_mark(0x3)),6081",
		"set_field:9.9.9.9->tun_dst,sample(probability=100,collector_set_id=1,sampling_port=9),output:9": header +
			"sample(sample=0.2%,actions(userspace(pid=0,flow_sample(probability=100,collector_set_id=1,obs_domain_id=0,obs_point_id=0,output_port=6081),tunnel_out_port=6081))),set(skb_mark(0x3)),6081",
	} {
		h.flows(t, "br9", "actions="+acts)
		if _, a := h.traced(t, "br9", "in_port=1,ip"); a != want {
			t.Errorf("%s:\n%s, want\n%s", acts, a, want)
		}
	}
}
