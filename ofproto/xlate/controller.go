package xlate

import (
	"encoding/binary"

	"govs/openflow"
)

// Cookie is what a userspace() action carries to say what the packet came up
// for: a user_action_cookie of OVS (20 bytes... see Encode).
type Cookie struct {
	Kind         CookieKind
	InPort       uint32 // OpenFlow port
	Bridge       uint64 // unused by slow path of one switch
	Slow         Slow
	DontSend     bool
	Continuation bool
	Reason       openflow.PacketInReason
	RecircID     uint32
	RuleCookie   uint64
	ControllerID uint16
	MaxLen       uint16
}

// CookieKind says why a packet is sent up by a userspace() action.
type CookieKind uint8

// Kinds of cookies, as OVS numbers them.
const (
	CookieSFlow      CookieKind = 1
	CookieSlowPath   CookieKind = 2
	CookieFlowSample CookieKind = 3
	CookieIPFIX      CookieKind = 4
	CookieController CookieKind = 5
)

// controller sends the packet up to be sent to controllers.
func (t *Translator) controller(a *openflow.Controller) {
	t.commit()
	var id uint32
	if t.in.Freeze != nil {
		fz := &Frozen{Bridge: t.bridge.Name, Table: t.table, Reason: a.Reason, Userdata: a.Userdata}
		fz.Metadata.InPort = t.flow.InPort
		fz.Metadata.Tunnel = t.flow.Tunnel
		fz.Metadata.Metadata = t.flow.Metadata
		fz.Metadata.Regs = t.flow.Regs
		id = t.in.Freeze(fz)
	}
	c := Cookie{
		Kind: CookieController, DontSend: !t.in.Effects && t.node != nil, Reason: a.Reason, RecircID: id,
		RuleCookie: t.cookie, ControllerID: a.ID, MaxLen: a.MaxLen,
	}
	t.userspace(&c)
	t.out.Output = true
}

// userspace emits userspace() with a cookie.
func (t *Translator) userspace(c *Cookie) {
	at := t.odp.begin(attrUserspace)
	t.odp.u32(1, 0) // OVS_USERSPACE_ATTR_PID
	data := t.odp.begin(2)
	t.odp.b = c.Append(t.odp.b)
	t.odp.end(data)
	t.odp.end(at)
}

// AppendSlowPath appends the actions of a flow whose packets all come up.
func AppendSlowPath(dst []byte, inPort uint32, why Slow) []byte {
	t := Translator{odp: emitter{dst}}
	t.userspace(&Cookie{Kind: CookieSlowPath, InPort: inPort, Slow: why})
	return t.odp.b
}

// Append appends the cookie's bytes, laid out as OVS's: the kind (u16), the
// port it came in by (u32), 16 bytes of bridge identity and what the kind needs.
func (c *Cookie) Append(dst []byte) []byte {
	ne := binary.NativeEndian
	start := len(dst)
	dst = append(dst, make([]byte, cookieLen)...)
	b := dst[start:]
	ne.PutUint16(b[0:], uint16(c.Kind))
	ne.PutUint32(b[4:], c.InPort)
	switch c.Kind {
	case CookieSlowPath:
		ne.PutUint32(b[28:], uint32(c.Slow))
	case CookieController:
		if c.DontSend {
			b[26] |= 1
		}
		if c.Continuation {
			b[26] |= 2
		}
		ne.PutUint16(b[28:], uint16(c.Reason))
		ne.PutUint32(b[32:], c.RecircID)
		binary.BigEndian.PutUint64(b[36:], c.RuleCookie)
		ne.PutUint16(b[44:], c.ControllerID)
		ne.PutUint16(b[46:], c.MaxLen)
	}
	return dst
}

// cookieLen is the length of a cookie in bytes.
const cookieLen = 48

// ParseCookie reads a cookie; ok is false if b is none.
func ParseCookie(b []byte) (c Cookie, ok bool) {
	if len(b) != cookieLen {
		return c, false
	}
	ne := binary.NativeEndian
	c.Kind = CookieKind(ne.Uint16(b[0:]))
	c.InPort = ne.Uint32(b[4:])
	switch c.Kind {
	case CookieSlowPath:
		c.Slow = Slow(ne.Uint32(b[28:]))
	case CookieController:
		c.DontSend, c.Continuation = b[26]&1 != 0, b[26]&2 != 0
		c.Reason = openflow.PacketInReason(ne.Uint16(b[28:]))
		c.RecircID = ne.Uint32(b[32:])
		c.RuleCookie = binary.BigEndian.Uint64(b[36:])
		c.ControllerID = ne.Uint16(b[44:])
		c.MaxLen = ne.Uint16(b[46:])
	default:
		return c, false
	}
	return c, true
}
