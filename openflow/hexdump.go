package openflow

import "fmt"

// AppendHexDump prints bytes in lines of 16 with offset, and as text unless
// ascii is false.
func AppendHexDump(out, b []byte, ascii bool) []byte {
	for ofs := 0; ofs < len(b); ofs += 16 {
		line := b[ofs:min(ofs+16, len(b))]
		out = fmt.Appendf(out, "%08x  ", ofs)
		for i, c := range line {
			sep := byte(' ')
			if i == 7 {
				sep = '-'
			}
			out = append(out, hexDigits[c>>4], hexDigits[c&15], sep)
		}
		if ascii {
			for range 16 - len(line) {
				out = append(out, "   "...)
			}
			out = append(out, '|')
			for _, c := range line {
				if c < 32 || c > 126 {
					c = '.'
				}
				out = append(out, c)
			}
			for range 16 - len(line) {
				out = append(out, ' ')
			}
			out = append(out, '|')
		} else if out[len(out)-1] == ' ' {
			out = out[:len(out)-1]
		}
		out = append(out, '\n')
	}
	return out
}
