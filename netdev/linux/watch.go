package linux

import (
	"context"
	"errors"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// LinkEvent is one change of a network interface.
type LinkEvent struct {
	Name    string
	Ifindex int
	Gone    bool // the interface was deleted or moved away
	// Lost says that news was lost or the watch has just begun: every
	// interface may have changed. The other members are unset.
	Lost bool
}

// WatchLinks calls fn from one goroutine with every change of a network
// interface (appears, disappears, up, down, carrier, MTU, address, name) until
// ctx ends; it returns once fn will not be called any more.
func WatchLinks(ctx context.Context, fn func(LinkEvent)) error {
	for {
		lost := make(chan error, 1)
		done := make(chan struct{})
		updates := make(chan netlink.LinkUpdate, 64)
		err := netlink.LinkSubscribeWithOptions(updates, done, netlink.LinkSubscribeOptions{
			ErrorCallback: func(err error) {
				select {
				case lost <- err:
				default:
				}
			},
		})
		if err != nil {
			return err
		}
		fn(LinkEvent{Lost: true})
		err = func() error {
			for {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case u, ok := <-updates:
					if !ok {
						return nil
					}
					a := u.Attrs()
					fn(LinkEvent{Name: a.Name, Ifindex: a.Index, Gone: u.Header.Type == unix.RTM_DELLINK})
				}
			}
		}()
		close(done)
		go func() { // let the subscription's goroutine end
			for range updates {
			}
		}()
		if err != nil {
			return err
		}
		select {
		case err = <-lost:
		default:
		}
		if err != nil && !errors.Is(err, unix.ENOBUFS) {
			time.Sleep(100 * time.Millisecond)
		}
	}
}
