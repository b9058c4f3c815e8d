package linux

import "golang.org/x/sys/unix"

// SetBuffers asks for socket buffers of that many bytes, beyond the system's
// limit if the process may.
func SetBuffers(fd, rcv, snd int) {
	for _, o := range []struct{ force, opt, size int }{
		{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, rcv},
		{unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, snd},
	} {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, o.force, o.size) != nil {
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, o.opt, o.size)
		}
	}
}
