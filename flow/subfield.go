package flow

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Subfield is a run of N bits of a field from bit Ofs on (0 is the least
// significant).
type Subfield struct {
	Field  FieldID
	Ofs, N uint16
}

// Whole returns the subfield that is all of a field.
func Whole(id FieldID) Subfield { return Subfield{Field: id, N: fields[id].Bits} }

// ParseSubfield reads a subfield such as "NXM_OF_VLAN_TCI[0..11]", "reg0[5]",
// "reg0[]" or "reg0". The error is in ovs-ofctl's words.
func ParseSubfield(s string) (Subfield, error) {
	sf, rest, err := CutSubfield(s)
	if err == nil && rest != "" {
		err = errors.New("unexpected input following field syntax")
	}
	return sf, err
}

// CutSubfield reads a subfield from the front of s and returns what follows it.
func CutSubfield(s string) (sf Subfield, rest string, err error) {
	n := strings.IndexAny(s, "[-")
	if n < 0 {
		n = len(s)
	}
	name, rest := s[:n], s[n:]
	id, ok := FieldByName(name)
	if !ok {
		id, ok = FieldByName(strings.TrimSuffix(name, "_W"))
	}
	if !ok || !id.Available() {
		return sf, s, fmt.Errorf("%s: unknown field `%s'", s, name)
	}
	width := int(fields[id].Bits)
	if !strings.HasPrefix(rest, "[") {
		return Whole(id), rest, nil
	}
	in, after, ok := strings.Cut(rest[1:], "]")
	first, last := 0, width-1
	if ok && in != "" {
		a, b, isRange := strings.Cut(in, "..")
		var ok2 bool
		first, ok = bitNumber(a)
		last, ok2 = first, true
		if isRange {
			last, ok2 = bitNumber(b)
		}
		ok = ok && ok2
	}
	switch {
	case !ok:
		err = fmt.Errorf("%s: syntax error expecting [] or [<bit>] or [<start>..<end>]", s)
	case first > last:
		err = fmt.Errorf("%s: starting bit %d is after ending bit %d", s, first, last)
	case first < 0 || first >= width:
		err = fmt.Errorf("%s: starting bit %d is not valid because field is only %d bits wide", s, first, width)
	case last >= width:
		err = fmt.Errorf("%s: ending bit %d is not valid because field is only %d bits wide", s, last, width)
	}
	if err != nil {
		return sf, s, err
	}
	return Subfield{id, uint16(first), uint16(last - first + 1)}, after, nil
}

// bitNumber reads all of s as the number of a bit.
func bitNumber(s string) (int, bool) {
	_, _, rest, _ := ScanUint(s, 10)
	return int(Atoi(s)), s != "" && rest == ""
}

// Append appends the subfield in the form actions print, always with its NXM
// or OXM name.
func (sf Subfield) Append(dst []byte) []byte {
	f := &fields[sf.Field]
	if name := f.OXMs[0].Name; name != "" {
		dst = append(dst, name...)
	} else {
		dst = append(dst, f.Name...)
	}
	switch {
	case sf.Ofs == 0 && sf.N == f.Bits:
		return append(dst, "[]"...)
	case sf.N == 1:
		dst = append(dst, '[')
		dst = strconv.AppendUint(dst, uint64(sf.Ofs), 10)
	default:
		dst = append(dst, '[')
		dst = strconv.AppendUint(dst, uint64(sf.Ofs), 10)
		dst = append(dst, ".."...)
		dst = strconv.AppendUint(dst, uint64(sf.Ofs+sf.N-1), 10)
	}
	return append(dst, ']')
}

// String is Append as a string.
func (sf Subfield) String() string { return string(sf.Append(nil)) }

// Mask returns the subfield's bits at their place in the field.
func (sf Subfield) Mask() Value { return OnesValue(int(sf.N)).Shl(int(sf.Ofs)) }

// Get returns the subfield's value in k, right-aligned.
func (sf Subfield) Get(k *Key) Value {
	return sf.Field.Get(k).Shr(int(sf.Ofs)).Cut(int(sf.N))
}

// Set stores the low bits of v in the subfield of k.
func (sf Subfield) Set(k *Key, v Value) {
	sf.Field.SetMasked(k, v.Cut(int(sf.N)).Shl(int(sf.Ofs)), sf.Mask())
}

// Unwildcard adds the subfield's bits to m.
func (sf Subfield) Unwildcard(m *Mask) {
	sf.Field.SetMask(m, sf.Field.GetMask(m).Or(sf.Mask()))
}
