package vtepctl

import (
	"slices"

	"govs/ovsdb/ctl"
)

// commands are the rows of all commands but the database commands.
func commands() []ctl.Command {
	show := ctl.ShowCommand
	show.Section, show.Help = "VTEP commands", []string{"show", "print managers, switches and ports as a tree"}
	return slices.Concat([]ctl.Command{show}, ctl.ManagerCommands("Global", "managers"), switchRows[:], logicalSwitch.rows(), bindingRows[:],
		logicalRouter.rows(), local.rows(), remote.rows())
}

var switchRows = [...]ctl.Command{
	{Name: "add-ps", Min: 1, Max: 1, Args: "!NEW-SWITCH", Options: []string{"--may-exist"}, Access: ctl.Writes,
		Need: needSwitches, Run: runAddSwitch, Section: "Physical switch commands", Help: []string{"add-ps PS", "add a physical switch"}},
	{Name: "del-ps", Min: 1, Max: 1, Args: "!SWITCH", Options: []string{"--if-exists"}, Access: ctl.Writes,
		Need: needSwitches, Run: runDelSwitch, Help: []string{"del-ps PS", "delete a physical switch and its ports"}},
	{Name: "list-ps", Need: needSwitches, Run: runListSwitches, Help: []string{"list-ps", "print the physical switches' names"}},
	{Name: "ps-exists", Min: 1, Max: 1, Args: "!SWITCH",
		Need: needSwitches, Run: runSwitchExists, Help: []string{"ps-exists PS", "exit with status 2 if there is no such physical switch"}},

	{Name: "list-ports", Min: 1, Max: 1, Args: "!SWITCH",
		Need: needSwitches, Run: runListPorts, Section: "Port commands", Help: []string{"list-ports PS", "print the names of a switch's ports"}},
	{Name: "add-port", Min: 2, Max: 2, Args: "!SWITCH !NEW-PORT", Options: []string{"--may-exist"}, Access: ctl.Writes,
		Need: needSwitches, Run: runAddPort, Help: []string{"add-port PS PORT", "add a port to a switch"}},
	{Name: "del-port", Min: 2, Max: 2, Args: "!SWITCH !PORT", Options: []string{"--if-exists"}, Access: ctl.Writes,
		Need: needSwitches, Run: runDelPort, Help: []string{"del-port PS PORT", "delete a port of a switch"}},
}

var bindingRows = [...]ctl.Command{
	{Name: "bind-ls", Min: 4, Max: 4, Args: "!SWITCH !PORT !VLAN !LOGICAL-SWITCH", Access: ctl.Writes,
		Need: needBindings, Run: runBind, Help: []string{"bind-ls PS PORT VLAN LS", "put a VLAN of a port into a logical switch"}},
	{Name: "unbind-ls", Min: 3, Max: 3, Args: "!SWITCH !PORT !VLAN", Access: ctl.Writes,
		Need: needBindings, Run: runUnbind, Help: []string{"unbind-ls PS PORT VLAN", "take a VLAN of a port out of its logical switch"}},
	{Name: "list-bindings", Min: 2, Max: 2, Args: "!SWITCH !PORT",
		Need: needBindings, Run: runListBindings, Help: []string{"list-bindings PS PORT", "print a port's VLANs and logical switches"}},
	{Name: "set-replication-mode", Min: 2, Max: 2, Args: "!LOGICAL-SWITCH !MODE", Access: ctl.Writes,
		Need: needMode, Run: runSetMode, Help: []string{"set-replication-mode LS MODE", "set it to service_node or source_node"}},
	{Name: "get-replication-mode", Min: 1, Max: 1, Args: "!LOGICAL-SWITCH",
		Need: needMode, Run: runGetMode, Help: []string{"get-replication-mode LS", "print who copies packets for many receivers"}},
}
