package ovsdb

import (
	"bytes"
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"sync"
)

// UUID is a row's identity. UUIDs order as their text does.
type UUID [16]byte

var uuidSource = sync.OnceValue(func() *sync.Pool {
	return &sync.Pool{New: func() any {
		var seed [32]byte
		crand.Read(seed[:])
		return rand.NewChaCha8(seed)
	}}
})

// NewUUID returns a random (version 4) UUID.
func NewUUID() UUID {
	pool := uuidSource()
	r := pool.Get().(*rand.ChaCha8)
	var u UUID
	binary.BigEndian.PutUint64(u[:], r.Uint64())
	binary.BigEndian.PutUint64(u[8:], r.Uint64())
	pool.Put(r)
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}

// IsZero reports whether all bits are 0, which refers to no row.
func (u UUID) IsZero() bool { return u == UUID{} }

// Compare returns -1, 0 or 1.
func (u UUID) Compare(v UUID) int { return bytes.Compare(u[:], v[:]) }

// AppendTo appends the 36 characters of u.
func (u UUID) AppendTo(dst []byte) []byte {
	const hex = "0123456789abcdef"
	for i, b := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hex[b>>4], hex[b&15])
	}
	return dst
}

func (u UUID) String() string { return string(u.AppendTo(make([]byte, 0, 36))) }

// ParseUUID parses exactly the 36 character form.
func ParseUUID(s string) (u UUID, ok bool) {
	if len(s) != 36 {
		return UUID{}, false
	}
	n := ParseUUIDPrefix(s, &u)
	return u, n == 36
}

// ParseUUIDPrefix parses a UUID that s begins with and returns its length, or
// 0 if there is none.
func ParseUUIDPrefix(s string, u *UUID) int {
	if len(s) < 36 {
		return 0
	}
	j := 0
	for i := 0; i < 36; i++ {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return 0
			}
			continue
		}
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0
		}
		if j&1 == 0 {
			u[j/2] = c << 4
		} else {
			u[j/2] |= c
		}
		j++
	}
	return 36
}
