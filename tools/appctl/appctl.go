// Package appctl is ovs-appctl: it sends one command to a running daemon's
// control socket (ovs-appctl(8)). Main keeps no state.
package appctl

import "govs/cli"

// Main runs ovs-appctl.
func Main(argv []string, io cli.IO) int { return 1 }
