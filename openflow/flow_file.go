package openflow

import (
	"bufio"
	"fmt"
	"io"
)

// ReadFlows reads flows from r, one a line as ParseFlowLine takes them, and
// calls each with every one. What is wrong in a line is reported as
// "FILE:LINE: what", where file is the name to show.
func ReadFlows(r io.Reader, file string, cmd FlowModCommand, names *Names, each func(l FlowLine) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), 64<<20)
	for n := 1; s.Scan(); n++ {
		text := CleanLine(s.Text())
		if text == "" {
			continue
		}
		fm, usable, err := ParseFlowLine(text, cmd, names)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", file, n, err)
		}
		if err := each(FlowLine{Line: n, Text: text, Cmd: fm.Command, Usable: usable, Mod: fm}); err != nil {
			return err
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
