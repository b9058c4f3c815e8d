package dpctltop

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	columnWidth = 10
	minWidth    = 80
	cut         = " ..." // ends a text that is too long
)

// view is how the summary is shown.
type view struct {
	width, height int    // height 0: all rows
	kind          string // of fields, "" for all
	column        int    // ordered by
	halted        bool
	eol           string
}

// print writes the summary, whose collection took the given time.
func (v view) print(w io.Writer, s *sums, took time.Duration) {
	width := max(v.width, minWidth)
	fields := width - len(columns)*columnWidth
	line := func(text string) { fmt.Fprintf(w, "%-*s%s", width, text, v.eol) }

	line(center("Flow Summary", width))
	state := "off"
	if s.accumulate {
		state = "on"
	}
	status := fmt.Sprintf(" Total: %d  errors: %d Accumulate: %s Duration: %s", s.flows, s.errors, state, duration(took))
	if v.halted {
		status += " HALTED: any key goes on"
	}
	line(status)
	line(strings.Repeat(" ", fields+v.column*columnWidth) + fmt.Sprintf("%*s", columnWidth, "DESC"))
	title := "FIELDS (ALL)"
	if v.kind != "" {
		title = "FIELDS (" + v.kind + ")"
	}
	head := center(title, fields)
	for _, c := range columns {
		head += fmt.Sprintf("%*s", columnWidth, c.title)
	}
	line(head)
	for i, r := range s.sorted(v.kind, v.column) {
		if v.height > 0 && i >= v.height-5 {
			break
		}
		text := r.text
		if len(text) >= fields {
			text = text[:fields-1-len(cut)] + cut
		}
		row := fmt.Sprintf("%-*s", fields, text)
		for _, c := range columns {
			row += fmt.Sprintf(" %*s", columnWidth-1, c.text(c.value(r)))
		}
		line(row)
	}
}

// center puts text into the middle of a line.
func center(text string, width int) string {
	left := max(0, (width-len(text))/2)
	return fmt.Sprintf("%*s%-*s", left, "", width-left, text)
}

// duration is in hours, minutes, seconds and microseconds.
func duration(d time.Duration) string {
	d = d.Truncate(time.Microsecond)
	return fmt.Sprintf("%d:%02d:%02d.%06d", d/time.Hour, d/time.Minute%60, d/time.Second%60, d/time.Microsecond%1e6)
}
