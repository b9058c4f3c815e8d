package ofctl

import (
	"regexp"
	"slices"
	"testing"

	"govs/flow"
	"govs/openflow"
)

// TestFieldsManual says that ovs-fields(7) has every field, once.
func TestFieldsManual(t *testing.T) {
	seen := map[flow.FieldID]int{}
	for _, s := range fieldSections {
		for _, d := range s.fields {
			ids := d.ids()
			if len(ids) == 0 {
				t.Errorf("%s is no field", d.name)
				continue
			}
			if d.text == "" || ids[0].Info().Name != d.name {
				t.Errorf("nothing is said of %s by its name", d.name)
			}
			for _, id := range ids {
				seen[id]++
				// A family is described by its first member.
				if properties(id) != properties(ids[0]) {
					t.Errorf("%s is not as %s", id, ids[0])
				}
			}
		}
	}
	for id := range flow.NumFields {
		if seen[id] != 1 {
			t.Errorf("%s is described %d times", id, seen[id])
		}
	}
}

var regexpWords = regexp.MustCompile(`[a-z_0-9]+`)

// TestActionsManual says that ovs-actions(7) has every action, once, with all
// its words.
func TestActionsManual(t *testing.T) {
	seen := map[openflow.Kind]int{}
	text := map[openflow.Kind]string{}
	for _, s := range actionSections {
		for _, d := range s.actions {
			seen[d.kind]++
			text[d.kind] = d.syntax
		}
	}
	for _, a := range openflow.ActionInfos() {
		if seen[a.Kind] != 1 {
			t.Errorf("%s is described %d times", a.Kind, seen[a.Kind])
		}
		words := regexpWords.FindAllString(text[a.Kind], -1)
		for _, w := range a.Words {
			if !slices.Contains(words, w) {
				t.Errorf("the manual of %s does not show the word %s", a.Kind, w)
			}
		}
	}
}
