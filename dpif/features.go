package dpif

// Feature is something that a datapath may have or not, or have so many of.
type Feature uint8

// Features, in the order of dpif/show-dp-features.
const (
	FeatureMaskedSet Feature = iota
	FeatureTunnelPushPop
	FeatureUFID
	FeatureTrunc
	FeatureClone
	FeatureSampleNesting
	FeatureCtEventMask
	FeatureCtClear
	FeatureMaxHashAlg
	FeatureCheckPktLen
	FeatureCtTimeout
	FeatureExplicitDrop
	FeatureLBOutput
	FeatureCtZeroSNAT
	FeatureAddMPLS
	FeatureMaxVLANs
	FeatureMaxMPLS
	FeatureRecirc
	FeatureCtState
	FeatureCtZone
	FeatureCtMark
	FeatureCtLabel
	FeatureCtStateNAT
	FeatureCtOrigTuple
	FeatureCtOrigTuple6
	FeatureNDExt
	NumFeatures
)

// FeatureRows are how features are called, by Feature.
var FeatureRows = [NumFeatures]struct {
	Name, Title string
	Number      bool // otherwise 0 and 1 are no and yes
}{
	FeatureMaskedSet:     {"masked_set_action", "Masked set action", false},
	FeatureTunnelPushPop: {"tnl_push_pop", "Tunnel push pop", false},
	FeatureUFID:          {"ufid", "Ufid", false},
	FeatureTrunc:         {"trunc", "Truncate action", false},
	FeatureClone:         {"clone", "Clone action", false},
	FeatureSampleNesting: {"sample_nesting", "Sample nesting", true},
	FeatureCtEventMask:   {"ct_eventmask", "Conntrack eventmask", false},
	FeatureCtClear:       {"ct_clear", "Conntrack clear", false},
	FeatureMaxHashAlg:    {"max_hash_alg", "Max dp_hash algorithm", true},
	FeatureCheckPktLen:   {"check_pkt_len", "Check pkt length action", false},
	FeatureCtTimeout:     {"ct_timeout", "Conntrack timeout policy", false},
	FeatureExplicitDrop:  {"explicit_drop_action", "Explicit Drop action", false},
	FeatureLBOutput:      {"lb_output_action", "Optimized Balance TCP mode", false},
	FeatureCtZeroSNAT:    {"ct_zero_snat", "Conntrack all-zero IP SNAT", false},
	FeatureAddMPLS:       {"add_mpls", "MPLS Label add", false},
	FeatureMaxVLANs:      {"max_vlan_headers", "Max VLAN headers", true},
	FeatureMaxMPLS:       {"max_mpls_depth", "Max MPLS depth", true},
	FeatureRecirc:        {"recirc", "Recirc", false},
	FeatureCtState:       {"ct_state", "CT state", false},
	FeatureCtZone:        {"ct_zone", "CT zone", false},
	FeatureCtMark:        {"ct_mark", "CT mark", false},
	FeatureCtLabel:       {"ct_label", "CT label", false},
	FeatureCtStateNAT:    {"ct_state_nat", "CT state NAT", false},
	FeatureCtOrigTuple:   {"ct_orig_tuple", "CT orig tuple", false},
	FeatureCtOrigTuple6:  {"ct_orig_tuple6", "CT orig tuple for IPv6", false},
	FeatureNDExt:         {"nd_ext", "IPv6 ND Extension", false},
}

// Features are what a datapath has, by Feature.
type Features [NumFeatures]int

// needs are the actions that need a feature.
var needs = map[uint16]Feature{
	ActSetMasked: FeatureMaskedSet, ActTrunc: FeatureTrunc, ActClone: FeatureClone, ActCTClear: FeatureCtClear,
	ActCheckPktLen: FeatureCheckPktLen, ActDrop: FeatureExplicitDrop, ActAddMPLS: FeatureAddMPLS, ActRecirc: FeatureRecirc,
	ActCT: FeatureCtState,
}

// Carry reports whether a datapath with these features can carry out actions.
func (f *Features) Carry(a Actions) bool { return f.carry(a, 0) }

func (f *Features) carry(a []byte, samples int) bool {
	for len(a) > 0 {
		typ, body, rest, ok := NextAttr(a)
		if !ok {
			return false
		}
		a = rest
		if x, ok := needs[typ]; ok && f[x] == 0 {
			return false
		}
		switch typ {
		case ActSample:
			inner, _ := findAttr(body, SampleActions)
			if samples++; samples > f[FeatureSampleNesting] || !f.carry(inner, samples) {
				return false
			}
		case ActClone:
			if !f.carry(body, samples) {
				return false
			}
		case ActCheckPktLen:
			for _, t := range [...]uint16{CheckLenGreater, CheckLenLessEqual} {
				if inner, ok := findAttr(body, t); ok && !f.carry(inner, samples) {
					return false
				}
			}
		case ActHash:
			if len(body) >= 4 && int(ne.Uint32(body)) > f[FeatureMaxHashAlg] {
				return false
			}
		}
	}
	return true
}
