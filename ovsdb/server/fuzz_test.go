package server

import (
	"io"
	"net"
	"strings"
	"testing"

	"govs/ovsdb"
)

// Whatever a client sends, the server neither panics nor hangs, and what it
// holds stays whole.
func FuzzSession(f *testing.F) {
	schema := testSchemaOf(f, diffSchema)
	for _, line := range strings.Split(strings.TrimSpace(diffScript), "\n") {
		method, params := "transact", `["D",`+line+`]`
		if strings.HasPrefix(line, "!") {
			method, params, _ = strings.Cut(line[1:], " ")
		}
		f.Add([]byte(`{"method":"monitor_cond","params":["D","m",{"Root":{}}],"id":0}{"method":"` + method + `","params":` + params + `,"id":1}`))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := New(Config{})
		defer s.Close()
		db := NewDatabase(ovsdb.NewStore(schema), nil)
		if err := s.AddDB(db); err != nil {
			t.Fatal(err)
		}
		ours, theirs := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.ServeConn(theirs, "fuzz", SessionOptions{})
		}()
		go io.Copy(io.Discard, ours)
		ours.Write(b)
		ours.Close()
		<-done
		db = s.DB("D")
		if db == nil {
			t.Fatal("the database is gone")
		}
		for _, table := range db.Schema().Tables {
			for row := range db.Snapshot().Rows(table) {
				for _, c := range table.Own() {
					if err := c.Type.Check(row.Get(c)); err != nil {
						t.Fatalf("%s of %s: %v", c.Name, table.Name, err)
					}
				}
			}
		}
	})
}
