package dpif

import (
	"bytes"
	"testing"
)

// TestTunnelOwn are actions for tunnels that only our datapaths have.
func TestTunnelOwn(t *testing.T) {
	for _, s := range []string{
		"set(tunnel(ipv6_dst=fc00::1,ttl=64,srv6(segs(fc00::1,fc00::2)),label_copy,flags(df))),4",
		"set(tunnel(tun_id=0x5,dst=1.1.1.1,ttl=64,seq,pmtud,flags(csum|key)))",
		"set(tunnel(ipv6_dst=fc00::1,ttl=64,label_hash,flags(df)))",
	} {
		a, err := ParseActions(s, nil)
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		if got := a.String(); got != s {
			t.Errorf("%s comes back as %s", s, got)
		}
	}
}

func FuzzGeneveText(f *testing.F) {
	f.Add("{class=0xffff,type=0x80,len=4,0xa/0xf}{class=0x1,type=0,len=0}")
	f.Add("{class=1/0xff,type=0x80/0x7f,len=8,0x1122334455667788}")
	f.Fuzz(func(t *testing.T, s string) {
		opts, mask, ok := parseGeneveText(s)
		if !ok {
			return
		}
		text := string(appendGeneveText(nil, opts, mask))
		o, m, ok := parseGeneveText(text)
		if !ok || !bytes.Equal(o, opts) || !bytes.Equal(m, mask) {
			t.Errorf("%q is %x/%x, written %q it is %x/%x", s, opts, mask, text, o, m)
		}
	})
}
