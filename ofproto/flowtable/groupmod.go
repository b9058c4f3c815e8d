package flowtable

import (
	"slices"
	"time"

	"govs/openflow"
)

// ApplyGroup does what a group-mod from a controller asks. The error is an
// openflow.ErrorCode.
func (t *Tables) ApplyGroup(gm *openflow.GroupMod, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := t.group(gm, now)
	t.settle()
	return err
}

func (t *Tables) group(gm *openflow.GroupMod, now time.Time) error {
	old := t.latest().Groups.Get(gm.ID)
	d := openflow.GroupDesc{ID: gm.ID, Type: gm.Type, Buckets: gm.Buckets, Selection: gm.Selection}
	switch gm.Command {
	case openflow.GroupAdd:
		return t.addGroup(d, now)
	case openflow.GroupModify:
		return t.modifyGroup(old, d)
	case openflow.GroupAddOrModify:
		if old == nil {
			return t.addGroup(d, now)
		}
		return t.modifyGroup(old, d)
	case openflow.GroupDelete:
		if gm.ID == openflow.GroupAll {
			for _, g := range t.latest().Groups.All() {
				t.deleteGroup(g)
			}
		} else if old != nil {
			t.deleteGroup(old)
		}
		return nil
	case openflow.GroupInsertBucket, openflow.GroupRemoveBucket:
		if old == nil {
			return openflow.ErrGroupModFailedUnknownGroup
		}
		d.Type, d.Selection = old.Type, old.Selection
		var err error
		if gm.Command == openflow.GroupInsertBucket {
			d.Buckets, err = insertBuckets(old.Buckets, gm)
		} else {
			d.Buckets, err = removeBuckets(old.Buckets, gm.CommandBucket)
		}
		if err != nil {
			return err
		}
		return t.modifyGroup(old, d)
	}
	return openflow.ErrGroupModFailedBadCommand
}

func (t *Tables) addGroup(d openflow.GroupDesc, now time.Time) error {
	switch {
	case d.ID > openflow.GroupMax:
		return openflow.ErrGroupModFailedInvalidGroup
	case t.latest().Groups.Get(d.ID) != nil:
		return openflow.ErrGroupModFailedGroupExists
	}
	t.setGroup(d.ID, newGroup(d, now))
	return nil
}

func (t *Tables) modifyGroup(old *Group, d openflow.GroupDesc) error {
	if old == nil {
		return openflow.ErrGroupModFailedUnknownGroup
	}
	t.setGroup(d.ID, newGroup(d, old.Created))
	return nil
}

// deleteGroup removes a group and the flows that use it.
func (t *Tables) deleteGroup(g *Group) {
	for r := range t.users[use{useGroup, g.ID}] {
		t.remove(r, openflow.RemovedGroupDelete)
	}
	t.setGroup(g.ID, nil)
}

func (t *Tables) setGroup(id uint32, g *Group) {
	s := *t.latest()
	s.Groups = s.Groups.with(id, g)
	t.setState(&s)
}

func bucketIndex(bs []openflow.Bucket, id uint32) int {
	return slices.IndexFunc(bs, func(b openflow.Bucket) bool { return b.ID == id })
}

// insertBuckets puts new buckets where the command says: first, last, or next to
// a bucket.
func insertBuckets(old []openflow.Bucket, gm *openflow.GroupMod) ([]openflow.Bucket, error) {
	at := 0
	switch gm.CommandBucket {
	case openflow.BucketFirst:
	case openflow.BucketLast:
		at = len(old)
	default:
		// OVS inserts after the bucket, though its manual says before it.
		if at = bucketIndex(old, gm.CommandBucket) + 1; at == 0 {
			return nil, openflow.ErrGroupModFailedUnknownBucket
		}
	}
	for _, b := range gm.Buckets {
		if bucketIndex(old, b.ID) >= 0 {
			return nil, openflow.ErrGroupModFailedBucketExists
		}
	}
	return slices.Concat(old[:at], gm.Buckets, old[at:]), nil
}

func removeBuckets(old []openflow.Bucket, id uint32) ([]openflow.Bucket, error) {
	n := len(old)
	switch {
	case id == openflow.BucketAll:
		return nil, nil
	case id == openflow.BucketFirst && n > 0:
		return old[1:n:n], nil
	case id == openflow.BucketLast && n > 0:
		return old[: n-1 : n-1], nil
	case id == openflow.BucketFirst || id == openflow.BucketLast:
		return old, nil
	}
	i := bucketIndex(old, id)
	if i < 0 {
		return nil, openflow.ErrGroupModFailedUnknownBucket
	}
	return slices.Concat(old[:i], old[i+1:]), nil
}
