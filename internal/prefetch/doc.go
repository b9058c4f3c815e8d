// Package prefetch tells the processor what memory will soon be read, as packets
// that another processor has just written. A plain read would do the same but
// holds up what follows it until the memory is there.
//
//	for _, f := range frames {
//		prefetch.Line(unsafe.Pointer(&f[0]))
//	}
package prefetch
