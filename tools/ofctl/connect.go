package ofctl

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"govs/cli"
	"govs/daemon"
	"govs/daemon/vlog"
	"govs/openflow"
	"govs/openflow/conn"
	"govs/stream"
)

// target turns what the user calls a switch into a stream's name; suffix is
// the socket of a bridge: "mgmt" or "snoop".
func target(name, suffix string) (string, error) {
	if i := strings.IndexByte(name, '@'); i >= 0 && !strings.Contains(name, ":") {
		name = name[i+1:]
	}
	if strings.Contains(name, ":") {
		return name, nil
	}
	isSocket := func(p string) bool {
		st, err := os.Stat(p)
		return err == nil && st.Mode()&os.ModeSocket != 0
	}
	if p := filepath.Join(daemon.RunDir(), name+"."+suffix); isSocket(p) {
		return "unix:" + p, nil
	}
	if isSocket(name) {
		return "unix:" + name, nil
	}
	return "", fatalf("%s is not a bridge or a socket", name)
}

// open connects to a switch.
func (t *tool) open(name string) (*conn.Client, error) { return t.openSocket(name, "mgmt", t.versions) }

func (t *tool) openSocket(name, suffix string, vs openflow.Versions) (*conn.Client, error) {
	to, err := target(name, suffix)
	if err != nil {
		return nil, err
	}
	var others openflow.Versions
	if t.anyVersion {
		others = openflow.AllVersions
	}
	c, err := conn.DialClientOr(t.ctx, stream.Config{TLS: &t.stream}, to, vs, others)
	var dial *conn.DialError
	switch {
	case err == nil:
	case errors.As(err, &dial):
		if strings.Contains(name, ":") {
			return nil, fatalf("connecting to %s (%s)", name, cli.Strerror(dial.Err))
		}
		return nil, fatalf("%s: failed to connect to socket (%s)", name, cli.Strerror(dial.Err))
	default:
		return nil, fatalf("%s: failed to connect to socket (%s)", name, ioText(err))
	}
	if v := c.Version(); vs&openflow.VersionsOf(v) == 0 {
		t.Errorf(t.name, "%s does not speak %s; using %s (-O chooses the version, --strict-version gives up instead)", name, vs, v)
		t.versions, t.anyVersion = openflow.VersionsOf(v), false
		t.protocols = openflow.ProtocolsOf(t.versions)
	}
	c.SkipXids(t.xids)
	if d, ok := t.ctx.Deadline(); ok {
		c.SetDeadline(d)
	} else {
		c.SetDeadline(time.Time{})
	}
	return c, nil
}

// ioText is the text of an error of a connection.
func ioText(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "End of file"
	}
	return cli.Strerror(err)
}

func transactError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		vlog.New("fatal_signal").Warn("terminating with signal 14 (Alarm clock)")
		return &failure{"", 142} // as if SIGALRM had ended it
	}
	return fatalf("OpenFlow packet receive failed (%s)", ioText(err))
}

// lookup fetches a switch's names of ports and tables when one is asked for.
type lookup struct {
	t      *tool
	sw     string
	tables bool
	m      *openflow.NameMap // guarded by tool.asking
}

func (l *lookup) load() *openflow.NameMap {
	l.t.asking.Lock()
	defer l.t.asking.Unlock()
	if l.m != nil || l.sw == "" {
		return l.m
	}
	l.m = &openflow.NameMap{}
	c, err := l.t.open(l.sw)
	if err != nil {
		l.t.unreached = err
		return l.m
	}
	defer c.Close()
	if l.tables {
		c.TransactMulti(&openflow.TableStatsRequest{}, func(b []byte) error {
			d, err := openflow.Decode(b, openflow.DecodeOptions{})
			if r, ok := d.Message.(*openflow.TableStatsReply); ok && err == nil {
				for _, x := range r.Tables {
					if x.Features != nil && x.Features.Name != "" {
						l.m.Add(uint32(x.Table), x.Features.Name)
					}
				}
			}
			return err
		})
		return l.m
	}
	ports, _ := fetchPorts(c)
	for _, p := range ports {
		l.m.Add(uint32(p.Port), p.Name)
	}
	return l.m
}

func (l *lookup) PortByName(name string) (uint32, bool) { return l.load().PortByName(name) }
func (l *lookup) PortName(number uint32) (string, bool) { return l.load().PortName(number) }

// fetchPorts returns the ports of a switch.
func fetchPorts(c *conn.Client) ([]openflow.PortDesc, error) {
	if c.Version() < openflow.V13 {
		d, err := c.Transact(&openflow.FeaturesRequest{})
		if f, ok := d.Message.(*openflow.SwitchFeatures); ok {
			return f.Ports, err
		}
		return nil, err
	}
	var ports []openflow.PortDesc
	err := c.TransactMulti(&openflow.PortDescRequest{Port: openflow.PortNone}, func(b []byte) error {
		d, err := openflow.Decode(b, openflow.DecodeOptions{})
		if r, ok := d.Message.(*openflow.PortDescReply); ok {
			ports = append(ports, r.Ports...)
		}
		return err
	})
	return ports, err
}

// lookupXids is how many transaction ids OVS's tool uses up to fetch names,
// which it does whether it needs them or not; ids are seen in headings.
const lookupXids = 4

// accept returns the names to read text by.
func (t *tool) accept(sw string) *openflow.Names {
	n := &openflow.Names{Warn: t.warn}
	if t.names >= 0 && sw != "" {
		n.Ports, n.Tables = &lookup{t: t, sw: sw}, &lookup{t: t, sw: sw, tables: true}
		t.xids += lookupXids
	}
	return n
}

// onTerminal reports whether the output goes to a terminal.
func (t *tool) onTerminal() bool {
	f, ok := t.Out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// printNames returns what to print by where no port or table has a name.
func (t *tool) printNames() *openflow.Names {
	return &openflow.Names{Warn: t.warn, Colors: t.colors}
}

// shown returns the names to print by: by name when asked to, or on a terminal.
func (t *tool) shown(sw string) *openflow.Names {
	n := t.printNames()
	if t.names > 0 || t.names == 0 && t.onTerminal() {
		n.Show = true
		t.xids += lookupXids
		n.Ports, n.Tables = &lookup{t: t, sw: sw}, &lookup{t: t, sw: sw, tables: true}
	}
	return n
}

// print prints a message as it came.
func (t *tool) print(w io.Writer, b []byte, more int, names *openflow.Names) {
	if names == nil {
		names = &openflow.Names{Colors: t.colors}
	}
	w.Write([]byte(openflow.Print(b, openflow.PrintOptions{Verbosity: t.verbosity + more, Names: names})))
}

// dump sends one request and prints the reply.
func (t *tool) dump(c *conn.Client, m openflow.Message, names *openflow.Names) error {
	if !openflow.Encodable(m, c.Protocol()) {
		return fatalf("this is not there yet in %s", c.Version())
	}
	if t.json {
		return t.jsonDump(c, names, m)
	}
	r, err := c.TransactRaw(c.Encode(m))
	if err != nil {
		return transactError(err)
	}
	t.print(t.Out, r, 1, names)
	return nil
}

// dumpMulti is dump for a multipart reply. Its parts, of which there may be
// many, are printed by all processors and written in order.
func (t *tool) dumpMulti(c *conn.Client, m openflow.Message, names *openflow.Names) error {
	if !openflow.Encodable(m, c.Protocol()) {
		return fatalf("this is not there yet in %s", c.Version())
	}
	if t.json {
		return t.jsonDump(c, names, m)
	}
	o := openflow.PrintOptions{Verbosity: t.verbosity + 1, Names: names}
	out := inOrder(t.Out)
	err := c.TransactMulti(m, func(b []byte) error {
		if !openflow.HasMore(b) && out.idle() {
			t.Out.Write(openflow.AppendPrint(nil, b, o))
			return nil
		}
		out.add(func() []byte { return openflow.AppendPrint(make([]byte, 0, 4*len(b)), b, o) })
		return nil
	})
	out.close()
	if err != nil {
		return transactError(err)
	}
	return nil
}

// tell sends messages to which only errors answer, and ends on one.
func (t *tool) tell(c *conn.Client, msgs ...openflow.Message) error {
	r, err := c.Request(msgs...)
	if err != nil {
		return transactError(err)
	}
	return t.refused(r)
}

// refused prints a switch's error and ends the run.
func (t *tool) refused(r []byte) error {
	if r == nil {
		return nil
	}
	t.print(t.Err, r, 2, t.printNames())
	return &failure{"", 1}
}
