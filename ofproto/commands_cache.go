package ofproto

import (
	"fmt"
	"strconv"
	"strings"

	"govs/dpif"
	"govs/flow"
)

// Control commands about cached flows: upcall/*, revalidator/*, dpif/dump-flows.

func (h *Host) cmdDPIFDumpFlows(args []string) (string, error) {
	more, names, given := false, false, false
	var pos []string
	for _, a := range args {
		switch a {
		case "-m":
			more = true
		case "--names":
			names, given = true, true
		case "--no-names":
			names, given = false, true
		default:
			pos = append(pos, a)
		}
	}
	if len(pos) != 1 {
		return "", errNoBridge
	}
	p, err := h.bridge(pos[0])
	if err != nil {
		return "", err
	}
	var n dpif.PortNames
	if names || more && !given {
		n = p.backer.datapathNames()
	}
	cfg := p.backer.config()
	var lines []string
	p.backer.dp.FlowDump(func(f *dpif.Flow) bool {
		if x := cfg.Receiver(&f.Match.Key); x != nil && x.Bridge.Owner == p {
			lines = append(lines, p.backer.datapathFlow(f, n, more, p.now())+"\n")
		}
		return true
	})
	return strings.Join(lines, ""), nil
}

func (h *Host) cmdUpcallShow([]string) (string, error) {
	var b strings.Builder
	for _, k := range h.Backers() {
		n := k.ukeys.len()
		r := &k.reval
		fmt.Fprintf(&b, "%s@%s:\n", k.dp.Type(), k.dp.Name())
		fmt.Fprintf(&b, "  flows         : (current %d) (avg %d) (max %d) (limit %d)\n", n, r.avg.Load(), r.max.Load(), r.limit.Load())
		fmt.Fprintf(&b, "  dump duration : %dms\n", max(1, r.took.Load()))
		fmt.Fprintf(&b, "  ufid enabled : %t\n\n  0: (keys %d)\n\n", !r.noUFID.Load(), n)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

func (h *Host) cmdSetFlowLimit(args []string) (string, error) {
	v, _ := strconv.ParseInt(args[0], 10, 64)
	n := uint32(v) // as in OVS, which sets about four billions for -1
	for _, b := range h.Backers() {
		b.reval.limit.Store(int64(n))
	}
	return fmt.Sprintf("set flow_limit to %d\n", n), nil
}

// cmdMegaflows turns megaflows off or on: without, each datapath flow is for
// packets that are alike in everything. The flows there are go.
func (h *Host) cmdMegaflows(on bool) func([]string) (string, error) {
	return func([]string) (string, error) {
		for _, b := range h.Backers() {
			b.exact.Store(!on)
			b.Flush()
		}
		if on {
			return "megaflows enabled\n", nil
		}
		return "megaflows disabled\n", nil
	}
}

// cmdUFID says whether revalidators ask datapaths for flows' identities and
// counters alone, or for all of the flows.
func (h *Host) cmdUFID(on bool) func([]string) (string, error) {
	return func([]string) (string, error) {
		for _, b := range h.Backers() {
			b.reval.noUFID.Store(!on)
		}
		if on {
			return "Datapath dumping tersely using UFID enabled for supported datapaths\n", nil
		}
		return "Datapath dumping tersely using UFID disabled\n", nil
	}
}

func (h *Host) cmdRevalidatorWait([]string) (string, error) {
	for _, b := range h.Backers() {
		b.Step(h.clock.Now())
	}
	return "", nil
}

func (h *Host) cmdRevalidatorPurge([]string) (string, error) {
	for _, b := range h.Backers() {
		b.Flush()
	}
	return "", nil
}

func (h *Host) cmdRevalidatorPause([]string) (string, error) { return h.pause(true) }

func (h *Host) cmdRevalidatorResume([]string) (string, error) { return h.pause(false) }

func (h *Host) pause(on bool) (string, error) {
	for _, b := range h.Backers() {
		b.reval.paused.Store(on)
	}
	return "", nil
}

// PacketKey finds the key of the packet that a datapath flow was made for.
func (h *Host) PacketKey(dp dpif.Datapath, u dpif.UFID, k *flow.Key) bool {
	for _, b := range h.Backers() {
		if b.dp == dp {
			if uk := b.ukeys.get(u); uk != nil {
				uk.key.unpack(k.Words())
				return true
			}
		}
	}
	return false
}
