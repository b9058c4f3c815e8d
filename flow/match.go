package flow

// ExactMatch returns the match on all of k, whatever a packet of its kind has.
func ExactMatch(k *Key) Match {
	m := Match{Key: *k}
	for i := range m.Mask.Words() {
		m.Mask.Words()[i] = ^uint64(0)
	}
	return m
}

// Set makes the match require that the field has exactly the value v. Fields
// with rules of their own follow them: dl_vlan 0xffff means "no tag", a VLAN id
// or priority requires the tag.
func (m *Match) Set(id FieldID, v Value) { m.SetMasked(id, v, id.Ones()) }

// SetMasked makes the match require that the field has the bits of v under mask;
// a zero mask takes the field out of the match.
func (m *Match) SetMasked(id FieldID, v, mask Value) {
	if id.IsTLV() {
		if mask.IsZero() {
			m.clearTLV(id)
		} else {
			// Without a map there is room; with one, what it lacks no packet has.
			_ = m.SetTLV(id, v, mask)
		}
		return
	}
	switch id {
	case DlVlan:
		if mask.IsZero() {
			m.Mask.VLANs[0].TCI &= 0xe000
			if m.Mask.VLANs[0].TCI != 0 {
				m.Mask.VLANs[0].TCI |= VLANPresent
			}
			m.Key.VLANs[0].TCI &= m.Mask.VLANs[0].TCI
			return
		}
		if v.Lo == 0xffff {
			m.Key.VLANs[0].TCI, m.Mask.VLANs[0].TCI = 0, 0xffff
			return
		}
	case VlanVID:
		// With the CFI bit in the mask but not in the value, "no tag".
		mask = mask.And(U(0x1fff))
	}
	id.SetMask(&m.Mask, mask)
	if id == DlVlan || id == DlVlanPCP || id == VlanPCP {
		if mask.IsZero() {
			if m.Mask.VLANs[0].TCI&0xefff == 0 {
				m.Mask.VLANs[0].TCI = 0
			}
			m.Key.VLANs[0].TCI &= m.Mask.VLANs[0].TCI
			return
		}
		id.Set(&m.Key, v)
		return
	}
	if mask.IsZero() {
		id.put(&m.Key, Value{})
		return
	}
	id.Set(&m.Key, v.And(mask))
}

// Clear takes the field out of the match.
func (m *Match) Clear(id FieldID) { m.SetMasked(id, Value{}, Value{}) }

// Exact reports whether the match requires one value of the field.
func (m *Match) Exact(id FieldID) bool {
	if id.IsTLV() {
		return !m.Wild(id) && m.tlvExact(id)
	}
	return id.GetMask(&m.Mask) == id.Ones()
}

// Wild reports whether the match says nothing of the field.
func (m *Match) Wild(id FieldID) bool {
	if id.IsTLV() {
		return m.Mask.TunPresent>>id.tlv()&1 == 0
	}
	return id.GetMask(&m.Mask).IsZero()
}

// Get returns the field's value and mask in the match.
func (m *Match) Get(id FieldID) (v, mask Value) { return id.Get(&m.Key), id.GetMask(&m.Mask) }

// Matches reports whether m matches packets with key k.
func (m *Match) Matches(k *Key) bool {
	kw, mk := k.Words(), m.Key.Words()
	for i, x := range m.Mask.live() {
		if (kw[i]^mk[i])&x != 0 {
			return false
		}
	}
	return true
}

// Apply clears the bits of k outside m.
func (m *Mask) Apply(k *Key) {
	kw, mw := k.Words(), m.Words()
	for i := range kw {
		kw[i] &= mw[i]
	}
}

// Or adds the bits of o to m.
func (m *Mask) Or(o *Mask) {
	mw := m.Words()
	for i, w := range o.live() {
		mw[i] |= w
	}
}

// IsZero reports whether m matches everything.
func (m *Mask) IsZero() bool {
	for _, w := range m.live() {
		if w != 0 {
			return false
		}
	}
	return true
}

// Canon clears the bits of the key outside the mask.
func (m *Match) Canon() { m.Mask.Apply(&m.Key) }
