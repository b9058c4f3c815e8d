package schemas

import (
	"os"
	"path/filepath"
	"testing"

	"govs/internal/ovsref"
	"govs/ovsdb"
)

func TestCounts(t *testing.T) {
	columns := 0
	for i := range OpenVSwitch.Tables {
		columns += len(OpenVSwitch.Tables[i].Columns)
	}
	if len(OpenVSwitch.Tables) != 19 || columns != 190 {
		t.Errorf("%d tables, %d columns", len(OpenVSwitch.Tables), columns)
	}
}

// The text that is written must be the schema that the rows say.
func TestTextIsSchema(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vswitch.ovsschema")
	if err := os.WriteFile(file, []byte(OpenVSwitch.Text()), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := ovsdb.LoadSchema(file)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Equal(OVSSchema()) {
		t.Error("the text's schema differs from the rows'")
	}
	if s.Version != OpenVSwitch.Version || s.Cksum != OpenVSwitch.Cksum {
		t.Errorf("version %q, cksum %q", s.Version, s.Cksum)
	}
}

// What Open vSwitch 3.2 to 3.7 added to the reference's 8.3.1.
var added = map[string]bool{
	"Mirror.filter":                            true,
	"IPFIX.stats_interval":                     true,
	"IPFIX.template_interval":                  true,
	"Flow_Sample_Collector_Set.local_group_id": true,
	"Datapath.ct_zone_default_limit":           true,
	"CT_Zone.limit":                            true,
}

func TestAgainstReference(t *testing.T) {
	ref, err := ovsdb.LoadSchema(ovsref.Schema(t, "vswitch.ovsschema"))
	if err != nil {
		t.Fatal(err)
	}
	if ref.Version != "8.3.1" {
		t.Skipf("the reference's schema is %s, not 8.3.1", ref.Version)
	}
	ours := OVSSchema()
	if len(ours.Tables) != len(ref.Tables) {
		t.Errorf("%d tables, the reference has %d", len(ours.Tables), len(ref.Tables))
	}
	for _, rt := range ref.Tables {
		ot := ours.Table(rt.Name)
		if ot == nil {
			t.Errorf("no table %s", rt.Name)
			continue
		}
		if ot.IsRoot != rt.IsRoot || ot.MaxRows != rt.MaxRows || len(ot.Indexes) != len(rt.Indexes) {
			t.Errorf("%s: root, rows or indexes differ", rt.Name)
		}
		for _, rc := range rt.Own() {
			oc := ot.Column(rc.Name)
			if oc == nil {
				t.Errorf("no column %s.%s", rt.Name, rc.Name)
				continue
			}
			want := rc.Type
			if rt.Name == "Flow_Table" && rc.Name == "prefixes" {
				want.Max = 4 // 3 before 3.5
			}
			if !oc.Type.JSON().Equal(want.JSON()) || oc.Mutable != rc.Mutable || oc.Persistent != rc.Persistent {
				t.Errorf("%s.%s is %v, the reference has %v", rt.Name, rc.Name, oc.Type.JSON(), rc.Type.JSON())
			}
		}
		for _, oc := range ot.Own() {
			if name := rt.Name + "." + oc.Name; rt.Column(oc.Name) == nil && !added[name] {
				t.Errorf("column %s is not declared as an addition", name)
			}
		}
	}
}

// The gateway's schema has not changed since the reference's release.
func TestHardwareVTEP(t *testing.T) {
	ref, err := ovsdb.LoadSchema(ovsref.Schema(t, "vtep.ovsschema"))
	if err != nil {
		t.Fatal(err)
	}
	ours := HardwareVTEP.Parse()
	if !ours.Equal(ref) {
		t.Error("the rows' schema differs from the reference's")
	}
	if ours.Version != ref.Version || ours.Cksum != ref.Cksum {
		t.Errorf("version %q, cksum %q; the reference has %q, %q", ours.Version, ours.Cksum, ref.Version, ref.Cksum)
	}
	text, err := ovsdb.ParseSchema(HardwareVTEP.JSON())
	if err != nil || !text.Equal(ours) {
		t.Error("the text's schema differs from the rows'", err)
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		OpenVSwitch.Parse()
	}
}
