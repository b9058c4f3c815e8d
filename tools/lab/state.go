package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"govs/internal/netlab"
)

// stateDir holds one file for each lab of this machine, so that a lab that is
// to stay can be stopped, and one that was killed outright is tidied up after.
const stateDir = "/run/govs-lab"

// state is what there is to know about a lab to remove it.
type state struct {
	Pid    int    // of the process that built it
	Prefix string // of its namespaces
	Dir    string
	Stays  bool // it was asked to outlive its process
}

func (s *state) file() string { return filepath.Join(stateDir, strconv.Itoa(s.Pid)) }

func (s *state) save() error {
	if err := os.MkdirAll(stateDir, 0o755); err != nil {
		return err
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(s.file(), b, 0o644)
}

// remove takes down the lab and then forgets it.
func (s *state) remove() error {
	err := demolish(s.Prefix, s.Dir)
	if err == nil {
		err = os.Remove(s.file())
		_ = os.Remove(stateDir) // if it was the last
	}
	return err
}

// labs returns all that is recorded.
func labs() []state {
	files, _ := filepath.Glob(filepath.Join(stateDir, "*"))
	var all []state
	for _, f := range files {
		var s state
		b, err := os.ReadFile(f)
		if err == nil && json.Unmarshal(b, &s) == nil && s.Prefix != "" && s.Dir != "" {
			all = append(all, s)
		}
	}
	return all
}

// sweep removes labs whose process was killed before it could clean up.
func sweep() {
	for _, s := range labs() {
		if !s.Stays && !alive(s.Pid) {
			_ = s.remove()
		}
	}
}

// alive reports whether pid runs and is no zombie.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return !strings.HasPrefix(rest, "Z")
}

// stopAll takes down the labs that stay and returns how many there were.
func stopAll() (int, error) {
	n := 0
	var errs []error
	for _, s := range labs() {
		if !s.Stays {
			continue
		}
		n++
		errs = append(errs, s.remove())
	}
	return n, errors.Join(errs...)
}

// demolish ends every process in the namespaces whose names begin with
// prefix, and removes the namespaces and the hosts' directories in dir.
func demolish(prefix, dir string) error {
	var errs []error
	for _, name := range netlab.List(prefix) {
		errs = append(errs, netlab.Clear(name))
	}
	for _, p := range plans() {
		errs = append(errs, os.RemoveAll(filepath.Join(dir, p.name)))
	}
	// The directory itself goes if nothing else is in it.
	if err := os.Remove(dir); err != nil && !os.IsNotExist(err) && !errors.Is(err, syscall.ENOTEMPTY) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
