package pipegen

import "fmt"

// nsh appends a network service header and the packet in it.
func (g *Gen) nsh(b []byte) []byte {
	words, mdType := 6, 1
	if g.one(4) {
		words, mdType = 2+g.IntN(2), 2
	}
	next := 1 + g.IntN(3)
	ttl := 1 + g.IntN(3)
	b = be.AppendUint32(b, uint32(g.IntN(2)<<29|ttl<<22|words<<16|mdType<<8|next))
	b = be.AppendUint32(b, uint32(g.IntN(3)<<8|g.IntN(3)))
	switch {
	case mdType == 1:
		for range 4 {
			b = be.AppendUint32(b, uint32(g.IntN(3)))
		}
	case words == 3:
		b = append(b, 0x10, 0, 1, 0)
	}
	switch next {
	case 1:
		return g.ipv4(b)
	case 2:
		return g.ipv6(b)
	}
	return g.ipv4(be.AppendUint16(g.eth(g.eth(b, macs), macs[:3]), 0x0800))
}

// nshMatch returns what a match says of a network service header.
func (g *Gen) nshMatch() []string {
	m := []string{"dl_type=0x894f"}
	for range g.IntN(3) {
		m = append(m, g.pick("nsh_flags=0", "nsh_ttl=2", "nsh_ttl=62", "nsh_mdtype=1", "nsh_np=3", "nsh_np=1", "nsh_spi=1", "nsh_si=255", "nsh_si=1", "nsh_c1=0", "nsh_c2=1/1", "nsh_c3=2"))
	}
	return m
}

// nshAction returns an action on headers around a packet.
func (g *Gen) nshAction() string {
	switch g.IntN(14) {
	case 12, 13: // setting its fields goes with the header only
		return g.pick("encap(nsh)", "encap(nsh(md_type=1))") + g.pick("", ",set_field:0x11->nsh_c1", ",set_field:5->nsh_si", ",set_field:7->nsh_spi,set_field:2->nsh_ttl", ",dec_nsh_ttl", ",move:NXM_NX_REG0[]->NXOXM_NSH_C1[]") +
			g.pick("", ",encap(ethernet)", ",encap(ethernet),set_field:"+g.mac()+"->eth_dst", ",decap()", ",encap(nsh)")
	case 0, 1, 2:
		return g.pick("encap(nsh(md_type=1))", "encap(nsh(md_type=2,tlv(0x1000,10,0x12345678)))", "encap(nsh)")
	case 3, 4, 5:
		return "decap()"
	case 6:
		return "encap(ethernet)"
	case 7:
		return "dec_nsh_ttl"
	case 8:
		return g.pick("encap(mpls)", "encap(mpls)", "decap(packet_type(ns=1,type=0x800))", "decap(packet_type(ns=0,type=0))")
	}
	return fmt.Sprintf("set_field:%s", g.pick("0x11223344->nsh_c1", "5->nsh_si", "7->nsh_spi", "1->nsh_flags", "0x1/0x3->nsh_c2", "2->nsh_ttl", "9->nsh_c4"))
}
