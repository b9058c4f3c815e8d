package json

// Scanner finds where values end in a stream in which they follow each other
// with nothing between. It looks at each byte once, however the stream is cut.
// The zero Scanner is ready.
type Scanner struct {
	depth  int
	inStr  bool
	escape bool
}

// Scan looks at the next bytes of the stream. It returns how many of them end
// the current value and true, or len(b) and false if the value goes on. A byte
// that can begin neither an array nor an object ends the value at once: Parse
// then says what is wrong.
func (s *Scanner) Scan(b []byte) (n int, done bool) {
	for i := 0; i < len(b); i++ {
		c := b[i]
		if s.inStr {
			switch {
			case s.escape:
				s.escape = false
			case c == '\\':
				s.escape = true
			case c == '"':
				s.inStr = false
			case c < ' ':
				return i + 1, true
			}
			continue
		}
		switch c {
		case '"':
			s.inStr = s.depth > 0
			if !s.inStr {
				return i + 1, true
			}
		case '[', '{':
			if s.depth++; s.depth > MaxDepth {
				return i + 1, true
			}
		case ']', '}':
			if s.depth--; s.depth <= 0 {
				s.depth = 0
				return i + 1, true
			}
		case ' ', '\t', '\n', '\r':
		default:
			if s.depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(b), false
}

// Idle reports whether no value has begun.
func (s *Scanner) Idle() bool { return s.depth == 0 && !s.inStr }

// Reset makes the scanner ready for the next value.
func (s *Scanner) Reset() { *s = Scanner{} }
