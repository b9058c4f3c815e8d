// Package xlate turns what an OpenFlow switch says about a packet into datapath
// actions, and finds out which bits of the packet that depended on: the actions
// and the mask of a megaflow.
//
// Translation is a pure function of the packet's key and a Config, an immutable
// picture of all switches on a datapath. It starts nothing, sends nothing, knows
// no clock and changes no table: what should happen besides (counting, learning)
// it returns as Effects, for the caller to apply once, or with each batch of
// packets that the megaflow forwards later.
//
// A Translator belongs to one goroutine at a time and is reused; with warm
// scratch space translation does not allocate.
package xlate
