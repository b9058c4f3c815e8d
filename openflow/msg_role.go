package openflow

// RoleReason says why a controller's role changed (OFPCRR_*).
type RoleReason uint8

// Reasons of a RoleStatus.
const (
	RolePrimaryRequest RoleReason = iota // another controller became primary
	RoleConfig                           // the switch's configuration changed
	RoleExperimenter
)

var roleReasonNames = [...]string{"primary_request", "configuration_changed", "experimenter_data_changed"}

// RoleStatus tells a controller that its role changed. Before OpenFlow 1.3 it
// does not exist.
type RoleStatus struct {
	Role         Role
	Reason       RoleReason
	GenerationID uint64
	HasID        bool
}

func (*RoleStatus) raw(p Protocols) rawType { return p.raw14(rawONFRoleStatus, rawRoleStatus14) }

func (m *RoleStatus) encode(e *msgEncoder) {
	e.u32(uint32(m.Role))
	e.u8(uint8(m.Reason))
	e.zeros(3)
	if m.HasID {
		e.u64(m.GenerationID)
	} else {
		e.u64(^uint64(0))
	}
}

func decodeRoleStatus(_ *msgDecoder, b []byte) (Message, error) {
	m := &RoleStatus{Role: Role(be.Uint32(b)), Reason: RoleReason(b[4]), GenerationID: be.Uint64(b[8:])}
	m.HasID = m.GenerationID != ^uint64(0)
	if m.Role > RoleSecondary {
		return nil, ErrRoleRequestFailedBadRole
	}
	return m, nil
}

func (m *RoleStatus) print(p *printer) {
	p.role(m.Role, m.GenerationID, m.HasID)
	reason := "(unknown)"
	if int(m.Reason) < len(roleReasonNames) {
		reason = roleReasonNames[m.Reason]
	}
	p.f(" reason=%s", reason)
}
