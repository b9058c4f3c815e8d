package programs

import "strings"

// ShellWord makes s one word of a shell command.
func ShellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// DBString makes s a string for ovs-vsctl, whatever it looks like.
func DBString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
