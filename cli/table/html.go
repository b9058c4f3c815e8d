package table

import (
	"strings"
)

// uuidLen is the length of a UUID's text, 8-4-4-4-12 hexadecimal digits.
const uuidLen = 36

func isUUID(s string) bool {
	if len(s) < uuidLen {
		return false
	}
	for i := range uuidLen {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return false
			}
		}
	}
	return true
}

// escape writes s for HTML; with link set, UUIDs become short links, as rows
// refer to each other by them.
func escape(b *strings.Builder, s string, link bool) {
	for i := 0; i < len(s); i++ {
		if link && isUUID(s[i:]) {
			u := s[i : i+uuidLen]
			b.WriteString(`<a href="#` + u + `">` + u[:8] + `</a>`)
			i += uuidLen - 1
			continue
		}
		switch s[i] {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '"':
			b.WriteString("&quot;")
		default:
			b.WriteByte(s[i])
		}
	}
}

// An _uuid cell is what those links lead to.
func (s *Style) html(b *strings.Builder, g *Grid) {
	if !g.Time.IsZero() {
		b.WriteString(stamp(g.Time) + "\n")
	}
	b.WriteString("<table border=1>\n")
	if g.Caption != "" {
		b.WriteString("    <caption>")
		escape(b, g.Caption, false)
		b.WriteString("</caption>\n")
	}
	if !s.NoHeadings {
		b.WriteString("  <tr>\n")
		for _, h := range g.Heads {
			b.WriteString("    <th>")
			escape(b, h, false)
			b.WriteString("</th>\n")
		}
		b.WriteString("  </tr>\n")
	}
	for _, row := range g.Rows {
		b.WriteString("  <tr>\n")
		for x, c := range row {
			t := s.text(c)
			if g.Heads[x] == "_uuid" && len(t) == uuidLen && isUUID(t) {
				b.WriteString(`    <td><a name="` + t + `">` + t[:8] + "</a></td>\n")
				continue
			}
			b.WriteString("    <td>")
			escape(b, t, true)
			b.WriteString("</td>\n")
		}
		b.WriteString("  </tr>\n")
	}
	b.WriteString("</table>\n")
}
