// Package version holds the two versions a tool prints: of Open vSwitch whose
// behaviour govs has, and of govs itself.
package version

import (
	"fmt"
	"io"
)

// OVS is the release of Open vSwitch that govs is compatible with.
const OVS = "3.7.1"

// Govs is the version of govs. The build may set it by -ldflags -X.
var Govs = "0.1.0-dev"

// DBSchema is the version of the Open_vSwitch schema.
const DBSchema = "8.8.0"

// Print writes what --version prints: the tool with the release of Open
// vSwitch it is compatible with, then govs itself.
func Print(w io.Writer, tool string) {
	fmt.Fprintf(w, "%s (Open vSwitch) %s\ngovs %s\n", tool, OVS, Govs)
}
