package ofctl

import "govs/openflow"

func (t *tool) addMeter(args []string) error  { return t.meterMod(args, openflow.MeterAdd) }
func (t *tool) modMeter(args []string) error  { return t.meterMod(args, openflow.MeterModify) }
func (t *tool) delMeters(args []string) error { return t.meterMod(args, openflow.MeterDelete) }

func (t *tool) meterMod(args []string, cmd openflow.MeterCommand) error {
	text := ""
	if len(args) > 1 {
		text = args[1]
	} else if cmd == openflow.MeterDelete {
		text = "meter=all"
	}
	m, usable, err := openflow.ParseMeterMod(text, cmd)
	if err != nil {
		return err
	}
	c, err := t.openVersion(args[0], usable)
	if err != nil {
		return err
	}
	defer c.Close()
	return t.tell(c, m)
}

// dumpMeter asks about one meter or all of them.
func (t *tool) dumpMeter(args []string, request func(id uint32) openflow.Message) error {
	text := "meter=all"
	if len(args) > 1 {
		text = args[1]
	}
	m, usable, err := openflow.ParseMeterMod(text, openflow.MeterDelete)
	if err != nil {
		return err
	}
	c, err := t.openVersion(args[0], usable)
	if err != nil {
		return err
	}
	defer c.Close()
	return t.dump(c, request(m.ID), nil)
}

func (t *tool) dumpMeters(args []string) error {
	return t.dumpMeter(args, func(id uint32) openflow.Message { return &openflow.MeterConfigRequest{ID: id} })
}

func (t *tool) meterStats(args []string) error {
	return t.dumpMeter(args, func(id uint32) openflow.Message { return &openflow.MeterStatsRequest{ID: id} })
}

func (t *tool) meterFeatures(args []string) error {
	return t.dumpMeter(args, func(uint32) openflow.Message { return &openflow.MeterFeaturesRequest{} })
}
