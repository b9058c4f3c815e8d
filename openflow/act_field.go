package openflow

import "govs/flow"

// SetField writes a constant into a field, or into the bits of it that Mask
// has. Both spellings, load:VALUE->FIELD[A..B] and set_field:VALUE/MASK->FIELD,
// give this action.
type SetField struct {
	Field       flow.FieldID
	Value, Mask flow.Value
	Load        bool // it was a load, and is printed as one
	FlowHasVLAN bool // found by the check: the match asks for a tag
}

// Move copies bits from one field to another; both parts have the same width.
type Move struct{ Src, Dst flow.Subfield }

// Push puts a field's bits on the translation's stack.
type Push struct{ Field flow.Subfield }

// Pop takes bits from the translation's stack into a field.
type Pop struct{ Field flow.Subfield }

// DeleteField removes a field (a tunnel option) from the packet.
type DeleteField struct{ Field flow.FieldID }
