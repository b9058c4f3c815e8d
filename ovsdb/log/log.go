// Package log keeps a sequence of JSON records in a file in the format of
// Open vSwitch's databases (ovsdb(5)): each record is a header line
// "OVSDB JSON LENGTH SHA1" and LENGTH bytes. A Log belongs to one goroutine.
package log

import (
	"bufio"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"govs/cli"
	"govs/jsonrpc/json"
	"govs/ovsdb"
)

// The magic words of the two kinds of files.
const (
	Standalone = "JSON"
	Cluster    = "CLUSTER"
)

// Mode says how Open treats the file.
type Mode uint8

// Modes. Only ReadOnly does not lock the file.
const (
	ReadOnly  Mode = iota
	ReadWrite      // it must exist
	Create         // it must not exist
)

// Log is an open file.
type Log struct {
	name  string // as given, for messages
	path  string // absolute: a daemon changes its directory
	magic string
	f     *os.File
	lock  *fileLock
	r     *bufio.Reader

	off     int64 // where the next record begins
	prev    int64 // where the last record read begins
	pending []byte
	torn    bool  // what follows off is not a record and goes at the next write
	base    int64 // size after the snapshot, 0 before Mark
	dirty   bool  // written since the last Sync
}

func ioError(err error, format string, args ...any) *ovsdb.Error {
	e := ovsdb.Errorf("I/O error", format, args...)
	e.IO = cli.Strerror(err)
	return e
}

// Open opens the file, whose magic must be one of magics (for Create, the
// first is written). Errors are *ovsdb.Error with OVS's words.
func Open(name string, mode Mode, magics ...string) (*Log, error) {
	l := &Log{name: name, path: name, magic: magics[0]}
	if abs, err := filepath.Abs(name); err == nil {
		l.path = abs
	}
	if mode != ReadOnly {
		lock, err := lockFile(name)
		if err != nil {
			return nil, ioError(err, "%s: failed to lock lockfile", name)
		}
		l.lock = lock
	}
	var err error
	op := "open"
	switch mode {
	case ReadOnly:
		l.f, err = os.Open(name)
	case ReadWrite:
		l.f, err = os.OpenFile(name, os.O_RDWR, 0)
	case Create:
		op = "create"
		l.f, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	}
	if err != nil {
		l.lock.unlock()
		return nil, ioError(err, "%s: %s failed", name, op)
	}
	if mode == Create {
		return l, nil
	}
	size := int64(1 << 20)
	if fi, err := l.f.Stat(); err == nil && fi.Mode().IsRegular() {
		size = min(size, fi.Size()+512)
	}
	l.r = bufio.NewReaderSize(l.f, int(size))
	if err := l.identify(magics); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *Log) identify(magics []string) error {
	line, err := l.r.Peek(64)
	if len(line) == 0 {
		if err != nil && err != io.EOF {
			return ioError(err, "%s: read error", l.name)
		}
		return ovsdb.Errorf("ovsdb error", "%s: cannot identify file type", l.name)
	}
	if i := strings.IndexByte(string(line), '\n'); i >= 0 {
		line = line[:i]
	}
	if magic, _, _, ok := parseHeader(string(line)); ok {
		for _, m := range magics {
			if m == magic {
				l.magic = m
				return nil
			}
		}
		if magic == Cluster {
			return ovsdb.Errorf("ovsdb error", "%s: cannot apply this operation to clustered database file", l.name)
		}
	}
	return ovsdb.Errorf("ovsdb error", "%s: unexpected file format", l.name)
}

// Magic returns the magic word of the file.
func (l *Log) Magic() string { return l.magic }

// Name returns the file's name.
func (l *Log) Name() string { return l.name }

func parseHeader(line string) (magic string, length int64, sum string, ok bool) {
	f := strings.Split(line, " ")
	if len(f) != 4 || f[0] != "OVSDB" || len(f[3]) != 2*sha1.Size || f[1] == "" {
		return "", 0, "", false
	}
	n, err := strconv.ParseUint(f[2], 10, 40)
	if err != nil || n == 0 || strings.HasPrefix(f[2], "+") {
		return "", 0, "", false
	}
	return f[1], int64(n), strings.ToLower(f[3]), true
}

// Read returns the next record, or io.EOF. After another error nothing more
// can be read, and the next record written takes the place of what could not
// be.
func (l *Log) Read() (json.Value, error) {
	if l.torn {
		return json.Value{}, io.EOF
	}
	v, err := l.read()
	if err != nil {
		l.torn = true
	}
	return v, err
}

func (l *Log) read() (json.Value, error) {
	line, err := l.r.ReadString('\n')
	if err == io.EOF && line == "" {
		return json.Value{}, io.EOF
	}
	if err != nil && err != io.EOF {
		return json.Value{}, ioError(err, "%s: read failed", l.name)
	}
	head := strings.TrimSuffix(line, "\n")
	magic, n, sum, ok := parseHeader(head)
	if !ok || magic != l.magic {
		if len(head) > 128 {
			head = head[:128]
		}
		return json.Value{}, ovsdb.Errorf("syntax error", "%s: parse error at offset %d in header line \"%s\"", l.name, l.off, head)
	}
	start := l.off + int64(len(line))
	body, err := readN(l.r, n)
	if err != nil {
		return json.Value{}, ioError(eof(err), "%s: error reading %d bytes starting at offset %d", l.name, n, start)
	}
	if h := sha1.Sum(body); hex.EncodeToString(h[:]) != sum {
		return json.Value{}, ovsdb.Errorf("syntax error", "%s: %d bytes starting at offset %d have SHA-1 hash %x but should have hash %s", l.name, n, start, h, sum)
	}
	v, err := json.Parse(body)
	if err != nil {
		return json.Value{}, ovsdb.Errorf("syntax error", "%s: %d bytes starting at offset %d are not valid JSON (%v)", l.name, n, start, err)
	}
	if v.Kind() != json.Object {
		return json.Value{}, ovsdb.Errorf("syntax error", "%s: %d bytes starting at offset %d are not a JSON object", l.name, n, start)
	}
	l.prev = l.off
	l.off = start + n
	return v, nil
}

// readN reads n bytes without trusting n before they come.
func readN(r io.Reader, n int64) ([]byte, error) {
	if n <= 1<<20 {
		b := make([]byte, n)
		_, err := io.ReadFull(r, b)
		return b, err
	}
	var b strings.Builder
	got, err := io.CopyN(&b, r, n)
	if err == nil && got < n {
		err = io.ErrUnexpectedEOF
	}
	return []byte(b.String()), err
}

func eof(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return err
}

// Unread takes the last record read, which turned out to be of no use, for
// the torn end of the file.
func (l *Log) Unread() {
	l.off, l.torn = l.prev, true
}

// Mark says that the records so far are the snapshot that growth is measured
// against.
func (l *Log) Mark() { l.base = l.Size() }

// Size returns the size of the log in bytes, pending records included.
func (l *Log) Size() int64 { return l.off + int64(len(l.pending)) }

// Base returns the size at the last Mark.
func (l *Log) Base() int64 { return l.base }

// Offset returns where the last record read begins.
func (l *Log) Offset() int64 { return l.prev }

// Append adds a record to what Flush will write. body is one JSON object.
func (l *Log) Append(body []byte) {
	h := sha1.New()
	h.Write(body)
	h.Write([]byte{'\n'})
	l.pending = append(append(append(l.pending, "OVSDB "...), l.magic...), ' ')
	l.pending = append(strconv.AppendInt(l.pending, int64(len(body)+1), 10), ' ')
	var sum [sha1.Size]byte
	l.pending = append(hex.AppendEncode(l.pending, h.Sum(sum[:0])), '\n')
	l.pending = append(append(l.pending, body...), '\n')
}

// Flush writes the pending records with one system call. When it fails, the
// file is put back to its last good end and the records are dropped.
func (l *Log) Flush() error {
	if len(l.pending) == 0 {
		return nil
	}
	if l.torn {
		if err := l.f.Truncate(l.off); err != nil {
			l.pending = l.pending[:0]
			return ioError(err, "%s: cannot truncate to length %d", l.name, l.off)
		}
		l.torn = false
	}
	n, err := l.f.WriteAt(l.pending, l.off)
	size := len(l.pending)
	l.pending = l.pending[:0]
	if cap(l.pending) > 1<<22 {
		l.pending = nil
	}
	if err != nil {
		if n > 0 {
			// Should this fail, too, the next write tries again.
			l.torn = l.f.Truncate(l.off) != nil
		}
		return ioError(err, "%s: write failed", l.name)
	}
	l.off += int64(size)
	l.dirty = true
	return nil
}

// Sync waits until what was written is on the disk.
func (l *Log) Sync() error {
	if !l.dirty {
		return nil
	}
	if err := l.f.Sync(); err != nil {
		return ioError(err, "%s: fsync failed", l.name)
	}
	l.dirty = false
	return nil
}

// Replace puts a file of the given records in the log's place, in one step: a
// crash leaves the old file or the new one. With a new magic the file changes
// its kind.
func (l *Log) Replace(magic string, records ...[]byte) error {
	// Write through symbolic links, so that they stay.
	name, err := filepath.EvalSymlinks(l.path)
	if err != nil {
		name = l.path
	}
	tmp := name + ".tmp"
	if err := os.Remove(tmp); err != nil && !os.IsNotExist(err) {
		return ioError(err, "failed to remove %s", tmp)
	}
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return ioError(err, "%s: create failed", tmp)
	}
	nl := &Log{name: tmp, magic: magic, f: f}
	for i, r := range records {
		nl.Append(r)
		if i == 1 || i == len(records)-1 {
			nl.Mark()
		}
	}
	err = nl.Flush()
	if err == nil {
		err = nl.Sync()
	}
	if err == nil {
		if rerr := os.Rename(tmp, name); rerr != nil {
			err = ioError(rerr, "failed to rename \"%s\" to \"%s\"", tmp, name)
		}
	}
	if err != nil {
		f.Close()
		os.Remove(tmp)
		return err
	}
	syncDir(filepath.Dir(name))
	l.f.Close()
	l.f, l.magic, l.off, l.prev, l.base = f, magic, nl.off, nl.off, nl.base
	l.torn, l.dirty, l.r, l.pending = false, false, nil, nil
	return nil
}

func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
}

// Close closes the file and gives up its lock.
func (l *Log) Close() error {
	err := l.f.Close()
	l.lock.unlock()
	return err
}
