package ofctl

import (
	"io"
	"runtime"
)

// orderedWriter writes what functions return, in the order in which they were
// added, while several run at a time.
type orderedWriter struct {
	w     io.Writer
	queue chan chan []byte
	done  chan struct{}
}

func inOrder(w io.Writer) *orderedWriter { return &orderedWriter{w: w} }

// idle reports whether nothing was added.
func (o *orderedWriter) idle() bool { return o.queue == nil }

// add runs f and has what it returns written after all that was added before.
// It waits while too much is on its way.
func (o *orderedWriter) add(f func() []byte) {
	if o.queue == nil {
		o.queue, o.done = make(chan chan []byte, runtime.GOMAXPROCS(0)), make(chan struct{})
		go func() {
			defer close(o.done)
			for c := range o.queue {
				o.w.Write(<-c)
			}
		}()
	}
	c := make(chan []byte, 1)
	o.queue <- c
	go func() { c <- f() }()
}

// close waits until all is written.
func (o *orderedWriter) close() {
	if o.queue != nil {
		close(o.queue)
		<-o.done
	}
}
