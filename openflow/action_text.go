package openflow

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"govs/flow"
)

// parser reads a list of actions from text.
type parser struct {
	names  *Names
	usable Protocols
	words  map[string]*actionRow // the table, passed in as nested lists need it
	acts   []Action
	room   [4]Action // for acts, if they are few
	depth  int
	outer  Kind // the action that the list is inside of, or 0
	// notHere is the first instruction of a list that must not have any.
	notHere string
}

// maxActionDepth bounds how deep lists of actions nest.
const maxActionDepth = 64

// ParseActions reads a list of actions as the text after "actions=" has it. It
// also returns the protocols that can carry the list. The error is in
// ovs-ofctl's words.
func ParseActions(text string, names *Names) ([]Action, Protocols, error) {
	return parseActions(text, names, true)
}

// ParseActionList reads a list that may not have instructions, as a packet-out's.
func ParseActionList(text string, names *Names) ([]Action, Protocols, error) {
	return parseActions(text, names, false)
}

func parseActions(text string, names *Names, instructions bool) ([]Action, Protocols, error) {
	p := parsers.Get().(*parser)
	defer func() {
		*p = parser{}
		parsers.Put(p)
	}()
	*p = parser{names: names, usable: ProtoAny, words: wordIndex(), acts: p.room[:0]}
	var err error
	if !instructions {
		err = p.only(text)
		if slices.ContainsFunc(p.acts, func(a Action) bool { return a.Kind() == KindMeter }) {
			p.usable &= ProtocolsOf(VersionsOf(V15)) // before, it is an instruction
		}
	} else if err = p.list(text, true); err == nil {
		err = verify(p.acts, 0, V11)
		if e, ok := err.(*verifyError); ok {
			err = errors.New(e.text)
		}
	}
	if err != nil {
		return nil, 0, err
	}
	return append([]Action(nil), p.acts...), p.usable, nil // as large as it must be
}

// parsers saves an allocation a list.
var parsers = sync.Pool{New: func() any { return new(parser) }}

// nested reads the list inside an action of kind outer.
func (p *parser) nested(text string, outer Kind) ([]Action, error) {
	if p.depth >= maxActionDepth {
		return nil, errors.New("Action nested too deeply")
	}
	in := parser{names: p.names, usable: p.usable, words: p.words, depth: p.depth + 1, outer: outer}
	err := in.only(text)
	p.usable = in.usable
	return in.acts, err
}

// only reads a list that may not have instructions, and verifies it.
func (p *parser) only(text string) error {
	if err := p.list(text, false); err != nil {
		return err
	}
	// An instruction is refused when verification comes to it.
	acts := p.acts
	if i := slices.IndexFunc(acts, func(a Action) bool { return a.Kind() > KindMeter }); i >= 0 && p.notHere != "" {
		acts = acts[:i+1]
	}
	err := verify(acts, p.outer, V11)
	if e, ok := err.(*verifyError); ok {
		return errors.New(e.text)
	}
	if err == nil && p.notHere != "" {
		err = fmt.Errorf("%s instruction not allowed here", p.notHere)
	}
	return err
}

func (p *parser) list(text string, instructions bool) error {
	drop, n := false, 0
	for {
		key, value, rest, ok := cutPair(text)
		if !ok {
			break
		}
		text = rest
		n++
		switch row := p.words[strings.ToLower(key)]; {
		case row != nil && row.parse != nil:
			if err := row.parse(p, strings.ToLower(key), value); err != nil {
				return err
			}
			if row.kind > KindMeter && !instructions && p.notHere == "" {
				p.notHere = row.words[0]
			}
		case strings.EqualFold(key, "drop"):
			drop = true
			n--
		case strings.EqualFold(key, "apply_actions"):
			return errors.New("apply_actions is the default instruction")
		default:
			port, ok := p.names.ParsePort(key)
			if !ok {
				return p.unknownAction(key)
			}
			p.addOutput(port, value)
		}
	}
	if drop && n > 0 {
		return errors.New(`"drop" must not be accompanied by any other action or instruction`)
	}
	return nil
}

// unknownAction is the error for a word that is no action, with a hint when it
// looks like one that is.
func (p *parser) unknownAction(word string) error {
	if hint := nearest(word, p.words); hint != "" {
		return fmt.Errorf("unknown action %s; did you mean %s?", word, hint)
	}
	return fmt.Errorf("unknown action %s", word)
}

func (p *parser) addOutput(port Port, maxLen string) {
	if port == PortController {
		n := uint16(0xffff)
		if v, err := parseUint16(maxLen, ""); err == nil {
			n = v
		}
		p.add(&Output{Port: port, MaxLen: n})
		return
	}
	p.add(&Output{Port: port})
}

func (p *parser) add(a Action) { p.acts = append(p.acts, a) }

// subfield reads all of s as a subfield.
func (p *parser) subfield(s string) (flow.Subfield, error) { return flow.ParseSubfield(s) }

// formatter prints actions.
type formatter struct {
	b     []byte
	names *Names
}

// FormatActions appends a list of actions as dump-flows prints it; the empty
// list is "drop".
func FormatActions(b []byte, acts []Action, names *Names) []byte {
	f := formatter{b: b, names: names}
	f.list(acts)
	return f.b
}

// FormatAction returns one action as text.
func FormatAction(a Action) string { return string(FormatActions(nil, []Action{a}, nil)) }

func (f *formatter) list(acts []Action) {
	if len(acts) == 0 {
		f.span(flow.ColorDrop, "drop")
		return
	}
	f.inner(acts)
}

// inner prints a list that may be empty.
func (f *formatter) inner(acts []Action) {
	for i, a := range acts {
		if i > 0 {
			f.b = append(f.b, ',')
		}
		a.format(f)
	}
}

// span writes a word in its color, if there are colors.
func (f *formatter) span(c flow.Color, s string) { f.b = f.names.palette().Append(f.b, c, s) }

func (f *formatter) special(s string) { f.span(flow.ColorSpecial, s) }
func (f *formatter) param(s string)   { f.span(flow.ColorParam, s) }
func (f *formatter) paren(s string)   { f.span(flow.ColorParen, s) }
func (f *formatter) value(s string)   { f.span(flow.ColorValue, s) }

func (f *formatter) match(m *flow.Match, priority int) {
	f.b = flow.AppendMatchColored(f.b, m, priority, f.names.shown(), f.names.palette())
}

func (f *formatter) str(s string)        { f.b = append(f.b, s...) }
func (f *formatter) dec(n uint64)        { f.b = strconv.AppendUint(f.b, n, 10) }
func (f *formatter) port(p Port)         { f.b = f.names.AppendPort(f.b, p) }
func (f *formatter) sub(s flow.Subfield) { f.b = s.Append(f.b) }

// hex prints as C's %#x: with 0x unless the number is zero.
func (f *formatter) hex(n uint64) {
	if n != 0 {
		f.b = append(f.b, "0x"...)
	}
	f.b = strconv.AppendUint(f.b, n, 16)
}

// trimComma takes back a comma that a list of keys ends in.
func (f *formatter) trimComma() {
	if n := len(f.b); n > 0 && f.b[n-1] == ',' {
		f.b = f.b[:n-1]
	}
}
