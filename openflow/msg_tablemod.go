package openflow

// TableMiss is what a table does with packets that match no flow: only
// OpenFlow 1.1 and 1.2 can say it.
type TableMiss uint8

// Kinds of TableMiss.
const (
	TableMissDefault TableMiss = iota
	TableMissController
	TableMissContinue
	TableMissDrop
)

var tableMissNames = [...]string{"default", "controller", "continue", "drop"}

// String returns the name that mod-table takes.
func (m TableMiss) String() string { return tableMissNames[m&3] }

// Switched is a setting that may also be left alone.
type Switched uint8

// Values of a Switched.
const (
	SwitchedDefault Switched = iota // not said
	SwitchedOn
	SwitchedOff
)

// String returns "default", "on" or "off".
func (s Switched) String() string { return [...]string{"default", "on", "off", "default"}[s&3] }

// EvictionFlags are by what a table chooses the flows to evict (OFPTMPEF_*).
type EvictionFlags uint32

// Flags of eviction.
const (
	EvictOther      EvictionFlags = 1 << 0
	EvictImportance EvictionFlags = 1 << 1
	EvictLifetime   EvictionFlags = 1 << 2
	EvictDefault    EvictionFlags = 0xffffffff // not said
)

// TableMod changes how a flow table behaves; TableAny is all tables.
type TableMod struct {
	Table         uint8
	Miss          TableMiss // OpenFlow 1.1 and 1.2
	Eviction      Switched  // OpenFlow 1.4 and later, as the rest
	EvictionFlags EvictionFlags
	Vacancy       Switched
	VacancyDown   uint8 // percent free below which the switch tells
	VacancyUp     uint8 // and above which it tells again
}

// TableDesc describes how a flow table behaves (OpenFlow 1.4 and later).
type TableDesc struct {
	Table         uint8
	Eviction      Switched
	EvictionFlags EvictionFlags
	Vacancy       Switched
	VacancyDown   uint8
	VacancyUp     uint8
	VacancyNow    uint8 // percent free at the moment
}

// TableDescRequest asks for a TableDescReply.
type TableDescRequest struct{}

// TableDescReply is (a part of) the answer to a TableDescRequest.
type TableDescReply struct{ Tables []TableDesc }

// TableReason says why a TableStatus comes (OFPTR_*).
type TableReason uint8

// Reasons of a TableStatus.
const (
	TableVacancyDown TableReason = 3
	TableVacancyUp   TableReason = 4
)

// TableStatus tells a controller that a table is almost full, or no longer.
type TableStatus struct {
	Reason TableReason
	Desc   TableDesc
}

// Bits of a table's configuration.
const (
	tableMissBits     = 3
	tableEvictionBit  = 1 << 2
	tableVacancyBit   = 1 << 3
	tablePropEviction = 2
	tablePropVacancy  = 3
)

func (*TableMod) raw(p Protocols) rawType       { return p.raw34(rawNone, rawTableMod11, rawTableMod14) }
func (*TableDescRequest) raw(Protocols) rawType { return rawTableDescRequest }
func (*TableDescReply) raw(Protocols) rawType   { return rawTableDescReply }
func (*TableStatus) raw(Protocols) rawType      { return rawTableStatus14 }
func (*TableDescRequest) encode(*msgEncoder)    {}
func (*TableDescRequest) print(*printer)        {}

// tableConfig is a table's configuration on the wire.
func (e *msgEncoder) tableConfig(miss TableMiss, eviction, vacancy Switched) {
	var w uint32
	switch {
	case e.version < V13 && miss > TableMissController:
		w = uint32(miss) - 1
	case e.version >= V14:
		if eviction == SwitchedOn {
			w |= tableEvictionBit
		}
		if vacancy == SwitchedOn {
			w |= tableVacancyBit
		}
	}
	e.u32(w)
}

func (d *msgDecoder) tableConfig(w uint32) (miss TableMiss, eviction, vacancy Switched) {
	on := func(bit uint32) Switched {
		if w&bit != 0 {
			return SwitchedOn
		}
		return SwitchedOff
	}
	switch {
	case d.Version >= V14:
		return 0, on(tableEvictionBit), on(tableVacancyBit)
	case d.Version >= V13:
		return 0, 0, 0
	case w&tableMissBits == tableMissBits:
		d.names.warnf("ofp_table", "bad table miss config %d", int32(w))
		return TableMissController, 0, 0
	}
	return TableMiss(w&tableMissBits) + 1, 0, 0
}

func (e *msgEncoder) tableProps(flags EvictionFlags, vacancy Switched, down, up, now uint8) {
	if flags != EvictDefault {
		e.prop(tablePropEviction, func() { e.u32(uint32(flags)) })
	}
	if vacancy == SwitchedOn {
		e.prop(tablePropVacancy, func() { e.bytes([]byte{down, up, now, 0}) })
	}
}

func (m *TableMod) encode(e *msgEncoder) {
	e.u8(m.Table)
	e.zeros(3)
	e.tableConfig(m.Miss, m.Eviction, m.Vacancy)
	if e.version >= V14 {
		e.tableProps(m.EvictionFlags, m.Vacancy, m.VacancyDown, m.VacancyUp, 0)
	}
}

func decodeTableMod11(d *msgDecoder, b []byte) (Message, error) {
	m := &TableMod{Table: b[0], EvictionFlags: EvictDefault}
	m.Miss, m.Eviction, m.Vacancy = d.tableConfig(be.Uint32(b[4:]))
	return m, nil
}

func decodeTableMod14(d *msgDecoder, b []byte) (Message, error) {
	m := &TableMod{Table: b[0], EvictionFlags: EvictDefault}
	m.Miss, m.Eviction, m.Vacancy = d.tableConfig(be.Uint32(b[4:]))
	return m, eachProp(b[8:], func(typ uint16, p []byte) error {
		switch typ {
		case tablePropEviction:
			if len(p) != 8 {
				return ErrBadPropertyBadLen
			}
			m.EvictionFlags = EvictionFlags(be.Uint32(p[4:]))
			return nil
		case tablePropVacancy:
			if len(p) != 8 {
				return ErrBadPropertyBadLen
			}
			m.VacancyDown, m.VacancyUp = p[4], p[5]
			return d.checkVacancy(p[4], p[5], p[6])
		}
		return ErrBadRequestBadType
	})
}

func (d *msgDecoder) checkVacancy(down, up, now uint8) error {
	why := ""
	switch {
	case down > up:
		why = "Value of vacancy_down is greater than vacancy_up"
	case up > 100:
		why = "Vacancy threshold percentage should not be greater than 100"
	case now != 0:
		why = "Vacancy value should be zero for table-mod messages"
	default:
		return nil
	}
	d.names.warnf("ofp_table", "%s", why)
	return ErrBadPropertyBadValue
}

func (p *printer) evictionFlags(f EvictionFlags) {
	if f == EvictDefault {
		p.str("(default)")
	} else {
		p.str(bitNamesSep(uint32(f), []string{"OTHER", "IMPORTANCE", "LIFETIME"}, "|"))
	}
}

func (m *TableMod) print(p *printer) {
	if m.Table == TableAny {
		p.str(" table_id: ALL_TABLES")
	} else {
		p.str(" table_id=")
		p.b = p.names.AppendTable(p.b, m.Table)
	}
	if m.Miss != TableMissDefault {
		p.f(", flow_miss_config=%s", m.Miss)
	}
	if m.Eviction != SwitchedDefault {
		p.f(", eviction=%s", m.Eviction)
	}
	if m.EvictionFlags != EvictDefault {
		p.str("eviction_flags=")
		p.evictionFlags(m.EvictionFlags)
	}
	if m.Vacancy != SwitchedDefault {
		p.f(", vacancy=%s", m.Vacancy)
		if m.Vacancy == SwitchedOn {
			p.f(" vacancy:%d,%d", m.VacancyDown, m.VacancyUp)
		}
	}
}

func (t *TableDesc) encode(e *msgEncoder) {
	start := len(e.b)
	e.u16(0)
	e.u8(t.Table)
	e.u8(0)
	e.tableConfig(0, t.Eviction, t.Vacancy)
	e.tableProps(t.EvictionFlags, t.Vacancy, t.VacancyDown, t.VacancyUp, t.VacancyNow)
	be.PutUint16(e.b[start:], uint16(len(e.b)-start))
}

// takeTableDesc reads one description from the front of b.
func (d *msgDecoder) takeTableDesc(b []byte) (t TableDesc, rest []byte, err error) {
	if len(b) < 8 {
		d.names.warnf("ofp_table", "OFP14_TABLE_DESC reply has %d leftover bytes at end", len(b))
		return t, nil, ErrBadRequestBadLen
	}
	n := int(be.Uint16(b))
	if n < 8 || n > len(b) {
		d.names.warnf("ofp_table", "OFP14_TABLE_DESC reply claims invalid length %d", n)
		return t, nil, ErrBadRequestBadLen
	}
	t = TableDesc{Table: b[2], EvictionFlags: EvictDefault}
	_, t.Eviction, t.Vacancy = d.tableConfig(be.Uint32(b[4:]))
	err = eachProp(b[8:n], func(typ uint16, p []byte) error {
		switch typ {
		case tablePropEviction, tablePropVacancy:
			if len(p) != 8 {
				return ErrBadPropertyBadLen
			}
		}
		switch typ {
		case tablePropEviction:
			t.EvictionFlags = EvictionFlags(be.Uint32(p[4:]))
		case tablePropVacancy:
			t.VacancyDown, t.VacancyUp, t.VacancyNow = p[4], p[5], p[6]
		}
		return nil
	})
	return t, b[n:], err
}

func (m *TableDescReply) encode(e *msgEncoder) {
	for i := range m.Tables {
		start := len(e.b)
		m.Tables[i].encode(e)
		e.item(start)
	}
}

func decodeTableDescReply(d *msgDecoder, b []byte) (Message, error) {
	m := &TableDescReply{}
	d.partial = true
	for len(b) > 0 {
		t, rest, err := d.takeTableDesc(b)
		if err != nil {
			return m, err
		}
		m.Tables = append(m.Tables, t)
		b = rest
	}
	return m, nil
}

func (t *TableDesc) print(p *printer) {
	p.str("\n  table ")
	p.b = p.names.AppendTable(p.b, t.Table)
	p.f(":\n   eviction=%s eviction_flags=", t.Eviction)
	p.evictionFlags(t.EvictionFlags)
	p.f("\n   vacancy=%s", t.Vacancy)
	if t.Vacancy == SwitchedOn {
		p.f(" vacancy_down=%d%% vacancy_up=%d%% vacancy=%d%%", t.VacancyDown, t.VacancyUp, t.VacancyNow)
	}
	p.str("\n")
}

func (m *TableDescReply) print(p *printer) {
	for i := range m.Tables {
		m.Tables[i].print(p)
	}
}

func (m *TableStatus) encode(e *msgEncoder) {
	e.u8(uint8(m.Reason))
	e.zeros(7)
	m.Desc.encode(e)
}

func decodeTableStatus(d *msgDecoder, b []byte) (Message, error) {
	m := &TableStatus{Reason: TableReason(b[0])}
	if m.Reason != TableVacancyDown && m.Reason != TableVacancyUp {
		return nil, ErrBadPropertyBadValue
	}
	var err error
	m.Desc, _, err = d.takeTableDesc(b[8:])
	return m, err
}

func (m *TableStatus) print(p *printer) {
	if m.Reason == TableVacancyDown {
		p.str(" reason=VACANCY_DOWN")
	} else {
		p.str(" reason=VACANCY_UP")
	}
	p.f("\ntable_desc:-")
	m.Desc.print(p)
}
