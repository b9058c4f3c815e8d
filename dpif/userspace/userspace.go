// Package userspace is the datapath that every machine can run: packets are
// received, looked up, changed and sent by threads of this process.
//
// All methods of a Datapath may be called from any goroutine. Packet threads
// read immutable snapshots and are never waited for; one mutex orders the
// writers.
package userspace

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"govs/daemon/coverage"
	"govs/dpif"
)

// Config says what datapath to make.
type Config struct {
	Name    string           // default "ovs-netdev"
	Type    string           // default "netdev"
	Threads int              // packet threads; default one per processor, at most 4
	Nodes   []int            // if set, the NUMA nodes of the processors that are said to be there; threads are pinned to none
	Now     func() time.Time // clock of FlowStats.Used; default time.Now
	// NamedPorts takes a new port's number from the digits of its name, as tests
	// with dummy ports expect ("p7" is 7). Type "dummy" implies it.
	NamedPorts bool
	// Log receives what an operator should know, rarely, and Info what may be of
	// interest. Default: nothing.
	Log, Info func(format string, args ...any)
}

// Datapath is a userspace datapath.
type Datapath struct {
	cfg     Config
	handler atomic.Pointer[dpif.Handler]
	ports   atomic.Pointer[portTable]
	classes atomic.Pointer[classTable]
	union   atomic.Pointer[wordSet] // every bit that some flow looks at
	threads atomic.Pointer[[]*thread]
	execs   execPool
	// settings are replaced under mu.
	settings atomic.Pointer[settings]
	warned   sync.Map      // what was said about settings
	done     chan struct{} // closed with the datapath
	together atomic.Bool   // one thread polls all queues; written under mu
	crowded  chan struct{} // a thread tells that it has too much to do
	grown    bool          // there are new ports since all queues were assigned; guarded by mu
	cleared  time.Time     // when counters were last cleared; guarded by mu
	base     counted       // of shared then; guarded by mu

	programs programs
	sorting  atomic.Bool // somebody counts the packets of subtables

	mu     sync.Mutex      // orders writers
	flows  flowShards      // guarded by mu
	closed bool            // guarded by mu
	names  map[string]bool // of ports; guarded by mu
	lowest dpif.PortNo     // no lower number but 0 is free; guarded by mu
	// portSettings are by port name; guarded by mu.
	portSettings map[string]portSettings
	count        counters                // of executors that are no thread
	drops        [numDrops]atomic.Uint64 // by reason
	logged       [numDrops]atomic.Bool   // reason was logged once
	secret       [2]uint64               // of ufids
	cover        [numDrops]*coverage.Counter
	// explicit are by the reasons of drop actions.
	explicit      [dpif.NumDropReasons]atomic.Uint64
	coverExplicit [dpif.NumDropReasons]*coverage.Counter

	meterMu sync.Mutex // orders writers of meters
	meters  meterTable

	ct ctState
}

var (
	_ dpif.Datapath     = (*Datapath)(nil)
	_ dpif.Configurable = (*Datapath)(nil)
)

// New makes a datapath without ports and starts its packet threads. An idle one
// takes no processor time.
func New(cfg Config) (*Datapath, error) {
	if cfg.Name == "" {
		cfg.Name = "ovs-netdev"
	}
	if cfg.Type == "" {
		cfg.Type = "netdev"
	}
	if cfg.Threads <= 0 {
		cfg.Threads = defaultThreads()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	for _, to := range []*func(string, ...any){&cfg.Log, &cfg.Info} {
		if *to == nil {
			*to = func(string, ...any) {}
		}
	}
	cfg.NamedPorts = cfg.NamedPorts || cfg.Type == "dummy"
	dp := &Datapath{names: map[string]bool{}, cfg: cfg}
	dp.threads.Store(&[]*thread{})
	dp.ports.Store(&portTable{})
	dp.classes.Store(&classTable{})
	dp.union.Store(&wordSet{})
	dp.newSecret()
	dp.ct.init(dp)
	dp.initDrops()
	dp.execs.dp = dp
	set := defaultSettings
	dp.settings.Store(&set)
	dp.cleared = time.Now()
	dp.done, dp.crowded = make(chan struct{}), make(chan struct{}, 1)
	dp.together.Store(cfg.Threads > 1 && cfg.Nodes == nil)
	// Packet threads seldom let go of the processor that the Go scheduler counts
	// them on, so they do not count.
	if n := runtime.NumCPU() + cfg.Threads; runtime.GOMAXPROCS(0) < n {
		runtime.GOMAXPROCS(n)
	}
	var threads []*thread
	for _, cpu := range dp.cpus("") {
		t, err := newThread(dp, dp.execs.number(), cpu)
		if err != nil {
			dp.Close()
			return nil, err
		}
		threads = append(threads, t)
		dp.threads.Store(&threads)
	}
	go dp.measure()
	return dp, nil
}

// Type implements dpif.Datapath.
func (dp *Datapath) Type() string { return dp.cfg.Type }

// Name implements dpif.Datapath.
func (dp *Datapath) Name() string { return dp.cfg.Name }

// SetHandler implements dpif.Datapath.
func (dp *Datapath) SetHandler(h dpif.Handler) {
	if h == nil {
		dp.handler.Store(nil)
		return
	}
	dp.handler.Store(&h)
}

// Stats implements dpif.Datapath: counts since they were cleared by command.
func (dp *Datapath) Stats() dpif.Stats {
	dp.mu.Lock()
	c := dp.shared().add(dp.base, -1)
	for _, t := range dp.loops() {
		c = c.add(t.counted(), 1)
	}
	s := dpif.Stats{Hits: c.hits, Misses: c.misses, Lost: c.lost, MaskHits: c.maskHits}
	s.Flows = uint64(dp.flows.n)
	dp.mu.Unlock()
	s.Masks = uint32(dp.classes.Load().masks())
	return s
}

// Close implements dpif.Datapath.
func (dp *Datapath) Close() error {
	dp.mu.Lock()
	if dp.closed {
		dp.mu.Unlock()
		return nil
	}
	dp.closed = true
	close(dp.done)
	dp.mu.Unlock()
	dp.ct.close()
	for _, t := range dp.loops() {
		t.stop()
	}
	for _, p := range dp.Ports() {
		dp.PortDel(p.No)
	}
	return nil
}
