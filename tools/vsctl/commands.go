package vsctl

import (
	"slices"

	"govs/ovsdb/ctl"
)

// commands are the rows of all commands but the database commands.
func commands() []ctl.Command {
	show := ctl.ShowCommand
	show.Section, show.Help = "Switch commands", []string{"show", "print bridges, ports and controllers as a tree"}
	return slices.Concat([]ctl.Command{show}, rows[:], ctl.ManagerCommands("Open_vSwitch", "manager_options"), moreRows[:])
}

var rows = [...]ctl.Command{
	{Name: "init", Access: ctl.Writes, Run: runInit,
		Help: []string{"init", "make the database's root record, if it is missing"}},
	{Name: "emer-reset", Access: ctl.Writes, Need: needReset, Run: runReset,
		Help: []string{"emer-reset", "remove controllers, managers, TLS, mirrors and monitoring"}},

	{Name: "add-br", Min: 1, Max: 3, Args: "!NEW-BRIDGE ?PARENT ?NEW-VLAN", Options: []string{"--may-exist"}, Access: ctl.Writes,
		Need: needWorld, Run: runAddBr, Section: "Bridge commands",
		Help: []string{"add-br BRIDGE", "add a bridge", "add-br BRIDGE PARENT VLAN", "add a fake bridge that is one VLAN of PARENT"}},
	{Name: "del-br", Min: 1, Max: 1, Args: "!BRIDGE", Options: []string{"--if-exists"}, Access: ctl.Writes,
		Need: needWorld, Run: runDelBr, Help: []string{"del-br BRIDGE", "delete a bridge and its ports"}},
	{Name: "list-br", Args: "", Options: []string{"--real", "--fake"},
		Need: needWorld, Run: runListBr, Help: []string{"list-br", "print the bridges' names"}},
	{Name: "br-exists", Min: 1, Max: 1, Args: "!BRIDGE",
		Need: needWorld, Run: runBrExists, Help: []string{"br-exists BRIDGE", "exit with status 2 if there is no such bridge"}},
	{Name: "br-to-vlan", Min: 1, Max: 1, Args: "!BRIDGE",
		Need: needWorld, Run: runBrToVlan, Help: []string{"br-to-vlan BRIDGE", "print the bridge's VLAN, 0 for a real bridge"}},
	{Name: "br-to-parent", Min: 1, Max: 1, Args: "!BRIDGE",
		Need: needWorld, Run: runBrToParent, Help: []string{"br-to-parent BRIDGE", "print the bridge that a fake bridge is part of"}},
	{Name: "br-set-external-id", Min: 2, Max: 3, Args: "!BRIDGE !KEY ?VALUE", Access: ctl.Writes,
		Need: needIDs, Run: runSetID, Help: []string{"br-set-external-id BRIDGE KEY VALUE", "set an external id", "br-set-external-id BRIDGE KEY", "remove an external id"}},
	{Name: "br-get-external-id", Min: 1, Max: 2, Args: "!BRIDGE ?KEY",
		Need: needIDs, Run: runGetID, Help: []string{"br-get-external-id BRIDGE KEY", "print an external id", "br-get-external-id BRIDGE", "print all external ids"}},

	{Name: "list-ports", Min: 1, Max: 1, Args: "!BRIDGE",
		Need: needWorld, Run: runListPorts, Section: "Port commands",
		Help: []string{"list-ports BRIDGE", "print the names of a bridge's ports"}},
	{Name: "add-port", Min: 2, Max: ctl.Many, Args: "!BRIDGE !NEW-PORT *COLUMN?:KEY=VALUE", Options: []string{"--may-exist"}, Access: ctl.Writes,
		Need: needAddPort, Run: runAddPort, Help: []string{"add-port BRIDGE PORT", "add a port with an interface of its name"}},
	{Name: "add-bond", Min: 4, Max: ctl.Many, Args: "!BRIDGE !BOND +IFACE *COLUMN?:KEY=VALUE", Options: []string{"--may-exist", "--fake-iface"}, Access: ctl.Writes,
		Need: needAddPort, Run: runAddBond, Help: []string{"add-bond BRIDGE PORT IFACE...", "add a port that bonds interfaces"}},
	{Name: "add-bond-iface", Min: 2, Max: 2, Args: "!BOND !IFACE", Options: []string{"--may-exist"}, Access: ctl.Writes,
		Need: needWorld, Run: runAddBondIface, Help: []string{"add-bond-iface BOND IFACE", "add an interface to a bond"}},
	{Name: "del-bond-iface", Min: 1, Max: 2, Args: "?BOND !IFACE", Options: []string{"--if-exists"}, Access: ctl.Writes,
		Need: needWorld, Run: runDelBondIface, Help: []string{"del-bond-iface [BOND] IFACE", "remove an interface from a bond"}},
	{Name: "del-port", Min: 1, Max: 2, Args: "?BRIDGE !PORT|IFACE", Options: []string{"--if-exists", "--with-iface"}, Access: ctl.Writes,
		Need: needWorld, Run: runDelPort, Help: []string{"del-port [BRIDGE] PORT", "delete a port with its interfaces"}},
	{Name: "port-to-br", Min: 1, Max: 1, Args: "!PORT",
		Need: needWorld, Run: runPortToBr, Help: []string{"port-to-br PORT", "print the bridge that a port is on"}},

	{Name: "list-ifaces", Min: 1, Max: 1, Args: "!BRIDGE",
		Need: needWorld, Run: runListIfaces, Section: "Interface commands",
		Help: []string{"list-ifaces BRIDGE", "print the names of a bridge's interfaces"}},
	{Name: "iface-to-br", Min: 1, Max: 1, Args: "!IFACE",
		Need: needWorld, Run: runIfaceToBr, Help: []string{"iface-to-br IFACE", "print the bridge that an interface is on"}},

	{Name: "get-controller", Min: 1, Max: 1, Args: "!BRIDGE",
		Need: needControllers, Run: runGetController, Section: "Controller commands",
		Help: []string{"get-controller BRIDGE", "print a bridge's controllers"}},
	{Name: "del-controller", Min: 1, Max: 1, Args: "!BRIDGE", Access: ctl.Writes,
		Need: needControllers, Run: runDelController, Help: []string{"del-controller BRIDGE", "remove a bridge's controllers"}},
	{Name: "set-controller", Min: 1, Max: ctl.Many, Args: "!BRIDGE +TARGET", Options: []string{"--inactivity-probe="}, Access: ctl.Writes,
		Need: needControllers, Run: runSetController, Help: []string{"set-controller BRIDGE TARGET...", "set a bridge's controllers"}},
	{Name: "get-fail-mode", Min: 1, Max: 1, Args: "!BRIDGE",
		Need: needWorld, Run: runGetFailMode, Help: []string{"get-fail-mode BRIDGE", "print what a bridge does without controllers"}},
	{Name: "del-fail-mode", Min: 1, Max: 1, Args: "!BRIDGE", Access: ctl.Writes,
		Need: needWorld, Run: runDelFailMode, Help: []string{"del-fail-mode BRIDGE", "undo set-fail-mode"}},
	{Name: "set-fail-mode", Min: 2, Max: 2, Args: "!BRIDGE !MODE", Access: ctl.Writes,
		Need: needWorld, Run: runSetFailMode, Help: []string{"set-fail-mode BRIDGE MODE", "set it to standalone or secure"}},
}

var moreRows = [...]ctl.Command{
	{Name: "get-ssl", Need: needSSL, Run: runGetSSL, Section: "TLS commands",
		Help: []string{"get-ssl", "print the TLS configuration"}},
	{Name: "del-ssl", Access: ctl.Writes, Need: needSSL, Run: runDelSSL,
		Help: []string{"del-ssl", "remove the TLS configuration"}},
	{Name: "set-ssl", Min: 3, Max: 3, Args: "!PRIVATE-KEY !CERTIFICATE !CA-CERT", Options: []string{"--bootstrap"}, Access: ctl.Writes,
		Need: needSSL, Run: runSetSSL, Help: []string{"set-ssl PRIV-KEY CERT CA-CERT", "set the TLS configuration"}},

	{Name: "add-aa-mapping", Min: 3, Max: 3, Args: "!BRIDGE !ARG !ARG", Access: ctl.Writes,
		Need: needAutoAttach, Run: runAddMapping, Section: "Auto-attach commands",
		Help: []string{"add-aa-mapping BRIDGE I-SID VLAN", "map a service to a VLAN"}},
	{Name: "del-aa-mapping", Min: 3, Max: 3, Args: "!BRIDGE !ARG !ARG", Access: ctl.Writes,
		Need: needAutoAttach, Run: runDelMapping, Help: []string{"del-aa-mapping BRIDGE I-SID VLAN", "remove a mapping"}},
	{Name: "get-aa-mapping", Min: 1, Max: 1, Args: "!BRIDGE",
		Need: needAutoAttach, Run: runGetMapping, Help: []string{"get-aa-mapping BRIDGE", "print the mappings"}},

	{Name: "add-zone-tp", Min: 3, Max: ctl.Many, Args: "!DATAPATH !ZONE +KEY=VALUE", Options: []string{"--may-exist"}, Access: ctl.Writes,
		Need: needZones, Run: runAddZone, Section: "Connection tracking commands",
		Help: []string{"add-zone-tp DATAPATH zone=ID POLICY...", "give a zone timeouts"}},
	{Name: "del-zone-tp", Min: 2, Max: 2, Args: "!DATAPATH !ZONE", Options: []string{"--if-exists"}, Access: ctl.Writes,
		Need: needZones, Run: runDelZone, Help: []string{"del-zone-tp DATAPATH zone=ID", "remove a zone's timeouts"}},
	{Name: "list-zone-tp", Min: 1, Max: 1, Args: "!DATAPATH",
		Need: needZones, Run: runListZones, Help: []string{"list-zone-tp DATAPATH", "print the zones' timeouts"}},
	{Name: "set-zone-limit", Min: 3, Max: 3, Args: "!DATAPATH !ZONE !LIMIT", Access: ctl.Writes,
		Need: needZones, Run: runSetLimit, Help: []string{"set-zone-limit DATAPATH zone=ID|default LIMIT", "limit a zone's connections"}},
	{Name: "del-zone-limit", Min: 2, Max: 2, Args: "!DATAPATH !ZONE", Options: []string{"--if-exists"}, Access: ctl.Writes,
		Need: needZones, Run: runDelLimit, Help: []string{"del-zone-limit DATAPATH zone=ID|default", "remove a zone's limit"}},
	{Name: "list-zone-limits", Min: 1, Max: 1, Args: "!DATAPATH",
		Need: needZones, Run: runListLimits, Help: []string{"list-zone-limits DATAPATH", "print the zones' limits"}},
	{Name: "list-dp-cap", Min: 1, Max: 1, Args: "!DATAPATH",
		Need: needZones, Run: runListCap, Help: []string{"list-dp-cap DATAPATH", "print what a datapath is capable of"}},
}
