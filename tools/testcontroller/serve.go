package testcontroller

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"govs/cli"
	"govs/daemon/vlog"
	"govs/openflow"
	"govs/openflow/conn"
	"govs/stream"
)

var log = vlog.New("controller")

const (
	// maxSwitches and maxListeners bound what one controller takes on.
	maxSwitches  = 16
	maxListeners = 16
	// probe is how long a switch may be silent.
	probe = 60 * time.Second
	// helloTime is how long a switch may take to agree on a version.
	helloTime = 10 * time.Second
)

// controller serves switches by their connections.
type controller struct {
	cfg      *config
	versions openflow.Versions
	stream   stream.Config

	listeners []stream.Listener
	called    []stream.Conn // of the active methods
	room      chan struct{} // has one for each switch served
	wg        sync.WaitGroup
}

// open makes the connections and listeners that the command line names. It
// reports whether there is any; what fails is logged.
func (c *controller) open(ctx context.Context, methods []string) bool {
	for _, m := range methods {
		var err error
		switch {
		case stream.IsPassive(m):
			if len(c.listeners) >= maxListeners {
				log.Err("only %d passive connections", maxListeners)
				return true
			}
			var l stream.Listener
			if l, err = c.stream.Listen(m); err == nil {
				c.listeners = append(c.listeners, l)
			}
		default:
			if len(c.called) >= maxSwitches {
				log.Err("only %d switches", maxSwitches)
				return true
			}
			var s stream.Conn
			if s, err = c.stream.Dial(ctx, m); err == nil {
				c.called = append(c.called, s)
			}
		}
		if err != nil {
			log.Err("%s: connect: %s", m, cli.Strerror(err))
		}
	}
	return len(c.called)+len(c.listeners) > 0
}

// run serves until ctx ends, or no connection is left and none can come.
func (c *controller) run(ctx context.Context) {
	c.room = make(chan struct{}, maxSwitches)
	defer context.AfterFunc(ctx, func() {
		for _, l := range c.listeners {
			l.Close()
		}
	})()
	for _, s := range c.called {
		c.room <- struct{}{}
		c.wg.Go(func() { c.serve(ctx, s) })
	}
	for _, l := range c.listeners {
		c.wg.Go(func() {
			for {
				s, err := l.Accept()
				if err != nil {
					return
				}
				select {
				case c.room <- struct{}{}:
					c.wg.Go(func() { c.serve(ctx, s) })
				default:
					log.Warn("%s: no room for more than %d switches", s.Name(), maxSwitches)
					s.Close()
				}
			}
		})
	}
	c.wg.Wait()
}

// serve controls one switch until it goes.
func (c *controller) serve(ctx context.Context, s stream.Conn) {
	defer func() { <-c.room }()
	oc := conn.New(s, s.Name())
	hello, stop := context.WithTimeout(ctx, helloTime)
	err := oc.Handshake(hello, c.versions)
	stop()
	if err != nil {
		oc.Close()
	} else {
		err = conn.Serve(ctx, oc, newSwitch(c.cfg, oc, time.Now), probe)
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, io.EOF) {
		log.Info("%s: connection dropped (%s)", s.Name(), cli.Strerror(err))
	}
}
