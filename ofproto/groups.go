package ofproto

import "govs/openflow"

// groupMod changes the groups.
func (o *ofConn) groupMod(m *openflow.GroupMod, b []byte) error {
	if refused, err := o.refuseSecondary(b); refused {
		return err
	}
	if err := o.p.applyGroup(m); err != nil {
		return o.fail(errorCode(err, openflow.ErrGroupModFailedBadCommand), b)
	}
	return nil
}

func (p *Ofproto) applyGroup(m *openflow.GroupMod) error {
	if err := p.tables.ApplyGroup(m, p.now()); err != nil {
		return err
	}
	p.backer.wake()
	return nil
}

// groupActions are the actions that are told to be possible in buckets.
var groupActions = [...]openflow.Kind{
	openflow.KindOutput, openflow.KindGroup, openflow.KindEnqueue, openflow.KindSetField, openflow.KindSetVLANVID, openflow.KindSetVLANPCP,
	openflow.KindStripVLAN, openflow.KindPushVLAN, openflow.KindSetEthSrc, openflow.KindSetEthDst, openflow.KindSetIPv4Src,
	openflow.KindSetIPv4Dst, openflow.KindSetIPDSCP, openflow.KindSetIPECN, openflow.KindSetIPTTL, openflow.KindSetL4SrcPort,
	openflow.KindSetL4DstPort, openflow.KindDecTTL, openflow.KindSetMPLSLabel, openflow.KindSetMPLSTC, openflow.KindSetMPLSTTL,
	openflow.KindDecMPLSTTL, openflow.KindPushMPLS, openflow.KindPopMPLS, openflow.KindSetQueue,
}

func groupFeatures() *openflow.GroupFeatures {
	f := &openflow.GroupFeatures{Types: 0xf, Capabilities: openflow.GroupCapWeight | openflow.GroupCapLiveness | openflow.GroupCapChaining}
	var kinds uint64
	for _, k := range groupActions {
		kinds |= 1 << k
	}
	for i := range f.MaxGroups {
		f.MaxGroups[i], f.Actions[i] = openflow.GroupMax, kinds
	}
	return f
}
