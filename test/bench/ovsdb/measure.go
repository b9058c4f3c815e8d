package main

import (
	"regexp"
	"time"

	"govs/test/bench/ratios"
)

// measurement is one row of the table that is printed.
type measurement struct {
	ratios.Measure
	load string // what the clients do; "": the server alone
	big  bool   // with the big database
}

const (
	started  = "start to first answer, 52,000 rows"
	resident = "resident memory then"
)

var measures = []measurement{
	{ratios.Measure{Name: "inserts, one client", Unit: "/s", Goal: 1.5}, "sequential", false},
	{ratios.Measure{Name: "inserts, pipelined by 50", Unit: "/s", Goal: 1.5}, "pipelined", false},
	{ratios.Measure{Name: "inserts, ten clients", Unit: "/s", Goal: 3}, "ten", false},
	{ratios.Measure{Name: "updates to 1,000 monitors of a table", Unit: "/s", Goal: 5}, "fanout", false},
	{ratios.Measure{Name: "inserts, 1,000 monitors of other rows", Unit: "/s", Goal: 1.5}, "conditions", false},
	{ratios.Measure{Name: started, Unit: "s", LessIsBetter: true, Goal: 1}, "", true},
	{ratios.Measure{Name: resident, Unit: "MB", LessIsBetter: true, Goal: 1}, "", true},
	{ratios.Measure{Name: "select of 52,000 rows", Unit: "s", LessIsBetter: true, Goal: 8}, "select", true},
	{ratios.Measure{Name: "monitor's first dump of 52,000 rows", Unit: "s", LessIsBetter: true, Goal: 8}, "dump", true},
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
		if !match.MatchString(m.Name) {
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
			figures[m.Name], err = s.load(m.load)
		case m.Name == resident:
			figures[m.Name], err = s.resident()
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
