package packet

// GSOType says how a super-frame is to be cut into segments. The values are
// those of struct virtio_net_hdr (linux/virtio_net.h).
type GSOType uint8

// Kinds of super-frames.
const (
	GSONone  GSOType = 0
	GSOTCPv4 GSOType = 1
	GSOUDP   GSOType = 3
	GSOTCPv6 GSOType = 4
	GSOUDPL4 GSOType = 5
)

// Offload is the checksum and segmentation work that a packet's origin left
// undone and that the way out must finish, or hand on to a device that can: the
// content of a vnet header. All offsets count from the start of the frame.
type Offload struct {
	CsumPartial bool   // the checksum at CsumStart+CsumOffset holds only the pseudo-header sum
	CsumValid   bool   // the checksums were verified by the origin; nobody need look again
	CsumStart   uint16 // first byte covered
	CsumOffset  uint16 // where the checksum goes, from CsumStart
	GSOType     GSOType
	ECN         bool   // GSO with CWR set on the first segment only
	GSOSize     uint16 // payload bytes of each segment
	HdrLen      uint16 // bytes of headers in front of the payload
}

// VNetHdrLen is the length of the vnet header that Offload is read from and
// written to (struct virtio_net_hdr without the merged-buffers count).
const VNetHdrLen = 10
