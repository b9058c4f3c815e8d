// Package openflow speaks OpenFlow 1.0 to 1.5 with the Nicira and ONF
// extensions: actions, flow-mods, statistics and the other messages as plain
// Go values, their wire forms, and the text in which ovs-ofctl reads and
// prints them.
//
// A message is one struct, the same for every version of the protocol; the
// version only matters when it is encoded, decoded or printed. Values are not
// locked: whoever holds one may use it, and nobody changes an action once it
// has been given away.
package openflow
