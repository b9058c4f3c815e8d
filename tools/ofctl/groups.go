package ofctl

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"govs/cli"
	"govs/openflow"
	"govs/openflow/conn"
)

func (t *tool) addGroup(args []string) error  { return t.groupMod(args, openflow.GroupAdd) }
func (t *tool) addGroups(args []string) error { return t.groupFile(args, openflow.GroupAdd) }
func (t *tool) delGroups(args []string) error { return t.groupMod(args, openflow.GroupDelete) }
func (t *tool) insertBuckets(args []string) error {
	return t.groupMod(args, openflow.GroupInsertBucket)
}
func (t *tool) removeBuckets(args []string) error {
	return t.groupMod(args, openflow.GroupRemoveBucket)
}

func (t *tool) modGroup(args []string) error {
	if t.mayCreate {
		return t.groupMod(args, openflow.GroupAddOrModify)
	}
	return t.groupMod(args, openflow.GroupModify)
}

func (t *tool) groupMod(args []string, cmd openflow.GroupCommand) error {
	text := ""
	if len(args) > 1 {
		text = args[1]
	}
	switch {
	case text == "-":
		return t.groupFile(args, cmd)
	case text == "" && cmd == openflow.GroupDelete:
		text = "group_id=all"
	}
	gm, usable, err := openflow.ParseGroupMod(text, cmd, t.accept(args[0]))
	if err != nil {
		return err
	}
	return t.sendGroups(args[0], []openflow.Message{gm}, usable)
}

// groupFile sends the groups of a file, each after the one before has been
// taken.
func (t *tool) groupFile(args []string, cmd openflow.GroupCommand) error {
	names := t.accept(args[0])
	usable := openflow.Protocols(openflow.ProtoAny)
	var mods []openflow.Message
	err := t.fileLines(args[1], func(text string) error {
		var gm *openflow.GroupMod
		var u openflow.Protocols
		var err error
		if cmd == openflow.GroupAdd {
			gm, u, err = openflow.ParseGroupLine(text, names)
		} else {
			gm, u, err = openflow.ParseGroupMod(text, cmd, names)
		}
		usable &= u
		mods = append(mods, gm)
		return err
	})
	if err != nil || len(mods) == 0 {
		return err
	}
	return t.sendGroups(args[0], mods, usable)
}

// fileLines calls f with each line of a file, or of standard input for "-",
// that says something; an error comes with the line's number.
func (t *tool) fileLines(file string, f func(text string) error) error {
	var in io.Reader = t.In
	if file != "-" {
		r, err := os.Open(file)
		if err != nil {
			return fatalf("%s: open failed (%s)", file, cli.Strerror(err))
		}
		defer r.Close()
		in = r
	}
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 0, 64<<10), 64<<20)
	for n := 1; s.Scan(); n++ {
		text := openflow.CleanLine(s.Text())
		if text == "" {
			continue
		}
		if err := f(text); err != nil {
			return fatalf("%s:%d: %s", file, n, err)
		}
	}
	if err := s.Err(); err != nil {
		return fatalf("%s: %s", file, err)
	}
	return nil
}

// sendGroups sends group-mods one by one, up to the first that is refused.
func (t *tool) sendGroups(sw string, mods []openflow.Message, usable openflow.Protocols) error {
	if t.bundle {
		t.useBundles()
		return t.bundleMessages(sw, mods, usable)
	}
	c, err := t.openUsable(sw, usable, false)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, m := range mods {
		if m.(*openflow.GroupMod).Command == openflow.GroupInsertBucket && c.Version() > openflow.V10 && c.Version() < openflow.V15 {
			return fatalf("insert-bucket needs OpenFlow 1.5 or later ('-O OpenFlow15')")
		}
		if err := t.tell(c, m); err != nil {
			return err
		}
	}
	return nil
}

// openVersion connects in a version that can carry one of the usable protocols.
func (t *tool) openVersion(sw string, usable openflow.Protocols) (*conn.Client, error) {
	if err := t.checkUsable(usable); err != nil {
		return nil, err
	}
	return t.openVersions(sw, (usable & t.protocols).Versions())
}

func (t *tool) dumpGroups(args []string) error {
	id := uint32(openflow.GroupAll)
	if len(args) > 1 {
		n, ok := openflow.ParseGroupRequest(args[1])
		if ok {
			id = n
		} else {
			t.warn("ofp_group", args[1]+" is not a valid group ID.  (Valid group IDs are 32-bit nonnegative integers or the keywords ANY or ALL.)")
		}
	}
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	return t.dumpMulti(c, &openflow.GroupDescRequest{ID: id}, t.shown(args[0]))
}

func (t *tool) dumpGroupStats(args []string) error {
	id := uint32(openflow.GroupAll)
	usable := openflow.Protocols(openflow.ProtoAny)
	names := t.accept(args[0])
	if len(args) > 1 {
		gm, u, err := openflow.ParseGroupMod(args[1], openflow.GroupDelete, names)
		if err != nil {
			return err
		}
		id, usable = gm.ID, u
	}
	c, err := t.openVersion(args[0], usable)
	if err != nil {
		return err
	}
	defer c.Close()
	return t.dumpMulti(c, &openflow.GroupStatsRequest{ID: id}, nil)
}

func (t *tool) dumpGroupFeatures(args []string) error {
	c, err := t.open(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	return t.dumpMulti(c, &openflow.GroupFeaturesRequest{}, nil)
}

// parseGroup prints a group as it would be sent.
func (t *tool) parseGroup(args []string) error {
	gm, usable, err := openflow.ParseGroupMod(args[0], openflow.GroupAdd, t.accept(""))
	if err != nil {
		return err
	}
	fmt.Fprintf(t.Out, "usable protocols: %s\n", usable)
	if usable&t.protocols == 0 {
		return fatalf("no usable protocol")
	}
	v := (usable & t.protocols).First().Version()
	fmt.Fprintf(t.Out, "chosen version: %s\n", v)
	b := openflow.Encode(gm, openflow.ProtocolOf(v), 1)
	fmt.Fprint(t.Out, openflow.Print(b, openflow.PrintOptions{Verbosity: t.verbosity, Names: t.printNames()}))
	return nil
}
