package ofctl

import (
	"bufio"
	"fmt"
	"strings"

	"govs/flow"
	"govs/openflow"
)

// parsed is one flow of parse-flow and parse-flows.
type parsed struct {
	fm     *openflow.FlowMod
	usable openflow.Protocols
}

// printParsed chooses a protocol for all and prints each as it would be sent.
func (t *tool) printParsed(flows []parsed) error {
	usable := openflow.Protocols(openflow.ProtoAny)
	for _, f := range flows {
		usable &= f.usable
	}
	fmt.Fprintf(t.Out, "usable protocols: %s\n", usable)
	if usable&t.protocols == 0 {
		return fatalf("no usable protocol")
	}
	p := (usable & t.protocols).First()
	fmt.Fprintf(t.Out, "chosen protocol: %s\n", p)
	names := &openflow.Names{Warn: t.warn}
	for i, f := range flows {
		b := openflow.Encode(f.fm, p, uint32(i+1))
		fmt.Fprint(t.Out, openflow.Print(b, openflow.PrintOptions{Verbosity: t.verbosity, Names: names}))
	}
	return nil
}

func (t *tool) parseFlow(args []string) error {
	fm, usable, err := openflow.ParseFlowMod(args[0], openflow.FlowAdd, t.accept(""))
	if err != nil {
		return err
	}
	return t.printParsed([]parsed{{fm, usable}})
}

func (t *tool) parseFlows(args []string) error {
	var flows []parsed
	err := t.readLines(args[0], openflow.FlowAdd, t.accept(""), func(l openflow.FlowLine) error {
		flows = append(flows, parsed{l.Mod, l.Usable})
		return nil
	})
	if err != nil {
		return err
	}
	return t.printParsed(flows)
}

// eachLine calls f with each line of standard input that says something.
func (t *tool) eachLine(f func(s string) error) error {
	s := bufio.NewScanner(t.In)
	s.Buffer(make([]byte, 0, 64<<10), 64<<20)
	for s.Scan() {
		text := openflow.CleanLine(s.Text())
		if text == "" {
			continue
		}
		if err := f(text); err != nil {
			return err
		}
	}
	return s.Err()
}

func (t *tool) parseNXM([]string) error {
	return t.eachLine(func(s string) error {
		b, err := flow.ParseNXMText(s)
		if err != nil {
			return err
		}
		m, err := flow.ParseNXM(b, false, nil)
		if err != nil {
			fmt.Fprintf(t.Out, "nx_pull_match() returned error %s\n", err)
			return nil
		}
		b = flow.AppendNXM(nil, &m, flow.WireNXM, nil)
		fmt.Fprintln(t.Out, string(flow.AppendNXMText(nil, b)))
		return nil
	})
}

// decodeHexLines decodes each line by f and prints the text.
func (t *tool) decodeHexLines(version, what string, f func(b []byte, v openflow.Version) ([]openflow.Action, error), encode func([]openflow.Action, openflow.Version) []byte) error {
	vs, err := openflow.ParseVersions(version)
	if err != nil || vs == 0 || vs&(vs-1) != 0 {
		return fatalf("%s: not a valid OpenFlow version", version)
	}
	v := vs.Max()
	return t.eachLine(func(s string) error {
		b, ok := parseHexBlob(s)
		if !ok {
			return fatalf("Trailing garbage in hex data")
		}
		acts, err := f(b, v)
		if err != nil {
			fmt.Fprintf(t.Out, "bad %s %s: %s\n\n", v, what, err)
			return nil
		}
		fmt.Fprintf(t.Out, "actions=%s\n", openflow.FormatActions(nil, acts, nil))
		t.compareBytes(b, encode(acts, v))
		fmt.Fprintln(t.Out)
		return nil
	})
}

// compareBytes prints where what is encoded again differs.
func (t *tool) compareBytes(a, b []byte) {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(b):
			fmt.Fprintf(t.Out, "%2d: %02x -> (none)\n", i, a[i])
		case i >= len(a):
			fmt.Fprintf(t.Out, "%2d: (none) -> %02x\n", i, b[i])
		case a[i] != b[i]:
			fmt.Fprintf(t.Out, "%2d: %02x -> %02x\n", i, a[i], b[i])
		}
	}
}

func (t *tool) parseActions(args []string) error {
	names := &openflow.Names{Warn: t.warn}
	return t.decodeHexLines(args[0], "actions", func(b []byte, v openflow.Version) ([]openflow.Action, error) {
		return openflow.DecodeActions(b, v, names)
	}, func(a []openflow.Action, v openflow.Version) []byte { return openflow.EncodeActions(nil, a, v) })
}

func (t *tool) parseInstructions(args []string) error {
	names := &openflow.Names{Warn: t.warn}
	return t.decodeHexLines(args[0], "instructions", func(b []byte, v openflow.Version) ([]openflow.Action, error) {
		return openflow.DecodeInstructions(b, v, names)
	}, func(a []openflow.Action, v openflow.Version) []byte { return openflow.EncodeInstructions(nil, a, v) })
}

func (t *tool) parseKeyValue(args []string) error {
	for _, a := range args {
		var out []string
		for {
			k, v, rest, ok := flow.CutKeyValue(a)
			if !ok {
				break
			}
			a = rest
			if v == "" {
				out = append(out, k)
			} else {
				out = append(out, k+"="+v)
			}
		}
		fmt.Fprintln(t.Out, strings.Join(out, ", "))
	}
	return nil
}
