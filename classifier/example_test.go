package classifier_test

import (
	"fmt"

	"govs/classifier"
	"govs/flow"
)

// The rule for all IPv4 packets from port 1 wins over the one for everything,
// and the answer depends on no more than the port and the Ethernet type.
func Example() {
	c := classifier.New[string](classifier.DefaultPrefixes...)
	var any, ip flow.Match
	ip.Set(flow.InPort, flow.U(1))
	ip.Set(flow.EthType, flow.U(flow.EthTypeIP))
	c.Insert(classifier.NewRule(&any, 0, "everything"))
	c.Insert(classifier.NewRule(&ip, 10, "IPv4 from port 1"))

	key := flow.Key{InPort: 1, EthType: flow.EthTypeIP, NwDst: 0x0a000001}
	var looked flow.Mask
	r := c.Lookup(classifier.Latest, &key, &looked)
	m := flow.Match{Key: key, Mask: looked}
	m.Canon()
	fmt.Println(r.Value)
	fmt.Println(m.String())
	// Output:
	// IPv4 from port 1
	// ip,in_port=1
}
