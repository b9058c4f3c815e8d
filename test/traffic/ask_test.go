package traffic

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"time"
)

// tell says to everyone who connects to one of its TCP ports, "tell PORT...", which
// address and port it sees, and keeps the connection for as long as the other does.
func tell(ports []string) error {
	if len(ports) == 0 {
		return fmt.Errorf("usage: tell PORT...")
	}
	failed := make(chan error)
	for _, port := range ports {
		l, err := net.Listen("tcp", ":"+port)
		if err != nil {
			return err
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					failed <- err
					return
				}
				go func() {
					defer c.Close()
					at := c.RemoteAddr().(*net.TCPAddr)
					fmt.Fprintln(c, at.IP, at.Port)
					_, _ = c.Read(make([]byte, 1))
				}()
			}
		}()
	}
	return <-failed
}

// ask connects to tell, "ask ADDRESS PORT COUNT [SOURCE]", from one address of this
// host, and prints what it is told, or "refused" where that does not come in time. The
// connections are there together and end at once.
func ask(args []string) error {
	if len(args) != 3 && len(args) != 4 {
		return fmt.Errorf("usage: ask ADDRESS PORT COUNT [SOURCE]")
	}
	count, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	const patience = 2500 * time.Millisecond // SYNs go again after one second
	d := net.Dialer{Timeout: patience}
	if len(args) == 4 {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(args[3])}
	}
	for range count {
		line := "refused\n"
		if c, err := d.Dial("tcp", net.JoinHostPort(args[0], args[1])); err == nil {
			defer c.Close()
			_ = c.SetReadDeadline(time.Now().Add(patience))
			if said, err := bufio.NewReader(c).ReadString('\n'); err == nil {
				line = said
			}
		}
		fmt.Print(line)
	}
	return nil
}
