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
// rxq_pcap and tx_pcap for one. The device is there without those that cannot be.
func openPcaps(o map[string]string) (p pcaps) {
	if name := o["pcap"]; name != "" {
		p.rx = openPcap(name)
		p.tx = p.rx
		return p
	}
	if name := o["rxq_pcap"]; name != "" {
		p.rx = openPcap(name)
	}
	if name := o["tx_pcap"]; name != "" {
		p.tx = openPcap(name)
	}
	return p
}

func (p pcaps) close() {
	p.rx.close()
	if p.tx != p.rx {
		p.tx.close()
	}
}

// Options implements netdev.Configurable: what the device was given.
func (d *Device) Options() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.cfg.Options)
}

// Shown implements netdev.Described: an index and sockets, and of a device with queues
// how many they are, by OVS's names.
func (d *Device) Shown() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := map[string]string{}
	for _, k := range []string{"ifindex", "pstream", "stream"} {
		if v := d.cfg.Options[k]; v != "" && (k == "ifindex" || d.conn != nil) {
			m[k] = v
		}
	}
	if d.cfg.Type == "dummy-pmd" {
		for _, when := range []string{"configured", "requested"} {
			m[when+"_rx_queues"], m[when+"_tx_queues"] = strconv.Itoa(len(d.rx)), strconv.Itoa(len(d.tx))
		}
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
	d.mu.Lock()
	old := d.cfg.Options
	d.mu.Unlock()
	rxqs, txqs := d.queueCounts(o)
	if rxqs != len(d.rx) {
		return &netdev.OpError{Op: "set options", Name: d.cfg.Name, Err: fmt.Errorf("n_rxq: %w", netdev.ErrReopen)}
	}
	files := openPcaps(o)
	moved := old["stream"] != o["stream"] || old["pstream"] != o["pstream"]
	var conn *conns
	if moved {
		conn = openConns(d, o)
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
