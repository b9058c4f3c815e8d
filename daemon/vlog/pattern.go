package vlog

import (
	"os"
	"strconv"
	"time"
)

// record is one message on its way to the destinations.
type record struct {
	module, sub, text string
	level             Level
	serial            uint64
	time              time.Time
	out               *output
}

func (r *record) priority() int { return r.out.facilityNumber()<<3 | severities[r.level] }

func (o *output) facilityNumber() int {
	if o.facility == 0 {
		return defaultFacility
	}
	return o.facility - 1
}

// format appends the record in a pattern to b (ovs-appctl(8), vlog/set
// PATTERN): %[-][0][WIDTH]LETTER.
func (r *record) format(b []byte, pattern string) []byte {
	p := pattern
	for p != "" {
		c := p[0]
		p = p[1:]
		if c != '%' {
			b = append(b, c)
			continue
		}
		left, pad, width := false, byte(' '), 0
		if p != "" && p[0] == '-' {
			left, p = true, p[1:]
		}
		if p != "" && p[0] == '0' {
			pad, p = '0', p[1:]
		}
		for p != "" && p[0] >= '0' && p[0] <= '9' && width < 1000 {
			width, p = width*10+int(p[0]-'0'), p[1:]
		}
		if p == "" {
			return b
		}
		c, p = p[0], p[1:]
		at := len(b)
		b, p = r.expand(b, c, p)
		n := width - (len(b) - at)
		if n <= 0 {
			continue
		}
		fill := make([]byte, n)
		for i := range fill {
			fill[i] = pad
		}
		if left {
			b = append(b, fill...)
		} else {
			b = append(b[:at], append(fill, b[at:]...)...)
		}
	}
	return b
}

// expand appends one escape; a {FORMAT} that follows it is taken off p.
func (r *record) expand(b []byte, c byte, p string) ([]byte, string) {
	switch c {
	case 'A':
		b = append(b, r.out.program()...)
	case 'B':
		b = strconv.AppendInt(b, int64(r.priority()), 10)
	case 'c':
		b = append(b, r.module...)
	case 'd', 'D':
		layout := "%Y-%m-%d %H:%M:%S.###"
		if p != "" && p[0] == '{' {
			end := 1
			for end < len(p) && p[end] != '}' {
				end++
			}
			layout, p = p[1:end], p[min(end+1, len(p)):]
		}
		t := r.time.UTC()
		if c == 'd' {
			t = r.time.Local()
		}
		b = appendTime(b, layout, t)
	case 'E':
		h, _ := os.Hostname()
		b = append(b, h...)
	case 'm':
		b = append(b, r.text...)
	case 'N':
		b = strconv.AppendUint(b, r.serial, 10)
	case 'n':
		b = append(b, '\n')
	case 'p':
		b = append(b, r.level.String()...)
	case 'P':
		b = strconv.AppendInt(b, int64(os.Getpid()), 10)
	case 'r':
		b = strconv.AppendInt(b, r.time.Sub(r.out.started()).Milliseconds(), 10)
	case 't':
		if r.sub == "" {
			b = append(b, "main"...)
		}
		b = append(b, r.sub...)
	case 'T':
		if r.sub != "" {
			b = append(append(append(b, '('), r.sub...), ')')
		}
	default:
		b = append(b, c)
	}
	return b, p
}

// started returns when the program began logging, near enough to its start.
func (o *output) started() time.Time {
	if o.start.IsZero() {
		o.start = o.time()
	}
	return o.start
}

// appendTime is strftime for the letters logs use; # is a digit of the
// fraction of a second.
func appendTime(b []byte, layout string, t time.Time) []byte {
	frac := 100 * time.Millisecond
	for i := 0; i < len(layout); i++ {
		c := layout[i]
		if c == '#' {
			d := 0
			if frac >= time.Millisecond {
				d = int(time.Duration(t.Nanosecond()) / frac % 10)
			}
			b = append(b, byte('0'+d))
			frac /= 10
			continue
		}
		if c != '%' || i+1 == len(layout) {
			b = append(b, c)
			continue
		}
		i++
		switch c = layout[i]; c {
		case 'e':
			b = t.AppendFormat(b, "_2")
		case 'j':
			b = t.AppendFormat(b, "002")
		case 's':
			b = strconv.AppendInt(b, t.Unix(), 10)
		case 'T':
			b = t.AppendFormat(b, "15:04:05")
		case 'R':
			b = t.AppendFormat(b, "15:04")
		case 'F':
			b = t.AppendFormat(b, "2006-01-02")
		case 'D':
			b = t.AppendFormat(b, "01/02/06")
		case 'c':
			b = t.AppendFormat(b, "Mon Jan _2 15:04:05 2006")
		case 'n':
			b = append(b, '\n')
		case 't':
			b = append(b, '\t')
		case '%':
			b = append(b, '%')
		default:
			if f := goLayout(c); f != "" {
				b = t.AppendFormat(b, f)
			} else {
				b = append(b, '%', c)
			}
		}
	}
	return b
}

func goLayout(c byte) string {
	switch c {
	case 'Y':
		return "2006"
	case 'y':
		return "06"
	case 'm':
		return "01"
	case 'd':
		return "02"
	case 'H':
		return "15"
	case 'I':
		return "03"
	case 'M':
		return "04"
	case 'S':
		return "05"
	case 'p':
		return "PM"
	case 'h', 'b':
		return "Jan"
	case 'B':
		return "January"
	case 'a':
		return "Mon"
	case 'A':
		return "Monday"
	case 'z':
		return "-0700"
	case 'Z':
		return "MST"
	}
	return ""
}
