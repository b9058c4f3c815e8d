package ovsdbtool

import (
	"path/filepath"
	"testing"

	"govs/internal/ovsref"
	"govs/ovsdb/schemas"
)

// Without a schema of one's own the built-in one counts, not the file that an
// older release has left in the usual place.
func TestDefaultSchema(t *testing.T) {
	old := ovsref.Schema(t, "vswitch.ovsschema")
	for _, tt := range []struct {
		env, want string
		args      []string
	}{
		{"", schemas.OpenVSwitch.Version, nil},
		{filepath.Dir(old), "8.3.1", nil},
		{"", "8.3.1", []string{old}},
		{t.TempDir(), schemas.OpenVSwitch.Version, nil},
	} {
		t.Setenv("OVS_PKGDATADIR", tt.env)
		db := filepath.Join(t.TempDir(), "conf.db")
		if _, errs, code := ours(append([]string{"create", db}, tt.args...)...); code != 0 {
			t.Fatal(errs)
		}
		if out, _, _ := ours("db-version", db); out != tt.want+"\n" {
			t.Errorf("%+v: %s", tt, out)
		}
	}
}
