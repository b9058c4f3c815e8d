package vtepctl

import (
	"fmt"

	"govs/ovsdb/ctl"
	"govs/ovsdb/idl"
)

// kind is a kind of logical network element, which has a table of its own and
// the same four commands.
type kind struct {
	table, short, arg string // "Logical_Switch", "ls", "LS"
	word              string // for messages
}

var (
	logicalSwitch = kind{"Logical_Switch", "ls", "LS", "logical switch"}
	logicalRouter = kind{"Logical_Router", "lr", "LR", "logical router"}
)

func (k kind) need(n *ctl.Need, _ *ctl.Call) error {
	n.Columns(k.table, "name")
	return nil
}

// find finds an element by its name. With must, there is an error if it is
// missing.
func (k kind) find(c *ctl.Context, name string, must bool) (*idl.Row, error) {
	r := named(c.Rows(k.table), name)
	if r == nil && must {
		return nil, fmt.Errorf("no %s named %s", k.word, name)
	}
	return r, nil
}

func (k kind) rows() []ctl.Command {
	title := "Logical " + k.word[len("logical "):] + " commands"
	return []ctl.Command{
		{Name: "add-" + k.short, Min: 1, Max: 1, Args: "!NEW-NAME", Options: []string{"--may-exist"}, Access: ctl.Writes,
			Need: k.need, Run: k.add, Section: title, Help: []string{"add-" + k.short + " " + k.arg, "add a " + k.word}},
		{Name: "del-" + k.short, Min: 1, Max: 1, Args: "!NAME", Options: []string{"--if-exists"}, Access: ctl.Writes,
			Need: k.need, Run: k.del, Help: []string{"del-" + k.short + " " + k.arg, "delete a " + k.word}},
		{Name: "list-" + k.short, Need: k.need, Run: k.list,
			Help: []string{"list-" + k.short, "print the names of all"}},
		{Name: k.short + "-exists", Min: 1, Max: 1, Args: "!NAME",
			Need: k.need, Run: k.exists, Help: []string{k.short + "-exists " + k.arg, "exit with status 2 if there is none"}},
	}
}

func (k kind) add(c *ctl.Context) error {
	if r, _ := k.find(c, c.Words[0], false); r != nil {
		if c.Has("--may-exist") {
			return nil
		}
		return fmt.Errorf("cannot create %s %s because it already exists", k.word, c.Words[0])
	}
	c.SetStr(c.Insert(k.table), "name", c.Words[0])
	return nil
}

func (k kind) del(c *ctl.Context) error {
	r, err := k.find(c, c.Words[0], c.Must())
	if r != nil {
		c.Delete(r)
	}
	return err
}

func (k kind) list(c *ctl.Context) error {
	c.Lines(names(c.Rows(k.table)))
	return nil
}

func (k kind) exists(c *ctl.Context) error {
	if r, _ := k.find(c, c.Words[0], false); r == nil {
		return ctl.ExitError(2)
	}
	return nil
}

func needMode(n *ctl.Need, c *ctl.Call) error {
	n.Columns("Logical_Switch", "replication_mode")
	return logicalSwitch.need(n, c)
}

func runSetMode(c *ctl.Context) error {
	mode := c.Words[1]
	if mode != "service_node" && mode != "source_node" {
		return fmt.Errorf("Replication mode must be 'service_node' or 'source_node'")
	}
	ls, err := logicalSwitch.find(c, c.Words[0], true)
	if err == nil {
		c.SetStr(ls, "replication_mode", mode)
	}
	return err
}

func runGetMode(c *ctl.Context) error {
	ls, err := logicalSwitch.find(c, c.Words[0], true)
	if err == nil {
		c.Verify(ls, "replication_mode")
		c.Printf("%s\n", ls.Str("replication_mode"))
	}
	return err
}
