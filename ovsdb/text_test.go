package ovsdb

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzText: what ParseDatum takes, it takes again as it is printed.
func FuzzText(f *testing.F) {
	types := []Type{
		{Key: NewBase(String), Value: NewBase(String), Min: 0, Max: Unlimited},
		{Key: NewBase(Integer), Value: NewBase(Void), Min: 0, Max: Unlimited},
		{Key: NewBase(String), Value: NewBase(Void), Min: 0, Max: Unlimited},
		{Key: NewBase(Real), Value: NewBase(Boolean), Min: 0, Max: 3},
		ScalarType(UUIDType),
	}
	for _, s := range []string{"a=b,c=d", "{a=\"b c\"}", "[1,2-5]", "a\\,b", "\"x\\\"y\"", "1.5=true", "00000000-0000-0000-0000-000000000001", "\\", "\"", "[]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(s, "\x00") || !utf8.ValidString(s) {
			return // no command line has the one, no database the other
		}
		for i := range types {
			d, err := ParseDatum(&types[i], s, nil)
			if err != nil {
				continue
			}
			text := d.Text(&types[i])
			again, err := ParseDatum(&types[i], text, nil)
			if err != nil || !again.Equal(d) {
				t.Errorf("%q is %s, and that is %v %v", s, text, again, err)
			}
		}
	})
}
