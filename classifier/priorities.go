package classifier

import "container/heap"

// priorities counts the priorities of a subtable's rules and knows the highest.
// Entries of the heap whose count fell to zero are dropped when they surface.
type priorities struct {
	count map[int]int
	heap  maxHeap
}

func (p *priorities) init() { p.count = map[int]int{} }

func (p *priorities) add(prio int) {
	n, ok := p.count[prio]
	p.count[prio] = n + 1
	if !ok {
		heap.Push(&p.heap, prio)
	}
}

func (p *priorities) remove(prio int) {
	p.count[prio]--
	for len(p.heap) > 0 && p.count[p.heap[0]] == 0 {
		delete(p.count, heap.Pop(&p.heap).(int))
	}
}

func (p *priorities) empty() bool { return len(p.heap) == 0 }

func (p *priorities) max() int { return p.heap[0] }

type maxHeap []int

func (h maxHeap) Len() int           { return len(h) }
func (h maxHeap) Less(i, j int) bool { return h[i] > h[j] }
func (h maxHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *maxHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *maxHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
