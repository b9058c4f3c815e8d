package xlate

import (
	"govs/flow"
	"govs/openflow"
)

func matchText(m *flow.Match) string                         { return "?" }
func subfieldText(sf flow.Subfield, k *flow.Key) string      { return "?" }
func actionText(a openflow.Action) string                    { return "?" }
func actionsText(as []openflow.Action) string                { return "?" }
func warn(bridge string, k *flow.Key, f string, args ...any) {}
