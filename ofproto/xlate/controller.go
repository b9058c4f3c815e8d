package xlate

import (
	"govs/dpif"
	"govs/openflow"
)

// controller sends the packet up to be sent to controllers. One that pauses it is
// sent the rest of the pipeline, too, when that has been put together.
func (t *Translator) controller(a *openflow.Controller) {
	if a.Pause {
		t.pause = a
		t.freeze(false)
		return
	}
	t.commit()
	if a.Reason == openflow.ReasonAction && t.missFlow() {
		miss := *a
		miss.Reason = openflow.ReasonExplicitMiss
		a = &miss
	}
	fz := &Frozen{Bridge: t.bridge.Name, Table: t.table, Reason: a.Reason, Userdata: a.Userdata}
	t.saveMetadata(&fz.Metadata)
	t.sendUp(a, fz)
}

// missFlow reports whether it is a table-miss flow whose actions are carried out:
// one that matches everything, with the lowest priority.
func (t *Translator) missFlow() bool {
	if t.rule == nil || t.rule.Priority() != 0 || t.rule == missRule {
		return false
	}
	m := t.rule.Match()
	return m.Mask.IsZero()
}

// pauseFor sends the packet and the state of the pipeline to a controller, in
// whose hands it is what becomes of them.
func (t *Translator) pauseFor(a *openflow.Controller) {
	if t.node != nil && t.in.Packet == nil {
		return // nothing to send
	}
	f := t.state(0)
	f.Paused, f.Reason, f.Userdata = true, a.Reason, a.Userdata
	t.sendUp(a, f)
}

func (t *Translator) sendUp(a *openflow.Controller, fz *Frozen) {
	var id uint32
	if t.in.Freeze != nil {
		id = t.in.Freeze(fz)
		t.out.States = append(t.out.States, id)
	}
	u := dpif.UserData{
		Kind: dpif.UserController, InPort: t.flow.InPort, DontSend: !t.in.Effects && t.node != nil,
		Continuation: a.Pause, Reason: uint8(a.Reason), RecircID: id, Cookie: t.cookie, ControllerID: a.ID, MaxLen: a.MaxLen,
	}
	t.out.Tables.Add(UsesBit)
	var up dpif.Actions
	t.odp = t.bridge.metered(t.odp, controllerMeter(a), up.Userspace(0, u.Encode(), dpif.NoPort, false))
	t.out.Output = true
}

// AppendSlowPath appends the actions of a flow whose packets all come up.
func AppendSlowPath(dst dpif.Actions, in *Port, why Slow) dpif.Actions {
	var up dpif.Actions
	return in.Bridge.metered(dst, openflow.MeterSlowPath, up.SlowPath(0, uint32(why), in.No))
}
