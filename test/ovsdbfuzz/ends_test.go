package ovsdbfuzz

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"govs/internal/ovsref"
	"govs/jsonrpc/json"
	"govs/ovsdb"
	"govs/ovsdb/log"
	"govs/ovsdb/server"
	"govs/stream"
)

// end is one of the two servers with the sessions that talk to it.
type end struct {
	t        testing.TB
	sock     string
	sessions []*session
	names    map[string]string // UUIDs by the step and operation that made them
	uuids    map[string]string // and back
	stop     func()
	died     func() bool // whether its process has ended by itself
	// others, if set, is how many sessions there are: ours end a moment after
	// their connection has.
	others func() int
}

type session struct {
	conn net.Conn
	buf  []byte
	scan json.Scanner
	seen int
	inbox
}

// inbox is what has come and has not been compared yet.
type inbox struct {
	notes   []json.Value
	replies map[string]json.Value
	own     string // the id of this step's transaction, if it is the session's
	late    bool   // an update came after the reply to its transaction
	dead    string
}

const nSessions = 3

func writeDatabase(t testing.TB, file, schemaText string) error {
	v, err := json.ParseString(schemaText)
	if err != nil {
		t.Fatalf("%s: %v", schemaText, err)
	}
	s, err := ovsdb.ParseSchema(v)
	if err != nil {
		return err
	}
	return log.CreateDatabase(file, s)
}

func newEnd(t testing.TB, sock string, stop func()) *end {
	e := &end{t: t, sock: sock, stop: stop, names: map[string]string{}, uuids: map[string]string{}}
	for i := range nSessions {
		e.sessions = append(e.sessions, nil)
		e.connect(i)
	}
	return e
}

// disconnect ends a session and waits until the server knows.
func (e *end) disconnect(i int) {
	e.sessions[i].conn.Close()
	for e.others != nil && e.others() >= len(e.sessions) {
		time.Sleep(time.Millisecond)
	}
}

// connect begins a session that stays when databases change.
func (e *end) connect(i int) {
	e.sessions[i] = e.dial()
	e.send(i, "aware", "set_db_change_aware", "[true]")
	e.await(i, "aware")
	delete(e.sessions[i].replies, "aware")
}

func (e *end) dial() *session {
	var conn net.Conn
	var err error
	for range 500 {
		if conn, err = net.Dial("unix", e.sock); err == nil {
			return &session{conn: conn, inbox: inbox{replies: map[string]json.Value{}}}
		}
		time.Sleep(5 * time.Millisecond)
	}
	e.t.Fatal(err)
	return nil
}

func (e *end) close() {
	for _, s := range e.sessions {
		s.conn.Close()
	}
	e.stop()
}

// startOurs serves a new database in this process.
func startOurs(t testing.TB, dir, schemaText string) *end {
	file := filepath.Join(dir, "ours.db")
	if err := writeDatabase(t, file, schemaText); err != nil {
		t.Fatalf("%s: %v", schemaText, err)
	}
	db, err := server.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	srv := server.New(server.Config{})
	if err := srv.AddDB(db); err != nil {
		t.Fatal(err)
	}
	sock := filepath.Join(dir, "o")
	l, err := stream.Listen("punix:" + sock)
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(l)
	e := newEnd(t, sock, func() { srv.Close() })
	e.others = func() int { return len(srv.Sessions()) }
	return e
}

// startTheirs starts the reference's server on a new database.
func startTheirs(t testing.TB, bin, dir, schemaText string) *end {
	file := filepath.Join(dir, "theirs.db")
	if err := writeDatabase(t, file, schemaText); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, file, "--remote=punix:"+dir+"/t", "--unixctl="+dir+"/ctl", "-vconsole:off")
	cmd.Env = append(os.Environ(), "OVS_RUNDIR="+dir, "OVS_LOGDIR="+dir, "OVS_DBDIR="+dir, "OVS_SYSCONFDIR="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ovsref.WaitListening(t, dir+"/t")
	gone := make(chan struct{})
	go func() { cmd.Wait(); close(gone) }()
	e := newEnd(t, dir+"/t", func() { cmd.Process.Kill(); <-gone })
	e.died = func() bool {
		select {
		case <-gone:
			return true
		case <-time.After(300 * time.Millisecond):
			return false
		}
	}
	return e
}

// send writes a request, with the symbols in its parameters replaced by what
// they stand for at this end.
func (e *end) send(session int, id, method, params string) {
	s := e.sessions[session]
	req := fmt.Sprintf(`{"method":"%s","params":%s,"id":"%s"}`, method, e.resolve(params), id)
	if id == "" {
		req = fmt.Sprintf(`{"method":"%s","params":%s,"id":null}`, method, e.resolve(params))
	}
	if method == "transact" {
		s.own = id
	}
	s.conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := s.conn.Write([]byte(req)); err != nil && s.dead == "" {
		s.dead = "closed"
	}
}

// await reads until the reply to a request has come.
func (e *end) await(session int, id string) {
	s := e.sessions[session]
	for s.dead == "" {
		if _, ok := s.replies[id]; ok {
			return
		}
		v, err := s.read()
		if err != nil {
			s.dead = "closed"
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				s.dead = "no answer"
			}
			return
		}
		s.sort(v)
	}
}

func (s *session) sort(v json.Value) {
	if m, ok := v.Get("method"); ok {
		if m.Str() == "echo" {
			return
		}
		s.notes = append(s.notes, v)
		if _, waits := s.replies[s.own]; waits && strings.HasPrefix(m.Str(), "update") {
			s.late = true
		}
		return
	}
	id, _ := v.Get("id")
	s.replies[id.Str()] = v
}

func (s *session) read() (json.Value, error) {
	for {
		n, done := s.scan.Scan(s.buf[s.seen:])
		s.seen += n
		if done {
			text := append([]byte(nil), s.buf[:s.seen]...)
			s.buf = append(s.buf[:0], s.buf[s.seen:]...)
			s.seen = 0
			s.scan.Reset()
			return json.Parse(text)
		}
		chunk := make([]byte, 1<<15)
		n, err := s.conn.Read(chunk)
		if err != nil {
			return json.Value{}, err
		}
		s.buf = append(s.buf, chunk[:n]...)
	}
}

// settle makes sure that everything which the requests so far cause has come.
func (e *end) settle(step, round int) {
	id := fmt.Sprintf("sync-%d-%d", step, round)
	for i, s := range e.sessions {
		if s.dead == "" {
			e.send(i, id, "echo", "[]")
		}
	}
	for i, s := range e.sessions {
		if s.dead == "" {
			e.await(i, id)
			delete(s.replies, id)
		}
	}
}

// resolve replaces symbols such as $17.2 by UUIDs.
func (e *end) resolve(text string) string {
	if !strings.Contains(text, "$") {
		return text
	}
	return symbolRE.ReplaceAllStringFunc(text, func(sym string) string {
		if u := e.uuids[sym]; u != "" {
			return u
		}
		return noSuchUUID
	})
}
