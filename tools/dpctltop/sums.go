package dpctltop

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A flowLine is what the summary needs of one line of dump-flows.
type flowLine struct {
	match          string // everything in front of the counters
	fields         []field
	packets, bytes uint64
}

// field is a field of a flow as text, such as "in_port(1)", and what kind it is.
type field struct{ kind, text string }

// kinds lists the fields that are summed up in the order they are found in, with
// the keys of each that count; nil means the text as a whole.
var kinds = []struct {
	name string
	keys []string
}{
	{"in_port", nil},
	{"eth", []string{"src", "dst"}},
	{"eth_type", nil},
	{"ipv4", []string{"src", "dst"}},
	{"ipv6", []string{"src", "dst"}},
	{"udp", []string{"dst"}},
	{"tcp", []string{"dst"}},
	{"tunnel", []string{"src", "dst"}},
}

// parseLine reads a line of dump-flows. It returns false for one that is not a
// flow with counters.
func parseLine(line string) (f flowLine, ok bool) {
	i := strings.Index(line, ", packets:")
	if i < 0 {
		return f, false
	}
	f.match = line[:i]
	counters := map[string]*uint64{"packets": &f.packets, "bytes": &f.bytes}
	for w := range strings.SplitSeq(line[i+2:], ", ") {
		name, v, _ := strings.Cut(w, ":")
		if p := counters[name]; p != nil {
			n, err := strconv.ParseUint(v, 10, 64)
			if err != nil {
				return f, false
			}
			*p = n
			delete(counters, name)
		}
	}
	parts, ok := split(f.match)
	if !ok || len(counters) > 0 {
		return f, false
	}
	args := map[string]string{}
	for _, p := range parts {
		if name, rest, ok := strings.Cut(p, "("); ok {
			args[name] = strings.TrimSuffix(rest, ")")
		}
	}
	for _, k := range kinds {
		a, ok := args[k.name]
		if !ok {
			continue
		}
		if k.keys != nil {
			if a = pick(a, k.keys); a == "" {
				continue
			}
		}
		f.fields = append(f.fields, field{k.name, k.name + "(" + a + ")"})
	}
	return f, len(parts) > 0
}

// pick leaves of "src=1,dst=2,ttl=3" only the given keys; empty if one is
// missing.
func pick(args string, keys []string) string {
	parts, _ := split(args)
	var kept []string
	for _, key := range keys {
		i := slices.IndexFunc(parts, func(p string) bool { return strings.HasPrefix(p, key+"=") })
		if i < 0 {
			return ""
		}
		kept = append(kept, parts[i])
	}
	return strings.Join(kept, ",")
}

// split cuts text at the commas outside of parentheses. It returns false when
// these do not match.
func split(s string) (parts []string, ok bool) {
	depth, start := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return nil, false
			}
		case ',':
			if depth == 0 {
				parts = append(parts, s[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, s[start:]), depth == 0
}

// sum is a row of the summary.
type sum struct {
	field
	count, packets, bytes uint64
	order                 int // of the first time seen
}

func (s *sum) average() uint64 {
	if s.packets == 0 {
		return 0
	}
	return s.bytes / s.packets
}

// seen is what a flow had counted when it was last seen.
type seen struct {
	packets, bytes uint64
	at             time.Time
}

// sums is what has been collected. With accumulation, flows and the rows' counts
// are of all flows that there were, otherwise of those in the last sample.
type sums struct {
	flows, errors int
	rows          map[string]*sum
	// accumulate keeps what flows have counted after they are gone; last tells
	// how much of a flow is in rows already.
	accumulate bool
	decay      time.Duration // forget flows not seen for so long; 0 never
	last       map[string]seen
}

func newSums(accumulate bool, decay time.Duration) *sums {
	return &sums{rows: map[string]*sum{}, accumulate: accumulate, decay: decay, last: map[string]seen{}}
}

// begin starts a sample.
func (s *sums) begin(now time.Time) {
	if !s.accumulate {
		*s = *newSums(false, s.decay)
		return
	}
	s.errors = 0
	for m, l := range s.last {
		if s.decay > 0 && now.Sub(l.at) > s.decay {
			delete(s.last, m)
		}
	}
}

// add takes a line and says whether it is understood. The line that names a
// thread and an empty one are none's business.
func (s *sums) add(line string, now time.Time) bool {
	line = strings.TrimSpace(line)
	if line == "" || strings.HasPrefix(line, "flow-dump from") {
		return true
	}
	f, ok := parseLine(line)
	if !ok {
		s.errors++
		return false
	}
	packets, bytes, lines := f.packets, f.bytes, uint64(1)
	if s.accumulate {
		if l, ok := s.last[f.match]; ok && l.packets <= packets && l.bytes <= bytes {
			packets, bytes, lines = packets-l.packets, bytes-l.bytes, 0
		} // otherwise the flow is another, which began to count at zero
		s.last[f.match] = seen{f.packets, f.bytes, now}
	}
	s.flows += int(lines)
	for _, fd := range f.fields {
		r := s.rows[fd.text]
		if r == nil {
			r = &sum{field: fd, order: len(s.rows)}
			s.rows[fd.text] = r
		}
		r.count += lines
		r.packets += packets
		r.bytes += bytes
	}
	return true
}

// columns are what the rows can be ordered by.
var columns = []struct {
	title string
	value func(*sum) uint64
	text  func(uint64) string
}{
	{"COUNT", func(s *sum) uint64 { return s.count }, number},
	{"PACKETS", func(s *sum) uint64 { return s.packets }, number},
	{"BYTES", func(s *sum) uint64 { return s.bytes }, human},
	{"AVERAGE", func(s *sum) uint64 { return s.average() }, number},
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// human writes what does not fit in the column in a larger unit.
func human(n uint64) string {
	if n < 1e9 {
		return number(n)
	}
	v, unit := float64(n), 0
	for v >= 1024 && unit < len("KMGTPE") {
		v /= 1024
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", v, "KMGTPE"[unit-1])
}

// sorted returns the rows of a kind, or all for "", by a column, the largest
// and the newest first.
func (s *sums) sorted(kind string, column int) []*sum {
	var l []*sum
	for _, r := range s.rows {
		if kind == "" || r.kind == kind {
			l = append(l, r)
		}
	}
	value := columns[column].value
	slices.SortFunc(l, func(a, b *sum) int {
		if x, y := value(a), value(b); x != y {
			if x > y {
				return -1
			}
			return 1
		}
		return b.order - a.order
	})
	return l
}
