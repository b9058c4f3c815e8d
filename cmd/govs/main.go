// Command govs is every Open vSwitch program in one static binary: it is the
// tool whose name it was called by, and "govs TOOL ..." is the same.
package main

import (
	"os"

	"govs/cli"
)

func main() {
	os.Exit(run(os.Args, cli.Std()))
}
