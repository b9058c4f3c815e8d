package vsctl

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"govs/cli"
	"govs/internal/ovsref"
	"govs/ovsdb"
	"govs/ovsdb/ctl/ctltest"
	"govs/ovsdb/schemas"
	"govs/ovsdb/server"
	"govs/stream"
	"govs/tools/pki"
)

// keys makes an authority and the keys of a server and a client in dir.
func keys(t *testing.T, dir string) (ca string, of func(name string) stream.TLS) {
	t.Helper()
	run := func(args ...string) {
		t.Helper()
		var out strings.Builder
		argv := append([]string{"ovs-pki", "--dir=" + dir + "/pki", "--log=" + dir + "/pki.log"}, args...)
		if pki.Main(argv, cli.IO{In: strings.NewReader(""), Out: &out, Err: &out}) != 0 {
			t.Fatal(args, out.String())
		}
	}
	t.Chdir(dir)
	run("init")
	ca = dir + "/pki/switchca/cacert.pem"
	return ca, func(name string) stream.TLS {
		t.Helper()
		run("req+sign", name, "switch")
		return stream.TLS{PrivateKey: filepath.Join(dir, name+"-privkey.pem"), Certificate: filepath.Join(dir, name+"-cert.pem"), CACert: ca}
	}
}

// Both tools speak TLS with both servers, and take the authority from the
// first connection if they may.
func TestTLS(t *testing.T) {
	if raceEnabled {
		t.Skip("keys take long to make under the race detector")
	}
	dir := t.TempDir()
	ca, of := keys(t, dir)
	srv, own := of("server"), of("client")

	ours := tool.Ours(t)
	s := server.New(server.Config{})
	if err := s.AddDB(server.NewDatabase(ovsdb.NewStore(schemas.OVSSchema()), nil)); err != nil {
		t.Fatal(err)
	}
	serving := srv
	serving.PeerCACert = ca
	l, err := stream.Config{TLS: &serving}.Listen("pssl:0:127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(l) }()
	t.Cleanup(func() { s.Close(); l.Close(); <-done })

	theirs := tool.Reference(t, "--remote=db:Open_vSwitch,Open_vSwitch,manager_options",
		"--private-key="+srv.PrivateKey, "--certificate="+srv.Certificate, "--ca-cert="+ca, "--peer-ca-cert="+ca)
	theirs.Run(t, "", "--no-wait", "set-manager", "pssl:0:127.0.0.1")
	port := ""
	for range 200 {
		if port = strings.Trim(theirs.Run(t, "", "--if-exists", "get", "manager", ".", "status:bound_port").Out, "\"\n"); port != "" {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	for _, place := range []struct {
		name, remote string
		p            *ctltest.Place
	}{{"our server", "ssl:" + l.Addr().String(), ours}, {"reference server", "ssl:127.0.0.1:" + port, theirs}} {
		for _, path := range []string{"", ovsref.Path(t, "ovs-vsctl")} {
			args := []string{"--db=" + place.remote, "-t", "10", "-p", own.PrivateKey, "-c", own.Certificate}
			a := place.p.Run(t, path, append(args, "-C", ca, "--no-wait", "--may-exist", "add-br", "tls", "--", "list-br")...)
			if a.Out != "tls\n" || a.Status != 0 {
				t.Errorf("%s, %q: %+v", place.name, path, a)
			}
			learnt := filepath.Join(t.TempDir(), "ca.pem")
			a = place.p.Run(t, path, append(args, "--bootstrap-ca-cert="+learnt, "--retry", "list-br")...)
			if a.Out != "tls\n" || a.Status != 0 {
				t.Errorf("%s, %q, bootstrap: %+v", place.name, path, a)
			}
			a = place.p.Run(t, path, append(args, "-C", learnt, "list-br")...)
			if a.Out != "tls\n" || a.Status != 0 {
				t.Errorf("%s, %q, with the learnt authority: %+v", place.name, path, a)
			}
		}
	}
}
