package bridge

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"govs/internal/dirs"
	"govs/ofproto"
	"govs/openflow"
	"govs/ovsdb/idl"
	"govs/stream"
)

// readController reads a Controller row.
func readController(row *idl.Row) controllerSpec {
	c := ofproto.ControllerSpec{
		Target:    row.Str("target"),
		Service:   row.Str("type") == "service",
		OutOfBand: row.Str("connection_mode") == "out-of-band",
		DSCP:      stream.DefaultDSCP,
	}
	optional := func(column string) int {
		n, _ := row.OptInt(column)
		return int(n)
	}
	if n, err := strconv.Atoi(row.Map("other_config")["dscp"]); err == nil && n >= 0 && n <= 63 {
		c.DSCP = n
	}
	if n, ok := row.OptInt("max_backoff"); ok {
		c.MaxBackoff = max(ms(int(n)), time.Second).Truncate(time.Second)
	}
	if n, ok := row.OptInt("inactivity_probe"); ok {
		if c.Probe = ms(int(n)); n == 0 {
			c.Probe = -1
		}
	}
	c.RateLimit = optional("controller_rate_limit")
	c.BurstLimit = optional("controller_burst_limit")
	c.QueueSize = optional("controller_queue_size")
	if async, ok := row.OptBool("enable_async_messages"); ok {
		c.NoAsync = !async
	}
	return controllerSpec{row.UUID(), c, readLocalIP(row)}
}

// readInBand reads how the bridge's controllers are reached over itself.
func readInBand(v idl.View, other map[string]string) ofproto.InBand {
	b := ofproto.InBand{Off: other["disable-in-band"] == "true", Queue: -1}
	if n, err := strconv.Atoi(other["in-band-queue"]); err == nil && n >= 0 {
		b.Queue = n
	}
	root := idl.First(v, "Open_vSwitch")
	if root == nil {
		return b
	}
	for _, m := range idl.Refs(v, root, "manager_options") {
		if a, ok := stream.Remote(m.Str("target"), stream.OVSDBPort); ok && a.Addr().Is4() && m.Str("connection_mode") != "out-of-band" {
			b.Managers = append(b.Managers, a)
		}
	}
	return b
}

// controllers returns the controllers of a bridge that may be used: the database
// must not make the switch open just any socket of the machine.
func (b *liveBridge) controllers(s *bridgeSpec) []ofproto.ControllerSpec {
	var out []ofproto.ControllerSpec
	for i := range s.control {
		c := &s.control[i].of
		if method, path, _ := strings.Cut(c.Target, ":"); method == "unix" || method == "punix" {
			dir := dirs.Run()
			if own := filepath.Join(dir, s.name+"."); method == "punix" && !strings.HasPrefix(filepath.Clean(path), own) {
				log.Err("bridge %s: Not adding Unix domain socket controller \"%s\" due to possibility of overwriting local files. Instead, specify path in permitted format \"punix:%s*\" or connect to \"unix:%s/%s.mgmt\" (which is always available without special configuration).",
					s.name, c.Target, own, dir, s.name)
				continue
			}
			if method == "unix" && !strings.HasPrefix(filepath.Clean(path), filepath.Clean(dir)+"/") {
				log.Err("bridge %s: Not connecting to socket controller \"%s\" due to possibility for remote exploit.  Instead, specify socket in permitted directory \"unix:%s/\" or connect to \"unix:%s/%s.mgmt\" (which is always available without special configuration).",
					s.name, c.Target, dir, dir, s.name)
				continue
			}
		}
		out = append(out, *c)
	}
	return out
}

// writeControllers writes the state of the connections to controllers.
func (b *liveBridge) writeControllers(t *idl.Txn) {
	if len(b.spec.control) == 0 {
		return
	}
	states := map[string]ofproto.ControllerStatus{}
	for _, s := range b.of.Controllers() {
		states[s.Target] = s
	}
	for _, c := range b.spec.control {
		row := t.Row("Controller", c.uuid)
		s, ok := states[c.of.Target]
		if row == nil {
			continue
		}
		if !ok {
			t.SetBool(row, "is_connected", false)
			t.Clear(row, "role")
			t.Clear(row, "status")
			continue
		}
		t.SetBool(row, "is_connected", s.Connected)
		t.SetMap(row, "status", s.Pairs)
		if role := roleName(s.Role); role != "" {
			t.SetStr(row, "role", role)
		} else {
			t.Clear(row, "role")
		}
	}
}

// roleName is a role as the database spells it.
func roleName(r openflow.Role) string {
	switch r {
	case openflow.RoleEqual:
		return "other"
	case openflow.RolePrimary:
		return "master"
	case openflow.RoleSecondary:
		return "slave"
	}
	return ""
}
