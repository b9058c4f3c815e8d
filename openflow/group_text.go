package openflow

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"govs/flow"
)

// groupKeys are the keys that the description of a group may and must have
// for a command.
type groupKeys struct{ typ, buckets, commandBucket, allBuckets bool }

func (c GroupCommand) keys() groupKeys {
	switch c {
	case GroupDelete:
		return groupKeys{}
	case GroupInsertBucket:
		return groupKeys{buckets: true, commandBucket: true}
	case GroupRemoveBucket:
		return groupKeys{commandBucket: true, allBuckets: true}
	}
	return groupKeys{typ: true, buckets: true}
}

// ParseGroupMod reads a group as ovs-ofctl's add-group and its kin take it, such
// as "group_id=1,type=select,bucket=output:1,bucket=weight:2,output:2". It also
// returns the protocols that can carry it. The error is in ovs-ofctl's words.
func ParseGroupMod(text string, cmd GroupCommand, names *Names) (*GroupMod, Protocols, error) {
	p := groupParser{
		gm:    &GroupMod{Command: cmd, ID: GroupAny, CommandBucket: BucketAll},
		names: names, usable: ProtoAny, inside: ProtoAny, keys: cmd.keys(),
	}
	if p.keys.commandBucket {
		p.usable = selectionProtocols
	}
	head, buckets := cutBuckets(text)
	if !p.keys.buckets && len(buckets) > 0 {
		return nil, 0, errors.New("bucket is not needed")
	}
	if err := p.parse(head); err != nil {
		return nil, 0, err
	}
	for _, s := range buckets {
		if err := p.bucket(s); err != nil {
			return nil, 0, err
		}
	}
	gm := p.gm
	if gm.Type == GroupTypeIndirect && len(gm.Buckets) > 1 {
		return nil, 0, errors.New("Indirect groups can have at most one bucket.")
	}
	// As in OVS, a selection method does not keep a group with buckets from the
	// versions that cannot carry the method: they do without.
	if len(gm.Buckets) > 0 && p.usable != 0 {
		p.usable = p.inside
	}
	gm.Buckets = numberBuckets(gm.Buckets)
	return gm, p.usable, nil
}

// ParseGroupLine is ParseGroupMod for a line of a file for bundles, which may
// begin with a command: "add", "modify", "delete" and so on. Without one it
// adds.
func ParseGroupLine(line string, names *Names) (*GroupMod, Protocols, error) {
	word, rest, _ := strings.Cut(strings.TrimLeft(line, " \t"), " ")
	for _, c := range groupCommands {
		if c.word == word {
			return ParseGroupMod(rest, c.cmd, names)
		}
	}
	return ParseGroupMod(line, GroupAdd, names)
}

// cutBuckets splits a group at each "bucket=".
func cutBuckets(s string) (head string, buckets []string) {
	const word = "bucket="
	parts := strings.Split(s, word)
	return parts[0], parts[1:]
}

// selectionProtocols are those that can say how a group selects: OpenFlow 1.5
// and the extension of OpenFlow 1.0.
const selectionProtocols = protoOF10Any | protoNXMAny | ProtoOXM15

type groupParser struct {
	gm     *GroupMod
	names  *Names
	keys   groupKeys
	usable Protocols // what is above the buckets can be carried by these
	inside Protocols // and what is in all buckets by these

	hasID, hasType, hasCommandBucket bool
}

func (p *groupParser) parse(s string) error {
	for {
		k, v, rest, ok := cutPair(s)
		if !ok {
			break
		}
		s = rest
		if err := p.key(k, v); err != nil {
			return err
		}
	}
	switch {
	case !p.hasID:
		return errors.New("must specify a group_id")
	case p.keys.typ && !p.hasType:
		return errors.New("must specify a type")
	case p.keys.commandBucket && !p.keys.allBuckets && !p.hasCommandBucket:
		return errors.New("must specify a command bucket id")
	case !p.keys.commandBucket && p.hasCommandBucket:
		return errors.New("command bucket id is not needed")
	}
	switch sel := &p.gm.Selection; {
	case sel.Method != "hash" && len(sel.Fields) > 0:
		return errors.New("fields may only be specified with \"selection_method=hash\"")
	case sel.Method == "" && sel.Param != 0:
		return errors.New("selection_method_param is only allowed with \"selection_method\"")
	}
	return nil
}

func (p *groupParser) key(k, v string) (err error) {
	gm := p.gm
	switch k {
	case "command_bucket_id":
		if !p.keys.commandBucket {
			return errors.New("command bucket id is not needed")
		}
		p.hasCommandBucket = true
		switch v {
		case "all":
			gm.CommandBucket = BucketAll
		case "first":
			gm.CommandBucket = BucketFirst
		case "last":
			gm.CommandBucket = BucketLast
		default:
			if gm.CommandBucket, err = parseUint32(v); err != nil {
				return err
			}
		}
		switch c := gm.CommandBucket; {
		case c == BucketAll && !p.keys.allBuckets:
			return errors.New("command_bucket_id=all is not permitted")
		case c > BucketMax && c < BucketFirst:
			return fmt.Errorf("invalid command bucket id %d", c)
		}
	case "group_id":
		p.hasID = true
		if v == "all" {
			gm.ID = GroupAll
			return nil
		}
		if gm.ID, err = parseUint32(v); err == nil && gm.ID != GroupAll && gm.ID > GroupMax {
			err = fmt.Errorf("invalid group id %d", gm.ID)
		}
	case "type":
		if !p.keys.typ {
			return errors.New("type is not needed")
		}
		p.hasType = true
		t := slices.Index(groupTypeNames[:], v)
		if v == "fast_failover" {
			t = int(GroupTypeFastFailover)
		}
		if t < 0 {
			return fmt.Errorf("invalid group type %s", v)
		}
		gm.Type = GroupType(t)
	case "selection_method":
		if !p.keys.typ {
			return errors.New("selection method is not needed")
		}
		if len(v) > 15 {
			return errors.New("selection method is longer than 15 bytes long")
		}
		p.usable &= selectionProtocols
		gm.Selection.Method = v
	case "selection_method_param":
		if !p.keys.typ {
			return errors.New("selection method param is not needed")
		}
		p.usable &= selectionProtocols
		gm.Selection.Param, err = parseUint64(v)
	case "fields":
		if !p.keys.typ {
			return errors.New("fields are not needed")
		}
		p.usable &= selectionProtocols
		err = p.fields(v)
	default:
		err = fmt.Errorf("unknown keyword %s", k)
	}
	return err
}

// fields reads the list of fields of a hash; what a field is given is the mask.
func (p *groupParser) fields(s string) error {
	sel := &p.gm.Selection
	for {
		k, v, rest, ok := cutPair(s)
		if !ok {
			return nil
		}
		s = rest
		id, ok := flow.FieldByPlainName(k)
		if !ok {
			return fmt.Errorf("%s: unknown field %s", s, k)
		}
		if slices.ContainsFunc(sel.Fields, func(f HashField) bool { return f.Field == id }) {
			return fmt.Errorf("%s: duplicate field", k)
		}
		mask := wholeMask(id)
		if v != "" {
			val, m, err := id.ParseValue(v, p.names.env())
			switch {
			case err != nil:
				return err
			case !wholeGiven(id, v, m):
				return fmt.Errorf("%s: wildcards not allowed here", v)
			case val.IsZero() && !id.IsTLV():
				return fmt.Errorf("%s: values are wildcards here and must not be all-zeros", s)
			case !id.Info().Maskable && val != mask:
				return fmt.Errorf("%s: invalid mask for field %s", v, id)
			}
			mask = val
		}
		sel.add(HashField{id, mask})
		p.usable &= hashProtocols(id, mask)
	}
}

// wholeMask is the mask of a field that counts as a whole: ones in all its
// bytes, also in those bits that the field has no use for.
func wholeMask(id flow.FieldID) flow.Value { return flow.OnesValue(8 * int(id.Info().Bytes)) }

// wholeGiven reports whether a value came without a mask, or with one of ones in
// all the bytes of the field; mask is what is left of it in the field.
func wholeGiven(id flow.FieldID, text string, mask flow.Value) bool {
	if id == flow.TunFlags {
		return mask == wholeMask(id) // +oam names one flag
	}
	if mask.And(id.Ones()) != id.Ones() {
		return false
	}
	_, given, ok := strings.Cut(text, "/")
	if !ok || id.Ones() == wholeMask(id) {
		return true
	}
	n, err := parseUint64(given)
	return err == nil && flow.U(n) == wholeMask(id)
}

// hashProtocols returns the protocols that can carry a field of a hash.
func hashProtocols(id flow.FieldID, mask flow.Value) Protocols {
	switch {
	case id.WireName() == "":
		return 0
	case id.IsTLV():
		mask = id.Ones()
	}
	return fieldProtocols(id, mask.And(id.Ones()))
}

// add keeps the fields in their order.
func (s *GroupSelection) add(f HashField) {
	i, _ := slices.BinarySearchFunc(s.Fields, f.Field, func(x HashField, id flow.FieldID) int { return int(x.Field) - int(id) })
	s.Fields = slices.Insert(s.Fields, i, f)
}

// bucket reads the parameters of a bucket; what is none of them is an action.
func (p *groupParser) bucket(s string) error {
	gm := p.gm
	b := Bucket{ID: BucketAll, Weight: gm.Type.weight(), WatchPort: PortNone, WatchGroup: GroupAny}
	weighted := false
	var acts []string
	for s = strings.TrimLeft(s, delimiters); ; {
		k, v, rest, ok := cutPair(s)
		if !ok {
			break
		}
		start := strings.TrimLeft(s, delimiters)
		whole := strings.TrimRight(start[:len(start)-len(rest)], delimiters)
		s = rest
		var err error
		switch strings.ToLower(k) {
		case "weight":
			weighted = true
			b.Weight, err = parseUint16(v, "weight")
		case "watch_port":
			var ok bool
			if b.WatchPort, ok = p.names.ParsePort(v); !ok || b.WatchPort >= PortMax && b.WatchPort != PortNone && b.WatchPort != PortController {
				return fmt.Errorf("%s: invalid watch_port", v)
			}
		case "watch_group":
			if b.WatchGroup, err = parseUint32(v); err == nil && b.WatchGroup > GroupMax {
				return fmt.Errorf("invalid watch_group id %d", b.WatchGroup)
			}
		case "bucket_id":
			if b.ID, err = parseUint32(v); err == nil && b.ID > BucketMax {
				return fmt.Errorf("invalid bucket_id id %d", b.ID)
			}
		case "action", "actions":
			acts = append(acts, v)
		default:
			acts = append(acts, whole)
		}
		if err != nil {
			return err
		}
	}
	if acts == nil {
		return errors.New("bucket must specify actions")
	}
	changes := gm.Command != GroupInsertBucket
	if changes && gm.Type == GroupTypeFastFailover && b.WatchPort == PortNone && b.WatchGroup == GroupAny {
		return errors.New("fast failover bucket requires watch_port or watch_group")
	}
	ap := parser{names: p.names, usable: ProtoAny, words: wordIndex()}
	if err := ap.only(strings.Join(acts, ",")); err != nil {
		return err
	}
	if slices.ContainsFunc(ap.acts, func(a Action) bool { return a.Kind() == KindMeter }) {
		ap.usable &= ProtoOXM15 // before it, a meter is an instruction
	}
	b.Actions = ap.acts
	p.inside &= ap.usable
	if changes && weighted && b.Weight != 0 && gm.Type != GroupTypeSelect {
		return errors.New("Only select groups can have bucket weights.")
	}
	gm.Buckets = append(gm.Buckets, b)
	return nil
}

// numberBuckets gives numbers to buckets without: the least that are free.
func numberBuckets(bs []Bucket) []Bucket {
	used := func(n uint32) bool { return slices.ContainsFunc(bs, func(b Bucket) bool { return b.ID == n }) }
	next := uint32(0)
	for i := range bs {
		if bs[i].ID > BucketMax {
			for used(next) {
				next++
			}
			bs[i].ID = next
		}
	}
	return bs
}

// ParseGroupRequest reads the number of a group to ask for: a number, "ALL" or
// "ANY".
func ParseGroupRequest(s string) (uint32, bool) {
	switch {
	case strings.EqualFold(s, "all"):
		return GroupAll, true
	case strings.EqualFold(s, "any"):
		return GroupAny, true
	}
	n, neg, rest, ok := flow.ScanUint(s, 0)
	return uint32(n), s != "" && rest == "" && ok && !neg && n <= GroupMax
}

// groupNumber prints a group's number as requests do.
func (f *formatter) groupNumber(id uint32) {
	switch id {
	case GroupAll:
		f.str("ALL")
	case GroupAny:
		f.str("ANY")
	default:
		f.dec(uint64(id))
	}
}

// weight is what a bucket without a weight has.
func (t GroupType) weight() uint16 {
	if t == GroupTypeSelect {
		return 1
	}
	return 0
}

// group prints a group as add-group reads it. Versions before 1.5 do not show
// the numbers of buckets.
func (p *printer) group(id uint32, typ GroupType, showType bool, bs []Bucket, sel *GroupSelection) {
	ids := p.Version == V10 || p.Version >= V15
	p.f("group_id=%d", id)
	if showType {
		p.str(",type=")
		p.str(typ.String())
	}
	if sel.Method != "" {
		p.str(",selection_method=")
		p.str(sel.Method)
		if sel.Param != 0 {
			p.f(",selection_method_param=%d", sel.Param)
		}
		p.hashFields(sel.Fields)
	}
	for i := range bs {
		p.str(",bucket=")
		if ids {
			p.f("bucket_id:%d,", bs[i].ID)
		}
		p.bucket(typ, &bs[i])
	}
}

// bucket prints what follows a bucket's number.
func (f *formatter) bucket(typ GroupType, b *Bucket) {
	if b.Weight != typ.weight() {
		f.b = fmt.Appendf(f.b, "weight:%d,", b.Weight)
	}
	if b.WatchPort != PortNone {
		f.str("watch_port:")
		f.port(b.WatchPort)
		f.str(",")
	}
	if b.WatchGroup != GroupAny {
		f.b = fmt.Appendf(f.b, "watch_group:%d,", b.WatchGroup)
	}
	f.str("actions=")
	f.list(b.Actions)
}

// AppendBucket appends a bucket of a group of type typ as add-group reads it,
// "bucket_id:1,weight:2,actions=output:3".
func AppendBucket(dst []byte, typ GroupType, b *Bucket, names *Names) []byte {
	f := formatter{b: fmt.Appendf(dst, "bucket_id:%d,", b.ID), names: names}
	f.bucket(typ, b)
	return f.b
}

func (f *formatter) hashFields(fs []HashField) {
	if len(fs) == 0 {
		return
	}
	f.str(",fields")
	if len(fs) == 1 {
		f.str("=")
	} else {
		f.str("(")
	}
	for i, x := range fs {
		if i > 0 {
			f.str(",")
		}
		f.str(x.Field.String())
		if x.Mask != wholeMask(x.Field) {
			whole := x.Field.Ones()
			if x.Field == flow.TunFlags {
				whole = wholeMask(x.Field) // else it were told which flags it leaves out
			}
			f.str("=")
			f.b = x.Field.AppendValue(f.b, x.Mask, whole, nil)
		}
	}
	if len(fs) > 1 {
		f.str(")")
	}
}
