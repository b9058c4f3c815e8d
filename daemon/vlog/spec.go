package vlog

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Set does what one -v argument or vlog/set word asks for: levels
// ("bridge:file:dbg"), "PATTERN:DEST:TEXT" or "FACILITY:NAME". The error has
// OVS's words and nothing has changed.
func Set(spec string) error {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	word, rest := cutAny(spec)
	switch {
	case strings.EqualFold(word, "PATTERN"):
		return setPattern(rest)
	case strings.EqualFold(word, "FACILITY"):
		n, ok := parseFacility(rest)
		if !ok {
			return errors.New("invalid facility")
		}
		reg.out.facility = n + 1
		return nil
	}
	return setLevels(spec)
}

// cutAny splits at the first separator of spec words.
func cutAny(s string) (word, rest string) {
	s = strings.TrimLeft(s, separators)
	if i := strings.IndexAny(s, separators); i >= 0 {
		return s[:i], s[i+1:]
	}
	return s, ""
}

const separators = " :,"

func setPattern(rest string) error {
	word, pattern, _ := strings.Cut(rest, ":")
	if strings.EqualFold(word, "any") {
		for d := range reg.out.patterns {
			reg.out.patterns[d] = pattern
		}
		return nil
	}
	d, ok := ParseDest(word)
	if !ok {
		return fmt.Errorf("unknown destination \"%s\"", word)
	}
	reg.out.patterns[d] = pattern
	return nil
}

func setLevels(spec string) error {
	var mod *Module
	dest, level := Dest(-1), Level(-1)
	for rest := spec; rest != ""; {
		var word string
		if word, rest = cutAny(rest); word == "" || strings.EqualFold(word, "any") {
			continue
		}
		if d, ok := ParseDest(word); ok {
			if dest >= 0 {
				return errors.New("cannot specify multiple destinations")
			}
			dest = d
		} else if l, ok := ParseLevel(word); ok {
			if level >= 0 {
				return errors.New("cannot specify multiple levels")
			}
			level = l
		} else if m := find(word); m != nil {
			if mod != nil {
				return errors.New("cannot specify multiple modules")
			}
			mod = m
		} else {
			return fmt.Errorf("no destination, level, or module \"%s\"", word)
		}
	}
	if level < 0 {
		level = Dbg
	}
	setLevel(mod, dest, level)
	return nil
}

// List writes vlog/list's table of modules and levels.
func List(w io.Writer) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	io.WriteString(w, "                 console    syslog    file\n                 -------    ------    ------\n")
	for _, m := range sorted() {
		fmt.Fprintf(w, "%-16s  %4s       %4s       %4s", m.name, m.Level(Console), m.Level(Syslog), m.Level(File))
		if m.noRL.Load() {
			io.WriteString(w, "    (rate limiting disabled)")
		}
		io.WriteString(w, "\n")
	}
}

// ListPattern writes vlog/list-pattern's table.
func ListPattern(w io.Writer) {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	io.WriteString(w, "         prefix                            format\n         ------                            ------\n")
	for d := range numDests {
		prefix := "none"
		if d == Syslog {
			prefix = directPrefix
		}
		fmt.Fprintf(w, "%-7s  %-32s  %s\n", strings.ToUpper(d.String()), prefix, reg.out.pattern(d))
	}
}
