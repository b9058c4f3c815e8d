package json

import "testing"

// FuzzParser parses two texts with one Parser: what the first leaves behind
// must not show in the second, and a clone of the first must outlive it.
func FuzzParser(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.5,"x\u00e9",null,true]}`), []byte(`[{"b":{}}]`))
	f.Add([]byte(`[[[1,2,3,4,5,6,7,8,9]]]`), []byte(`[-`))
	f.Add([]byte(`{"a"`), []byte(`{"c":["d"]}`))
	var p Parser
	f.Fuzz(func(t *testing.T, a, b []byte) {
		same := func(text []byte) (Value, Value) {
			want, werr := Parse(text)
			got, gerr := p.Parse(text)
			if (werr == nil) != (gerr == nil) || werr != nil && werr.Error() != gerr.Error() {
				t.Fatalf("%q: %v, want %v", text, gerr, werr)
			}
			if !got.Equal(want) {
				t.Fatalf("%q: %v, want %v", text, got, want)
			}
			return want, Clone(got)
		}
		buf := append([]byte(nil), a...)
		want, kept := same(buf)
		clear(buf)
		same(b)
		if !kept.Equal(want) {
			// want shares nothing with buf: Parse copies.
			t.Fatalf("%q: the clone became %v", a, kept)
		}
	})
}

func TestParserAllocates(t *testing.T) {
	in := []byte(`{"method":"transact","params":["Open_vSwitch",{"op":"insert","table":"Bridge","row":{"name":"br0","external_ids":["map",[["a","b"],["c","d"]]]}}],"id":1}`)
	var p Parser
	if n := testing.AllocsPerRun(100, func() { p.Parse(in) }); n > 0 {
		t.Errorf("%v allocations a text", n)
	}
}
