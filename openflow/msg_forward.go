package openflow

// ForwardReason says what a forwarded request changed (OFPRFR_*).
type ForwardReason uint8

// Reasons of a RequestForward.
const (
	ForwardGroupMod ForwardReason = iota
	ForwardMeterMod
)

var forwardReasonNames = [...]string{"group_mod_request", "meter_mod_request"}

// RequestForward passes on to a controller a group-mod or meter-mod that
// another controller sent.
type RequestForward struct {
	Reason  ForwardReason
	Request Message
	Xid     uint32 // of the request
}

func (m *RequestForward) raw(p Protocols) rawType {
	switch v := p.Version(); {
	case !Encodable(m.Request, p):
		return rawNone
	case v >= V14:
		return rawRequestForward14
	case v == V13:
		return rawONFRequestForward
	}
	return rawNXRequestForward
}

func (m *RequestForward) encode(e *msgEncoder) { e.bytes(Encode(m.Request, e.proto, m.Xid)) }

func decodeRequestForward(d *msgDecoder, b []byte) (Message, error) {
	in := d.inside(b)
	if n := int(in.Length); n < HeaderLen || n > len(b) {
		return nil, ErrBundleFailedMsgBadLen
	}
	if in.Version != d.Version {
		return nil, ErrBadRequestBadVersion
	}
	b = b[:in.Length]
	body, err := in.findRow(b)
	if err != nil {
		return nil, err
	}
	m := &RequestForward{Xid: in.Xid}
	switch in.row.name {
	case "OFPT_GROUP_MOD", "NXT_GROUP_MOD":
		m.Reason = ForwardGroupMod
	case "OFPT_METER_MOD":
		m.Reason = ForwardMeterMod
	default:
		return nil, ErrBundleFailedMsgUnsup
	}
	m.Request, err = in.row.decode(in, body)
	return m, err
}

func (m *RequestForward) print(p *printer) {
	p.f(" reason=%s", [...]string{"group_mod", "meter_mod"}[m.Reason%2])
	m.Request.print(p)
}
