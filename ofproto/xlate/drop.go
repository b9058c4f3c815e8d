package xlate

import (
	"errors"

	"govs/dpif"
)

// errTunnelMetadata is for Geneve options that say that who does not know them
// must drop the packet.
var errTunnelMetadata = errors.New("Invalid tunnel metadata")

// dropReason is what the datapath is told when translation ended with err and
// nothing to do.
func dropReason(err error) dpif.DropReason {
	switch err {
	case ErrNoBridge:
		return dpif.DropBridgeNotFound
	case ErrTooDeep:
		return dpif.DropRecursionTooDeep
	case ErrTooMany:
		return dpif.DropTooManyResubmit
	case ErrStack:
		return dpif.DropStackTooDeep
	case ErrNoRecirculation:
		return dpif.DropNoRecirculationContext
	case errMPLSLabels:
		return dpif.DropTooManyMPLSLabels
	case errTunnelMetadata:
		return dpif.DropInvalidTunnelMetadata
	case errPacketType:
		return dpif.DropUnsupportedPacketType
	case errCongestion:
		return dpif.DropCongestion
	}
	return dpif.DropOfPipeline
}
