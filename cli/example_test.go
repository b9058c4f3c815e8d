package cli_test

import (
	"fmt"

	"govs/cli"
)

func ExampleParse() {
	name, force := "", false
	rows := []cli.Option{
		{Long: "name", Short: 'n', Arg: cli.ReqArg, Do: func(v string, _ bool) error { name = v; return nil }},
		{Long: "force", Short: 'f', Do: func(string, bool) error { force = true; return nil }},
	}
	rest, err := cli.Parse([]string{"add", "--na=br0", "-f", "port"}, cli.Permute, rows)
	fmt.Println(name, force, rest, err)
	_, err = cli.Parse([]string{"--nam"}, cli.Permute, rows)
	fmt.Println(err)
	// Output:
	// br0 true [add port] <nil>
	// option '--name' requires an argument
}
