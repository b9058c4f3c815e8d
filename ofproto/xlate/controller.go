package xlate

import (
	"govs/dpif"
	"govs/openflow"
)

// controller sends the packet up to be sent to controllers.
func (t *Translator) controller(a *openflow.Controller) {
	t.commit()
	var id uint32
	if t.in.Freeze != nil {
		fz := &Frozen{Bridge: t.bridge.Name, Table: t.table, Reason: a.Reason, Userdata: a.Userdata}
		t.saveMetadata(&fz.Metadata)
		id = t.in.Freeze(fz)
		t.out.States = append(t.out.States, id)
	}
	u := dpif.UserData{
		Kind: dpif.UserController, InPort: t.flow.InPort, DontSend: !t.in.Effects && t.node != nil,
		Reason: uint8(a.Reason), RecircID: id, Cookie: t.cookie, ControllerID: a.ID, MaxLen: a.MaxLen,
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
