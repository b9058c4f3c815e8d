package openflow

import "govs/flow"

// Output sends the packet to a port, which may be a reserved one such as
// PortNormal or PortInPort. MaxLen is how much of the packet a controller gets
// when Port is PortController.
type Output struct {
	Port   Port
	MaxLen uint16
}

// OutputTrunc sends at most MaxLen bytes of the packet to a port:
// output(port=P,max_len=N).
type OutputTrunc struct {
	Port   Port
	MaxLen uint32
}

// OutputReg sends the packet to the port whose number is in a field.
type OutputReg struct {
	Src    flow.Subfield
	MaxLen uint16
}

// Controller sends the packet to one or all controllers with extras:
// controller(max_len=,reason=,id=,userdata=,pause,meter_id=).
type Controller struct {
	MaxLen     uint16
	Reason     PacketInReason
	ID         uint16 // controller id; 0 is all that have no other id
	ProviderID uint32
	MeterID    uint32
	Userdata   []byte
	Pause      bool // freeze the translation, to be resumed by the controller
}

// Enqueue sends the packet to a port through one of its queues.
type Enqueue struct {
	Port  Port
	Queue uint32
}

// Group runs the packet through a group.
type Group struct{ ID uint32 }

// HashFields names the packet fields that a hash is computed over
// (enum nx_hash_fields).
type HashFields uint16

// What multipath and bundle can hash.
const (
	HashEthSrc HashFields = iota
	HashSymmetricL4
	HashSymmetricL3L4
	HashSymmetricL3L4UDP
	HashNwSrc
	HashNwDst
	HashSymmetricL3
)

// Bundle chooses one of several ports by a hash; bundle_load writes the choice
// into Dst instead of sending there.
type Bundle struct {
	Fields    HashFields
	Basis     uint16
	Algorithm BundleAlgorithm
	Members   []Port
	Dst       flow.Subfield // zero for bundle
}

// BundleAlgorithm says how a bundle chooses among its live members.
type BundleAlgorithm uint16

// Algorithms of Bundle.
const (
	BundleActiveBackup BundleAlgorithm = iota
	BundleHRW
)

// Multipath writes a hash of the packet, reduced to MaxLink+1 values, to Dst.
type Multipath struct {
	Fields    HashFields
	Basis     uint16
	Algorithm MultipathAlgorithm
	MaxLink   uint16 // number of links minus 1
	Arg       uint32
	Dst       flow.Subfield
}

// MultipathAlgorithm says how a hash is reduced to a link number.
type MultipathAlgorithm uint16

// Algorithms of Multipath.
const (
	MultipathModuloN MultipathAlgorithm = iota
	MultipathHashThreshold
	MultipathHRW
	MultipathIterHash
)
