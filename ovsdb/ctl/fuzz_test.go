package ctl

import (
	"strings"
	"testing"

	"govs/ovsdb"
	"govs/ovsdb/schemas"
)

// FuzzCommandLine takes command lines apart as far as that goes without a
// database: calls, settings, conditions and filters.
func FuzzCommandLine(f *testing.F) {
	for _, s := range []string{
		"set Bridge br0 fail_mode=secure other_config:a=\"b c\"", "-- --id=@x create queue -- list-br", "find port trunks{>=}1,2", "--if-exists get o . :",
		"add bridge br0 flood_vlans 1-4", "show --filter=bridge(a|b)|port", "wait-until i p a{in}[", "--columns=a,,b list port",
	} {
		f.Add(s)
	}
	app := &App{Name: "x", Schema: schemas.OVSSchema, Commands: []Command{ShowCommand}, Show: []Show{{Table: "Bridge", Name: "name"}, {Table: "Port"}}}
	f.Fuzz(func(t *testing.T, s string) {
		words := strings.Split(s, " ")
		calls, err := app.parseCalls(words, nil)
		if err != nil {
			calls = nil
		}
		n := &Need{app: app, schema: app.Schema(), columns: map[string][]string{}}
		for _, c := range calls {
			if c.Need != nil {
				c.Need(n, c)
			}
		}
		syms := &symbols{byName: map[string]*symbol{}}
		for _, table := range app.Schema().Tables {
			for _, w := range words {
				for _, ops := range [][]string{nil, assign, operators} {
					set, err := splitSetting(table, w, ops)
					if err == nil && ops != nil {
						ovsdb.ParseDatum(&set.column.Type, set.value, syms)
					}
				}
			}
		}
		app.filter(&Call{Command: &ShowCommand, Options: map[string]string{"--filter": s}})
	})
}
