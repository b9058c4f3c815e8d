package ofctl

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"govs/cli"
)

// members returns the names of a struct's members in JSON, and those of the
// structs inside it.
func members(typ reflect.Type) (own, inside []string) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		own = append(own, name)
		in := f.Type
		for in.Kind() == reflect.Slice || in.Kind() == reflect.Map || in.Kind() == reflect.Pointer {
			in = in.Elem()
		}
		if in.Kind() == reflect.Struct {
			o, n := members(in)
			inside = append(append(inside, o...), n...)
		}
	}
	return own, inside
}

var code = regexp.MustCompile("`([a-z0-9][a-z0-9_-]*)`")

// TestJSONDocumented holds docs/ofctl-json.md and the forms together: commands,
// types and members.
func TestJSONDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/ofctl-json.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string][]string{} // what a row says, by its command
	nested := ""
	for line := range strings.Lines(string(b)) {
		cells := strings.Split(strings.Trim(line, "|\n "), " | ")
		switch {
		case len(cells) == 3 && strings.HasPrefix(cells[0], "`"):
			var all []string
			for _, m := range code.FindAllStringSubmatch(cells[1]+cells[2], -1) {
				all = append(all, m[1])
			}
			documented[strings.Trim(cells[0], "`")] = all
		case len(cells) == 2:
			nested += cells[1]
		}
	}
	// Two rows refer to others for some members.
	for _, m := range []string{"packets", "bytes", "dropped", "errors"} {
		documented["dump-ports"] = append(documented["dump-ports"], "tx_"+m)
	}
	documented["dump-ipfix-flow"] = append(documented["dump-ipfix-flow"], documented["dump-ipfix-bridge"][1:]...)
	port := strings.Join(documented["dump-ports-desc"], " ")
	for name, form := range jsonForms {
		if name == "dump-meter" { // the old name of dump-meters
			continue
		}
		says := documented[name]
		if len(says) == 0 || says[0] != form.typ {
			t.Errorf("%s: the document does not say that the type is %s", name, form.typ)
			continue
		}
		own, inside := members(reflect.TypeOf(form.item))
		says = slices.DeleteFunc(says[1:], func(s string) bool { return s == "tx_" })
		slices.Sort(own)
		slices.Sort(says)
		if says = slices.Compact(says); !slices.Equal(own, says) {
			t.Errorf("%s: members are %v, the document has %v", name, own, says)
		}
		for _, m := range inside {
			if !strings.Contains(nested, "`"+m+"`") && !strings.Contains(port, m) {
				t.Errorf("%s: the document does not have %s", name, m)
			}
		}
		delete(documented, name)
	}
	for name := range documented {
		t.Errorf("the document has %s, which has no form", name)
	}
}

// TestJSONCommands has every command print JSON of a switch, and compares some
// with what was set.
func TestJSONCommands(t *testing.T) {
	reference(t)
	run := func(args ...string) string {
		var out bytes.Buffer
		if n := Main(append([]string{"ovs-ofctl", "-O", "OpenFlow15"}, args...), cli.IO{In: strings.NewReader(""), Out: &out, Err: &out}); n != 0 {
			t.Errorf("%v: %d %s", args, n, out.String())
		}
		return out.String()
	}
	run("add-group", "br0", "group_id=5,type=select,selection_method=hash,selection_method_param=7,fields(ip_src=255.255.255.0),bucket=bucket_id:1,weight:3,watch_port:1,output:1,bucket=bucket_id:2,watch_group:9,output:2")
	run("add-meter", "br0", "meter=3,kbps,burst,bands=type=drop,rate=100,burst_size=7")
	run("add-tlv-map", "br0", "{class=0xffff,type=1,len=8}->tun_metadata3")
	run("mod-table", "br0", "3", "evict")
	defer run("del-groups", "br0")
	defer run("del-meters", "br0")
	defer run("del-tlv-map", "br0")
	defer run("mod-table", "br0", "3", "noevict")
	times := regexp.MustCompile(`"duration":[0-9.e-]+`)
	for name, want := range map[string]string{
		"dump-groups br0":      `{"group":5,"type":"select","selection_method":"hash","selection_param":7,"fields":[{"field":"ip_src","mask":"0xffffff00"}],"buckets":[{"bucket":1,"weight":3,"watch_port":"1","watch_group":null,"actions":"output:1","action_list":["output:1"]},{"bucket":2,"weight":1,"watch_port":null,"watch_group":9,"actions":"output:2","action_list":["output:2"]}]}`,
		"dump-group-stats br0": `{"group":5,"refs":0,"packets":0,"bytes":0,"duration":T,"buckets":[{"packets":0,"bytes":0},{"packets":0,"bytes":0}]}`,
		"dump-meters br0":      `{"meter":"3","flags":["kbps","burst"],"bands":[{"type":"drop","rate":100,"burst_size":7,"prec_level":0}]}`,
		"meter-stats br0":      `{"meter":"3","flows":0,"packets":0,"bytes":0,"duration":T,"bands":[{"packets":0,"bytes":0}]}`,
		"get-frags br0":        `{"frags":"normal"}`,
		"dump-tlv-map br0":     `{"max_option_space":256,"max_fields":64,"maps":[{"class":65535,"type":1,"length":8,"field":"tun_metadata3"}]}`,
		"dump-table-desc br0":  `{"table":3,"eviction":"on","vacancy":"off","vacancy_down":0,"vacancy_up":0,"vacancy_now":0}`,
	} {
		out := times.ReplaceAllString(run(append([]string{"-f", "json"}, strings.Fields(name)...)...), `"duration":T`)
		if !strings.Contains(out, want) {
			t.Errorf("%s: %s\nwant %s", name, out, want)
		}
	}
	for name, form := range jsonForms {
		if strings.HasPrefix(name, "dump-ipfix") {
			continue // nothing exports
		}
		args := []string{"-f", "json", name, "br0"}
		if name == "queue-get-config" {
			args = append(args, "1")
		}
		var r struct {
			Type, Version string
			Items         []json.RawMessage
		}
		if err := json.Unmarshal([]byte(run(args...)), &r); err != nil || r.Type != form.typ || r.Version != "OpenFlow15" {
			t.Errorf("%s: %v %s %s", name, err, r.Type, r.Version)
		}
		for _, i := range r.Items {
			d := json.NewDecoder(bytes.NewReader(i))
			d.DisallowUnknownFields()
			if err := d.Decode(reflect.New(reflect.TypeOf(form.item)).Interface()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
