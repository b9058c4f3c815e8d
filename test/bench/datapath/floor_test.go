package datapath

import (
	"net"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"govs/netdev/linux"
	"govs/packet"
)

// The bare forwarders carry whatever comes in by one interface to the other:
// what is left of a datapath without any switch logic. Each is given the two
// interfaces and handles both directions.

// packetSocket opens a packet socket on an interface. before is called before
// it is bound.
func packetSocket(ifname string, before func(fd int) error) (int, error) {
	ifc, err := net.InterfaceByName(ifname)
	if err != nil {
		return -1, err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
		return -1, err
	}
	linux.SetBuffers(fd, 4<<20, 4<<20)
	if before != nil {
		if err := before(fd); err != nil {
			return -1, err
		}
	}
	mreq := &unix.PacketMreq{Ifindex: int32(ifc.Index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, mreq); err != nil {
		return -1, err
	}
	all := uint16(unix.ETH_P_ALL)
	return fd, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all<<8 | all>>8, Ifindex: ifc.Index})
}

func bypass(fd int) error {
	return unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1)
}

func vnet(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1) }

// await sleeps until one of the sockets is readable.
func await(p []unix.PollFd) {
	for i := range p {
		p[i].Events = unix.POLLIN
	}
	unix.Poll(p, -1)
}

const batch = 64

// mmsg is a batch of messages with a buffer each.
type mmsg struct {
	msgs [batch]linux.Mmsghdr
	iov  [batch]unix.Iovec
	buf  []byte
	size int
}

func newMmsg(size int) *mmsg {
	m := &mmsg{buf: make([]byte, batch*size), size: size}
	for i := range m.msgs {
		m.iov[i].Base = &m.buf[i*size]
		m.msgs[i].Hdr.Iov = &m.iov[i]
		m.msgs[i].Hdr.SetIovlen(1)
	}
	return m
}

func (m *mmsg) carry(from, to int) {
	for i := range m.iov {
		m.iov[i].SetLen(m.size)
	}
	n, _ := linux.Recvmmsg(from, m.msgs[:])
	for i := range n {
		m.iov[i].SetLen(int(m.msgs[i].Len))
	}
	send(to, m.msgs[:n])
}

func send(fd int, msgs []linux.Mmsghdr) {
	for len(msgs) > 0 {
		k, err := linux.Sendmmsg(fd, msgs)
		if err != nil {
			k = 1
		}
		msgs = msgs[k:]
	}
}

func forwardRecvmmsg(args []string) error { return forwardMmsg(args, 2048, bypass) }

// forwardVNet keeps checksum-partial frames and super-frames whole.
func forwardVNet(args []string) error {
	return forwardMmsg(args, packet.VNetHdrLen+65536+18, vnet)
}

func forwardMmsg(args []string, size int, before func(int) error) error {
	if err := pin(0, forwardCPU); err != nil {
		return err
	}
	var p [2]unix.PollFd
	for i := range p {
		fd, err := packetSocket(args[i], before)
		if err != nil {
			return err
		}
		p[i].Fd = int32(fd)
	}
	m := newMmsg(size)
	for {
		await(p[:])
		for i := range p {
			if p[i].Revents != 0 {
				m.carry(int(p[i].Fd), int(p[1-i].Fd))
			}
		}
	}
}

// Numbers of linux/if_packet.h.
const (
	statusUser   = 1
	blockSize    = 1 << 18
	blockCount   = 32
	offBlkStatus = 8  // tpacket_block_desc: block_status,
	offBlkPkts   = 12 // num_pkts,
	offBlkFirst  = 16 // offset_to_first_pkt
	offNext      = 0  // tpacket3_hdr: tp_next_offset,
	offSnaplen   = 12 // tp_snaplen,
	offMac       = 24 // tp_mac
)

// forwardRing receives from a TPACKET_V3 ring and sends from there by sendmmsg
// with qdisc bypass.
func forwardRing(args []string) error {
	if err := pin(0, forwardCPU); err != nil {
		return err
	}
	type port struct {
		fd   int
		ring []byte
		cur  int
	}
	var ports [2]port
	var p [2]unix.PollFd
	for i := range ports {
		fd, err := packetSocket(args[i], func(fd int) error {
			if err := bypass(fd); err != nil {
				return err
			}
			if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
				return err
			}
			return unix.SetsockoptTpacketReq3(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &unix.TpacketReq3{
				Block_size: blockSize, Block_nr: blockCount, Frame_size: 2048, Frame_nr: blockSize / 2048 * blockCount, Retire_blk_tov: 1,
			})
		})
		if err != nil {
			return err
		}
		ring, err := unix.Mmap(fd, 0, blockSize*blockCount, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			return err
		}
		ports[i] = port{fd: fd, ring: ring}
		p[i].Fd = int32(fd)
	}
	m := newMmsg(0 + 1)
	for {
		busy := false
		for i := range ports {
			in := &ports[i]
			block := in.ring[in.cur*blockSize:][:blockSize]
			status := (*uint32)(unsafe.Pointer(&block[offBlkStatus]))
			if atomic.LoadUint32(status)&statusUser == 0 {
				continue
			}
			busy = true
			n := int(*(*uint32)(unsafe.Pointer(&block[offBlkPkts])))
			at := int(*(*uint32)(unsafe.Pointer(&block[offBlkFirst])))
			k := 0
			for range n {
				h := block[at:]
				mac := int(*(*uint16)(unsafe.Pointer(&h[offMac])))
				m.iov[k].Base = &h[mac]
				m.iov[k].SetLen(int(*(*uint32)(unsafe.Pointer(&h[offSnaplen]))))
				at += int(*(*uint32)(unsafe.Pointer(&h[offNext])))
				if k++; k == batch {
					send(ports[1-i].fd, m.msgs[:k])
					k = 0
				}
			}
			send(ports[1-i].fd, m.msgs[:k])
			atomic.StoreUint32(status, 0)
			in.cur = (in.cur + 1) % blockCount
		}
		if !busy {
			await(p[:])
		}
	}
}
