package schemas_test

import (
	"fmt"

	"govs/ovsdb/schemas"
)

func Example() {
	port := schemas.OVSSchema().Table("Port")
	for _, name := range []string{"name", "tag", "trunks", "interfaces", "other_config"} {
		c := port.Column(name)
		fmt.Println(name, "is", c.Type.English())
	}
	// Output:
	// name is string
	// tag is set of up to 1 integers
	// trunks is set of up to 4096 integers
	// interfaces is set of 1 or more uuids
	// other_config is map of (string, string) pairs
}
