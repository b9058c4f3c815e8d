package openflow

import (
	"testing"
	"time"
)

var meterTexts = []struct {
	cmd  MeterCommand
	text string
}{
	{MeterAdd, "meter=1,pktps,bands=type=drop,rate=5"},
	{MeterAdd, "meter=2 kbps,burst,stats bands=type=drop,rate=5,burst_size=9 type=drop,rate=7,burst_size=10"},
	{MeterAdd, "meter=3 pktps band=type=drop rate=6"},
	{MeterModify, "meter=slowpath,kbps,stats,bands=type=dscp_remark,rate=5,prec_level=1,type=drop,rate=7"},
	{MeterAdd, "meter=all,pktps,stats,bands=type=drop,rate=4294967295"},
	{MeterDelete, "meter=controller"}, {MeterDelete, "meter=7"},
}

func meterSamples(t testing.TB) []Message {
	var ms []Message
	configs := &MeterConfigReply{}
	for _, x := range meterTexts {
		m, _, err := ParseMeterMod(x.text, x.cmd)
		if err != nil {
			t.Fatalf("%s: %v", x.text, err)
		}
		ms = append(ms, m)
		configs.Meters = append(configs.Meters, m.MeterConfig)
	}
	return append(ms, configs, &MeterConfigReply{}, &MeterConfigRequest{7}, &MeterConfigRequest{MeterAll}, &MeterStatsRequest{MeterController},
		&MeterStatsReply{}, &MeterStatsReply{[]MeterCounters{
			{ID: 4, Flows: 3, Packets: 5, Bytes: 600, Duration: 1500 * time.Millisecond, Bands: []BandStats{{1, 2}, {3, 4}}}, {ID: MeterSlowPath}}},
		&MeterFeaturesRequest{}, &MeterFeatures{MaxMeters: 262144, BandTypes: 1 << BandDrop, Capabilities: 15, MaxBands: 8},
		&MeterFeatures{BandTypes: 6, Capabilities: 5, MaxColor: 3}, &MeterFeatures{})
}

// TestMeterMessagesReference compares messages about meters with the
// reference's reading of them.
func TestMeterMessagesReference(t *testing.T) { comparePrints(t, meterSamples(t)) }

func TestMeterRoundTrip(t *testing.T) {
	for _, p := range []Protocols{ProtoOXM13, ProtoOXM14, ProtoOXM15} {
		for i, m := range meterSamples(t) {
			b := Encode(m, p, uint32(i))
			d, err := Decode(b, DecodeOptions{})
			if err != nil {
				t.Errorf("%T %x: %v", m, b, err)
				continue
			}
			if again := Encode(d.Message, p, uint32(i)); string(again) != string(b) {
				t.Errorf("%T\n%x\n%x", m, b, again)
			}
		}
	}
}

func FuzzParseMeter(f *testing.F) {
	for _, x := range meterTexts {
		f.Add(uint16(x.cmd), x.text)
	}
	f.Fuzz(func(t *testing.T, cmd uint16, text string) {
		m, _, err := ParseMeterMod(text, MeterCommand(cmd%3))
		if err == nil {
			Print(Encode(m, ProtoOXM13, 1), PrintOptions{})
		}
	})
}
