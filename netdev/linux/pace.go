package linux

// paceBytes is how much one receive call is to bring: what was copied from the
// kernel is to be in the processor's cache still when it is copied back.
const paceBytes = 256 << 10

// Pace says how many frames a call should receive at a time: as many as there is
// room for unless they are super-frames. The zero value is ready.
type Pace struct{ n int }

// Next returns how many of at most most frames to ask for.
func (p *Pace) Next(most int) int {
	if p.n == 0 {
		return most
	}
	return min(p.n, most)
}

// Took tells what a call brought.
func (p *Pace) Took(frames int, bytes int64) {
	if frames > 0 {
		p.n = max(4, paceBytes*frames/max(1, int(bytes)))
	}
}

// Enough reports whether that much suffices for a call that brings one frame
// after the other.
func Enough(bytes int64) bool { return bytes >= paceBytes }
