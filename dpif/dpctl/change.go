package dpctl

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"govs/cli"
	"govs/daemon/vlog"
	"govs/dpif"
	"govs/netdev"
)

var log = vlog.New("netdev")

func (c *call) addDP(args []string) error {
	l, err := c.list()
	if err != nil {
		return c.errorf(err, "add_dp")
	}
	typ, name := splitName(args[0])
	if slices.ContainsFunc(l, func(dp dpif.Datapath) bool { return dp.Name() == name }) {
		return c.errorf(dpif.ErrExist, "add_dp")
	}
	if c.env.AddDatapath == nil {
		return c.errorf(netdev.ErrNotSupported, "add_dp")
	}
	dp, err := c.env.AddDatapath(typ, name)
	if err != nil {
		return c.errorf(err, "add_dp")
	}
	return c.addPorts(dp, args)
}

func (c *call) delDP(args []string) error {
	dp, err := c.open(args[0])
	if err != nil {
		return c.errorf(err, "opening datapath")
	}
	if c.env.DeleteDatapath == nil {
		return c.errorf(netdev.ErrNotSupported, "del_dp")
	}
	if err := c.env.DeleteDatapath(dp); err != nil {
		return c.errorf(err, "del_dp")
	}
	return nil
}

// portArg is a port as add-if and set-if take it:
// NAME[,type=TYPE][,port_no=NUMBER][,KEY=VALUE].
type portArg struct {
	name, typ string // typ empty: not given
	no        dpif.PortNo
	options   map[string]string
}

func (c *call) parsePort(s string) (portArg, error) {
	words := strings.Split(s, ",")
	p := portArg{name: words[0], no: dpif.NoPort, options: map[string]string{}}
	for _, w := range words[1:] {
		switch k, v, _ := strings.Cut(w, "="); k {
		case "type":
			p.typ = v
		case "port_no":
			n, err := strconv.ParseUint(v, 10, 32)
			if err != nil {
				return p, c.errorf(nil, "%s: port_no=%s is no number", p.name, v)
			}
			p.no = dpif.PortNo(n)
		default:
			p.options[k] = v
		}
	}
	return p, nil
}

func (c *call) addIf(args []string) error {
	dp, err := c.open(args[0])
	if err != nil {
		return c.errorf(err, "opening datapath")
	}
	return c.addPorts(dp, args)
}

// addPorts makes each of args[1:] a port of dp, which args[0] names.
func (c *call) addPorts(dp dpif.Datapath, args []string) error {
	var failed error
	for _, a := range args[1:] {
		p, err := c.parsePort(a)
		if err != nil {
			failed = err
			continue
		}
		cfg := netdev.Config{Name: p.name, Type: p.typ, Options: p.options}
		if cfg.Type == "" {
			cfg.Type = "system"
		}
		ports := dp.Ports()
		if i := slices.IndexFunc(ports, func(x dpif.Port) bool { return x.Name == p.name }); i >= 0 {
			if ports[i].Type != cfg.Type {
				failed = c.errorf(dpif.ErrExist, "%s: failed to open network device", p.name)
			} else {
				failed = c.errorf(dpif.ErrExist, "adding %s to %s failed", p.name, args[0])
			}
			continue
		}
		if c.env.OpenDevice == nil {
			return c.errorf(netdev.ErrNotSupported, "adding %s to %s failed", p.name, args[0])
		}
		dev, err := c.env.OpenDevice(dp, cfg)
		if err != nil {
			failed = c.errorf(err, "%s: failed to open network device", p.name)
			continue
		}
		if _, err := dp.PortAdd(p.name, dev, p.no); err != nil {
			dev.Close()
			failed = c.errorf(err, "adding %s to %s failed", p.name, args[0])
		}
	}
	return failed
}

func (c *call) setIf(args []string) error {
	dp, err := c.open(args[0])
	if err != nil {
		return c.errorf(err, "opening datapath")
	}
	var failed error
	for _, a := range args[1:] {
		p, err := c.parsePort(a)
		if err == nil {
			err = c.setPort(dp, args[0], p)
		}
		if err != nil {
			failed = err
		}
	}
	return failed
}

// setPort changes the options that p names and no other; an empty value takes
// one away. Type and number cannot change.
func (c *call) setPort(dp dpif.Datapath, name string, p portArg) error {
	ports := dp.Ports()
	i := slices.IndexFunc(ports, func(x dpif.Port) bool { return x.Name == p.name })
	switch {
	case i < 0:
		return c.errorf(dpif.ErrNoDevice, "%s: failed to query port in %s", p.name, name)
	case p.typ != "" && p.typ != ports[i].Type:
		return c.errorf(nil, "%s: can't change type from %s to %s", p.name, ports[i].Type, p.typ)
	case p.no != dpif.NoPort && p.no != ports[i].No:
		return c.errorf(nil, "%s: can't change port number from %d to %d", p.name, ports[i].No, p.no)
	}
	dev, ok := ports[i].Device.(netdev.Configurable)
	if !ok {
		if len(p.options) > 0 {
			log.Warn("%s: arguments provided to device that is not configurable", p.name)
		}
		return nil
	}
	options := dev.Options()
	if options == nil {
		options = map[string]string{}
	}
	maps.Copy(options, p.options)
	maps.DeleteFunc(options, func(_, v string) bool { return v == "" })
	if err := dev.SetOptions(options); err != nil {
		return c.errorf(nil, "%s: failed to configure network device (%s)", p.name, cli.Strerror(err))
	}
	return nil
}

func (c *call) delIf(args []string) error {
	dp, err := c.open(args[0])
	if err != nil {
		return c.errorf(err, "opening datapath")
	}
	var failed error
	names := namesOf(dp)
	for _, a := range args[1:] {
		var no dpif.PortNo
		if n, err := strconv.ParseUint(a, 10, 32); err == nil {
			no = dpif.PortNo(n)
		} else if p, ok := names.PortByName(a); ok {
			no = p
		} else {
			failed = c.errorf(nil, "no port named %s", a)
			continue
		}
		err := dpif.ErrInvalid
		if no != dpif.LocalPort {
			err = dp.PortDel(no)
		}
		if err != nil {
			failed = c.errorf(err, "deleting port %s from %s failed", a, args[0])
		}
	}
	return failed
}
