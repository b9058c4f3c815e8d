package userspace

import "govs/dpif"

// Features implements dpif.Datapath. Tunnels are devices here, so there is
// nothing to push and pop; what is not named is not there.
func (dp *Datapath) Features() dpif.Features {
	return dpif.Features{
		dpif.FeatureMaskedSet:     1,
		dpif.FeatureUFID:          1,
		dpif.FeatureTrunc:         1,
		dpif.FeatureClone:         1,
		dpif.FeatureSampleNesting: 10,
		dpif.FeatureMaxHashAlg:    1,
		dpif.FeatureCheckPktLen:   1,
		dpif.FeatureExplicitDrop:  1,
		dpif.FeatureMaxVLANs:      2,
		dpif.FeatureMaxMPLS:       3,
		dpif.FeatureRecirc:        1,
		dpif.FeatureNDExt:         1,
	}
}
