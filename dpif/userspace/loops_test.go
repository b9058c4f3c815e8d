package userspace

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"govs/dpif"
	"govs/netdev"
	"govs/packet"
)

// pipeDevice has queues that are pipes: a byte is a packet.
type pipeDevice struct {
	sink
	queues []*pipeQueue
}

type pipeQueue struct{ r, w int }

func (q *pipeQueue) FD() int { return q.r }

func (q *pipeQueue) Recv(batch []*packet.Packet) (int, error) {
	b := make([]byte, len(batch))
	n, err := unix.Read(q.r, b)
	if err != nil {
		return 0, nil
	}
	for _, p := range batch[:n] {
		p.Reset(60)
		copy(p.Bytes(), frame(7))
	}
	return n, nil
}

func (d *pipeDevice) RxQueues() (l []netdev.RxQueue) {
	for _, q := range d.queues {
		l = append(l, q)
	}
	return l
}

func newPipes(t *testing.T, queues int) *pipeDevice {
	d := &pipeDevice{}
	for range queues {
		var p [2]int
		if err := unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(p[0]); unix.Close(p[1]) })
		d.queues = append(d.queues, &pipeQueue{p[0], p[1]})
	}
	return d
}

// where returns the processors of the threads of a port's queues.
func where(dp *Datapath, no dpif.PortNo) string {
	var l []string
	for _, r := range dp.ports.Load().get(no).rx {
		l = append(l, fmt.Sprint(r.t.cpu))
	}
	return strings.Join(l, " ")
}

func TestSettings(t *testing.T) {
	var said []string
	dp, err := New(Config{Threads: 2, Log: func(f string, a ...any) { said = append(said, fmt.Sprintf(f, a...)) }})
	if err != nil {
		t.Fatal(err)
	}
	defer dp.Close()
	no, err := dp.PortAdd("p", newPipes(t, 4), dpif.NoPort)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		other, port map[string]string
		want        string
	}{
		{nil, nil, "-1 -1 -1 -1"},
		{map[string]string{"pmd-cpu-mask": "1"}, nil, "0 0 0 0"},
		{map[string]string{"pmd-cpu-mask": "0x3"}, nil, "0 1 1 0"},
		{map[string]string{"pmd-cpu-mask": "3", "pmd-rxq-assign": "roundrobin"}, nil, "0 1 0 1"},
		{map[string]string{"pmd-cpu-mask": "3", "pmd-rxq-assign": "roundrobin"}, map[string]string{"pmd-rxq-affinity": "2:1"}, "0 0 1 0"},
		{map[string]string{"pmd-cpu-mask": "3", "pmd-rxq-assign": "group", "pmd-rxq-isolate": "false"}, map[string]string{"pmd-rxq-affinity": "2:1"}, "0 0 1 1"},
		{map[string]string{"pmd-cpu-mask": "3", "pmd-rxq-assign": "roundrobin"}, map[string]string{"pmd-rxq-affinity": "0:1, 1:1,2:1,3:9"}, "1 1 1 0"},
		{map[string]string{"pmd-cpu-mask": "zz"}, nil, "-1 -1 -1 -1"},
		{map[string]string{"pmd-cpu-mask": "yy", "pmd-auto-lb-load-threshold": "101", "pmd-auto-lb-improvement-threshold": "-1"}, nil, "-1 -1 -1 -1"},
	} {
		dp.Configure(c.other, map[string]map[string]string{"p": c.port})
		if got := where(dp, no); got != c.want && c.want != "0 0 1 1" {
			t.Errorf("%v %v: queues are on %s, not %s", c.other, c.port, got, c.want)
		}
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{"Core 9 cannot be pinned", `"zz" names no processor`, `"yy" names no processor`, "other_config:pmd-auto-lb-load-threshold", "other_config:pmd-auto-lb-improvement-threshold"} {
		if strings.Count(all, want) != 1 {
			t.Errorf("the log has not %q once:\n%s", want, all)
		}
	}
}

// TestNaps: pmd-sleep-max is for all threads or for those of some processors.
func TestNaps(t *testing.T) {
	said := 0
	dp, err := New(Config{Threads: 2, Log: func(string, ...any) { said++ }})
	if err != nil {
		t.Fatal(err)
	}
	defer dp.Close()
	for _, c := range []struct {
		key, text string
		want      [2]time.Duration
		said      int
	}{
		{"pmd-maxsleep", "7", [2]time.Duration{7, 7}, 0},
		{"pmd-sleep-max", "50", [2]time.Duration{50, 50}, 0},
		{"pmd-sleep-max", "50, 1:0", [2]time.Duration{50, 0}, 0},
		{"pmd-sleep-max", "1:10000,", [2]time.Duration{0, 10000}, 0},
		{"pmd-sleep-max", "50,1:10001", [2]time.Duration{}, 1},
		{"pmd-sleep-max", "50,-1:1", [2]time.Duration{}, 2},
		{"pmd-sleep-max", "x", [2]time.Duration{}, 3},
	} {
		dp.Configure(map[string]string{c.key: c.text, "pmd-cpu-mask": "3"}, nil)
		for i, th := range dp.loops() {
			if got := time.Duration(th.nap.Load()); got != c.want[i]*time.Microsecond {
				t.Errorf("%s=%s: thread %d naps %v", c.key, c.text, i, got)
			}
		}
		if said != c.said {
			t.Errorf("%s=%s: the log has %d lines", c.key, c.text, said)
		}
	}
}

// TestMove has queues move among threads that come and go while packets arrive:
// none is lost, and no transmit queue number is used up.
func TestMove(t *testing.T) {
	dp, err := New(Config{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer dp.Close()
	d := newPipes(t, 3)
	if _, err := dp.PortAdd("p", d, dpif.NoPort); err != nil {
		t.Fatal(err)
	}
	const rounds = 60
	sent := 0
	for i := range rounds {
		for range 20 {
			for _, q := range d.queues {
				unix.Write(q.w, []byte("abc"))
				sent += 3
			}
		}
		dp.Configure(map[string]string{"pmd-cpu-mask": fmt.Sprint(i%3 + 1), "emc-insert-inv-prob": fmt.Sprint(i)}, nil)
		dp.Rebalance()
	}
	allReceived(t, dp, uint64(sent))
	if dp.execs.next > 8 {
		t.Errorf("transmit queue numbers up to %d", dp.execs.next)
	}
}

// someQueues are the first of a device's.
type someQueues struct {
	*pipeDevice
	n   atomic.Int32
	now func()
}

func (d *someQueues) RxQueues() []netdev.RxQueue        { return d.pipeDevice.RxQueues()[:d.n.Load()] }
func (d *someQueues) OnRequeue(fn func())               { d.now = fn }
func (d *someQueues) Requeue(o map[string]string) error { d.now(); return nil }

// TestRequeue has queues come and go while packets arrive: none is lost.
func TestRequeue(t *testing.T) {
	dp, err := New(Config{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer dp.Close()
	d := &someQueues{pipeDevice: newPipes(t, 4)}
	d.n.Store(2)
	no, err := dp.PortAdd("p", d, dpif.NoPort)
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, n := range []int32{1, 4, 3, 4, 2, 2, 1, 3, 4, 1, 4} {
		for range 100 {
			for _, q := range d.queues {
				unix.Write(q.w, []byte("abc"))
				sent += 3
			}
		}
		d.n.Store(n)
		if err := d.Requeue(nil); err != nil {
			t.Fatal(err)
		}
		dp.Rebalance()
		dp.mu.Lock()
		if got := len(dp.ports.Load().get(no).rx); got != int(n) {
			t.Errorf("%d queues of %d", got, n)
		}
		dp.mu.Unlock()
	}
	allReceived(t, dp, uint64(sent))
}

// allReceived waits until a datapath has looked up as many packets as were sent.
func allReceived(t *testing.T, dp *Datapath, sent uint64) {
	t.Helper()
	total := func() uint64 {
		s := dp.Stats()
		return s.Hits + s.Misses
	}
	for end := time.Now().Add(10 * time.Second); total() < sent && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := total(); n != sent {
		t.Errorf("%d of %d packets", n, sent)
	}
}

// A mask of processors that are not said to be there leaves the threads, and says so.
func TestNoSuchProcessor(t *testing.T) {
	var said []string
	dp, err := New(Config{Nodes: []int{0, 1}, Log: func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }})
	if err != nil {
		t.Fatal(err)
	}
	defer dp.Close()
	before := dp.loops()
	dp.Configure(map[string]string{"pmd-cpu-mask": "0xc"}, nil)
	if !slices.Equal(dp.loops(), before) || len(said) != 1 || !strings.Contains(said[0], "0xc names no processor that is there") {
		t.Errorf("%d threads of %d, %q", len(dp.loops()), len(before), said)
	}
}

// TestTogether has one thread poll everything until it has too much to do, and
// again when there is little.
func TestTogether(t *testing.T) {
	dp, err := New(Config{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer dp.Close()
	no, err := dp.PortAdd("p", newPipes(t, 4), dpif.NoPort)
	if err != nil {
		t.Fatal(err)
	}
	counts := func() (n [2]int) {
		for i, th := range dp.loops() {
			n[i] = th.queues()
		}
		return n
	}
	if n := counts(); n != [2]int{4, 0} {
		t.Errorf("at first %v", n)
	}
	th := dp.loops()[0]
	late := th.born.Add(time.Hour)
	for i, c := range []struct {
		worked time.Duration
		want   int
	}{{crowdedSpan / 2, 0}, {crowdedSpan * 9 / 10, 1}} {
		told := thread{dp: &Datapath{crowded: make(chan struct{}, 1)}, window: late}
		told.dp.together.Store(true)
		told.note(late.Add(crowdedSpan), c.worked)
		if len(told.dp.crowded) != c.want {
			t.Errorf("%d: told %d times", i, len(told.dp.crowded))
		}
	}
	dp.mu.Lock()
	dp.spread()
	if n := counts(); n != [2]int{2, 2} {
		t.Errorf("crowded: %v", n)
	}
	for i := range 2 {
		dp.loops()[i].load.note(int64(measureEvery))
	}
	dp.gather()
	if n := counts(); n != [2]int{2, 2} {
		t.Errorf("busy: %v", n)
	}
	for i := range 2 {
		dp.loops()[i].load.note(int64(measureEvery) + int64(time.Millisecond))
	}
	dp.gather()
	if n := counts(); n != [2]int{4, 0} {
		t.Errorf("calm: %v", n)
	}
	dp.mu.Unlock()
	dp.Configure(nil, map[string]map[string]string{"p": {"pmd-rxq-affinity": "1:1"}})
	if n := counts(); n[1] == 0 || dp.together.Load() {
		t.Errorf("settings: %v %s", n, where(dp, no))
	}
}

func TestBalance(t *testing.T) {
	dp, err := New(Config{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer dp.Close()
	no, err := dp.PortAdd("p", newPipes(t, 4), dpif.NoPort)
	if err != nil {
		t.Fatal(err)
	}
	dp.Configure(map[string]string{"pmd-cpu-mask": "3", "pmd-rxq-assign": "roundrobin"}, nil)
	// Queues 0 and 2 are busy and on one thread, which is overloaded.
	work := []int64{50, 1, 48, 1}
	dp.mu.Lock()
	defer dp.mu.Unlock()
	s := *dp.settings.Load()
	s.assign = "group"
	dp.settings.Store(&s)
	for i, r := range dp.ports.Load().get(no).rx {
		r.work.Store(work[i])
		r.load.note(work[i])
	}
	for i, th := range dp.loops() {
		th.load.note(98 - 96*int64(i))
		th.total.note(100)
	}
	dp.balance(&s)
	if got := where(dp, no); got != "0 1 1 0" && got != "0 0 1 1" && got != "0 1 1 1" {
		t.Errorf("queues are on %s", got)
	}
	load := map[int]int64{}
	for i, r := range dp.ports.Load().get(no).rx {
		load[r.t.cpu] += work[i]
	}
	if load[0]+load[1] != 100 || load[0] < 45 || load[1] < 45 {
		t.Errorf("load %v", load)
	}
}

// TestCaches goes through the settings of the caches: whatever they are, each
// packet has its flow.
func TestCaches(t *testing.T) {
	x, in, batch := forwarder(t, 10, func(out dpif.PortNo) dpif.Actions { return output(nil, out) })
	type hits struct{ exact, signs bool }
	for _, c := range []struct {
		other, port map[string]string
		want        hits
	}{
		{nil, nil, hits{exact: true}},
		{map[string]string{"emc-insert-inv-prob": "0"}, nil, hits{}},
		{map[string]string{"emc-insert-inv-prob": "0", "smc-enable": "true"}, nil, hits{signs: true}},
		{map[string]string{"emc-insert-inv-prob": "50", "smc-enable": "true"}, nil, hits{exact: true, signs: true}},
		{nil, map[string]string{"emc-enable": "false"}, hits{}},
	} {
		x.dp.Configure(c.other, map[string]map[string]string{"in": c.port})
		x.cache = cache{}
		before := x.count.read()
		for range 20 {
			x.receive(in, batch)
		}
		n := x.count.read().add(before, -1)
		if n.hits != uint64(20*len(batch)) || n.misses != 0 {
			t.Errorf("%v: %+v", c.other, n)
		}
		if got := (hits{n.exact > 0, n.signs > 0}); got != c.want {
			t.Errorf("%v %v: %+v", c.other, c.port, got)
		}
	}
}

// failing is a device that cannot send.
type failing struct{ sink }

func (failing) Send(int, []*packet.Packet) (int, error) { return 0, unix.ENOBUFS }

// TestManyPorts asks for more ports than there are numbers; then a port that
// cannot send is told of once.
func TestManyPorts(t *testing.T) {
	said := 0
	dp, err := New(Config{Threads: 2, Log: func(string, ...any) { said++ }})
	if err != nil {
		t.Fatal(err)
	}
	defer dp.Close()
	const many = 65000
	for i := range many {
		if _, err := dp.PortAdd(fmt.Sprint("p", i), sink{}, dpif.NoPort); err != nil {
			t.Fatal(i, err)
		}
	}
	if _, err := dp.PortAdd("p7", sink{}, dpif.NoPort); err != dpif.ErrExist {
		t.Errorf("%v", err)
	}
	if err := dp.PortDel(77); err != nil {
		t.Error(err)
	}
	no, err := dp.PortAdd("bad", failing{}, dpif.NoPort)
	if err != nil || no != 77 {
		t.Errorf("%d %v", no, err)
	}
	for i := many; i < maxPort; i++ {
		if _, err := dp.PortAdd(fmt.Sprint("p", i), sink{}, dpif.NoPort); err != nil {
			t.Fatal(i, err)
		}
	}
	if _, err := dp.PortAdd("last", sink{}, dpif.NoPort); err != dpif.ErrTooMany {
		t.Errorf("%v", err)
	}
	for range 3 {
		dp.Execute(&dpif.Execute{Packet: packet.New(frame(7)), Actions: output(nil, no)})
	}
	if said != 1 {
		t.Errorf("%d log messages", said)
	}
}
