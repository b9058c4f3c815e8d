package userspace

import (
	"govs/daemon/coverage"
	"govs/dpif"
)

// dropReason says why the datapath threw a packet away.
type dropReason uint8

const (
	dropNoPort      dropReason = iota // output to a port that is not there
	dropUnsupported                   // an action this datapath does not have
	dropRecirc                        // recirculated too often
	dropMalformed                     // the packet lacks the header an action is to change
	dropNested                        // actions nested too deeply
	dropNSH                           // no NSH header to pop
	dropShort                         // a received frame has no whole Ethernet header
	dropSample                        // the last action is a sample that leaves the packet out
	dropMeter                         // a meter's rate was exceeded
	numDrops
)

// dropNames are coverage counters' names; OVS has the same where it counts the same.
var dropNames = [numDrops]string{
	dropNoPort:      "datapath_drop_invalid_port",
	dropUnsupported: "datapath_drop_unsupported_action",
	dropRecirc:      "datapath_drop_recirc_error",
	dropMalformed:   "datapath_drop_malformed_packet",
	dropNested:      "datapath_drop_nesting",
	dropNSH:         "datapath_drop_nsh_decap_error",
	dropShort:       "datapath_drop_rx_invalid_packet",
	dropSample:      "datapath_drop_sample_error",
	dropMeter:       "datapath_drop_meter",
}

func (dp *Datapath) drop(r dropReason) {
	dp.drops[r].Add(1)
	dp.cover[r].Inc()
	if r == dropUnsupported && !dp.logged[r].Swap(true) {
		dp.cfg.Log("%s: a flow uses an action that this datapath does not have; its packets are dropped and counted in %s",
			dp.cfg.Name, dropNames[r])
	}
}

// dropAction counts a packet that a drop action ends.
func (dp *Datapath) dropAction(r dpif.DropReason) {
	r = min(r, dpif.NumDropReasons-1)
	dp.explicit[r].Add(1)
	dp.coverExplicit[r].Inc()
}

func (dp *Datapath) initDrops() {
	for i, name := range dropNames {
		dp.cover[i] = coverage.New(name)
	}
	for r := range dpif.NumDropReasons {
		dp.coverExplicit[r] = coverage.New(r.Counter())
	}
}

// Drops returns how many packets were thrown away, by reason; reasons that never
// happened are left out.
func (dp *Datapath) Drops() map[string]uint64 {
	m := map[string]uint64{}
	for i := range dp.drops {
		if n := dp.drops[i].Load(); n > 0 {
			m[dropNames[i]] = n
		}
	}
	for i := range dp.explicit {
		if n := dp.explicit[i].Load(); n > 0 {
			m[dpif.DropReason(i).Counter()] += n
		}
	}
	return m
}
