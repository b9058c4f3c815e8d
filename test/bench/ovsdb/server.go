package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/ovsdb/log"
)

// schemaText is of one table of small rows: a name under an index, a number, a
// set and a map.
const schemaText = `{"name":"T","version":"1.0.0","tables":{
 "A":{"isRoot":true,"indexes":[["name"]],"columns":{
   "name":{"type":"string"},"n":{"type":{"key":"integer"}},
   "set":{"type":{"key":"integer","min":0,"max":"unlimited"}},
   "map":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}}}}}}`

// bigRows is how many rows the big file has; a select of them is 12.7 MB.
const bigRows = 52000

func benchSchema() (*ovsdb.Schema, error) {
	v, err := json.ParseString(schemaText)
	if err != nil {
		return nil, err
	}
	return ovsdb.ParseSchema(v)
}

// appendRow appends a <row>.
func appendRow(b []byte, i int) []byte {
	return fmt.Appendf(b, `{"name":"row%d","n":%d,"map":["map",[["key","value%d"],["other","thing"]]]}`, i, i, i)
}

// writeBigFile writes the database that start-up and big answers are measured
// with.
func writeBigFile(dir string) error {
	s, err := benchSchema()
	if err != nil {
		return err
	}
	name := filepath.Join(dir, "big.db")
	if err := log.CreateDatabase(name, s); err != nil {
		return err
	}
	r, err := log.OpenDatabase(name, log.ReadWrite)
	if err != nil {
		return err
	}
	b := []byte(`{"A":{`)
	for i := range bigRows {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(ovsdb.NewUUID().AppendTo(append(b, '"')), `":`...)
		b = appendRow(b, i)
	}
	r.Append(append(b, `},"_date":1700000000000}`...))
	if err := r.Flush(); err != nil {
		return err
	}
	return r.Close()
}

// server is a running server.
type server struct {
	cmd     *exec.Cmd
	dir     string
	sock    string
	started time.Time
}

// start runs a server of a new database, or of a copy of big.db.
func start(program, parent string, big bool) (*server, error) {
	dir, err := os.MkdirTemp(parent, "s")
	if err != nil {
		return nil, err
	}
	program, err = filepath.Abs(program)
	if err != nil {
		return nil, err
	}
	db := filepath.Join(dir, "t.db")
	if big {
		var text []byte
		if text, err = os.ReadFile(filepath.Join(parent, "big.db")); err == nil {
			err = os.WriteFile(db, text, 0o600)
		}
	} else {
		var s *ovsdb.Schema
		if s, err = benchSchema(); err == nil {
			err = log.CreateDatabase(db, s)
		}
	}
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, sock: filepath.Join(dir, "sock")}
	s.cmd = exec.Command(program, db, "--remote=punix:"+s.sock, "--unixctl="+filepath.Join(dir, "ctl"), "--no-chdir", "-vconsole:off", "-vfile:off", "-vsyslog:off")
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(), "OVS_RUNDIR="+dir, "OVS_LOGDIR="+dir, "OVS_DBDIR="+dir, "OVS_SYSCONFDIR="+dir)
	s.cmd.Stderr = os.Stderr
	s.started = time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for {
		c, err := net.Dial("unix", s.sock)
		if err == nil {
			return s, c.Close()
		}
		if time.Since(s.started) > 30*time.Second {
			s.stop()
			return nil, fmt.Errorf("does not listen: %w", err)
		}
		time.Sleep(time.Millisecond)
	}
}

func (s *server) stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
	os.RemoveAll(s.dir)
}

// resident returns the server's resident memory in bytes.
func (s *server) resident() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if f := bytes.Fields(line); len(f) > 1 && string(f[0]) == "VmRSS:" {
			kb, err := strconv.ParseFloat(string(f[1]), 64)
			return kb * 1024, err
		}
	}
	return 0, fmt.Errorf("no VmRSS")
}

// load runs clients in a process of their own and returns their figure.
func (s *server) load(kind string) (float64, error) {
	exe, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(exe, "load", kind, s.sock)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", kind, err)
	}
	return strconv.ParseFloat(string(bytes.TrimSpace(out)), 64)
}
