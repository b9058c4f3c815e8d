package bridge

import (
	"govs/ofproto"
	"govs/ofproto/flowtable"
	"govs/openflow"
	"govs/ovsdb"
)

// A bridgeSpec is what the database wants of one bridge: a Bridge row with its
// ports and interfaces, defaults filled in. Specs are plain values; comparing
// the wanted with the live one says what to change.
type bridgeSpec struct {
	uuid       ovsdb.UUID
	name       string
	dpType     string // "system" or as given
	failMode   ofproto.FailMode
	dpid       string // other_config:datapath-id, "" to derive from the address
	hwaddr     string // other_config:hwaddr, "" to choose
	macAging   int    // seconds
	macEntries int
	bpdu       bool
	sampling   bool // a Flow_Sample_Collector_Set with an IPFIX names the bridge
	floodVLANs []uint16
	protocols  openflow.Versions
	desc       openflow.Desc
	control    []controllerSpec
	inBand     ofproto.InBand
	tables     map[uint8]flowtable.Limits
	mirrors    []mirrorSpec
	ports      []portSpec // ordered by name, the local port first
}

// A controllerSpec is one Controller row.
type controllerSpec struct {
	uuid  ovsdb.UUID
	of    ofproto.ControllerSpec
	local localIP
}

// A mirrorSpec is one Mirror row. Its name is the row's, made unique by its uuid.
type mirrorSpec struct {
	uuid ovsdb.UUID
	ofproto.MirrorSpec
}

// A portSpec is one Port row. Its uuid is zero for a local port that has no row.
type portSpec struct {
	uuid   ovsdb.UUID
	bundle ofproto.BundleSpec // Members is filled in when the interfaces are live
	mac    string             // Port:mac
	ifaces []ifaceSpec
}

// An ifaceSpec is one Interface row. Its uuid is zero for a local port that has
// no row.
type ifaceSpec struct {
	uuid    ovsdb.UUID
	name    string
	typ     string // "system" for an empty type, "internal" for the local port
	options map[string]string
	request openflow.Port // ofport_request, 0 for any
	mac     string        // Interface:mac
	mtu     int           // mtu_request, 0 for none
}
