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
		dpif.FeatureCtClear:       1,
		dpif.FeatureCtTimeout:     1,
		dpif.FeatureCtZeroSNAT:    1,
		dpif.FeatureCtState:       1,
		dpif.FeatureCtZone:        1,
		dpif.FeatureCtMark:        1,
		dpif.FeatureCtLabel:       1,
		dpif.FeatureCtStateNAT:    1,
		dpif.FeatureCtOrigTuple:   1,
		dpif.FeatureCtOrigTuple6:  1,
	}
}
