// Package away runs code on threads that may change their network namespace. It keeps
// no state.
package away

import (
	"runtime"

	"github.com/vishvananda/netns"
)

// Do runs f on a locked thread that may change its namespace, and brings the thread
// home. A thread that cannot get home ends with its goroutine.
func Do(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		home, err := netns.Get()
		if err != nil {
			done <- err
			return
		}
		defer home.Close()
		err = f()
		if netns.Set(home) == nil {
			runtime.UnlockOSThread()
		}
		done <- err
	}()
	return <-done
}
