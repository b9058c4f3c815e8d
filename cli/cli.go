// Package cli holds what every command of govs shares at its front: the
// streams a tool talks to, a getopt_long work-alike driven by a table of option
// rows, and usage text made from the same rows. Package cli/table prints
// results. Nothing here keeps state between calls; values may be used by one
// goroutine at a time.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// IO is a tool's view of the outside: tests pass buffers, main passes Std().
type IO struct {
	In       io.Reader
	Out, Err io.Writer
}

// Std returns the process's standard streams.
func Std() IO { return IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr} }

// Main is what each tool exports: argv[0] is the name it was called by, the
// result is the exit status.
type Main func(argv []string, io IO) int

// Name returns the program name in argv: the last path element of argv[0].
func Name(argv []string) string {
	if len(argv) == 0 {
		return ""
	}
	return filepath.Base(argv[0])
}

// Errorf prints one line to the error stream, prefixed by the tool's name as
// every OVS tool does.
func (o IO) Errorf(tool, format string, args ...any) {
	fmt.Fprintf(o.Err, "%s: %s\n", tool, fmt.Sprintf(format, args...))
}

// ErrEOF marks an end of file where more was expected; Strerror prints it as
// OVS does.
var ErrEOF = errors.New("End of file")

// Strerror returns the words OVS would use for err: the C library's text for
// a system error number wherever it is wrapped, "End of file" for io.EOF, and
// the error's own text for everything else.
func Strerror(err error) string {
	if err == nil {
		return "Success"
	}
	var no syscall.Errno
	if errors.As(err, &no) {
		return errnoText(no)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, ErrEOF) {
		return ErrEOF.Error()
	}
	return err.Error()
}
