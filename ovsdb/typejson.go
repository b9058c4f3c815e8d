package ovsdb

import (
	"math"

	"govs/jsonrpc/json"
)

func atomicTypeFromJSON(v json.Value) (AtomicType, *Error) {
	if v.Kind() != json.String {
		return Void, SyntaxErrorf(v, "", "atomic-type expected")
	}
	for t := Integer; t < numAtomicTypes; t++ {
		if atomicNames[t] == v.Str() {
			return t, nil
		}
	}
	return Void, SyntaxErrorf(v, "", "\"%s\" is not an atomic-type", v.Str())
}

func uintMember(p *objParser, name string, dst *uint32) *Error {
	v, ok := p.member(name, mInteger|mOptional)
	if !ok {
		return nil
	}
	if v.Int() < 0 || v.Int() > math.MaxUint32 {
		return SyntaxErrorf(v, "", "%s out of valid range 0 to %d", name, uint32(math.MaxUint32))
	}
	*dst = uint32(v.Int())
	return nil
}

func baseFromJSON(v json.Value) (BaseType, *Error) {
	if v.Kind() == json.String {
		t, err := atomicTypeFromJSON(v)
		if err != nil {
			return BaseType{}, err
		}
		return NewBase(t), nil
	}
	p := parseObject(v, named("ovsdb type"))
	tv, ok := p.member("type", mAny)
	if !ok {
		return BaseType{}, p.finish()
	}
	t, err := atomicTypeFromJSON(tv)
	if err != nil {
		return BaseType{}, err
	}
	b := NewBase(t)
	if e, ok := p.member("enum", mAny|mOptional); ok {
		set := Type{Key: b, Value: NewBase(Void), Min: 1, Max: Unlimited}
		d, err := (&decoder{}).datum(&set, e)
		if err != nil {
			return BaseType{}, err
		}
		b.Enum = &d
		return b, p.finish()
	}
	switch t {
	case Integer:
		if v, ok := p.member("minInteger", mInteger|mOptional); ok {
			b.MinInt = v.Int()
		}
		if v, ok := p.member("maxInteger", mInteger|mOptional); ok {
			b.MaxInt = v.Int()
		}
		if b.MinInt > b.MaxInt {
			err = SyntaxErrorf(v, "", "minInteger exceeds maxInteger")
		}
	case Real:
		if v, ok := p.member("minReal", mNumber|mOptional); ok {
			b.MinReal = v.Float()
		}
		if v, ok := p.member("maxReal", mNumber|mOptional); ok {
			b.MaxReal = v.Float()
		}
		if b.MinReal > b.MaxReal {
			err = SyntaxErrorf(v, "", "minReal exceeds maxReal")
		}
	case String:
		if err = uintMember(p, "minLength", &b.MinLen); err == nil {
			err = uintMember(p, "maxLength", &b.MaxLen)
		}
		if err == nil && b.MinLen > b.MaxLen {
			err = SyntaxErrorf(v, "", "minLength exceeds maxLength")
		}
	case UUIDType:
		if v, ok := p.member("refTable", mID|mOptional); ok {
			b.RefTable = v.Str()
			// refTable is checked once all tables are known.
			if v, ok := p.member("refType", mID|mOptional); ok {
				switch v.Str() {
				case "strong":
				case "weak":
					b.RefType = Weak
				default:
					err = SyntaxErrorf(v, "", "refType must be \"strong\" or \"weak\" (not \"%s\")", v.Str())
				}
			}
		}
	}
	if err != nil {
		return BaseType{}, err
	}
	return b, p.finish()
}

// TypeFromJSON parses a <type> (RFC 7047 section 3.2).
func TypeFromJSON(v json.Value) (Type, error) {
	t, err := typeFromJSON(v)
	return t, asError(err)
}

func typeFromJSON(v json.Value) (Type, *Error) {
	t := Type{Value: NewBase(Void), Min: 1, Max: 1}
	var err *Error
	switch v.Kind() {
	case json.String:
		t.Key, err = baseFromJSON(v)
		return t, err
	case json.Object:
	default:
		return t, SyntaxErrorf(v, "", "ovsdb type expected")
	}
	p := parseObject(v, named("ovsdb type"))
	key, okKey := p.member("key", mString|mObject)
	val, hasVal := p.member("value", mString|mObject|mOptional)
	min, hasMin := p.member("min", mInteger|mOptional)
	max, hasMax := p.member("max", mInteger|mString|mOptional)
	if err := p.finish(); err != nil {
		return t, err
	}
	if okKey {
		if t.Key, err = baseFromJSON(key); err != nil {
			return t, err
		}
	}
	if hasVal {
		if t.Value, err = baseFromJSON(val); err != nil {
			return t, err
		}
	}
	bad := SyntaxErrorf(v, "", "bad min or max value")
	if hasMin {
		if min.Int() < 0 || min.Int() > math.MaxUint32 {
			return t, bad
		}
		t.Min = uint32(min.Int())
	}
	if hasMax {
		switch {
		case max.Kind() == json.String && max.Str() == "unlimited":
			t.Max = Unlimited
		case max.Kind() == json.Integer && max.Int() >= 0 && max.Int() <= math.MaxUint32:
			t.Max = uint32(max.Int())
		default:
			return t, bad
		}
	}
	if t.Min > 1 || t.Max < 1 || t.Min > t.Max {
		return t, SyntaxErrorf(v, "", "ovsdb type fails constraint checks")
	}
	return t, nil
}

func (b *BaseType) plain() bool {
	return b.Enum == nil && b.MinInt == math.MinInt64 && b.MaxInt == math.MaxInt64 &&
		b.MinReal == -math.MaxFloat64 && b.MaxReal == math.MaxFloat64 &&
		b.MinLen == 0 && b.MaxLen == Unlimited && b.RefTable == ""
}

// JSON returns the <base-type> form, short where it can be.
func (b *BaseType) JSON() json.Value {
	name := json.Str(b.Type.String())
	if b.plain() {
		return name
	}
	var m []json.Member
	add := func(k string, v json.Value) { m = append(m, json.Member{Key: k, Value: v}) }
	if b.Enum != nil {
		t := Type{Key: NewBase(b.Type), Value: NewBase(Void), Max: Unlimited}
		add("enum", b.Enum.JSON(&t))
	}
	if b.MaxInt != math.MaxInt64 {
		add("maxInteger", json.Int(b.MaxInt))
	}
	if b.MaxLen != Unlimited {
		add("maxLength", json.Int(int64(b.MaxLen)))
	}
	if b.MaxReal != math.MaxFloat64 {
		add("maxReal", json.Float(b.MaxReal))
	}
	if b.MinInt != math.MinInt64 {
		add("minInteger", json.Int(b.MinInt))
	}
	if b.MinLen != 0 {
		add("minLength", json.Int(int64(b.MinLen)))
	}
	if b.MinReal != -math.MaxFloat64 {
		add("minReal", json.Float(b.MinReal))
	}
	if b.RefTable != "" {
		add("refTable", json.Str(b.RefTable))
		if b.RefType == Weak {
			add("refType", json.Str("weak"))
		}
	}
	add("type", name)
	return json.Obj(m...)
}

// JSON returns the <type> form, short where it can be.
func (t *Type) JSON() json.Value {
	if t.IsScalar() && t.Key.plain() {
		return t.Key.JSON()
	}
	m := []json.Member{{Key: "key", Value: t.Key.JSON()}}
	if t.Max == Unlimited {
		m = append(m, json.Member{Key: "max", Value: json.Str("unlimited")})
	} else if t.Max != 1 {
		m = append(m, json.Member{Key: "max", Value: json.Int(int64(t.Max))})
	}
	if t.Min != 1 {
		m = append(m, json.Member{Key: "min", Value: json.Int(int64(t.Min))})
	}
	if t.IsMap() {
		m = append(m, json.Member{Key: "value", Value: t.Value.JSON()})
	}
	return json.Obj(m...)
}
