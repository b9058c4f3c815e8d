package netdev

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// OpError is a failed operation on a device: what was tried, on which device,
// and why. Err usually wraps a syscall.Errno.
type OpError struct {
	Op, Name string
	Err      error
}

func (e *OpError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Name, e.Op, e.Err) }

// Unwrap returns the cause.
func (e *OpError) Unwrap() error { return e.Err }

// ErrReopen is what SetOptions returns for options that a device has only when it
// is opened with them.
var ErrReopen = fmt.Errorf("it must be opened anew: %w", syscall.EBUSY)

// Strerror returns the C library's words for the system error inside err ("No
// such device"), which OVS puts in parentheses into Interface.error, or err's
// own text if there is none inside.
func Strerror(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	// Go's table is the C library's with a small first letter.
	s := errno.Error()
	return strings.ToUpper(s[:1]) + s[1:]
}
