package json

import (
	"strings"
	"testing"
)

// The errors were taken from the reference's parser.
func TestParseErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "line 0, column 0, byte 0: empty input stream",
		"  ":                      "line 0, column 2, byte 2: empty input stream",
		"5":                       "line 0, column 1, byte 1: syntax error at beginning of input",
		`"a"`:                     "line 0, column 2, byte 2: syntax error at beginning of input",
		"[1,]":                    "line 0, column 3, byte 3: syntax error expecting value",
		"[1 2]":                   "line 0, column 4, byte 4: syntax error expecting ']' or ','",
		"{a":                      "line 0, column 2, byte 2: invalid keyword 'a'",
		`{"a" 1}`:                 "line 0, column 6, byte 6: syntax error parsing object expecting ':'",
		`{"a":1,}`:                "line 0, column 7, byte 7: syntax error parsing object expecting string",
		"[1]x":                    "line 0, column 4, byte 4: invalid keyword 'x'",
		"[1] [2]":                 "line 0, column 4, byte 4: trailing garbage at end of input",
		"[\n\n  01]":              "line 2, column 4, byte 7: leading zeros not allowed",
		"[-]":                     "line 0, column 2, byte 2: '-' must be followed by digit",
		"[1.]":                    "line 0, column 3, byte 3: decimal point must be followed by digit",
		"[1e+]":                   "line 0, column 4, byte 4: exponent must contain at least one digit",
		"[1e99999999999]":         "line 0, column 14, byte 14: exponent outside valid range",
		"[1e400]":                 "line 0, column 6, byte 6: number outside valid range",
		`["\u12"]`:                `line 0, column 6, byte 6: quoted string ends within \u escape`,
		`["\u0000"]`:              "line 0, column 8, byte 8: null bytes not supported in quoted strings",
		`["\x"]`:                  `line 0, column 4, byte 4: bad escape \x`,
		"[\"a\nb\"]":              "line 0, column 3, byte 3: U+000A must be escaped in quoted string",
		`["a`:                     "line 0, column 3, byte 3: unexpected end of input in quoted string",
		`["\ud800"]`:              "line 0, column 8, byte 8: malformed escaped surrogate pair",
		`["\ud800\u0041"]`:        "line 0, column 14, byte 14: second half of escaped surrogate pair is not trailing surrogate",
		"[tru]":                   "line 0, column 4, byte 4: invalid keyword 'tru'",
		"[1":                      "line 0, column 3, byte 3: unexpected end of input",
		`{"a":`:                   "line 0, column 5, byte 5: unexpected end of input",
		`{"a":1`:                  "line 0, column 7, byte 7: unexpected end of input",
		"[@]":                     "line 0, column 1, byte 1: invalid character '@'",
		"[é]":                     "line 0, column 1, byte 1: invalid character U+00c3",
		"[1--2]":                  "line 0, column 5, byte 5: syntax error in number",
		`["\`:                     "line 0, column 3, byte 3: unexpected end of input in quoted string",
		`{"a":1 "b"}`:             "line 0, column 9, byte 9: syntax error expecting '}' or ','",
		"{1:2}":                   "line 0, column 2, byte 2: syntax error parsing object expecting string",
		"[]]":                     "line 0, column 2, byte 2: trailing garbage at end of input",
		"[1x]":                    "line 0, column 3, byte 3: invalid keyword 'x'",
		"\x00":                    "line 0, column 0, byte 0: invalid character U+0000",
		strings.Repeat("[", 1001): "line 0, column 1000, byte 1000: input exceeds maximum nesting depth 1000",
	} {
		_, err := Parse([]byte(in))
		if err == nil || err.Error() != want {
			t.Errorf("%.20q: got %v, want %s", in, err, want)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	for in, want := range map[string]string{
		`[1.0,1.5,-0,1e3,0.1e1,9223372036854775807,9223372036854775808,-9223372036854775808,1e18,12345678901234567890e-1,1.10,-0.0]`: `[1,1.5,0,1000,1,9223372036854775807,9.22337203685478e+18,-9223372036854775808,1000000000000000000,1234567890123456789,1.1,0]`,
		`{"b":1,"a":[],"b":{"x":null,"c":true}}`: `{"a":[],"b":{"c":true,"x":null}}`,
		` [ "\ud83d\ude00\/\u007f\n\u001f" ] `:   `["😀/` + "\x7f" + `\n\u001f"]`,
		`[0.1,1e-7,123456.789e3,1e21,1e300]`:     `[0.1,1e-07,123456789,1e+21,1e+300]`,
	} {
		v, err := Parse([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
		} else if got := v.String(); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,"x\u00e9",null,true]}`, `[[[]]]`, `["\ud800"]`, `[-`, `{"a":1,"a":2}`, `[1e5`, `{"a"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := Parse(b)
		if err != nil {
			return
		}
		if _, err := Check(b); err != nil {
			t.Fatalf("%q: Check says %v", b, err)
		}
		w, err := Parse(Append(nil, v))
		if err != nil {
			t.Fatalf("%q printed as %s: %v", b, v, err)
		}
		if a, b := v.String(), w.String(); a != b {
			t.Fatalf("%s != %s", a, b)
		}
		var s Scanner
		if n, done := s.Scan(b); !done || n > len(b) {
			t.Fatalf("scanner: %d %v of %q", n, done, b)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	in := []byte(`{"method":"transact","params":["Open_vSwitch",{"op":"insert","table":"Bridge","row":{"name":"br0","external_ids":["map",[["a","b"],["c","d"]]]}}],"id":1}`)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(in); err != nil {
			b.Fatal(err)
		}
	}
}
