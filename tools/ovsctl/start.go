package ovsctl

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"govs/cli"
	"govs/internal/dirs"
	"govs/internal/programs"
	"govs/internal/version"
	"govs/ovsdb/schemas"
	"govs/tools/ovssave"
)

func (c *ctl) start() int {
	if !c.noServer && !c.startServer() {
		return 1
	}
	if !c.noSwitch && !c.startSwitch() {
		return 1
	}
	c.finish()
	return 0
}

// finish does what must wait until both daemons run.
func (c *ctl) finish() {
	if !c.noHostname && !c.noServer {
		c.recordHostname()
	}
	if _, alive := pid(server); alive {
		c.action("Enabling remote OVSDB managers", programs.Command("ovs-appctl", "-t", server,
			"ovsdb-server/add-remote", "db:Open_vSwitch,Open_vSwitch,manager_options"))
	}
}

func (c *ctl) startServer() bool {
	if _, alive := pid(server); alive {
		fmt.Fprintf(c.Out, "%s is already running.\n", server)
		return true
	}
	if !c.prepareDB() {
		return false
	}
	args := []string{c.dbFile}
	for _, f := range c.extraDBs {
		f = dirs.Abs(dirs.DB(), f)
		if !exists(f) {
			fmt.Fprintf(c.Out, "%s does not exist ... (warning).\n", f)
			continue
		}
		args = append(args, f)
	}
	args = append(args, "--remote=punix:"+c.dbSock,
		"--private-key=db:Open_vSwitch,SSL,private_key",
		"--certificate=db:Open_vSwitch,SSL,certificate",
		"--bootstrap-ca-cert=db:Open_vSwitch,SSL,ca_cert")
	if !c.startDaemon(server, args...) {
		return false
	}
	schema := version.DBSchema
	if c.schemaGiven {
		schema = c.word("ovsdb-tool", "schema-version", c.dbSchema)
	}
	if out, err := c.vsctl("--", "init", "--", "set", "Open_vSwitch", ".", "db-version="+schema).CombinedOutput(); err != nil {
		c.Err.Write(out)
		return false
	}
	c.setSystemIDs()
	if c.deleteBridges {
		for _, br := range c.lines("list-br") {
			c.vsctl("del-br", br).Run()
		}
	}
	if c.deletePorts {
		c.deleteTransient()
	}
	return true
}

// schema returns the schema file that was asked for. Otherwise the schema built
// in, which fits this program better than one another package has installed, is
// written to a temporary file that done removes.
func (c *ctl) schema() (path string, done func()) {
	nothing := func() {}
	if c.schemaGiven {
		return c.dbSchema, nothing
	}
	f, err := os.CreateTemp("", "vswitch.*.ovsschema")
	if err != nil {
		return c.dbSchema, nothing
	}
	defer f.Close()
	f.WriteString(schemas.OpenVSwitch.Text())
	return f.Name(), func() { os.Remove(f.Name()) }
}

// prepareDB makes the database file, or brings an older one to the schema.
func (c *ctl) prepareDB() bool {
	schema, done := c.schema()
	defer done()
	if !exists(c.dbFile) {
		fmt.Fprintf(c.Out, "%s does not exist ... (warning).\n", c.dbFile)
		os.MkdirAll(filepath.Dir(c.dbFile), 0o755)
		return c.action("Creating empty database "+c.dbFile, programs.Command("ovsdb-tool", "create", c.dbFile, schema))
	}
	if c.word("ovsdb-tool", "needs-conversion", c.dbFile, schema) != "yes" {
		return true
	}
	old := c.word("ovsdb-tool", "db-version", c.dbFile)
	backup := fmt.Sprintf("%s.backup%s", c.dbFile, old)
	if !c.action("Backing up database to "+backup, exec.Command("cp", c.dbFile, backup)) {
		return false
	}
	if !c.quiet("ovsdb-tool", "compact", c.dbFile) {
		fmt.Fprint(c.Out, "Compacting database ... failed!\n")
	}
	if c.action("Converting database schema", programs.Command("ovsdb-tool", "convert", c.dbFile, schema)) {
		return true
	}
	fmt.Fprintf(c.Out, "Schema conversion failed, using empty database instead ... (warning).\n")
	os.Remove(c.dbFile)
	return c.action("Creating empty database "+c.dbFile, programs.Command("ovsdb-tool", "create", c.dbFile, schema))
}

func (c *ctl) confFile(name string) string {
	return filepath.Join(dirs.Sysconf(), "openvswitch", name)
}

func firstLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(line)
}

// identity returns the system's UUID; a random one is kept in a file.
func (c *ctl) identity() string {
	path := c.confFile("system-id.conf")
	id := c.systemID
	switch id {
	case "":
		return firstLine(path)
	case "random":
		if id = firstLine(path); id == "" {
			id = newUUID()
		}
	}
	if id != firstLine(path) {
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(id+"\n"), 0o644); err != nil {
			fmt.Fprintf(c.Err, "%s: %s: %s\n", c.name, path, cli.Strerror(err))
		}
	}
	return id
}

// newUUID is random (RFC 9562, version 4).
func newUUID() string {
	var u [16]byte
	rand.Read(u[:])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// osRelease returns a value of /etc/os-release.
func osRelease(key string) string {
	f, err := os.Open("/etc/os-release")
	if err != nil {
		return ""
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if v, ok := strings.CutPrefix(s.Text(), key+"="); ok {
			return strings.Trim(v, `"'`)
		}
	}
	return ""
}

func firstOf(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return "unknown"
}

func (c *ctl) setSystemIDs() {
	args := []string{"set", "Open_vSwitch", ".", "ovs-version=" + programs.DBString(version.OVS)}
	if id := c.identity(); id != "" {
		args = append(args, "external-ids:system-id="+programs.DBString(id))
	} else {
		fmt.Fprint(c.Out, "system ID not configured, please use --system-id ... failed!\n")
	}
	args = append(args, "external-ids:rundir="+programs.DBString(dirs.Run()),
		"system-type="+programs.DBString(firstOf(c.systemType, firstLine(c.confFile("system-type.conf")), osRelease("ID"))),
		"system-version="+programs.DBString(firstOf(c.systemVersion, firstLine(c.confFile("system-version.conf")), osRelease("VERSION_ID"))))
	for _, kv := range c.externalIDs {
		k, v, _ := strings.Cut(kv, "=")
		args = append(args, "external-ids:"+k+"="+v)
	}
	c.action("Configuring Open vSwitch system IDs", c.vsctl(args...))
}

// recordHostname leaves a name alone that somebody has set.
func (c *ctl) recordHostname() int {
	name, err := os.Hostname()
	if err != nil {
		c.Errorf(c.name, "cannot read the host's name (%s)", cli.Strerror(err))
		return 1
	}
	if c.shortHostname {
		name, _, _ = strings.Cut(name, ".")
	}
	if out, err := c.vsctl("add", "Open_vSwitch", ".", "external-ids", "hostname="+programs.DBString(name)).CombinedOutput(); err != nil {
		c.Err.Write(out)
		return 1
	}
	return 0
}

func (c *ctl) deleteTransient() int {
	for _, p := range c.lines("--bare", "--", "--columns=name", "find", "port", "other_config:transient=true") {
		c.vsctl("--", "--if-exists", "del-port", p).Run()
	}
	return 0
}

func (c *ctl) startSwitch() bool {
	if _, alive := pid(vswitch); alive {
		fmt.Fprintf(c.Out, "%s is already running.\n", vswitch)
		return true
	}
	return c.startDaemon(vswitch, "unix:"+c.dbSock)
}

func (c *ctl) stop() int {
	code := 0
	for _, d := range []string{vswitch, server} {
		if d == vswitch && c.noSwitch || d == server && c.noServer {
			continue
		}
		if !c.stopDaemon(d) {
			code = 1
		}
	}
	return code
}

// restart keeps the OpenFlow state of every bridge: the switch waits with
// flow-restore-wait until it is back.
func (c *ctl) restart() int {
	script, saved := "", false
	_, serverRuns := pid(server)
	_, switchRuns := pid(vswitch)
	keep := serverRuns && switchRuns && !c.noSwitch && !c.deleteBridges
	if keep {
		var b strings.Builder
		how := "."
		if saved = ovssave.Flows(cli.IO{Out: &b, Err: c.Err}, c.name, c.lines("list-br")) == 0; !saved {
			how = " ... failed!" // and the bridges are left as they start
		}
		script = b.String()
		fmt.Fprintf(c.Out, "Saving flows%s\n", how)
	}
	if !c.noServer {
		c.stopDaemon(server)
		if !c.startServer() {
			return 1
		}
	}
	if !c.noSwitch {
		c.stopDaemon(vswitch)
		if keep {
			c.vsctl("set", "open_vswitch", ".", "other_config:flow-restore-wait=true").Run()
		}
		ok := c.startSwitch()
		if keep {
			if ok && saved {
				sh := exec.Command("sh", "-c", script)
				sh.Env = append(os.Environ(), "PATH="+programs.Path())
				c.action("Restoring saved flows", sh)
			}
			c.vsctl("--if-exists", "remove", "open_vswitch", ".", "other_config", "flow-restore-wait=true").Run()
		}
		if !ok {
			return 1
		}
	}
	c.finish()
	return 0
}

// loadModule tries to load the kernel's own datapath. Without it the switch
// uses the next best.
func (c *ctl) loadModule() int {
	switch {
	case exists("/sys/module/openvswitch"):
		return 0
	case !exists("/proc/modules"):
		fmt.Fprint(c.Out, "Kernel has no loadable module support. Skipping modprobe.\n")
		return 0
	case c.action("Inserting openvswitch module", exec.Command("modprobe", "openvswitch")):
		return 0
	}
	return 1
}
