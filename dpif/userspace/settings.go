package userspace

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// settings are those of Open_vSwitch:other_config that are for the packet
// threads (ovs-vswitchd.conf.db(5)).
type settings struct {
	cpus    string        // pmd-cpu-mask; "" for threads that nobody pins
	assign  string        // pmd-rxq-assign: cycles, group, roundrobin
	isolate bool          // pmd-rxq-isolate
	balance bool          // pmd-auto-lb,
	every   time.Duration // its -rebal-interval,
	load    int           // -load-threshold
	improve int           // and -improvement-threshold, in percent
	naps    string        // pmd-sleep-max: naps under load; without load threads sleep anyway
	insert  uint32        // emc-insert-inv-prob: one of so many flows goes into the cache, 0 none
	smc     bool          // smc-enable
}

var defaultSettings = settings{assign: "cycles", isolate: true, every: time.Minute, load: 95, improve: 25, insert: 1}

// maxNap is the largest value of pmd-sleep-max.
const maxNap = 10 * time.Millisecond

// parseSettings reads other_config; what has no effect or no sense is told to
// warn.
func parseSettings(other map[string]string, warn func(string, ...any)) settings {
	s := defaultSettings
	number := func(key string, def, low, high int) int {
		text, ok := other[key]
		if !ok {
			return def
		}
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < low || n > high {
			warn("other_config:%s: %q is not a number from %d to %d, using %d", key, text, low, high, def)
			return def
		}
		return n
	}
	s.cpus = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(other["pmd-cpu-mask"]), "0x"))
	if s.cpus != "" && cpuList(s.cpus) == nil {
		warn("other_config:pmd-cpu-mask: %q names no processor, packet threads are not pinned", other["pmd-cpu-mask"])
		s.cpus = ""
	}
	switch a := other["pmd-rxq-assign"]; a {
	case "":
	case "cycles", "group", "roundrobin":
		s.assign = a
	default:
		warn("Unsupported rx queue to PMD assignment mode in pmd-rxq-assign. Defaulting to 'cycles'.")
	}
	s.isolate = other["pmd-rxq-isolate"] != "false"
	if !s.isolate && s.assign != "group" {
		warn("pmd-rxq-isolate can only be set false when using pmd-rxq-assign=group")
		s.isolate = true
	}
	s.balance = other["pmd-auto-lb"] == "true"
	s.every = time.Duration(max(number("pmd-auto-lb-rebal-interval", 1, 0, 20000), 1)) * time.Minute
	s.load = number("pmd-auto-lb-load-threshold", s.load, 0, 100)
	s.improve = number("pmd-auto-lb-improvement-threshold", s.improve, 0, 100)
	key := "pmd-maxsleep"
	if _, ok := other["pmd-sleep-max"]; ok { // its name from version 3.3 on
		key = "pmd-sleep-max"
	}
	if s.naps = strings.TrimSpace(other[key]); s.naps != "" {
		if _, err := parseNaps(s.naps); err != nil {
			warn("other_config:%s: %q: %v, threads take no naps under load", key, s.naps, err)
			s.naps = ""
		}
	}
	if text, ok := other["emc-insert-inv-prob"]; ok {
		if n, err := strconv.ParseUint(text, 10, 32); err == nil {
			s.insert = uint32(n)
		}
	}
	s.smc = other["smc-enable"] == "true"
	if other["pmd-perf-metrics"] == "true" {
		warn("other_config:pmd-perf-metrics has no effect here: packet threads always count what pmd-perf-show shows, and keep no histograms")
	}
	return s
}

// naps are how long threads nap under load at most.
type naps struct {
	all  time.Duration         // of threads that are not named
	core map[int]time.Duration // by processor
}

// of returns how long the thread of a processor naps.
func (n *naps) of(core int) time.Duration {
	if d, ok := n.core[core]; ok {
		return d
	}
	return n.all
}

// parseNaps reads pmd-sleep-max: microseconds for all threads, or for those of
// some processors, as in "50,8:0,9:100".
func parseNaps(text string) (naps, error) {
	n := naps{core: map[int]time.Duration{}}
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		first, us, named := strings.Cut(word, ":")
		core, err := strconv.Atoi(first)
		if !named {
			us = first
		} else if err != nil || core < 0 {
			return naps{}, fmt.Errorf("%q is no processor", first)
		}
		d, err := strconv.Atoi(us)
		if err != nil || d < 0 || d > int(maxNap/time.Microsecond) {
			return naps{}, fmt.Errorf("%q is not a number from 0 to %d", us, maxNap/time.Microsecond)
		}
		if named {
			n.core[core] = time.Duration(d) * time.Microsecond
		} else {
			n.all = time.Duration(d) * time.Microsecond
		}
	}
	return n, nil
}

// cpuList returns the processors of a mask in hexadecimal, nil if there is none
// or the text is no mask.
func cpuList(mask string) []int {
	n, ok := new(big.Int).SetString(mask, 16)
	if !ok || n.Sign() <= 0 {
		return nil
	}
	var l []int
	for i := range n.BitLen() {
		if n.Bit(i) == 1 {
			l = append(l, i)
		}
	}
	return l
}

// portSettings are those of Interface:other_config.
type portSettings struct {
	affinity map[int]int // pmd-rxq-affinity: processor by queue
	noCache  bool        // emc-enable=false
	steer    bool        // tx-steering=hash
}

func parsePortSettings(name string, other map[string]string, warn func(string, ...any)) portSettings {
	s := portSettings{noCache: other["emc-enable"] == "false", steer: other["tx-steering"] == "hash"}
	text := other["pmd-rxq-affinity"]
	if text == "" {
		return s
	}
	s.affinity = map[int]int{}
	for pair := range strings.SplitSeq(text, ",") {
		q, c, ok := strings.Cut(strings.TrimSpace(pair), ":")
		queue, err1 := strconv.Atoi(q)
		core, err2 := strconv.Atoi(c)
		if !ok || err1 != nil || err2 != nil || queue < 0 || core < 0 {
			warn("%s: pmd-rxq-affinity: %q is no list of <queue>:<core>, queues are assigned automatically", name, text)
			s.affinity = nil
			break
		}
		s.affinity[queue] = core
	}
	return s
}
