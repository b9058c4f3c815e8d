package xlate

import (
	"fmt"
	"strconv"
	"strings"

	"govs/daemon/vlog"
	"govs/flow"
	"govs/openflow"
)

var (
	log    = vlog.New("ofproto_dpif_xlate")
	warnRL = vlog.RateLimit{Rate: 1, Burst: 5}
)

// matchText prints a match as traces do: without priority, and without a
// comma at its end.
func matchText(m *flow.Match, names flow.PortNames) string {
	return strings.TrimRight(string(flow.AppendMatch(nil, m, flow.DefaultPriority, names)), " ,")
}

func subfieldText(sf flow.Subfield, k *flow.Key) string {
	f := sf.Field.Info()
	if sf.Ofs == 0 && sf.N >= f.Bits {
		return string(sf.Field.AppendValue(nil, sf.Field.Get(k), sf.Field.Ones(), nil))
	}
	v := sf.Get(k)
	if v.Hi != 0 {
		return fmt.Sprintf("%#x%016x", v.Hi, v.Lo)
	}
	return hexText(v.Lo)
}

// hexText prints a number as C's %#x does.
func hexText(n uint64) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%#x", n)
}

func decimal[N uint8 | uint64](n N) string { return strconv.FormatUint(uint64(n), 10) }

// ActionsText prints actions as ovs-ofctl does.
func ActionsText(as []openflow.Action) string {
	return string(openflow.FormatActions(nil, as, nil))
}

func warn(bridge string, k *flow.Key, format string, args ...any) {
	if log.IsEnabled(vlog.Warn) {
		log.WarnRL(&warnRL, "%s on bridge %s while processing %s", fmt.Sprintf(format, args...), bridge, k)
	}
}
