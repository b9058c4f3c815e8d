package flowtable

import (
	"govs/classifier"
	"govs/flow"
	"govs/openflow"
)

// classify makes the flow's rule for the classifier. A flow with conjunction
// actions is part of conjunctive matches; OpenFlow's check sees to it that such
// a flow has no others, but for notes.
func (r *Rule) classify(c *classifier.Classifier[*Rule], m *flow.Match, priority int) {
	var room flow.Match
	c.Init(&r.cls, ofFrames(m, &room), priority, r)
	r.cls.SetClauses(clauses(r.Actions))
}

func clauses(actions []openflow.Action) (l []classifier.Clause) {
	for _, a := range actions {
		if c, ok := a.(*openflow.Conjunction); ok {
			l = append(l, classifier.Clause{ID: c.ID, K: c.Clause, N: c.NClauses})
		}
	}
	return l
}
