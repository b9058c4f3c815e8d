package schema

import (
	"bytes"
	"strings"
	"testing"

	"govs/cli"
	"govs/ovsdb/schemas"
)

func TestSchema(t *testing.T) {
	run := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := Main(append([]string{"schema"}, args...), cli.IO{Out: &out, Err: &errs})
		return code, out.String(), errs.String()
	}
	for _, name := range []string{"Open_vSwitch", "vswitch.ovsschema"} {
		if code, out, _ := run(name); code != 0 || out != schemas.OpenVSwitch.Text() {
			t.Errorf("%s: status %d", name, code)
		}
	}
	for _, name := range []string{"hardware_vtep", "vtep.ovsschema"} {
		if code, out, _ := run(name); code != 0 || out != schemas.HardwareVTEP.Text() {
			t.Errorf("%s: status %d", name, code)
		}
	}
	if code, out, _ := run(); code != 0 || !strings.Contains(out, "8.8.0") {
		t.Errorf("status %d, %s", code, out)
	}
	if code, _, errs := run("nope"); code != 1 || errs != "govs schema: nope: no such schema\n" {
		t.Errorf("status %d, %s", code, errs)
	}
}
