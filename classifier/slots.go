package classifier

import "sync/atomic"

// Both tables here use open addressing with linear probing. The one writer
// changes slots in place with atomic stores; when it must move things it builds
// a new array and publishes that, so readers never wait and never see a hole
// that was not there.

const (
	tagEmpty = 0 // the probe ends here
	tagGone  = 1 // a removed entry; the probe goes on
)

// tag turns a hash into a slot's tag, which is neither tagEmpty nor tagGone.
func tag(hash uint32) uint32 { return hash | 2 }

type slot[T any] struct {
	tag  atomic.Uint32
	head atomic.Pointer[Rule[T]] // rules of one match, highest priority first
}

// slots maps the hash of a match to the rules that have this match.
type slots[T any] struct {
	array atomic.Pointer[[]slot[T]]
	live  int // writer only: slots in use
	used  int // writer only: slots not empty
}

func (s *slots[T]) init() {
	a := make([]slot[T], 4)
	s.array.Store(&a)
}

// put publishes head, the first rule of its match, in a new slot.
func (s *slots[T]) put(head *Rule[T]) {
	a := *s.array.Load()
	if (s.used+1)*4 > len(a)*3 {
		n := 4
		for n*3 < (s.live+1)*5 { // at least 3/5 full after doubling, at most 3/4 before
			n *= 2
		}
		b := make([]slot[T], n)
		s.live, s.used = 0, 0
		for i := range a {
			if r := a[i].head.Load(); r != nil {
				s.place(b, r)
			}
		}
		s.place(b, head)
		s.array.Store(&b)
		return
	}
	s.place(a, head)
}

func (s *slots[T]) place(a []slot[T], head *Rule[T]) {
	m := uint32(len(a) - 1)
	for i := head.hash & m; ; i = (i + 1) & m {
		if a[i].tag.Load() == tagEmpty {
			a[i].head.Store(head)
			a[i].tag.Store(tag(head.hash))
			s.live++
			s.used++
			return
		}
	}
}

// find returns the slot that holds the rules with these masked words, or nil.
func (s *slots[T]) find(hash uint32, bits []uint64) *slot[T] {
	a := *s.array.Load()
	m := uint32(len(a) - 1)
	for i := hash & m; ; i = (i + 1) & m {
		switch a[i].tag.Load() {
		case tagEmpty:
			return nil
		case tag(hash):
			if h := a[i].head.Load(); h != nil && sameBits(h.bits(), bits) {
				return &a[i]
			}
		}
	}
}

func (s *slots[T]) drop(sl *slot[T]) {
	sl.tag.Store(tagGone)
	sl.head.Store(nil)
	s.live--
}

func sameBits(a, b []uint64) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// hashCounts says whether any rule has a given hash over its first stages. Each
// word is a hash in the upper and a count of rules in the lower half.
type hashCounts struct {
	array atomic.Pointer[[]atomic.Uint64]
	live  int
	used  int
}

func (h *hashCounts) init() {
	a := make([]atomic.Uint64, 8)
	h.array.Store(&a)
}

func (h *hashCounts) has(hash uint32) bool {
	a := *h.array.Load()
	m := uint32(len(a) - 1)
	t := uint64(tag(hash))
	for i := uint32(t) & m; ; i = (i + 1) & m {
		switch v := a[i].Load(); {
		case v == 0:
			return false
		case v>>32 == t:
			return uint32(v) != 0
		}
	}
}

func (h *hashCounts) add(hash uint32) {
	a := *h.array.Load()
	m := uint32(len(a) - 1)
	t := uint64(tag(hash))
	i := uint32(t) & m
	for ; a[i].Load() != 0; i = (i + 1) & m {
		if v := a[i].Load(); v>>32 == t {
			if uint32(v) == 0 {
				h.live++
			}
			a[i].Store(v + 1)
			return
		}
	}
	if (h.used+1)*2 <= len(a) {
		a[i].Store(t<<32 | 1)
		h.live++
		h.used++
		return
	}
	n := 8
	for n < (h.live+1)*4 {
		n *= 2
	}
	b := make([]atomic.Uint64, n)
	h.live, h.used = 0, 0
	place := func(v uint64) {
		j := uint32(v>>32) & uint32(n-1)
		for b[j].Load() != 0 {
			j = (j + 1) & uint32(n-1)
		}
		b[j].Store(v)
		h.live++
		h.used++
	}
	for k := range a {
		if v := a[k].Load(); uint32(v) != 0 {
			place(v)
		}
	}
	place(t<<32 | 1)
	h.array.Store(&b)
}

func (h *hashCounts) remove(hash uint32) {
	a := *h.array.Load()
	m := uint32(len(a) - 1)
	t := uint64(tag(hash))
	for i := uint32(t) & m; ; i = (i + 1) & m {
		if v := a[i].Load(); v>>32 == t {
			a[i].Store(v - 1)
			if uint32(v) == 1 {
				h.live--
			}
			return
		}
	}
}
