package ofproto

import (
	"fmt"
	"strconv"
	"strings"

	"govs/dpif"
	"govs/ofproto/xlate"
)

// A datapath's features can be turned down while it runs, to see what a switch
// does on a lesser one: flows that need what is off take the slow path, where
// the switch itself carries actions out.

// features returns what may be used of the datapath.
func (b *Backer) features() dpif.Features {
	if f := b.reduced.Load(); f != nil {
		return *f
	}
	return b.dp.Features()
}

// setFeature changes what may be used.
func (b *Backer) setFeature(x dpif.Feature, v int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.features()
	f[x] = v
	if f == b.dp.Features() {
		b.reduced.Store(nil)
	} else {
		b.reduced.Store(&f)
	}
	b.changed()
}

// slow says why a translation's packets take the slow path: also when the
// datapath may not do what its actions want.
func (b *Backer) slow(out *xlate.Out) xlate.Slow {
	if f := b.reduced.Load(); f != nil && !f.Carry(out.Actions) {
		return out.Slow | xlate.SlowAction
	}
	return out.Slow
}

func (h *Host) cmdShowFeatures(args []string) (string, error) {
	p, err := h.bridge(args[0])
	if err != nil {
		return "", err
	}
	var b strings.Builder
	f := p.backer.dp.Features() // whatever else dpif/set-dp-features says
	for x := range dpif.NumFeatures {
		row := &dpif.FeatureRows[x]
		fmt.Fprintf(&b, "%s: %s\n", row.Title, featureText(row.Number, f[x], "Yes", "No"))
	}
	return b.String(), nil
}

func featureText(number bool, v int, yes, no string) string {
	switch {
	case number:
		return strconv.Itoa(v)
	case v != 0:
		return yes
	}
	return no
}

func (h *Host) cmdSetFeatures(args []string) (string, error) {
	p, err := h.bridge(args[0])
	if err != nil {
		return "", err
	}
	k := p.backer
	now, boot := k.features(), k.dp.Features()
	var b strings.Builder
	line := func(x dpif.Feature) {
		row := &dpif.FeatureRows[x]
		fmt.Fprintf(&b, "%s (%s) : [run time]:%s, [boot time]:%s\n", row.Name, row.Title,
			featureText(row.Number, now[x], "true", "false"), featureText(row.Number, boot[x], "true", "false"))
	}
	if len(args) == 1 {
		for x := range dpif.NumFeatures {
			line(x)
		}
		return b.String(), nil
	}
	for x := range dpif.NumFeatures {
		row := &dpif.FeatureRows[x]
		if row.Name != args[1] {
			continue
		}
		if len(args) == 2 {
			line(x)
			return b.String(), nil
		}
		v := 0
		switch {
		case row.Number:
			n, err := strconv.ParseInt(args[2], 10, 32)
			if err != nil || n < 0 {
				return "Integer number expected\n", nil
			}
			v = int(n)
		case strings.EqualFold(args[2], "true"):
			v = 1
		case !strings.EqualFold(args[2], "false"):
			return "Boolean value expected\n", nil
		}
		if v > boot[x] {
			return "Can not set value beyond the datapath capability\n", nil
		}
		k.setFeature(x, v)
		return "", nil
	}
	return "Unexpected support field\n", nil
}
