// Package pcapfile reads capture files in the classic pcap format of libpcap,
// of either byte order and with times in micro- or nanoseconds. A Reader is for
// one goroutine.
package pcapfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"time"
)

// maxRecord bounds a packet's length: more is taken for a damaged file.
const maxRecord = 16 << 20

// Ethernet is the only link type whose packets the rest of govs understands.
const Ethernet = 1

// Record is one captured packet.
type Record struct {
	Time time.Time
	Data []byte // what was captured; the caller may keep it
	Len  int    // length of the packet on the wire
}

// Reader reads a capture file from front to back.
type Reader struct {
	// Link is the type of the network (LINKTYPE_*).
	Link uint32

	in    *bufio.Reader
	order binary.ByteOrder
	tick  time.Duration // of the fraction of a second
}

// MagicError says that a file does not begin as a capture does.
type MagicError struct{ Magic uint32 } // its first four bytes, little-endian

func (e *MagicError) Error() string {
	return fmt.Sprintf("bad magic %d reading pcap file (expected 0xa1b2c3d4, 0xa1b23c4d, 0x4d3cb2a1 or 0xd4c3b2a1)", bits.ReverseBytes32(e.Magic))
}

// NewReader reads the file's header.
func NewReader(r io.Reader) (*Reader, error) {
	p := &Reader{in: bufio.NewReader(r)}
	var head [24]byte
	if _, err := io.ReadFull(p.in, head[:]); err != nil {
		return nil, readError(err, "end of file reading pcap header")
	}
	for _, o := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch o.Uint32(head[:]) {
		case 0xa1b2c3d4:
			p.order, p.tick = o, time.Microsecond
		case 0xa1b23c4d:
			p.order, p.tick = o, time.Nanosecond
		}
	}
	if p.order == nil {
		return nil, &MagicError{binary.LittleEndian.Uint32(head[:])}
	}
	p.Link = p.order.Uint32(head[20:]) & 0x0fffffff
	return p, nil
}

// Next returns the next packet, or io.EOF after the last.
func (p *Reader) Next() (Record, error) {
	var rec [16]byte
	if _, err := io.ReadFull(p.in, rec[:]); err == io.EOF {
		return Record{}, err
	} else if err != nil {
		return Record{}, readError(err, "end of file within pcap record header")
	}
	n := p.order.Uint32(rec[8:])
	if n > maxRecord {
		return Record{}, fmt.Errorf("bad packet length %d in pcap record header", n)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(p.in, data); err != nil {
		return Record{}, readError(err, "end of file reading pcap packet data")
	}
	t := time.Unix(int64(p.order.Uint32(rec[0:])), int64(p.order.Uint32(rec[4:]))*int64(p.tick))
	return Record{Time: t, Data: data, Len: int(p.order.Uint32(rec[12:]))}, nil
}

// readError gives an early end of file its words.
func readError(err error, text string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New(text)
	}
	return err
}
