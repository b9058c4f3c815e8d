package openflow

import (
	"time"

	"govs/flow"
)

// GroupType is what a group does with its buckets (OFPGT_*).
type GroupType uint8

// Types of groups.
const (
	GroupTypeAll          GroupType = iota // every bucket gets a copy of the packet
	GroupTypeSelect                        // one bucket, by a hash
	GroupTypeIndirect                      // the one bucket there is
	GroupTypeFastFailover                  // the first bucket that is live
	numGroupTypes
)

var groupTypeNames = [numGroupTypes]string{"all", "select", "indirect", "ff"}

// String returns the type as group descriptions have it.
func (t GroupType) String() string {
	if t < numGroupTypes {
		return groupTypeNames[t]
	}
	return "unknown"
}

// GroupCommand is what a GroupMod does (OFPGC_*).
type GroupCommand uint16

// Commands of a GroupMod; inserting and removing buckets needs OpenFlow 1.5 or
// the extension of OpenFlow 1.0, adding or modifying is an extension.
const (
	GroupAdd          GroupCommand = 0
	GroupModify       GroupCommand = 1
	GroupDelete       GroupCommand = 2
	GroupInsertBucket GroupCommand = 3
	GroupRemoveBucket GroupCommand = 5
	GroupAddOrModify  GroupCommand = 0x8000
)

// groupCommands are the words for commands: in a file for --bundle, and in
// printed messages.
var groupCommands = [...]struct {
	cmd           GroupCommand
	word, printed string
}{
	{GroupAdd, "add", "ADD"}, {GroupModify, "modify", "MOD"}, {GroupDelete, "delete", "DEL"}, {GroupAddOrModify, "add_or_mod", "ADD_OR_MOD"},
	{GroupInsertBucket, "insert_bucket", "INSERT_BUCKET"}, {GroupRemoveBucket, "remove_bucket", "REMOVE_BUCKET"},
}

// Numbers of groups.
const (
	GroupMax = 0xffffff00 // the last number that a group can have
	GroupAll = 0xfffffffc // every group, in a delete
)

// Numbers of buckets; those above BucketMax say where in a group.
const (
	BucketMax   = 0xffffff00
	BucketFirst = 0xfffffffd
	BucketLast  = 0xfffffffe
	BucketAll   = 0xffffffff
)

// Bucket is one of a group's lists of actions.
type Bucket struct {
	ID     uint32 // BucketAll: none given
	Weight uint16 // of a select group; others have 0
	// The bucket is live while the port is, or the group has a live bucket;
	// PortNone and GroupAny watch nothing.
	WatchPort  Port
	WatchGroup uint32
	Actions    []Action
}

// GroupSelection is how a select group chooses a bucket: the Netronome
// extension to OpenFlow 1.5.
type GroupSelection struct {
	Method string // "hash" or "dp_hash"; "" leaves it to the switch
	Param  uint64
	Fields []HashField // what "hash" looks at, in the order of fields
}

// HashField is a field that takes part in a hash, as far as Mask says.
type HashField struct {
	Field flow.FieldID
	Mask  flow.Value
}

// A GroupMod adds, changes or deletes groups.
type GroupMod struct {
	Command GroupCommand
	Type    GroupType
	ID      uint32
	// CommandBucket says where buckets are inserted or which are removed;
	// BucketAll for other commands.
	CommandBucket uint32
	Buckets       []Bucket
	Selection     GroupSelection
}

// GroupDesc is one group in a GroupDescReply.
type GroupDesc struct {
	ID        uint32
	Type      GroupType
	Buckets   []Bucket
	Selection GroupSelection
}

// GroupStats is one group in a GroupStatsReply. A count of all ones is unknown.
type GroupStats struct {
	ID       uint32
	Refs     uint32 // actions of flows that use the group
	Packets  uint64
	Bytes    uint64
	Duration time.Duration // negative when not known
	Buckets  []BucketStats
}

// BucketStats are the counters of one bucket.
type BucketStats struct{ Packets, Bytes uint64 }

// GroupDescRequest asks for one group, or all of them with GroupAll; a version
// that cannot say which asks for all.
type GroupDescRequest struct{ ID uint32 }

// GroupDescReply is (a part of) the answer.
type GroupDescReply struct{ Groups []GroupDesc }

// GroupStatsRequest asks for the counters of one group, or all of them with
// GroupAll.
type GroupStatsRequest struct{ ID uint32 }

// GroupStatsReply is (a part of) the answer.
type GroupStatsReply struct{ Groups []GroupStats }

// GroupFeaturesRequest asks what groups a switch can have.
type GroupFeaturesRequest struct{}

// GroupFeatures is the answer: what groups a switch can have, by GroupType.
type GroupFeatures struct {
	Types        uint32 // bits by GroupType
	Capabilities uint32 // OFPGFC_*: weights, liveness, chaining, loop check
	MaxGroups    [numGroupTypes]uint32
	Actions      [numGroupTypes]uint64 // bits by Kind
}

// Capabilities of a switch's groups (OFPGFC_*).
const (
	GroupCapWeight   = 1 << 0
	GroupCapLiveness = 1 << 1
	GroupCapChaining = 1 << 2
)
