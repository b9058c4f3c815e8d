package conntrack

import (
	"reflect"
	"testing"
	"unsafe"
)

// The garbage collector does not look into what holds no pointer.
func TestConnHoldsNoPointer(t *testing.T) {
	var look func(reflect.Type, string)
	look = func(typ reflect.Type, path string) {
		switch typ.Kind() {
		case reflect.Struct:
			for i := range typ.NumField() {
				look(typ.Field(i).Type, path+"."+typ.Field(i).Name)
			}
		case reflect.Array:
			look(typ.Elem(), path+"[]")
		case reflect.Pointer, reflect.UnsafePointer, reflect.Slice, reflect.String, reflect.Map, reflect.Interface, reflect.Chan, reflect.Func:
			t.Errorf("%s is a %v", path, typ)
		}
	}
	look(reflect.TypeFor[conn](), "conn")
	if unsafe.Offsetof(extra{}.conn) != 0 {
		t.Error("an extra does not begin with the connection")
	}
}
