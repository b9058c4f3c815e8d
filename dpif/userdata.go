package dpif

// UserKind says what a userspace action is for.
type UserKind uint8

// Kinds of userspace actions.
const (
	UserNone UserKind = iota
	UserSFlow
	UserSlowPath
	UserFlowSample
	UserIPFIX
	UserController
)

// Reasons of a UserSlowPath action, as bits.
const (
	SlowCFM = 1 << iota
	SlowBFD
	SlowLACP
	SlowSTP
	SlowLLDP
	SlowAction
	SlowMatch
)

var slowNames = [...]string{"cfm", "bfd", "lacp", "stp", "lldp", "action", "match"}

// UserData is what a userspace action carries for ourselves; datapaths pass it
// through unread.
type UserData struct {
	Kind   UserKind
	InPort uint32   // OpenFlow port the packet came in by
	Bridge [16]byte // UUID of the bridge

	Slow uint32 // UserSlowPath: reasons

	VLANTCI uint16 // UserSFlow
	Output  uint32 // UserSFlow, UserIPFIX, UserFlowSample: output port

	Probability    uint16 // UserFlowSample
	CollectorSetID uint32
	ObsDomainID    uint32
	ObsPointID     uint32
	Direction      uint8 // 0 unstated, 1 ingress, 2 egress

	Reason       uint8 // UserController: OFPR_*
	DontSend     bool
	Continuation bool
	RecircID     uint32
	Cookie       uint64
	ControllerID uint16
	MaxLen       uint16
}

// userDataLen is the length of an encoded UserData.
const userDataLen = 48

// Encode returns the userdata of the action.
func (u *UserData) Encode() []byte {
	b := make([]byte, userDataLen)
	b[0] = byte(u.Kind)
	ne.PutUint32(b[4:], u.InPort)
	copy(b[8:24], u.Bridge[:])
	c := b[24:]
	switch u.Kind {
	case UserSlowPath:
		ne.PutUint32(c, u.Slow)
	case UserSFlow:
		ne.PutUint32(c, u.Output)
		ne.PutUint16(c[4:], u.VLANTCI)
	case UserFlowSample:
		b[1] = u.Direction
		ne.PutUint16(b[2:], u.Probability)
		ne.PutUint32(c, u.Output)
		ne.PutUint32(c[4:], u.CollectorSetID)
		ne.PutUint32(c[8:], u.ObsDomainID)
		ne.PutUint32(c[12:], u.ObsPointID)
	case UserIPFIX:
		ne.PutUint32(c, u.Output)
	case UserController:
		b[1] = u.Reason
		b[2], b[3] = b2u(u.DontSend), b2u(u.Continuation)
		ne.PutUint32(c, u.RecircID)
		ne.PutUint64(c[4:], u.Cookie)
		ne.PutUint16(c[12:], u.ControllerID)
		ne.PutUint16(c[14:], u.MaxLen)
	}
	return b
}

// ParseUserData decodes userdata; ok is false when it is not one of ours.
func ParseUserData(b []byte) (u UserData, ok bool) {
	if len(b) != userDataLen || b[0] == 0 || UserKind(b[0]) > UserController {
		return u, false
	}
	u.Kind = UserKind(b[0])
	u.InPort = ne.Uint32(b[4:])
	u.Bridge = [16]byte(b[8:24])
	c := b[24:]
	switch u.Kind {
	case UserSlowPath:
		u.Slow = ne.Uint32(c)
	case UserSFlow:
		u.Output, u.VLANTCI = ne.Uint32(c), ne.Uint16(c[4:])
	case UserFlowSample:
		u.Direction, u.Probability = b[1], ne.Uint16(b[2:])
		u.Output, u.CollectorSetID = ne.Uint32(c), ne.Uint32(c[4:])
		u.ObsDomainID, u.ObsPointID = ne.Uint32(c[8:]), ne.Uint32(c[12:])
	case UserIPFIX:
		u.Output = ne.Uint32(c)
	case UserController:
		u.Reason, u.DontSend, u.Continuation = b[1], b[2] != 0, b[3] != 0
		u.RecircID, u.Cookie = ne.Uint32(c), ne.Uint64(c[4:])
		u.ControllerID, u.MaxLen = ne.Uint16(c[12:]), ne.Uint16(c[14:])
	}
	return u, true
}

func b2u(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// SlowPath is Userspace for a packet that the datapath must leave to
// translation.
func (a Actions) SlowPath(pid uint32, reasons uint32, inPort uint32) Actions {
	u := UserData{Kind: UserSlowPath, Slow: reasons, InPort: inPort}
	return a.Userspace(pid, u.Encode(), NoPort, false)
}
