package table

import (
	"strings"
)

// jsonString quotes as OVS does: only what JSON demands is escaped.
func jsonString(s string) string {
	const hex = "0123456789abcdef"
	b := []byte{'"'}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			if c < ' ' {
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			} else {
				b = append(b, c)
			}
		}
	}
	return string(append(b, '"'))
}

// json writes one object; its members are in alphabetical order.
func (s *Style) json(b *strings.Builder, g *Grid) {
	var o strings.Builder
	o.WriteByte('{')
	if g.Caption != "" {
		o.WriteString(`"caption":` + jsonString(g.Caption) + ",")
	}
	o.WriteString(`"data":[`)
	for y, row := range g.Rows {
		if y > 0 {
			o.WriteByte(',')
		}
		o.WriteByte('[')
		for x, c := range row {
			if x > 0 {
				o.WriteByte(',')
			}
			if c == nil {
				o.WriteString("null")
			} else {
				o.WriteString(c.JSON())
			}
		}
		o.WriteByte(']')
	}
	o.WriteString(`],"headings":[`)
	for x, h := range g.Heads {
		if x > 0 {
			o.WriteByte(',')
		}
		o.WriteString(jsonString(h))
	}
	o.WriteByte(']')
	if !g.Time.IsZero() {
		o.WriteString(`,"time":` + jsonString(stamp(g.Time)))
	}
	o.WriteByte('}')
	t := o.String()
	if s.Pretty {
		t = prettyJSON(t)
	}
	b.WriteString(t + "\n")
}

// prettyJSON spreads compact JSON over lines the way OVS does: two spaces a
// level, closing brackets behind the last element.
func prettyJSON(s string) string {
	var b strings.Builder
	level := 0
	line := func() {
		b.WriteByte('\n')
		for range level {
			b.WriteString("  ")
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			end := i + 1
			for end < len(s) && s[end] != '"' {
				if s[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(s))
			b.WriteString(s[i:end])
			i = end - 1
		case '{', '[':
			b.WriteByte(c)
			if i+1 < len(s) && (s[i+1] == '}' || s[i+1] == ']') {
				i++
				b.WriteByte(s[i])
				continue
			}
			level++
			line()
		case '}', ']':
			level--
			b.WriteByte(c)
		case ',':
			b.WriteByte(c)
			line()
		case ':':
			b.WriteString(": ")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
