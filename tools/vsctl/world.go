package vsctl

import (
	"fmt"
	"strings"

	"govs/ovsdb/ctl"
	"govs/ovsdb/idl"
)

// world is how bridges, ports and interfaces hang together.
type world struct {
	bridges map[string]*bridge
	ports   map[string]*port
	ifaces  map[string]*iface
	changes int // of the transaction, up to which this is true
}

// bridge is a bridge of the database, or a fake one: a port of a bridge that
// stands for one VLAN of it (ovs-vsctl(8), "Linux VLAN Bridging
// Compatibility").
type bridge struct {
	name     string
	row      *idl.Row // of the real bridge, in Bridge
	fake     *idl.Row // of the fake bridge, in Port
	parent   *bridge  // nil for a real one
	vlan     int64
	children map[int64]*bridge
	ports    []*port // without its own local port
}

type port struct {
	name   string
	row    *idl.Row
	bridge *bridge // fake, if its VLAN is one's
	local  bool
	ifaces []*iface
}

type iface struct {
	name string
	row  *idl.Row
	port *port
}

// look returns the world as the run's earlier commands leave it.
func look(c *ctl.Context) *world {
	s := c.State.(*state)
	if n := changes(c.Txn); s.world == nil || s.world.changes != n {
		s.world = readWorld(c.Txn)
		s.world.changes = n
	}
	return s.world
}

// changes counts the changes to what the world is made of.
func changes(t *idl.Txn) int {
	return t.Changes("Open_vSwitch") + t.Changes("Bridge") + t.Changes("Port")
}

func readWorld(v idl.View) *world {
	w := &world{bridges: map[string]*bridge{}, ports: map[string]*port{}, ifaces: map[string]*iface{}}
	top := idl.First(v, "Open_vSwitch")
	if top == nil {
		return w
	}
	rows := idl.Refs(v, top, "bridges")
	for _, r := range rows {
		br := &bridge{name: r.Str("name"), row: r, children: map[int64]*bridge{}}
		if w.bridges[br.name] != nil {
			log.Warn("%s: database contains duplicate bridge name", br.name)
			continue
		}
		w.bridges[br.name] = br
		for _, p := range idl.Refs(v, r, "ports") {
			if tag, ok := fakeVLAN(p); ok {
				fake := &bridge{name: p.Str("name"), row: r, fake: p, parent: br, vlan: tag}
				if w.bridges[fake.name] != nil {
					log.Warn("%s: database contains duplicate bridge name", fake.name)
					continue
				}
				w.bridges[fake.name] = fake
				br.children[tag] = fake
			}
		}
	}
	for _, r := range rows {
		if br := w.bridges[r.Str("name")]; br != nil && br.row == r {
			w.addPorts(v, br)
		}
	}
	return w
}

// fakeVLAN returns the VLAN of a port that stands for a fake bridge.
func fakeVLAN(p *idl.Row) (int64, bool) {
	tag, ok := p.OptInt("tag")
	return tag, ok && p.Bool("fake_bridge") && tag >= 0 && tag <= 4095
}

func (w *world) addPorts(v idl.View, br *bridge) {
	for _, r := range idl.Refs(v, br.row, "ports") {
		w.addPort(v, br, r)
	}
}

// addPort adds a port of a real bridge.
func (w *world) addPort(v idl.View, br *bridge, r *idl.Row) {
	p := &port{name: r.Str("name"), row: r, bridge: br}
	if old := w.ports[p.name]; old != nil {
		if old.row.UUID() == r.UUID() {
			log.Warn("%s: port is in multiple bridges (%s and %s)", p.name, br.name, old.bridge.name)
		}
		return
	}
	if tag, ok := r.OptInt("tag"); ok {
		if fake := br.children[tag]; fake != nil {
			p.bridge = fake
		}
	}
	if _, ok := fakeVLAN(r); ok && w.bridges[p.name] != nil {
		p.bridge = w.bridges[p.name]
	}
	p.local = p.name == p.bridge.name
	if !p.local {
		p.bridge.ports = append(p.bridge.ports, p)
	}
	w.ports[p.name] = p
	for _, ir := range idl.Refs(v, r, "interfaces") {
		i := &iface{name: ir.Str("name"), row: ir, port: p}
		if w.ifaces[i.name] == nil {
			p.ifaces = append(p.ifaces, i)
			w.ifaces[i.name] = i
		}
	}
}

// grown takes note of a port that has just been added to br, whose row is now
// row: a command line that adds a thousand ports must not look at the world a
// thousand times.
func (w *world) grown(t *idl.Txn, br *bridge, row, port *idl.Row) {
	if port.Bool("fake_bridge") {
		return
	}
	if br.parent != nil {
		br = br.parent
	}
	br.row = row
	for _, child := range br.children {
		child.row = row
	}
	w.addPort(t, br, port)
	w.changes = changes(t)
}

// bridge finds a bridge, or returns an error.
func (w *world) bridge(name string) (*bridge, error) {
	br := w.bridges[name]
	if br == nil {
		return nil, fmt.Errorf("no bridge named %s", name)
	}
	return br, nil
}

// realBridge finds a bridge that is no fake.
func (w *world) realBridge(name string) (*bridge, error) {
	br, err := w.bridge(name)
	if err == nil && br.parent != nil {
		return nil, fmt.Errorf("%s is a fake bridge", name)
	}
	return br, err
}

// port finds a port other than a bridge's local one, or nil.
func (w *world) port(name string) *port {
	if p := w.ports[name]; p != nil && !p.local {
		return p
	}
	return nil
}

// iface finds an interface other than a bridge's local one, or nil.
func (w *world) iface(name string) *iface {
	if i := w.ifaces[name]; i != nil && i.name != i.port.bridge.name {
		return i
	}
	return nil
}

// free returns an error beginning with what unless a name is new.
func (w *world) free(name, format string) error {
	what := fmt.Sprintf(format, name)
	if w.bridges[name] != nil {
		return fmt.Errorf("%s because a bridge named %s already exists", what, name)
	}
	if p := w.ports[name]; p != nil {
		return fmt.Errorf("%s because a port named %s already exists on bridge %s", what, name, p.bridge.name)
	}
	if i := w.ifaces[name]; i != nil {
		return fmt.Errorf("%s because an interface named %s already exists on bridge %s", what, name, i.port.bridge.name)
	}
	return nil
}

// join is how a list of names appears in a message.
func join(names []string) string { return strings.Join(names, ", ") }
