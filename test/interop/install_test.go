package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govs/internal/ovsref"
)

// libScript is what a start-up script of another project does with ovs-lib.
const libScript = `. "$OVS_PKGDATADIR/scripts/ovs-lib"
version_geq 3.7.1 3.10 || echo older
version_geq 3.7.1 3.7 && echo newer
pid_exists $$ && echo alive
pid_exists 999999 || echo dead
upgrade_db "$dbdir/conf.db" "$SCHEMA"
upgrade_db "$dbdir/conf.db" "$SCHEMA"
daemon_status ovsdb-server
MONITOR=no; OVS_USER=
start_daemon "" "" ovsdb-server "$dbdir/conf.db" -vconsole:off --remote=punix:"$rundir/db.sock"
daemon_status ovsdb-server
daemon_is_running ovsdb-server && echo running
pid_comm_check ovsdb-server "$(cat "$rundir/ovsdb-server.pid")" && echo itself
ovs_vsctl init
ovs_vsctl show | tail -n +2
ovs_vsctl add-br br0 -- add-port br0 p1 -- set interface p1 type=internal
internal_interfaces | tr ' ' '\n' | sort
flow_restore_wait
ovs_vsctl get open . other_config
flow_restore_complete
ovs_vsctl get open . other_config
stop_daemon ovsdb-server
daemon_is_running ovsdb-server || echo stopped
action "Doing nothing" true
action "Failing" false
echo $?
`

// TestInstall installs govs into a directory as a system has it, and runs a
// script on the ovs-lib there and on Debian's.
func TestInstall(t *testing.T) {
	ovsref.Root(t)
	schema := ovsref.Schema(t, "vswitch.ovsschema")
	dest := t.TempDir()
	if out, err := exec.Command("make", "-s", "-C", "../..", "install-system", "DESTDIR="+dest).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, link := range []string{"etc/network/if-pre-up.d/openvswitch", "usr/bin/ovs-vsctl", "usr/sbin/ovs-vswitchd", "usr/share/openvswitch/scripts/ovs-ctl"} {
		to, err := os.Readlink(filepath.Join(dest, link))
		if err == nil && !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(link), to)
		}
		if _, e := os.Stat(filepath.Join(dest, to)); err != nil || e != nil {
			t.Errorf("%s -> %s: %v %v", link, to, err, e)
		}
	}
	units, _ := filepath.Glob(dest + "/lib/systemd/system/*.service")
	if len(units) != 4 {
		t.Errorf("units: %v", units)
	}
	for _, u := range units {
		b, _ := os.ReadFile(u)
		for line := range strings.Lines(string(b)) {
			_, cmd, ok := strings.Cut(line, "=/usr/share/openvswitch/scripts/ovs-ctl ")
			if !ok {
				continue
			}
			args := append(strings.Fields(strings.ReplaceAll(cmd, "$OVS_CTL_OPTS", "")), "--help")
			if out, err := exec.Command(dest+"/usr/share/openvswitch/scripts/ovs-ctl", args...).CombinedOutput(); err != nil {
				t.Errorf("%s: %s%v %s", filepath.Base(u), line, err, out)
			}
		}
		if strings.Contains(string(b), "@") {
			t.Errorf("%s has a place that was not filled in", u)
		}
	}

	run := func(usr string) string {
		dir := t.TempDir()
		cmd := exec.Command("sh", "-c", libScript)
		cmd.Env = []string{"PATH=" + usr + "/bin:" + usr + "/sbin:/usr/bin:/bin", "SCHEMA=" + schema,
			"OVS_RUNDIR=" + dir, "OVS_LOGDIR=" + dir, "OVS_DBDIR=" + dir, "OVS_SYSCONFDIR=" + dir,
			"OVS_PKGDATADIR=" + usr + "/share/openvswitch", "OVS_BINDIR=" + usr + "/bin", "OVS_SBINDIR=" + usr + "/sbin"}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v", usr, err)
		}
		s := strings.ReplaceAll(string(out), dir, "DIR")
		return regexp.MustCompile(`(pid |\()\d+`).ReplaceAllString(s, "${1}N")
	}
	want, got := run("/usr"), run(dest+"/usr")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	fmt.Fprintln(t.Output(), got)
}
