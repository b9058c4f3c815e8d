package userspace

// dropReason says why the datapath threw a packet away.
type dropReason uint8

const (
	dropNoPort      dropReason = iota // output to a port that is not there
	dropUnsupported                   // an action this datapath does not have
	dropRecirc                        // recirculated too often
	dropMalformed                     // the packet lacks the header an action is to change
	dropNested                        // actions nested too deeply
	dropExplicit                      // drop action
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
	dropExplicit:    "datapath_drop_explicit",
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

// Drops returns how many packets were thrown away, by reason; reasons that never
// happened are left out.
func (dp *Datapath) Drops() map[string]uint64 {
	m := map[string]uint64{}
	for i := range dp.drops {
		if n := dp.drops[i].Load(); n > 0 {
			m[dropNames[i]] = n
		}
	}
	return m
}
