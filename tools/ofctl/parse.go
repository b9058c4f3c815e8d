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
	names := t.printNames()
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
	in, err := t.input(args[0], "open failed")
	if err != nil {
		return err
	}
	defer in.Close()
	var flows []parsed
	names := t.accept("")
	err = openflow.ReadLines(in, args[0], func(_ int, text string) error {
		fm, usable, err := openflow.ParseFlowMod(text, openflow.FlowAdd, names)
		flows = append(flows, parsed{fm, usable})
		return err
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

// decodeHexLines decodes each line by f and prints the text.
func (t *tool) decodeHexLines(version, what string, names *openflow.Names, f func(b []byte, v openflow.Version) ([]openflow.Action, error), encode func([]openflow.Action, openflow.Version) []byte) error {
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
		fmt.Fprintf(t.Out, "actions=%s\n", openflow.FormatActions(nil, acts, names))
		t.compareBytes("", b, encode(acts, v))
		fmt.Fprintln(t.Out)
		return nil
	})
}

func (t *tool) parseActions(args []string) error {
	names := t.printNames()
	return t.decodeHexLines(args[0], "actions", names, func(b []byte, v openflow.Version) ([]openflow.Action, error) {
		return openflow.DecodeActions(b, v, names)
	}, func(a []openflow.Action, v openflow.Version) []byte { return openflow.EncodeActions(nil, a, v) })
}

func (t *tool) parseInstructions(args []string) error {
	names := t.printNames()
	return t.decodeHexLines(args[0], "instructions", names, func(b []byte, v openflow.Version) ([]openflow.Action, error) {
		acts, err := openflow.DecodeInstructions(b, v, names)
		if err != nil {
			return nil, err
		}
		usable, err := openflow.Check(acts, &flow.Match{}, openflow.CheckParams{Names: names})
		if err == nil && usable.Versions()&openflow.VersionsOf(v) == 0 {
			err = openflow.ErrBadActionMatchInconsistent
		}
		return acts, err
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
