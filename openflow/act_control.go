package openflow

// Resubmit looks the packet up again: in Table, or in the current one for
// TableAny, with in_port taken as InPort, or unchanged for PortInPort. With CT
// the lookup sees the connection's original addresses.
type Resubmit struct {
	InPort Port
	Table  uint8
	CT     bool
	raw    resubmitRaw
}

type resubmitRaw uint8

const (
	resubmitTable resubmitRaw = iota // NXAST_RESUBMIT_TABLE, resubmit(P,T)
	resubmitPort                     // NXAST_RESUBMIT, resubmit:P
)

// TableAny stands for the current table in a Resubmit and for all tables in a
// request.
const TableAny uint8 = 0xff

// Clone runs a list of actions on a copy of the packet.
type Clone struct{ Actions []Action }

// Exit stops the translation of the packet.
type Exit struct{}

// Note carries bytes and does nothing. Bytes include the padding to 6, 14,
// 22 ... bytes that the wire form has.
type Note struct{ Data []byte }

// FinTimeout shortens the flow's timeouts when a TCP FIN or RST is seen.
type FinTimeout struct{ Idle, Hard uint16 }

// Conjunction makes the flow clause Clause (from 0) of NClauses of conjunctive
// match ID. A flow with a Conjunction has no other actions but notes and more
// of them.
type Conjunction struct {
	ID       uint32
	Clause   uint8
	NClauses uint8
}

// DebugSlow sends the packet through the slow path; for tests.
type DebugSlow struct{}

// DebugRecirc makes the packet recirculate; for tests.
type DebugRecirc struct{}
