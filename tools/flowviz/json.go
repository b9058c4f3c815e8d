package flowviz

import (
	"bytes"
	"encoding/json"
)

// MarshalJSON of a list of keys is an object in the order of the flow; a key
// that occurs again is written with its last value only.
type object []kv

func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	first := true
	for i, x := range o {
		if _, again := lookup(o[i+1:], x.key); again {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		key, err := marshal(x.key)
		if err != nil {
			return nil, err
		}
		value, err := marshal(jsonValue(x.value))
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// marshal is json.Marshal without escapes for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

func jsonValue(v any) any {
	switch v := v.(type) {
	case []kv:
		return object(v)
	case []action:
		return jsonActions(v)
	case masked:
		return object{{"value", v.value}, {"mask", v.mask}}
	}
	return v
}

func jsonActions(l []action) []object {
	out := make([]object, len(l))
	for i := range l {
		out[i] = object{l[i].kv}
	}
	return out
}

// printJSON writes the flows: a list, or with several inputs an object of lists.
func (v *viz) printJSON() error {
	flows := func(in *input) []object {
		out := []object{}
		for _, e := range in.entries {
			out = append(out, object{{"orig", e.orig}, {"info", object(e.info)}, {"match", object(e.match)}, {"actions", jsonActions(e.actions)}})
		}
		return out
	}
	var all any
	if len(v.inputs) == 1 {
		all = flows(v.inputs[0])
	} else {
		var o object
		for _, in := range v.inputs {
			o = append(o, kv{in.name, flows(in)})
		}
		all = o
	}
	b, err := marshal(all)
	if err != nil {
		return err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, b, "", "    "); err != nil {
		return err
	}
	pretty.WriteByte('\n')
	_, err = v.Out.Write(pretty.Bytes())
	return err
}
