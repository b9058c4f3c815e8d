package dpctl

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"govs/dpif"
	"govs/flow"
)

// textOptions are those that the command line asks for: with -m, names instead
// of numbers unless told otherwise.
func (c *call) textOptions(dp dpif.Datapath) dpif.KeyTextOptions {
	o := dpif.KeyTextOptions{Verbose: c.More > 0}
	if (c.Names || c.More > 0) && !c.NoNames {
		o.Names = namesOf(dp)
	}
	return o
}

// flowTypes are the words that type= takes; our own flows are all of the kinds
// marked true.
var flowTypes = []struct {
	name string
	ours bool
}{
	{"all", true}, {"ovs", true}, {"non-offloaded", true},
	{"tc", false}, {"dpdk", false}, {"offloaded", false}, {"partially-offloaded", false},
}

func (c *call) dumpFlows(args []string) error {
	var filter string
	ours, pmd := true, ""
	rest := args[:0:0]
	for _, a := range args {
		switch {
		case strings.HasPrefix(a, "filter="):
			filter = a[len("filter="):]
		case strings.HasPrefix(a, "type="):
			kind := false
			for _, w := range strings.FieldsFunc(a[len("type="):], func(r rune) bool { return r == ',' || r == ' ' }) {
				i := slices.IndexFunc(flowTypes, func(t struct {
					name string
					ours bool
				}) bool {
					return t.name == w
				})
				if i < 0 {
					return c.errorf(dpif.ErrInvalid, "Failed to parse type (%s)", w)
				}
				kind = kind || flowTypes[i].ours
			}
			ours = ours && kind
		case strings.HasPrefix(a, "pmd="):
			// All our flows are those of the main thread, which goes by -1.
			pmd = a[len("pmd="):]
			n := strings.IndexFunc(strings.TrimPrefix(pmd, "-"), func(r rune) bool { return r < '0' || r > '9' })
			if n == 0 || strings.TrimPrefix(pmd, "-") == "" {
				return errSilent
			}
			ours = ours && pmd == "-1"
		default:
			rest = append(rest, a)
		}
	}
	dp, rest, err := c.optional(rest, 0)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return c.errorf(dpif.ErrInvalid, "datapath not found")
	}
	var match *flow.Match
	if filter != "" {
		m, err := flow.ParseMatch(filter, &flow.TextEnv{Ports: flowPorts{namesOf(dp)}})
		if err != nil {
			// The reference reads filters as it reads exact flows.
			if _, e := flow.ParseKey(filter, &flow.TextEnv{Ports: flowPorts{namesOf(dp)}}); e != nil {
				err = e
			}
			return c.errorf(nil, "Failed to parse filter (%s)", err)
		}
		match = &m
	}
	if !ours {
		return nil
	}
	o := c.textOptions(dp)
	now := c.env.now()
	var b []byte
	dp.FlowDump(func(f *dpif.Flow) bool {
		if match != nil && !passes(match, &f.Match) {
			return true
		}
		if b == nil && pmd == "" {
			b = append(b, "flow-dump from the main thread:\n"...)
		}
		c.unmask(dp, f)
		b = append(dpif.AppendFlow(b, f, now, o), '\n')
		return true
	})
	c.out.Write(b)
	return nil
}

// unmask makes a flow's key that of the packet it was made for, of which more may
// be shown than the flow matches.
func (c *call) unmask(dp dpif.Datapath, f *dpif.Flow) {
	if c.env.PacketKey != nil {
		c.env.PacketKey(dp, f.UFID, &f.Match.Key)
	}
}

// passes reports whether a flow is one that packets of the filter could hit:
// where both look, they agree.
func passes(filter, f *flow.Match) bool {
	fk, fm := filter.Key.Words(), filter.Mask.Words()
	k, m := f.Key.Words(), f.Mask.Words()
	for i := range fk {
		if (fk[i]^k[i])&m[i]&fm[i] != 0 {
			return false
		}
	}
	return true
}

// flowPorts gives the parser of matches the datapath's ports, as in_port in a
// datapath flow is one of them.
type flowPorts struct{ n *portNames }

// PortName implements flow.PortNames.
func (p flowPorts) PortName(no uint32) (string, bool) { return p.n.PortName(dpif.PortNo(no)) }

// PortByName implements flow.PortNames.
func (p flowPorts) PortByName(s string) (uint32, bool) {
	no, ok := p.n.PortByName(s)
	return uint32(no), ok
}

func (c *call) addFlow(args []string) error { return c.putArgs(args, dpif.PutCreate) }

func (c *call) modFlow(args []string) error {
	flags := dpif.PutModify
	if c.MayCreate {
		flags |= dpif.PutCreate
	}
	return c.putArgs(args, flags)
}

func (c *call) putArgs(args []string, flags dpif.PutFlags) error {
	dp, rest, err := c.optional(args, 2)
	if err != nil {
		return err
	}
	if len(rest) != 2 {
		return c.errorf(dpif.ErrInvalid, "datapath not found")
	}
	return c.put(dp, rest[0], rest[1], flags)
}

// parse reads a flow's key with the identifier that may stand in front.
// wrap has what stands before and behind a syntax error; another error is of a
// key that is no flow's.
func (c *call) parse(dp dpif.Datapath, key string, wrap [2]string) (f dpif.Flow, err error) {
	u, rest, ok := dpif.ParseUFID(key)
	if !ok && strings.HasPrefix(strings.TrimSpace(key), "ufid:") {
		return f, c.errorf(dpif.ErrInvalid, "parsing flow ufid")
	}
	f.UFID, key = u, rest
	f.Match, err = dpif.ParseFlowKey(key, namesOf(dp))
	f.Match.Mask.RecircID = ^uint32(0) // a flow is for one pass; for the first if none is named
	if errors.Is(err, dpif.ErrSyntax) {
		return f, c.errorf(dpif.ErrInvalid, "%s%s", wrap[0], err.Error()+wrap[1])
	}
	return f, err
}

func (c *call) put(dp dpif.Datapath, key, actions string, flags dpif.PutFlags) error {
	f, unfit := c.parse(dp, key, [2]string{"parsing flow key (", ")"})
	if unfit == errSilent {
		return unfit
	}
	var err error
	if f.Actions, err = dpif.ParseActions(actions, namesOf(dp)); err != nil {
		return c.errorf(dpif.ErrInvalid, "parsing actions")
	}
	if unfit != nil {
		return c.errorf(unfit, "updating flow table")
	}
	if c.Clear {
		flags |= dpif.PutZeroStats
	}
	if f.UFID == (dpif.UFID{}) {
		f.UFID = find(dp, &f.Match)
	}
	var old dpif.FlowStats
	if err := dp.FlowPut(&f, flags, &old); err != nil {
		return c.errorf(err, "updating flow table")
	}
	if c.Stats {
		fmt.Fprintf(c.out, "%s\n", dpif.AppendStats(nil, &old, c.env.now()))
	}
	return nil
}

// find returns the identifier of the flow with exactly that match, or none.
func find(dp dpif.Datapath, m *flow.Match) (u dpif.UFID) {
	want := *m
	want.Canon()
	dp.FlowDump(func(f *dpif.Flow) bool {
		if f.Match.Mask != want.Mask {
			return true
		}
		if f.Match.Canon(); f.Match == want {
			u = f.UFID
		}
		return u == dpif.UFID{}
	})
	return u
}

func (c *call) getFlow(args []string) error {
	dp, rest, err := c.optional(args, 1)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return c.errorf(dpif.ErrInvalid, "datapath not found")
	}
	u, _, ok := dpif.ParseUFID(rest[0])
	if !ok {
		// The reference says so and succeeds.
		if strings.HasPrefix(rest[0], "ufid:") {
			c.errorf(dpif.ErrInvalid, "parsing flow ufid")
		} else {
			c.errorf(nil, "parsing flow ufid")
		}
		return nil
	}
	f, err := dp.FlowGet(u)
	if err != nil {
		return c.errorf(err, "getting flow")
	}
	c.unmask(dp, &f)
	fmt.Fprintf(c.out, "%s\n", dpif.AppendFlow(nil, &f, c.env.now(), c.textOptions(dp)))
	return nil
}

func (c *call) delFlow(args []string) error {
	dp, rest, err := c.optional(args, 1)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return c.errorf(dpif.ErrInvalid, "datapath not found")
	}
	return c.del(dp, rest[0])
}

func (c *call) del(dp dpif.Datapath, key string) error {
	u, rest, ok := dpif.ParseUFID(key)
	if !ok || rest != "" {
		f, err := c.parse(dp, key, [2]string{})
		if err == errSilent {
			return err
		}
		if !ok && err == nil {
			u = find(dp, &f.Match)
		}
	}
	st, err := dp.FlowDel(u)
	if err != nil {
		c.errorf(err, "deleting flow")
		fmt.Fprintln(c.errs, "Perhaps you need to specify a UFID?")
		return errSilent
	}
	if c.Stats {
		fmt.Fprintf(c.out, "%s\n", dpif.AppendStats(nil, &st, c.env.now()))
	}
	return nil
}

func (c *call) addFlows(args []string) error { return c.file(args, "add") }
func (c *call) modFlows(args []string) error { return c.file(args, "modify") }

func (c *call) delFlows(args []string) error {
	dp, rest, err := c.optional(args, 1)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return c.file(args, "delete")
	}
	if err := dp.FlowFlush(); err != nil {
		return c.errorf(err, "deleting all flows")
	}
	return nil
}

// file carries out a file of flows: on each line "[add|modify] flow actions" or
// "[delete] flow", with verb for lines that name none. What goes wrong is said,
// and the rest is done.
func (c *call) file(args []string, verb string) error {
	dp, rest, err := c.optional(args, 1)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return c.errorf(dpif.ErrInvalid, "datapath not found")
	}
	in := os.Stdin
	if rest[0] != "-" {
		if in, err = os.Open(rest[0]); err != nil {
			c.errorf(err, "Opening file \"%s\" failed", rest[0])
			return nil
		}
		defer in.Close()
	}
	s := bufio.NewScanner(in)
	s.Buffer(nil, 1<<20)
	for n := 1; s.Scan(); n++ {
		line, _, _ := strings.Cut(s.Text(), "#")
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		do := verb
		for _, v := range []string{"add", "modify", "delete"} {
			if after, ok := strings.CutPrefix(line, v+" "); ok {
				do, line = v, strings.TrimSpace(after)
			}
		}
		key, actions, more := strings.Cut(line, " ")
		actions = strings.TrimSpace(actions)
		switch {
		case more == (do == "delete"):
			c.errorf(nil, "Failed parsing line number %d, skipped!", n)
		case do == "delete":
			c.del(dp, key)
		case do == "modify":
			c.put(dp, key, actions, dpif.PutModify)
		default:
			c.put(dp, key, actions, dpif.PutCreate)
		}
	}
	if err := s.Err(); err != nil {
		return c.errorf(err, "%s: read", rest[0])
	}
	return nil
}

func (c *call) parseActions(args []string) error {
	for _, s := range args {
		a, err := dpif.ParseActions(s, nil)
		if err != nil {
			return c.errorf(dpif.ErrInvalid, "odp_actions_from_string")
		}
		fmt.Fprintln(c.out, a)
	}
	return nil
}
