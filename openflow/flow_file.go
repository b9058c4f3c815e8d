package openflow

import (
	"bufio"
	"fmt"
	"io"
	"runtime"
)

// ReadLines calls each with the lines of r that say something, without comments
// and blanks around. What each finds wrong is reported as "FILE:LINE: what",
// where file is the name to show.
func ReadLines(r io.Reader, file string, each func(line int, text string) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), 64<<20)
	for n := 1; s.Scan(); n++ {
		text := CleanLine(s.Text())
		if text == "" {
			continue
		}
		if err := each(n, text); err != nil {
			return fmt.Errorf("%s:%d: %w", file, n, err)
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// ReadFlows reads flows from r, one a line as ParseFlowLine takes them, and
// calls each with every one. What is wrong in a line is reported as
// "FILE:LINE: what", where file is the name to show.
func ReadFlows(r io.Reader, file string, cmd FlowModCommand, names *Names, each func(l FlowLine) error) error {
	return MapFlows(r, file, cmd, names, func(FlowLine) struct{} { return struct{}{} },
		func(l FlowLine, _ struct{}) error { return each(l) })
}

// batchLines is how many lines of a file one processor takes at once.
const batchLines = 256

// flowBatch is a run of lines of a flow file.
type flowBatch[T any] struct {
	lines []FlowLine
	out   []T
	warns []func()
	err   error
	done  chan struct{}
}

// MapFlows is ReadFlows that does some work for each flow, too. Lines are
// parsed and worked on by all processors; each is called with the results in
// the order of the lines, up to the first that is wrong, and warnings keep
// that order. The names must be good for several goroutines.
func MapFlows[T any](r io.Reader, file string, cmd FlowModCommand, names *Names, work func(l FlowLine) T, each func(l FlowLine, v T) error) error {
	batches := make(chan *flowBatch[T], 2*runtime.GOMAXPROCS(0))
	stop := make(chan struct{})
	defer close(stop)
	var readErr error
	go func() {
		defer close(batches)
		s := bufio.NewScanner(r)
		s.Buffer(make([]byte, 0, 64<<10), 64<<20)
		b := &flowBatch[T]{done: make(chan struct{})}
		send := func() bool {
			select {
			case batches <- b:
			case <-stop:
				return false
			}
			go b.parse(file, cmd, names, work)
			b = &flowBatch[T]{done: make(chan struct{})}
			return true
		}
		for n := 1; s.Scan(); n++ {
			if text := CleanLine(s.Text()); text != "" {
				b.lines = append(b.lines, FlowLine{Line: n, Text: text})
			}
			if len(b.lines) == batchLines && !send() {
				return
			}
		}
		if readErr = s.Err(); len(b.lines) > 0 {
			send()
		}
	}()
	for b := range batches {
		<-b.done
		for _, w := range b.warns {
			w()
		}
		for i, v := range b.out {
			if err := each(b.lines[i], v); err != nil {
				return err
			}
		}
		if b.err != nil {
			return b.err
		}
	}
	if readErr != nil {
		return fmt.Errorf("%s: %w", file, readErr)
	}
	return nil
}

// parse parses the batch's lines up to the first that is wrong.
func (b *flowBatch[T]) parse(file string, cmd FlowModCommand, names *Names, work func(l FlowLine) T) {
	defer close(b.done)
	var mine Names
	if names != nil {
		mine = *names
		if names.Warn != nil {
			mine.Warn = func(module, text string) {
				b.warns = append(b.warns, func() { names.Warn(module, text) })
			}
		}
	}
	b.out = make([]T, 0, len(b.lines))
	for i := range b.lines {
		l := &b.lines[i]
		fm, usable, err := ParseFlowLine(l.Text, cmd, &mine)
		if err != nil {
			b.err = fmt.Errorf("%s:%d: %w", file, l.Line, err)
			return
		}
		l.Cmd, l.Usable, l.Mod = fm.Command, usable, fm
		b.out = append(b.out, work(*l))
	}
}
