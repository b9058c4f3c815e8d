package conn

import (
	"fmt"

	"govs/stream"
)

// Methods returns the part of a usage text that says how to reach a switch or a
// controller, by calling it and by listening.
func Methods(active, passive bool) string {
	port := stream.OpenFlowPort
	s := ""
	if active {
		s += fmt.Sprintf(`
Active OpenFlow connection methods:
  tcp:HOST[:PORT]         PORT (default: %d) at remote HOST
  ssl:HOST[:PORT]         SSL PORT (default: %[1]d) at remote HOST
  unix:FILE               Unix domain socket named FILE
`, port)
	}
	if passive {
		if !active {
			s += "\n"
		}
		s += fmt.Sprintf(`Passive OpenFlow connection methods:
  ptcp:[PORT][:IP]        listen to TCP PORT (default: %d) on IP
  pssl:[PORT][:IP]        listen for SSL on PORT (default: %[1]d) on IP
  punix:FILE              listen on Unix domain socket FILE
`, port)
	}
	return s + `PKI configuration (required to use SSL):
  -p, --private-key=FILE  file with private key
  -c, --certificate=FILE  file with certificate for private key
  -C, --ca-cert=FILE      file with peer CA certificate
`
}
