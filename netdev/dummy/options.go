package dummy

import (
	"maps"

	"govs/netdev"
)

// pcaps are the files that get what a device receives and sends.
type pcaps struct{ rx, tx *pcapFile }

// openPcaps opens the files that the options name: pcap for both directions,
// rxq_pcap and tx_pcap for one.
func openPcaps(o map[string]string) (p pcaps, err error) {
	if name := o["pcap"]; name != "" {
		p.rx, err = openPcap(name)
		p.tx = p.rx
		return p, err
	}
	if name := o["rxq_pcap"]; name != "" {
		if p.rx, err = openPcap(name); err != nil {
			return pcaps{}, err
		}
	}
	if name := o["tx_pcap"]; name != "" {
		if p.tx, err = openPcap(name); err != nil {
			p.rx.close()
			return pcaps{}, err
		}
	}
	return p, nil
}

func (p pcaps) close() {
	p.rx.close()
	if p.tx != p.rx {
		p.tx.close()
	}
}

// Options implements netdev.Configurable.
func (d *Device) Options() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.cfg.Options)
}

// SetOptions implements netdev.Configurable.
func (d *Device) SetOptions(o map[string]string) error {
	fail := func(op string, err error) error { return &netdev.OpError{Op: op, Name: d.cfg.Name, Err: err} }
	old := d.Options()
	files, err := openPcaps(o)
	if err != nil {
		return fail("open pcap file", err)
	}
	moved := old["stream"] != o["stream"] || old["pstream"] != o["pstream"]
	var conn *conns
	if moved {
		if conn, err = openConns(d, o); err != nil {
			files.close()
			return fail("open stream", err)
		}
	}
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		files.close()
		conn.close()
		return netdev.ErrClosed
	}
	d.pcaps, files = files, d.pcaps
	d.cfg.Options = maps.Clone(o)
	if moved {
		d.conn, conn = conn, d.conn
	}
	d.mu.Unlock()
	files.close()
	conn.close()
	return nil
}
