package pcapfile

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
	"time"
)

// file makes a capture of two packets.
func file(o binary.AppendByteOrder, magic uint32) []byte {
	b := o.AppendUint32(nil, magic)
	b = o.AppendUint16(b, 2)
	b = o.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = o.AppendUint32(b, 65535)
	b = o.AppendUint32(b, Ethernet)
	for _, data := range []string{"\x01\x02\x03", ""} {
		b = o.AppendUint32(b, 1000)
		b = o.AppendUint32(b, 500)
		b = o.AppendUint32(b, uint32(len(data)))
		b = o.AppendUint32(b, 64)
		b = append(b, data...)
	}
	return b
}

func TestReader(t *testing.T) {
	for _, tt := range []struct {
		order binary.AppendByteOrder
		magic uint32
		tick  time.Duration
	}{{binary.LittleEndian, 0xa1b2c3d4, time.Microsecond}, {binary.BigEndian, 0xa1b2c3d4, time.Microsecond},
		{binary.LittleEndian, 0xa1b23c4d, time.Nanosecond}, {binary.BigEndian, 0xa1b23c4d, time.Nanosecond}} {
		b := file(tt.order, tt.magic)
		r, err := NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.Next()
		if err != nil || string(p.Data) != "\x01\x02\x03" || p.Len != 64 || r.Link != Ethernet || !p.Time.Equal(time.Unix(1000, int64(500*tt.tick))) {
			t.Errorf("%v %x: %+v, %v", tt.order, tt.magic, p, err)
		}
		if p, err := r.Next(); err != nil || len(p.Data) != 0 {
			t.Errorf("second packet: %+v, %v", p, err)
		}
		if _, err := r.Next(); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
		// Cut anywhere else, it is an error.
		for n := range len(b) {
			if n == 24 || n == 24+16+3 {
				continue
			}
			r, err := NewReader(bytes.NewReader(b[:n]))
			for err == nil {
				_, err = r.Next()
			}
			if err == io.EOF {
				t.Errorf("cut after %d bytes: no error", n)
			}
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(file(binary.LittleEndian, 0xa1b2c3d4))
	f.Add(file(binary.BigEndian, 0xa1b23c4d)[:50])
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b))
		for err == nil {
			_, err = r.Next()
		}
	})
}
