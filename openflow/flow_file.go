package openflow

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
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
	return MapFlows(r, file, cmd, names, nil, func(b *FlowBatch) error {
		for _, l := range b.Lines {
			if err := each(l); err != nil {
				return err
			}
		}
		return nil
	})
}

// FlowBatch is a run of the flows of a file, with what MapFlows made of them.
type FlowBatch struct {
	Lines []FlowLine
	Out   []byte

	first int    // number of text's first line
	text  string // whole lines
	warns []func()
	err   error
	done  chan struct{}
}

// batchSize is how much of a file one processor takes at once.
const batchSize = 32 << 10

// maxLine is how long a line may be.
const maxLine = 64 << 20

// MapFlows is ReadFlows that makes bytes of each flow, too: work appends them to
// out. Flows are parsed and worked on by all processors, and each is called with
// the results in the order of the lines, up to the first that is wrong; warnings
// keep that order. The names must be good for several goroutines. A flow is only
// lent to work: the lines of a batch are without. If work is nil they keep it.
func MapFlows(r io.Reader, file string, cmd FlowModCommand, names *Names, work func(out []byte, l *FlowLine) []byte, each func(b *FlowBatch) error) error {
	batches := make(chan *FlowBatch, 2*runtime.GOMAXPROCS(0))
	stop := make(chan struct{})
	defer close(stop)
	var readErr error
	go func() {
		defer close(batches)
		readErr = eachPiece(r, func(first int, text string) bool {
			b := &FlowBatch{first: first, text: text, done: make(chan struct{})}
			select {
			case batches <- b:
			case <-stop:
				return false
			}
			go b.parse(file, cmd, names, work)
			return true
		})
	}()
	for b := range batches {
		<-b.done
		for _, w := range b.warns {
			w()
		}
		if len(b.Lines) > 0 {
			if err := each(b); err != nil {
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

// eachPiece calls f with pieces of r that are whole lines, and with the number of
// the first, until it returns false.
func eachPiece(r io.Reader, f func(first int, text string) bool) error {
	buf := make([]byte, batchSize)
	line, n := 1, 0 // n is what is in buf
	for {
		got, err := io.ReadFull(r, buf[n:])
		n += got
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			if n > 0 {
				f(line, string(buf[:n]))
			}
			return nil
		case err != nil:
			return err
		}
		end := bytes.LastIndexByte(buf, '\n') + 1
		if end == 0 {
			if len(buf) >= maxLine {
				return bufio.ErrTooLong
			}
			buf = append(buf, make([]byte, len(buf))...)
			continue
		}
		if !f(line, string(buf[:end])) {
			return nil
		}
		line += bytes.Count(buf[:end], newline)
		n = copy(buf, buf[end:])
	}
}

var newline = []byte{'\n'}

// parse parses the batch's lines up to the first that is wrong.
func (b *FlowBatch) parse(file string, cmd FlowModCommand, names *Names, work func(out []byte, l *FlowLine) []byte) {
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
	b.Lines = make([]FlowLine, 0, strings.Count(b.text, "\n")+1)
	if work != nil {
		b.Out = make([]byte, 0, 2*len(b.text))
	}
	l := FlowLine{Line: b.first - 1, Mod: new(FlowMod)}
	for text := range strings.Lines(b.text) {
		l.Line++
		if l.Text = CleanLine(text); l.Text == "" {
			continue
		}
		var err error
		rest, cmd := cutCommand(l.Text, cmd)
		if l.Usable, err = l.Mod.parse(rest, cmd, &mine); err != nil {
			b.err = fmt.Errorf("%s:%d: %w", file, l.Line, err)
			return
		}
		l.Cmd = cmd
		b.Lines = append(b.Lines, l)
		if work == nil {
			l.Mod = new(FlowMod)
			continue
		}
		b.Out = work(b.Out, &l)
		b.Lines[len(b.Lines)-1].Mod = nil
	}
}
