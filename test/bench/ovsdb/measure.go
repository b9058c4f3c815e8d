package main

import (
	"fmt"
	"regexp"
	"time"
)

// measurement is one row of the table that is printed.
type measurement struct {
	name         string
	load         string // what the clients do; "": the server alone
	big          bool   // with the big database
	lessIsBetter bool
	unit         string
	goal         float64 // the ratio wanted
}

const (
	started  = "start to first answer, 52,000 rows"
	resident = "resident memory then"
)

var measures = []measurement{
	{name: "inserts, one client", load: "sequential", unit: "/s", goal: 1.5},
	{name: "inserts, pipelined by 50", load: "pipelined", unit: "/s", goal: 1.5},
	{name: "inserts, ten clients", load: "ten", unit: "/s", goal: 3},
	{name: "updates to 1,000 monitors of a table", load: "fanout", unit: "/s", goal: 5},
	{name: started, big: true, lessIsBetter: true, unit: "s", goal: 1},
	{name: resident, big: true, lessIsBetter: true, unit: "B", goal: 1},
	{name: "select of 52,000 rows", load: "select", big: true, lessIsBetter: true, unit: "s", goal: 8},
	{name: "monitor's first dump of 52,000 rows", load: "dump", big: true, lessIsBetter: true, unit: "s", goal: 8},
}

func (m measurement) format(f float64) string {
	switch m.unit {
	case "B":
		return fmt.Sprintf("%.1f MB", f/1e6)
	case "s":
		return fmt.Sprintf("%.3f s", f)
	}
	return fmt.Sprintf("%.0f%s", f, m.unit)
}

// measure takes each measurement once.
func measure(program, dir string, match *regexp.Regexp) (map[string]float64, error) {
	figures := map[string]float64{}
	var big *server
	defer func() {
		if big != nil {
			big.stop()
		}
	}()
	for _, m := range measures {
		if !match.MatchString(m.name) {
			continue
		}
		s := big
		if !m.big || s == nil {
			var err error
			if s, err = start(program, dir, m.big); err != nil {
				return nil, err
			}
			if m.big {
				big = s
				if _, err := s.load("hello"); err != nil {
					return nil, err
				}
				figures[started] = time.Since(s.started).Seconds()
			}
		}
		var err error
		switch {
		case m.load != "":
			figures[m.name], err = s.load(m.load)
		case m.name == resident:
			figures[m.name], err = s.resident()
		}
		if !m.big {
			s.stop()
		}
		if err != nil {
			return nil, err
		}
	}
	for name := range figures {
		if !match.MatchString(name) {
			delete(figures, name)
		}
	}
	return figures, nil
}
