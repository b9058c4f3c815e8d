package ovsdbserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"govs/internal/ovsref"
)

// Command lines that end at once say what the reference says, and exit alike.
func TestStartAsReference(t *testing.T) {
	bin := ovsref.Path(t, "ovsdb-server")
	for _, args := range [][]string{
		{"$DB", "--run=true"},
		{"$DB", "--run=exit 3"},
		{"$DB", "--run=kill -9 $$"},
		{"$DB", "--run=/nonexistent"},
		{"$DB", "--run=echo hello"},
		{"$DIR/none"},
		{"--no-dbs", "--remote=db:x,y,z"},
		{"--no-dbs", "--remote=db:x"},
		{"$DB", "--remote=db:T,x,y"},
		{"$DB", "--remote=db:T,A,x"},
		{"$DB", "--private-key=db:T,A,xx", "--certificate=db:T,A,n"},
		{"$DB", "--foo"},
		{"$DB", "--remote"},
	} {
		var said [2]string
		for i := range said {
			file := newDB(t)
			dir := filepath.Dir(file)
			put := strings.NewReplacer("$DB", file, "$DIR", dir)
			all := []string{"--unixctl=" + dir + "/ctl"}
			for _, a := range args {
				all = append(all, put.Replace(a))
			}
			cmd := exec.Command(bin, all...)
			cmd.Env = append(os.Environ(), "OVS_RUNDIR="+dir, "OVS_LOGDIR="+dir, "OVS_DBDIR="+dir, "OVS_SYSCONFDIR="+dir)
			if i == 0 {
				cmd.Path, cmd.Env = os.Args[0], append(cmd.Env, "TEST_OVSDB_SERVER=1")
			}
			out, err := cmd.CombinedOutput()
			said[i] = strings.NewReplacer(file, "DB", dir, "DIR", bin, "ovsdb-server").Replace(string(out))
			if err != nil {
				said[i] += err.Error()
			}
		}
		if said[0] != said[1] {
			t.Errorf("%q\nours\n%s\ntheirs\n%s", args, said[0], said[1])
		}
	}
}
