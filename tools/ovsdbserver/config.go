package ovsdbserver

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"govs/cli"
	"govs/jsonrpc/json"
	"govs/ovsdb/server"
)

// config is what --config-file says (ovsdb-server(1)): the remotes, and the
// files of the databases.
type config struct {
	remotes   []server.Remote
	databases []string
}

// parseConfig reads a configuration. Members that are null have defaults.
func parseConfig(text []byte) (*config, error) {
	v, err := json.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("reading JSON failed (%w)", err)
	}
	if v.Kind() != json.Object {
		return nil, fmt.Errorf("configuration in a file must be a JSON object")
	}
	c := &config{}
	for _, m := range v.Members() {
		var add func(name string, v json.Value) error
		switch m.Key {
		case "remotes":
			add = c.addRemote
		case "databases":
			add = c.addDatabase
		default:
			return nil, fmt.Errorf("unexpected member '%s'", m.Key)
		}
		if m.Value.IsNull() {
			continue
		}
		if m.Value.Kind() != json.Object {
			return nil, fmt.Errorf("'%s' is not a JSON object or null", m.Key)
		}
		for _, f := range m.Value.Members() {
			if err := add(f.Key, f.Value); err != nil {
				return nil, fmt.Errorf("failed to parse '%s': %w", m.Key, err)
			}
		}
	}
	return c, nil
}

func (c *config) addRemote(name string, v json.Value) error {
	r := server.Remote{Target: name, Options: server.DefaultOptions(name)}
	if !v.IsNull() {
		if v.Kind() != json.Object {
			return fmt.Errorf("%s: JSON-RPC options are not a JSON object or null", name)
		}
		for _, m := range v.Members() {
			if err := setOption(&r.Options, m.Key, m.Value); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	c.remotes = append(c.remotes, r)
	return nil
}

func setOption(o *server.RemoteOptions, name string, v json.Value) error {
	kind, ok := json.Integer, v.Kind() == json.Integer && v.Int() >= 0
	switch name {
	case "max-backoff":
		o.MaxBackoff = time.Duration(v.Int()) * time.Millisecond
	case "inactivity-probe":
		o.Probe = time.Duration(v.Int()) * time.Millisecond
	case "dscp":
		o.DSCP = int(v.Int())
		ok = ok && v.Int() < 64
	case "read-only":
		kind, ok = json.True, v.IsBool()
		o.ReadOnly = v.Bool()
	case "role":
		if kind, ok = json.String, v.Kind() == json.String; ok {
			o.Role = strings.Clone(v.Str())
		}
	default:
		return fmt.Errorf("Member '%s' is present but not allowed here.", name)
	}
	if !ok {
		return fmt.Errorf("Type mismatch for member '%s' (%s expected).", name, map[json.Kind]string{json.Integer: "integer", json.True: "boolean", json.String: "string"}[kind])
	}
	return nil
}

func (c *config) addDatabase(name string, v json.Value) error {
	if !v.IsNull() && v.Kind() != json.Object {
		return fmt.Errorf("database %s: Object expected.", name)
	}
	for _, m := range v.Members() {
		if m.Key != "service-model" {
			return fmt.Errorf("database %s: Member '%s' is present but not allowed here.", name, m.Key)
		}
		switch model := m.Value.Str(); model {
		case "standalone":
		case "clustered", "relay", "active-backup":
			return fmt.Errorf("database %s: %s databases are not built into this version of govs yet", name, model)
		default:
			return fmt.Errorf("database %s: '%s' is not a valid service model", name, model)
		}
	}
	c.databases = append(c.databases, name)
	return nil
}

// reload makes the server what the configuration file says, and reports
// whether it is. What is served already and stays is not disturbed.
func (d *database) reload() bool {
	text, err := os.ReadFile(d.opt.config)
	if err != nil {
		logger().Err("failed to open configuration file '%s': %s", d.opt.config, cli.Strerror(err))
		return false
	}
	logger().Info("loading configuration from '%s'", d.opt.config)
	c, err := parseConfig(text)
	if err != nil {
		logger().Warn("config: %v", err)
		logger().Warn("failed to load configuration from %s", d.opt.config)
		return false
	}
	good := true
	have := map[string]*server.Database{}
	for _, db := range d.srv.DBs() {
		if db.Path() != "" {
			have[db.Path()] = db
		}
	}
	var add []string
	for _, name := range c.databases {
		if have[absolute(name)] == nil {
			add = append(add, name)
		}
		delete(have, absolute(name))
	}
	for _, path := range slices.Sorted(maps.Keys(have)) {
		name := have[path].Name()
		logger().Info("database %s removed from configuration", name)
		d.srv.RemoveDB(name)
	}
	for _, name := range add {
		if err := d.open(name); err != nil {
			logger().Warn("failed to open database '%s': %v", name, err)
			good = false
		}
	}
	d.remotes.Replace(c.remotes)
	return good
}

func absolute(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return name
}
