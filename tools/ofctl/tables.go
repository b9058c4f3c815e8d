package ofctl

import (
	"fmt"
	"strconv"
	"strings"

	"govs/openflow"
	"govs/openflow/conn"
)

// dumpTableFeatures prints what tables can do, as one list however many
// messages it takes.
func (t *tool) dumpTableFeatures(args []string) error {
	c, err := t.openSince(args[0], openflow.V13, "dump-table-features")
	if err != nil {
		return err
	}
	defer c.Close()
	if t.json {
		return t.jsonDump(c, t.shown(args[0]), &openflow.TableFeaturesRequest{})
	}
	tables, err := t.tableFeatures(c)
	if err == nil {
		_, text, _ := strings.Cut(string(openflow.AppendTables(nil, tables, t.shown(args[0]))), "\n")
		fmt.Fprintln(t.Out, text)
	}
	return err
}

// tableFeatures fetches what tables can do.
func (t *tool) tableFeatures(c *conn.Client) ([]openflow.TableFeatures, error) {
	var tables []openflow.TableFeatures
	var refusal []byte
	err := c.TransactMulti(&openflow.TableFeaturesRequest{}, func(b []byte) error {
		d, err := openflow.Decode(b, openflow.DecodeOptions{Loose: true})
		if r, ok := d.Message.(*openflow.TableFeaturesReply); ok {
			tables = append(tables, r.Tables...)
		} else {
			refusal = b
		}
		return err
	})
	if err != nil {
		return nil, transactError(err)
	}
	return tables, t.refused(refusal)
}

func (t *tool) dumpTableDesc(args []string) error {
	c, err := t.openSince(args[0], openflow.V14, "dump-table-desc")
	if err != nil {
		return err
	}
	defer c.Close()
	return t.dumpMulti(c, &openflow.TableDescRequest{}, t.shown(args[0]))
}

// openSince connects for what only a version and later ones have.
func (t *tool) openSince(sw string, first openflow.Version, name string) (*conn.Client, error) {
	c, err := t.open(sw)
	if err == nil && c.Version() < first {
		c.Close()
		n := first - openflow.V10
		err = fatalf("%s needs OpenFlow 1.%d or later ('-O OpenFlow1%[2]d')", name, n)
	}
	return c, err
}

// tableSetting is one setting of mod-table: the versions that have it and how
// it changes a table.
type tableSetting struct {
	word     string // up to a colon, what follows is its value
	versions openflow.Versions
	apply    func(m *openflow.TableMod, value string) error
}

func miss(to openflow.TableMiss) func(*openflow.TableMod, string) error {
	return func(m *openflow.TableMod, _ string) error { m.Miss = to; return nil }
}

func eviction(to openflow.Switched) func(*openflow.TableMod, string) error {
	return func(m *openflow.TableMod, _ string) error {
		m.Eviction, m.EvictionFlags = to, openflow.EvictDefault
		return nil
	}
}

const (
	versions11 = 1<<openflow.V11 | 1<<openflow.V12
	versions13 = 1<<openflow.V13 | 1<<openflow.V14 | 1<<openflow.V15
	versions14 = 1<<openflow.V14 | 1<<openflow.V15
)

var tableSettings = [...]tableSetting{
	{"controller", versions11, miss(openflow.TableMissController)},
	{"continue", versions11, miss(openflow.TableMissContinue)},
	{"drop", versions11, miss(openflow.TableMissDrop)},
	{"evict", versions14, eviction(openflow.SwitchedOn)},
	{"noevict", versions14, eviction(openflow.SwitchedOff)},
	{"vacancy:", versions14, setVacancy},
	{"novacancy", versions14, func(m *openflow.TableMod, _ string) error { m.Vacancy = openflow.SwitchedOff; return nil }},
	{"name:", versions13, nil},
}

func setVacancy(m *openflow.TableMod, value string) error {
	m.Vacancy = openflow.SwitchedOn
	down, up, _ := strings.Cut(value, ",")
	percent := func(which, s string) (uint8, error) {
		n, err := strconv.ParseUint(s, 0, 8)
		if err != nil || n > 100 {
			return 0, fatalf("Invalid vacancy %s value \"%s\"", which, s)
		}
		return uint8(n), nil
	}
	var err error
	if m.VacancyDown, err = percent("down", down); err != nil {
		return err
	}
	if m.VacancyUp, err = percent("up", up); err != nil {
		return err
	}
	if m.VacancyUp < m.VacancyDown {
		return fatalf("Invalid vacancy range, vacancy up should be greater than vacancy down (OFPBPC_BAD_VALUE)")
	}
	return nil
}

func (t *tool) modTable(args []string) error {
	sw, setting := args[0], args[2]
	var s *tableSetting
	var value string
	for i := range tableSettings {
		x := &tableSettings[i]
		if v, ok := strings.CutPrefix(setting, x.word); ok && (v == "" || strings.HasSuffix(x.word, ":")) {
			s, value = x, v
		}
	}
	if s == nil {
		return fatalf("invalid table_mod setting %s", setting)
	}
	table := openflow.TableAny
	if !strings.EqualFold(args[1], "all") {
		var ok bool
		names := t.accept(sw)
		if _, number := (&openflow.Names{}).ParseTable(args[1]); number {
			t.xids -= lookupXids // a number needs no names
		}
		if table, ok = names.ParseTable(args[1]); !ok {
			return fatalf("unknown table \"%s\"", args[1])
		}
	}
	m := &openflow.TableMod{Table: table, EvictionFlags: openflow.EvictDefault}
	if s.apply != nil {
		if err := s.apply(m, value); err != nil {
			return err
		}
	}
	allowed := t.versions & s.versions
	if allowed == 0 && !t.anyVersion {
		return fatalf("table_mod '%s' requires one of the OpenFlow versions %s", setting, strings.ReplaceAll(s.versions.String(), ",", ", "))
	}
	if allowed == 0 {
		allowed = t.versions // which the switch may refuse
	}
	c, err := t.openVersions(sw, allowed)
	if err != nil {
		return err
	}
	defer c.Close()
	if openflow.VersionsOf(c.Version())&s.versions == 0 {
		return fatalf("table_mod '%s' requires one of the OpenFlow versions %s", setting, strings.ReplaceAll(s.versions.String(), ",", ", "))
	}
	switch {
	case s.apply == nil:
		return t.nameTable(c, table, value)
	case s.versions == versions14:
		return t.modTables14(c, m)
	}
	return t.tell(c, m)
}

// modTables14 changes one table, or each for TableAny. A table-mod says all of
// a table's settings, so those that stay are asked for first.
func (t *tool) modTables14(c *conn.Client, m *openflow.TableMod) error {
	var descs []openflow.TableDesc
	err := c.TransactMulti(&openflow.TableDescRequest{}, func(b []byte) error {
		d, err := openflow.Decode(b, openflow.DecodeOptions{})
		if r, ok := d.Message.(*openflow.TableDescReply); ok {
			descs = append(descs, r.Tables...)
		}
		return err
	})
	if err != nil {
		return transactError(err)
	}
	var mods []openflow.Message
	for _, d := range descs {
		if d.Table != m.Table && m.Table != openflow.TableAny {
			continue
		}
		one := *m
		one.Table = d.Table
		if one.Eviction == openflow.SwitchedDefault {
			one.Eviction, one.EvictionFlags = d.Eviction, openflow.EvictDefault
		}
		if one.Vacancy == openflow.SwitchedDefault {
			one.Vacancy, one.VacancyDown, one.VacancyUp = d.Vacancy, d.VacancyDown, d.VacancyUp
		}
		mods = append(mods, &one)
	}
	if len(mods) == 0 {
		return fatalf("table %d has no description", m.Table)
	}
	return t.tell(c, mods...)
}

// nameTable gives a table a name. Before OpenFlow 1.5 that takes replacing the
// features of all tables.
func (t *tool) nameTable(c *conn.Client, table uint8, name string) error {
	if len(name) > 31 {
		return fatalf("table name is too long")
	}
	tables, err := t.tableFeatures(c)
	if err != nil {
		return err
	}
	var send []openflow.TableFeatures
	found := false
	for _, f := range tables {
		mine := f.Table == table
		if mine {
			f.Name, found = name, true
		}
		if c.Version() >= openflow.V15 {
			f.Command = openflow.TableModify
			f.HasProperties = false
		}
		if mine || c.Version() < openflow.V15 {
			send = append(send, f)
		}
	}
	if !found {
		return fatalf("table %d has no features", table)
	}
	var refusal []byte
	err = c.TransactMulti(&openflow.TableFeaturesRequest{Tables: send}, func(b []byte) error {
		if openflow.ParseHeader(b).Type == openflow.TypeError {
			refusal = b
		}
		return nil
	})
	if err != nil {
		return transactError(err)
	}
	return t.refused(refusal)
}
