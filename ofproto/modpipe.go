package ofproto

import (
	"sync"
	"time"

	"govs/openflow"
)

// modPipe lets the many flow-mods that come in a row be decoded by the goroutine
// that reads them while another one applies those before. They are applied, and
// answered, in the order in which they came, and whatever else comes waits until
// all of them are: it finds the switch as they leave it. Few are handled as any
// other message.
type modPipe struct {
	o    *ofConn
	row  int       // flow-mods that came one right behind the other
	fill *modBatch // not handed over yet, or nil

	mu      sync.Mutex
	turn    sync.Cond   // signalled when queue or busy changes
	queue   []*modBatch // guarded by mu, as is all below
	busy    bool        // a goroutine applies
	failure error       // of the connection
}

const (
	pipeAfter = 32 // how many flow-mods in a row are many
	pipeBatch = 32 // how many are handed over at once
	pipeQueue = 2  // how many batches wait at most
)

// modBatch is a run of decoded flow-mods.
type modBatch struct {
	now  time.Time // when the first came
	mods [pipeBatch]decodedMod
	n    int
	raw  []byte // all that came
}

// decodedMod is what became of one message: an error, or msg, which is mod or add.
type decodedMod struct {
	raw []byte
	err error
	msg openflow.Message
	mod openflow.FlowMod
	add openflow.BundleAdd
}

// modBatches are for all connections: a batch is large, and seldom needed.
var modBatches = sync.Pool{New: func() any { return new(modBatch) }}

func newModPipe(o *ofConn) *modPipe {
	p := &modPipe{o: o}
	p.turn.L = &p.mu
	return p
}

// takes reports whether a message is one of many flow-mods, and for add.
func (p *modPipe) takes(b []byte) bool {
	if !openflow.IsFlowMod(b) || openflow.Version(b[0]) != p.o.c.Version() {
		p.row = 0
		return false
	}
	p.row++
	return p.row > pipeAfter
}

// add decodes a message, which is only lent, and sees to it that it is applied.
func (p *modPipe) add(b []byte) error {
	x := p.fill
	if x == nil {
		x = modBatches.Get().(*modBatch)
		x.n, x.raw, x.now = 0, x.raw[:0], p.o.p.now()
		p.fill = x
		p.o.heard.Store(x.now.UnixNano())
	}
	d := &x.mods[x.n]
	x.n++
	at := len(x.raw)
	x.raw = append(x.raw, b...)
	d.raw = x.raw[at:len(x.raw):len(x.raw)]
	d.msg, d.err = p.o.decode(d.raw, &d.mod, &d.add)
	if x.n < len(x.mods) {
		return nil
	}
	return p.flush()
}

// flush hands over what was added.
func (p *modPipe) flush() error {
	x := p.fill
	p.fill = nil
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) >= pipeQueue {
		p.turn.Wait()
	}
	if x != nil {
		p.queue = append(p.queue, x)
		if !p.busy {
			p.busy = true
			go p.work()
		}
	}
	return p.failure
}

// pause is for when nothing more is there to be read.
func (p *modPipe) pause() error {
	p.row = 0
	return p.flush()
}

// drain waits until all that was added is applied.
func (p *modPipe) drain() error {
	p.flush()
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.busy {
		p.turn.Wait()
	}
	return p.failure
}

// work applies what there is.
func (p *modPipe) work() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) > 0 {
		x, failed := p.queue[0], p.failure != nil
		p.queue = append(p.queue[:0], p.queue[1:]...)
		p.turn.Signal()
		p.mu.Unlock()
		var err error
		if !failed {
			err = p.o.applyBatch(x)
		}
		x.release()
		if err != nil {
			p.o.stop()
		}
		p.mu.Lock()
		if p.failure == nil {
			p.failure = err
		}
	}
	p.busy = false
	p.turn.Signal()
}

// release keeps the batch for others, but nothing that it refers to.
func (x *modBatch) release() {
	for i := range x.mods[:x.n] {
		d := &x.mods[i]
		d.raw, d.err, d.msg, d.mod.Actions, d.add = nil, nil, nil, nil, openflow.BundleAdd{}
	}
	modBatches.Put(x)
}

// applyBatch applies decoded flow-mods. An error ends the connection.
func (o *ofConn) applyBatch(x *modBatch) error {
	for i := range x.mods[:x.n] {
		d := &x.mods[i]
		var err error
		switch m := d.msg.(type) {
		case *openflow.FlowMod:
			err = o.flowMod(m, d.raw, x.now)
		case *openflow.BundleAdd:
			err = o.bundleAdd(m, d.raw, x.now)
		default:
			err = o.undecoded(d.err, d.raw)
		}
		if err != nil {
			return err
		}
	}
	return o.box.flush()
}
