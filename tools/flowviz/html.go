package flowviz

import (
	"html/template"
	"maps"
	"slices"
)

// page shows flows that can be folded: of OpenFlow by table, of a datapath as a
// tree. It needs nothing from elsewhere.
var page = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Title}}</title>
<style>
body { font-family: sans-serif; margin: 1em; }
.flow { font-family: monospace; margin: .15em 0 .15em 1em; word-break: break-all; }
.drop { color: #a00; }
.marked { background: #ff8; }
summary { cursor: pointer; }
details details { margin-left: 1.5em; }
</style></head><body>
<h1>{{.Title}}</h1>
{{range .Inputs}}<h2>{{.Name}}</h2>
{{range .Groups}}<details open><summary>{{.Title}} ({{len .Nodes}})</summary>
{{range .Nodes}}{{template "node" .}}{{end}}</details>
{{end}}{{end}}</body></html>
{{define "node"}}{{if .Below}}<details open><summary class="flow{{.Class}}">{{.Text}}</summary>
{{range .Below}}{{template "node" .}}{{end}}</details>
{{else}}<div class="flow{{.Class}}">{{.Text}}</div>
{{end}}{{end}}`

type htmlNode struct {
	Text, Class string
	Below       []htmlNode
}

type htmlGroup struct {
	Title string
	Nodes []htmlNode
}

type htmlInput struct {
	Name   string
	Groups []htmlGroup
}

func (v *viz) htmlNode(e *entry) htmlNode {
	n := htmlNode{Text: e.orig}
	if len(e.actions) == 1 && e.actions[0].key == "drop" {
		n.Class = " drop"
	}
	if v.highlight != nil && v.highlight.wants(e) {
		n.Class += " marked"
	}
	return n
}

func (v *viz) htmlTree(n *node) htmlNode {
	h := v.htmlNode(n.entry)
	for _, b := range n.below {
		h.Below = append(h.Below, v.htmlTree(b))
	}
	return h
}

func (v *viz) html() error {
	data := struct {
		Title  string
		Inputs []htmlInput
	}{Title: v.kind + " flows"}
	for _, in := range v.inputs {
		out := htmlInput{Name: in.name}
		if v.kind == datapath {
			g := htmlGroup{Title: "flows"}
			for _, n := range v.trees(in.entries) {
				g.Nodes = append(g.Nodes, v.htmlTree(n))
			}
			out.Groups = append(out.Groups, g)
		} else {
			tables := map[uint64][]htmlNode{}
			l := slices.Clone(in.entries)
			byTable(l)
			for _, e := range l {
				tables[e.number("table")] = append(tables[e.number("table")], v.htmlNode(e))
			}
			for _, id := range slices.Sorted(maps.Keys(tables)) {
				out.Groups = append(out.Groups, htmlGroup{Title: "table " + decimal(id), Nodes: tables[id]})
			}
		}
		data.Inputs = append(data.Inputs, out)
	}
	t, err := template.New("page").Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(v.Out, data)
}
