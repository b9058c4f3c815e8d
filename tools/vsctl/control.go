package vsctl

import (
	"fmt"

	"govs/ovsdb/ctl"
	"govs/ovsdb/idl"
)

func needControllers(n *ctl.Need, c *ctl.Call) error {
	n.Columns("Controller", "target", "inactivity_probe")
	return needWorld(n, c)
}

// withController returns the real bridge that a bridge's controllers and
// fail-mode are those of.
func withController(c *ctl.Context) (*idl.Row, error) {
	br, err := look(c).bridge(c.Words[0])
	if err != nil {
		return nil, err
	}
	return br.row, nil
}

func runGetController(c *ctl.Context) error {
	br, err := withController(c)
	if err == nil {
		c.Verify(br, "controller")
		c.Targets(idl.Refs(c.Txn, br, "controller"))
	}
	return err
}

func setController(c *ctl.Context, names []string) error {
	br, err := look(c).realBridge(c.Words[0])
	if err != nil {
		return err
	}
	for _, r := range idl.Refs(c.Txn, br.row, "controller") {
		c.Delete(r)
	}
	c.SetRefs(br.row, "controller", c.NewTargets("Controller", names)...)
	return nil
}

func runDelController(c *ctl.Context) error { return setController(c, nil) }

func runSetController(c *ctl.Context) error { return setController(c, c.Words[1:]) }

func runGetFailMode(c *ctl.Context) error {
	br, err := withController(c)
	if err != nil {
		return err
	}
	c.Verify(br, "fail_mode")
	if m := br.Str("fail_mode"); m != "" {
		c.Printf("%s\n", m)
	}
	return nil
}

func runDelFailMode(c *ctl.Context) error {
	br, err := look(c).realBridge(c.Words[0])
	if err == nil {
		c.Clear(br.row, "fail_mode")
	}
	return err
}

func runSetFailMode(c *ctl.Context) error {
	br, err := look(c).realBridge(c.Words[0])
	if err != nil {
		return err
	}
	mode := c.Words[1]
	if mode != "standalone" && mode != "secure" {
		return fmt.Errorf("fail-mode must be \"standalone\" or \"secure\"")
	}
	c.SetStr(br.row, "fail_mode", mode)
	return nil
}

func needSSL(n *ctl.Need, _ *ctl.Call) error {
	n.Columns("Open_vSwitch", "ssl")
	n.Columns("SSL", "private_key", "certificate", "ca_cert", "bootstrap_ca_cert")
	return nil
}

func runGetSSL(c *ctl.Context) error {
	top := root(c)
	c.Verify(top, "ssl")
	if s := idl.Ref(c.Txn, top, "ssl"); s != nil {
		c.Printf("Private key: %s\n", s.Str("private_key"))
		c.Printf("Certificate: %s\n", s.Str("certificate"))
		c.Printf("CA Certificate: %s\n", s.Str("ca_cert"))
		c.Printf("Bootstrap: %v\n", s.Bool("bootstrap_ca_cert"))
	}
	return nil
}

func runDelSSL(c *ctl.Context) error {
	top := root(c)
	if s := idl.Ref(c.Txn, top, "ssl"); s != nil {
		c.Delete(s)
		c.Clear(top, "ssl")
	}
	return nil
}

func runSetSSL(c *ctl.Context) error {
	top := root(c)
	if s := idl.Ref(c.Txn, top, "ssl"); s != nil {
		c.Delete(s)
	}
	s := c.Insert("SSL")
	s = c.SetStr(s, "private_key", c.Words[0])
	s = c.SetStr(s, "certificate", c.Words[1])
	s = c.SetStr(s, "ca_cert", c.Words[2])
	s = c.SetBool(s, "bootstrap_ca_cert", c.Has("--bootstrap"))
	c.SetRefs(top, "ssl", s)
	return nil
}
