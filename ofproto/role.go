package ofproto

import "govs/openflow"

// roleRequest changes or tells a controller's role. At most one is primary: who
// becomes it makes the one before a secondary.
func (o *ofConn) roleRequest(m *openflow.RoleRequest, xid uint32, b []byte) error {
	c := o.p.conns
	var demoted []*ofConn
	c.mu.Lock()
	if m.Role != openflow.RoleNoChange {
		if m.HasID && m.Role != openflow.RoleEqual {
			if c.genSet && int64(m.GenerationID-c.genID) < 0 {
				c.mu.Unlock()
				return o.fail(openflow.ErrRoleRequestFailedStale, b)
			}
			c.genID, c.genSet = m.GenerationID, true
		}
		if m.Role == openflow.RolePrimary && o.getRole() != openflow.RolePrimary {
			for _, x := range c.conns {
				if x != o && x.getRole() == openflow.RolePrimary {
					x.role.Store(uint32(openflow.RoleSecondary))
					demoted = append(demoted, x)
				}
			}
		}
		o.role.Store(uint32(m.Role))
	}
	r := &openflow.RoleReply{Role: o.getRole(), GenerationID: c.genID, HasID: c.genSet}
	c.mu.Unlock()
	for _, x := range demoted {
		if x.wants(openflow.AsyncRoleStatus, uint8(openflow.RolePrimaryRequest)) {
			x.post(&openflow.RoleStatus{Role: openflow.RoleSecondary, Reason: openflow.RolePrimaryRequest, GenerationID: r.GenerationID, HasID: r.HasID})
		}
	}
	c.connsChanged()
	return o.reply(r, xid)
}

// refuseSecondary answers a request that changes the switch with an error if it
// comes from a secondary controller, and reports whether it did.
func (o *ofConn) refuseSecondary(b []byte) (refused bool, err error) {
	if o.getRole() != openflow.RoleSecondary {
		return false, nil
	}
	return true, o.fail(openflow.ErrBadRequestIsSecondary, b)
}
