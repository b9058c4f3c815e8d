package robust

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// say sends bytes over a new connection and returns all that comes back until
// the other side closes (closed) or has been silent for a while.
func say(t testing.TB, sock string, send []byte, quiet time.Duration) (got []byte, closed bool) {
	t.Helper()
	c, err := net.Dial("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetWriteDeadline(time.Now().Add(2 * time.Second))
	c.Write(send) // a peer that has heard enough may close at once
	buf := make([]byte, 1<<16)
	for {
		c.SetReadDeadline(time.Now().Add(quiet))
		n, err := c.Read(buf)
		got = append(got, buf[:n]...)
		if err == io.EOF || (err != nil && strings.Contains(err.Error(), "reset")) {
			return got, true
		}
		if err != nil {
			return got, false
		}
	}
}
