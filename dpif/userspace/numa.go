package userspace

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"govs/netdev"
)

// nodeOf returns the NUMA node of a processor, 0 where that is not known.
func (dp *Datapath) nodeOf(cpu int) int {
	switch {
	case cpu == anyCPU:
		return 0
	case dp.cfg.Nodes != nil:
		return dp.cfg.Nodes[cpu]
	}
	l, _ := os.ReadDir(fmt.Sprintf("/sys/devices/system/cpu/cpu%d", cpu))
	for _, e := range l {
		if s, ok := strings.CutPrefix(e.Name(), "node"); ok {
			if n, err := strconv.Atoi(s); err == nil {
				return n
			}
		}
	}
	return 0
}

// cpus returns the processors to have threads on by a mask. Without one threads are
// pinned to none; of processors that are only said to be there, the first of each node
// has one.
func (dp *Datapath) cpus(mask string) []int {
	nodes := dp.cfg.Nodes
	switch list := cpuList(mask); {
	case nodes != nil && list != nil:
		return slices.DeleteFunc(list, func(cpu int) bool { return cpu >= len(nodes) })
	case list != nil:
		return list
	case nodes == nil:
		return slices.Repeat([]int{anyCPU}, dp.cfg.Threads)
	}
	var first []int
	for cpu, n := range nodes {
		if slices.Index(nodes, n) == cpu {
			first = append(first, cpu)
		}
	}
	return first
}

// near notes which nodes the ports are near, and reports whether that is news. The
// caller holds mu.
func (dp *Datapath) near() (news bool) {
	for p := range dp.ports.Load().all() {
		if n := nearest(p.dev); n != p.node {
			p.node, news = n, true
		}
	}
	return news
}

func nearest(dev netdev.Device) int {
	if d, ok := dev.(netdev.NUMA); ok {
		return d.NUMANode()
	}
	return -1
}

// A node is a NUMA node with threads that queues can be given to.
type node struct {
	id      int
	threads []*thread
	turns   int
}

// turn returns the thread whose turn it is. Up and down they get the heaviest queue and
// the lightest, if heavy ones come first.
func (n *node) turn(upAndDown bool) *thread {
	i, round := n.turns%len(n.threads), n.turns/len(n.threads)
	n.turns++
	if upAndDown && round%2 == 1 {
		i = len(n.threads) - 1 - i
	}
	return n.threads[i]
}

// nodes are those of a plan.
type nodes struct {
	list []*node
	far  int // queues so far that are near none of them
}

// with adds threads.
func (l *nodes) with(threads []*thread) {
	for _, t := range threads {
		i := slices.IndexFunc(l.list, func(n *node) bool { return n.id == t.node })
		if i < 0 {
			i = len(l.list)
			l.list = append(l.list, &node{id: t.node})
		}
		l.list[i].threads = append(l.list[i].threads, t)
	}
}

// of returns the node of a port, or one after the other where that has no threads.
func (l *nodes) of(p *port) *node {
	if i := slices.IndexFunc(l.list, func(n *node) bool { return n.id == p.node }); i >= 0 {
		return l.list[i]
	}
	l.far++
	return l.list[(l.far-1)%len(l.list)]
}
