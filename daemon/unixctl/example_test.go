package unixctl_test

import (
	"fmt"
	"strings"

	"govs/daemon/unixctl"
)

func ExampleServer() {
	s := unixctl.NewServer("ovs-example")
	s.Register(unixctl.Command{Name: "shout", Usage: "WORD...", MinArgs: 1, MaxArgs: unixctl.Many,
		Run: func(r *unixctl.Request) { r.Reply(strings.ToUpper(strings.Join(r.Args, " "))) }})
	text, ok := s.Do("shout", "hello", "there")
	fmt.Print(text, ok, "\n")
	text, ok = s.Do("shout")
	fmt.Print(text, ok, "\n")
	// Output:
	// HELLO THERE
	// true
	// "shout" command requires at least 1 arguments
	// false
}
