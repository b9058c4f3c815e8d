// Package schema is "govs schema": it prints the database schemas this program
// was built with, as .ovsschema files have them. One run is one goroutine's.
package schema

import (
	"fmt"

	"govs/cli"
	"govs/ovsdb/schemas"
)

// known are the schemas in the order of the help, with their files' names.
var known = [...]struct {
	file   string
	schema *schemas.Schema
}{
	{"vswitch.ovsschema", &schemas.OpenVSwitch},
	{"vtep.ovsschema", &schemas.HardwareVTEP},
}

// Main prints the schema whose name, or file's name, is argv[1], or the list of
// schemas.
func Main(argv []string, o cli.IO) int {
	if len(argv) == 2 {
		for _, k := range known {
			if argv[1] == k.file || argv[1] == k.schema.Name {
				fmt.Fprint(o.Out, k.schema.Text())
				return 0
			}
		}
	}
	if len(argv) == 1 || argv[1] == "--help" || argv[1] == "-h" {
		fmt.Fprintf(o.Out, "usage: govs %s NAME\nNAME is one of:\n", cli.Name(argv))
		for _, k := range known {
			fmt.Fprintf(o.Out, "  %-20s %-15s %s\n", k.file, k.schema.Name, k.schema.Version)
		}
		return 0
	}
	o.Errorf("govs "+cli.Name(argv), "%s: no such schema", argv[1])
	return 1
}
