package dummy

import (
	"encoding/binary"
	"os"
	"time"

	"govs/cli"
	"govs/daemon/vlog"
)

// pcapFile is a packet capture file being written; a nil one swallows packets.
type pcapFile struct{ f *os.File }

var pcapLog = vlog.New("pcap")

// openPcap makes a file with the header of the classic pcap format
// (pcap-savefile(5)), or continues one that is there. It returns nil if that fails.
func openPcap(name string) *pcapFile {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		pcapLog.Warn("%s: failed to open pcap file for appending (%s)", name, cli.Strerror(err))
		return nil
	}
	if st, err := f.Stat(); err == nil && st.Mode().IsRegular() && st.Size() > 0 {
		return &pcapFile{f}
	}
	ne := binary.NativeEndian
	h := ne.AppendUint32(nil, 0xa1b2c3d4)
	h = ne.AppendUint16(h, 2)
	h = ne.AppendUint16(h, 4)
	h = ne.AppendUint64(h, 0) // time zone and accuracy
	h = ne.AppendUint32(h, 1518)
	h = ne.AppendUint32(h, 1) // Ethernet
	if _, err := f.Write(h); err != nil {
		pcapLog.Warn("%s: failed to write pcap header (%s)", name, cli.Strerror(err))
	}
	return &pcapFile{f}
}

func (p *pcapFile) write(b []byte) {
	if p == nil {
		return
	}
	ne := binary.NativeEndian
	now := time.Now()
	h := ne.AppendUint32(make([]byte, 0, 16+len(b)), uint32(now.Unix()))
	h = ne.AppendUint32(h, uint32(now.Nanosecond()/1000))
	h = ne.AppendUint32(h, uint32(len(b)))
	h = ne.AppendUint32(h, uint32(len(b)))
	p.f.Write(append(h, b...)) // one write a packet, for those who read along
}

func (p *pcapFile) close() {
	if p != nil {
		p.f.Close()
	}
}
