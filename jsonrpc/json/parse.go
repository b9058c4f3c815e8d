package json

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// MaxDepth is how deep arrays and objects may nest.
const MaxDepth = 1000

// SyntaxError is the error of a text that is no JSON. Line and Column count
// from 0, as OVS counts them.
type SyntaxError struct {
	Line, Column, Byte int
	Msg                string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d, byte %d: %s", e.Line, e.Column, e.Byte, e.Msg)
}

// Parse returns the one array or object that text holds. The error is a
// *SyntaxError.
func Parse(text []byte) (Value, error) { return ParseString(string(text)) }

// ParseString is Parse for a string, whose memory the value shares.
func ParseString(text string) (Value, error) {
	p := parser{s: text}
	return p.whole()
}

// whole parses a document that nothing follows.
func (p *parser) whole() (Value, error) {
	v, err := p.document()
	if err == nil {
		// What follows is lexed first, so a bad token has its own message.
		var t tokenKind
		if t, err = p.token(); err == nil && t != tokEOF {
			err = p.errAt(p.last, "trailing garbage at end of input")
		}
	}
	if err != nil {
		return Value{}, err
	}
	return v, nil
}

// Check looks at the array or object that text begins with, without building
// it: it returns how many values there are in it, or before the error. text
// must not change meanwhile.
func Check(text []byte) (values int, err error) {
	p := parser{s: unsafe.String(unsafe.SliceData(text), len(text)), dry: true}
	_, err = p.document()
	return p.count, err
}

// Unquote returns the string that the inside of a JSON string, without its
// quotes, stands for. Its error has OVS's words without a position.
func Unquote(in string) (string, error) {
	s, msg := unescape(in)
	if msg != "" {
		return "", fmt.Errorf("%s", msg)
	}
	return s, nil
}

type tokenKind uint8

const (
	tokEOF tokenKind = iota
	tokPunct
	tokValue
	tokString
)

type parser struct {
	s     string
	i     int
	last  int // where the error position of the last token is
	depth int

	punct byte
	val   Value

	// Finished arrays and objects move from these stacks to slabs of exactly
	// the memory they need: a message costs a handful of allocations.
	vals    []Value
	members []Member
	vslab   []Value
	mslab   []Member

	dry   bool // only look
	count int  // values so far, in a dry run
}

func (p *parser) errAt(off int, format string, args ...any) error {
	in := p.s[:min(off, len(p.s))]
	nl := strings.LastIndexByte(in, '\n')
	return &SyntaxError{Line: strings.Count(in, "\n"), Column: off - nl - 1, Byte: off, Msg: fmt.Sprintf(format, args...)}
}

func (p *parser) ws() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

// token reads the next token into punct or val. last becomes the position at
// which an error about the token is reported: that of the character that
// completed it.
func (p *parser) token() (tokenKind, error) {
	p.ws()
	if p.i >= len(p.s) {
		p.last = len(p.s)
		return tokEOF, nil
	}
	c := p.s[p.i]
	switch {
	case c == '[' || c == ']' || c == '{' || c == '}' || c == ',' || c == ':':
		p.last, p.punct = p.i, c
		p.i++
		return tokPunct, nil
	case c == '"':
		return tokString, p.str()
	case c == '-' || c >= '0' && c <= '9':
		return tokValue, p.number()
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return tokValue, p.keyword()
	}
	if c > ' ' && c < 0x7f {
		return tokEOF, p.errAt(p.i, "invalid character '%c'", c)
	}
	return tokEOF, p.errAt(p.i, "invalid character U+%04x", c)
}

func (p *parser) keyword() error {
	start := p.i
	for p.i < len(p.s) && p.s[p.i]|0x20 >= 'a' && p.s[p.i]|0x20 <= 'z' {
		p.i++
	}
	p.last = p.i
	switch w := p.s[start:p.i]; w {
	case "null":
		p.val = Value{}
	case "true":
		p.val = Value{kind: True}
	case "false":
		p.val = Value{kind: False}
	default:
		return p.errAt(p.i, "invalid keyword '%s'", w)
	}
	return nil
}

func (p *parser) str() error {
	start := p.i + 1
	i := start
	esc := false
	for {
		if i >= len(p.s) {
			return p.errAt(len(p.s), "unexpected end of input in quoted string")
		}
		c := p.s[i]
		if c == '"' {
			break
		}
		if c == '\\' {
			esc = true
			if i++; i >= len(p.s) {
				continue
			}
			c = p.s[i]
		}
		if c < ' ' {
			return p.errAt(i, "U+%04X must be escaped in quoted string", c)
		}
		i++
	}
	in := p.s[start:i]
	p.last = i
	p.i = i + 1
	if esc {
		out, msg := unescape(in)
		if msg != "" {
			return p.errAt(i, "%s", msg)
		}
		in = out
	}
	p.val = Str(in)
	return nil
}

// unescape undoes the backslash escapes of a string's inside. msg is the error.
func unescape(in string) (out, msg string) {
	b := make([]byte, 0, len(in))
	for i := 0; i < len(in); i++ {
		c := in[i]
		if c == '"' {
			return "", "quoted string may not include unescaped \""
		}
		if c < ' ' {
			return "", fmt.Sprintf("U+%04X must be escaped in quoted string", c)
		}
		if c != '\\' {
			b = append(b, c)
			continue
		}
		if i++; i >= len(in) {
			return "", "quoted string may not end with backslash"
		}
		switch c = in[i]; c {
		case '"', '\\', '/':
			b = append(b, c)
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			u, m := hex4(in, i+1)
			if m != "" {
				return "", m
			}
			i += 4
			r := rune(u)
			if u >= 0xd800 && u < 0xdc00 {
				if i+2 >= len(in) || in[i+1] != '\\' || in[i+2] != 'u' {
					return "", "malformed escaped surrogate pair"
				}
				low, m := hex4(in, i+3)
				if m != "" {
					return "", m
				}
				if low < 0xdc00 || low > 0xdfff {
					return "", "second half of escaped surrogate pair is not trailing surrogate"
				}
				i += 6
				r = 0x10000 + (rune(u)-0xd800)<<10 + rune(low) - 0xdc00
			}
			if r >= 0xdc00 && r <= 0xdfff {
				// A lone trailing surrogate is let through here and refused
				// where strings are checked to be UTF-8.
				b = append(b, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f)
			} else {
				b = utf8.AppendRune(b, r)
			}
		default:
			return "", fmt.Sprintf("bad escape \\%c", c)
		}
	}
	return string(b), ""
}

func hex4(in string, i int) (uint32, string) {
	if i+4 > len(in) {
		return 0, "quoted string ends within \\u escape"
	}
	var u uint32
	for _, c := range []byte(in[i : i+4]) {
		switch {
		case c >= '0' && c <= '9':
			u = u<<4 | uint32(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			u = u<<4 | uint32(c|0x20-'a'+10)
		default:
			return 0, "malformed \\u escape"
		}
	}
	if u == 0 {
		return 0, "null bytes not supported in quoted strings"
	}
	return u, ""
}

func isNumberByte(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E'
}

func (p *parser) number() error {
	start := p.i
	for p.i < len(p.s) && isNumberByte(p.s[p.i]) {
		p.i++
	}
	p.last = p.i
	v, msg := parseNumber(p.s[start:p.i])
	if msg != "" {
		return p.errAt(p.i, "%s", msg)
	}
	p.val = v
	return nil
}

// parseNumber gives the number's exact value as an integer where an int64
// holds it, however it is written.
func parseNumber(s string) (Value, string) {
	i, neg := 0, false
	digit := func() bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }
	if s[0] == '-' {
		neg = true
		if i++; !digit() {
			return Value{}, "'-' must be followed by digit"
		}
	}
	var sig uint64
	pow10 := 0
	inexact := false
	add := func(frac bool) {
		c := uint64(s[i] - '0')
		if sig <= (math.MaxUint64-9)/10 {
			sig = sig*10 + c
			if frac {
				pow10--
			}
		} else {
			if !frac {
				pow10++
			}
			if c != 0 {
				inexact = true
			}
		}
		i++
	}
	if s[i] == '0' {
		if i++; digit() {
			return Value{}, "leading zeros not allowed"
		}
	} else {
		for digit() {
			add(false)
		}
	}
	if i < len(s) && s[i] == '.' {
		if i++; !digit() {
			return Value{}, "decimal point must be followed by digit"
		}
		for digit() {
			add(true)
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		eneg := false
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			eneg = s[i] == '-'
			i++
		}
		if !digit() {
			return Value{}, "exponent must contain at least one digit"
		}
		exp := 0
		for digit() {
			if exp >= math.MaxInt32/10 {
				return Value{}, "exponent outside valid range"
			}
			exp = exp*10 + int(s[i]-'0')
			i++
		}
		if eneg {
			exp = -exp
		}
		pow10 += exp
	}
	if i < len(s) {
		return Value{}, "syntax error in number"
	}
	if sig == 0 {
		return Int(0), ""
	}
	if !inexact {
		for pow10 > 0 && sig < math.MaxUint64/10 {
			sig *= 10
			pow10--
		}
		for pow10 < 0 && sig%10 == 0 {
			sig /= 10
			pow10++
		}
		if pow10 == 0 {
			if !neg && sig <= math.MaxInt64 {
				return Int(int64(sig)), ""
			}
			if neg && sig <= math.MaxInt64+1 {
				return Int(int64(-sig)), ""
			}
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && math.IsInf(f, 0) {
		return Value{}, "number outside valid range"
	}
	if f == 0 {
		f = 0 // no negative zero
	}
	return Value{kind: Real, num: math.Float64bits(f)}, ""
}

// document parses the array or object a text begins with.
func (p *parser) document() (Value, error) {
	t, err := p.token()
	switch {
	case err != nil:
		return Value{}, err
	case t == tokEOF:
		return Value{}, p.errAt(p.last, "empty input stream")
	case t == tokPunct && (p.punct == '[' || p.punct == '{'):
		return p.container(p.punct)
	}
	return Value{}, p.errAt(p.last, "syntax error at beginning of input")
}

// eof is the error of a text that ends too early. A number or a word is only
// complete at the character after it, which the end takes the place of.
func (p *parser) eof() error {
	off := len(p.s)
	if n := off; n > 0 && p.last == n && (isNumberByte(p.s[n-1]) || p.s[n-1]|0x20 >= 'a' && p.s[n-1]|0x20 <= 'z') {
		off++
	}
	return p.errAt(off, "unexpected end of input")
}

func (p *parser) container(open byte) (Value, error) {
	if p.depth >= MaxDepth {
		return Value{}, p.errAt(p.last, "input exceeds maximum nesting depth %d", MaxDepth)
	}
	p.depth++
	var v Value
	var err error
	if open == '[' {
		v, err = p.array()
	} else {
		v, err = p.object()
	}
	p.depth--
	return v, err
}

// value parses a value whose first token was just read.
func (p *parser) value(t tokenKind) (Value, error) {
	switch {
	case t == tokValue || t == tokString:
		return p.val, nil
	case t == tokPunct && (p.punct == '[' || p.punct == '{'):
		return p.container(p.punct)
	case t == tokEOF:
		return Value{}, p.eof()
	}
	return Value{}, p.errAt(p.last, "syntax error expecting value")
}

func (p *parser) array() (Value, error) {
	base := len(p.vals)
	t, err := p.token()
	if err != nil {
		return Value{}, err
	}
	if t == tokPunct && p.punct == ']' {
		return Arr(), nil
	}
	for {
		v, err := p.value(t)
		if err != nil {
			return Value{}, err
		}
		if p.dry {
			p.count++
		} else {
			p.vals = append(p.vals, v)
		}
		if t, err = p.token(); err != nil {
			return Value{}, err
		}
		switch {
		case t == tokPunct && p.punct == ']':
			v := Arr(slab(&p.vslab, p.vals[base:])...)
			p.vals = p.vals[:base]
			return v, nil
		case t == tokEOF:
			return Value{}, p.eof()
		case t != tokPunct || p.punct != ',':
			return Value{}, p.errAt(p.last, "syntax error expecting ']' or ','")
		}
		if t, err = p.token(); err != nil {
			return Value{}, err
		}
	}
}

func (p *parser) object() (Value, error) {
	base := len(p.members)
	t, err := p.token()
	if err != nil {
		return Value{}, err
	}
	if t == tokPunct && p.punct == '}' {
		return Obj(), nil
	}
	var big map[string]int // position of each key, once there are many
	for {
		if t != tokString {
			if t == tokEOF {
				return Value{}, p.eof()
			}
			return Value{}, p.errAt(p.last, "syntax error parsing object expecting string")
		}
		key := p.val.Str()
		if t, err = p.token(); err != nil {
			return Value{}, err
		}
		if t != tokPunct || p.punct != ':' {
			if t == tokEOF {
				return Value{}, p.eof()
			}
			return Value{}, p.errAt(p.last, "syntax error parsing object expecting ':'")
		}
		if t, err = p.token(); err != nil {
			return Value{}, err
		}
		v, err := p.value(t)
		if err != nil {
			return Value{}, err
		}
		at := -1
		if p.dry {
			p.count++
		} else if big == nil {
			for i := base; i < len(p.members); i++ {
				if p.members[i].Key == key {
					at = i - base
					break
				}
			}
			if len(p.members)-base == 16 {
				big = make(map[string]int, 64)
				for i, m := range p.members[base:] {
					big[m.Key] = i
				}
			}
		} else if i, ok := big[key]; ok {
			at = i
		}
		switch {
		case p.dry:
		case at >= 0:
			p.members[base+at].Value = v
		default:
			p.members = append(p.members, Member{key, v})
			if big != nil {
				big[key] = len(p.members) - base - 1
			}
		}
		if t, err = p.token(); err != nil {
			return Value{}, err
		}
		switch {
		case t == tokPunct && p.punct == '}':
			v := Obj(slab(&p.mslab, p.members[base:])...)
			p.members = p.members[:base]
			return v, nil
		case t == tokEOF:
			return Value{}, p.eof()
		case t != tokPunct || p.punct != ',':
			return Value{}, p.errAt(p.last, "syntax error expecting '}' or ','")
		}
		if t, err = p.token(); err != nil {
			return Value{}, err
		}
	}
}

// slab returns a copy of in, cut from a larger allocation. Slabs start small
// and double, so that little messages stay little.
func slab[T any](free *[]T, in []T) []T {
	if cap(*free)-len(*free) < len(in) {
		size := max(2*cap(*free), 8, len(in))
		if size > 512 {
			size = max(512, len(in))
		}
		*free = make([]T, 0, size)
	}
	n := len(*free)
	*free = append(*free, in...)
	return (*free)[n:len(*free):len(*free)]
}
