package flow

import "strings"

// Color is a kind of word in the text of a flow that has a color of its own.
type Color uint8

// The kinds of words, each with the capability's name in OVS_COLORS.
const (
	ColorActions Color = iota // ac: "actions="
	ColorDrop                 // dr: "drop"
	ColorLearn                // le: "learn(" and its parenthesis
	ColorParam                // pm: the names of fields and of arguments
	ColorParen                // pr: words with arguments in parentheses
	ColorSpecial              // sp: "priority=", "output:" and the like
	ColorValue                // vl: words without a value
	numColors
)

// Palette has the parameters of the SGR escape sequence of each kind of word.
// A nil *Palette colors nothing.
type Palette [numColors]string

// colorDefaults are the capabilities' names and colors, by kind.
var colorDefaults = [numColors]struct{ name, sgr string }{
	ColorActions: {"ac", "1;31"}, ColorDrop: {"dr", "34"}, ColorLearn: {"le", "31"}, ColorParam: {"pm", "36"},
	ColorParen: {"pr", "35"}, ColorSpecial: {"sp", "33"}, ColorValue: {"vl", "32"},
}

// ParsePalette returns the default colors with the changes of s, which is as
// the environment variable OVS_COLORS: capabilities such as "ac=01;31" with
// colons between them. Those that it does not know and colors of anything but
// digits and semicolons are passed over.
func ParsePalette(s string) *Palette {
	var p Palette
	for i, d := range colorDefaults {
		p[i] = d.sgr
	}
	for _, item := range strings.Split(s, ":") {
		name, sgr, _ := strings.Cut(item, "=")
		if strings.Trim(sgr, "0123456789;") != "" {
			continue
		}
		for i, d := range colorDefaults {
			if d.name == name {
				p[i] = sgr
			}
		}
	}
	return &p
}

// Append appends a word in its color.
func (p *Palette) Append(dst []byte, c Color, word string) []byte {
	return p.End(append(p.Begin(dst, c), word...))
}

// Begin appends what turns a color on.
func (p *Palette) Begin(dst []byte, c Color) []byte {
	if p == nil {
		return dst
	}
	dst = append(append(dst, "\x1b["...), p[c]...)
	return append(dst, "m\x1b[K"...)
}

// End appends what turns the color off.
func (p *Palette) End(dst []byte) []byte {
	if p == nil {
		return dst
	}
	return append(dst, "\x1b[m\x1b[K"...)
}
