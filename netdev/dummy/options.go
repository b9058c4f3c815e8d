package dummy

import (
	"fmt"
	"maps"
	"strconv"

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

// Options implements netdev.Configurable: what the device was given, and of one
// with queues how many they are, by OVS's names.
func (d *Device) Options() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := maps.Clone(d.cfg.Options)
	if d.cfg.Type != "dummy-pmd" {
		return m
	}
	if m == nil {
		m = map[string]string{}
	}
	for _, when := range []string{"configured", "requested"} {
		m[when+"_rx_queues"], m[when+"_tx_queues"] = strconv.Itoa(len(d.rx)), strconv.Itoa(len(d.tx))
	}
	return m
}

// NUMANode implements netdev.NUMA.
func (d *Device) NUMANode() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, _ := strconv.Atoi(d.cfg.Options["numa_id"])
	return n
}

// TxQueues implements netdev.TxQueuer.
func (d *Device) TxQueues() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.tx)
}

// SetOptions implements netdev.Configurable. The number of receive queues is what
// the datapath polls, so it stays for the port's life.
func (d *Device) SetOptions(o map[string]string) error {
	fail := func(op string, err error) error { return &netdev.OpError{Op: op, Name: d.cfg.Name, Err: err} }
	d.mu.Lock()
	old := d.cfg.Options
	d.mu.Unlock()
	rxqs, txqs := d.queueCounts(o)
	if rxqs != len(d.rx) {
		return fail("set options", fmt.Errorf("n_rxq: %w", netdev.ErrReopen))
	}
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
	if txqs != len(d.tx) {
		d.tx = make([]counter, txqs)
	}
	if moved {
		d.conn, conn = conn, d.conn
	}
	d.mu.Unlock()
	files.close()
	conn.close()
	return nil
}
