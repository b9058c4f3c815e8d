package openflow

// Meter sends the packet through a meter; it comes first in a list.
type Meter struct{ ID uint32 }

// ClearActions empties the action set.
type ClearActions struct{}

// WriteActions merges actions into the action set.
type WriteActions struct{ Actions []Action }

// WriteMetadata writes the bits of metadata that Mask has.
type WriteMetadata struct{ Value, Mask uint64 }

// GotoTable continues in a later table; it comes last in a list.
type GotoTable struct{ Table uint8 }
