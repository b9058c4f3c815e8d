package stream

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"govs/cli"
	"govs/internal/testpki"
)

// member returns the files of a new certificate; trust is the authority whose
// peers it believes.
func member(name string, of, trust *testpki.CA) *TLS {
	key, cert := of.Member(name)
	return &TLS{PrivateKey: key, Certificate: cert, CACert: trust.File}
}

func TestTLS(t *testing.T) {
	ca, other := testpki.New(t), testpki.New(t)
	l, err := Config{TLS: member("server", ca, ca)}.Listen("pssl:0:127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	echo(t, l)
	name := "ssl:" + l.Addr().String()

	c, err := Config{TLS: member("client", ca, ca)}.Dial(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name() != name {
		t.Error(c.Name())
	}
	ping(t, c)

	// A server of another authority is refused at once, a client of another
	// at its first read.
	if _, err := (Config{TLS: member("wary", ca, other)}).Dial(t.Context(), name); err == nil {
		t.Error("an unknown server was believed")
	}
	if c, err := (Config{TLS: member("stranger", other, ca)}).Dial(t.Context(), name); err == nil {
		c.Write([]byte("x"))
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("an unknown client was served")
		}
		c.Close()
	}

	// Bootstrap: the first connection fetches the authority, the next trusts it.
	boot := member("boot", ca, ca)
	boot.CACert, boot.Bootstrap = filepath.Join(t.TempDir(), "fetched.pem"), true
	if _, err := (Config{TLS: boot}).Dial(t.Context(), name); err == nil || !strings.Contains(err.Error(), "bootstrapped") {
		t.Error(err)
	}
	if c, err = (Config{TLS: boot}).Dial(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	ping(t, c)

	unchecked := member("unchecked", ca, ca)
	unchecked.CACert = "none"
	if c, err = (Config{TLS: unchecked}).Dial(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	ping(t, c)
}

func TestTLSErrors(t *testing.T) {
	for _, tt := range []struct {
		tls  *TLS
		want string
	}{
		{nil, "Private key and certificate must be configured to use SSL"},
		{&TLS{PrivateKey: "x"}, "Private key and certificate must be configured to use SSL"},
		{&TLS{PrivateKey: "x", Certificate: "x"}, "CA certificate must be configured to use SSL"},
		{&TLS{PrivateKey: "/nope/x", Certificate: "/nope/x", CACert: "x"}, "No such file or directory"},
	} {
		if _, err := (Config{TLS: tt.tls}).Dial(t.Context(), "ssl:127.0.0.1:1"); cli.Strerror(err) != tt.want {
			t.Errorf("%+v: %v", tt.tls, err)
		}
		if _, err := (Config{TLS: tt.tls}).Listen("pssl:0"); cli.Strerror(err) != tt.want {
			t.Errorf("%+v: %v", tt.tls, err)
		}
	}
	var o TLS
	for arg, want := range map[string]string{
		"--ssl-protocols=TLSv1.2,TLSv1.3":           "",
		"--ssl-protocols=SSLv3":                     "SSLv3: SSL protocol not recognized",
		"--ssl-protocols=,":                         "SSL protocol settings invalid",
		"--ssl-ciphers=x":                           "x: no cipher match",
		"--ssl-ciphers=HIGH:!aNULL:!MD5":            "",
		"--ssl-ciphers=DEFAULT:@SECLEVEL=2":         "",
		"--ssl-ciphers=!HIGH":                       "!HIGH: no cipher match",
		"--ssl-ciphers=ECDHE-RSA-AES128-GCM-SHA256": "",
		"--ssl-ciphersuites=TLS_AES_128_GCM_SHA256": "--ssl-ciphersuites cannot leave out TLS_AES_256_GCM_SHA384: in TLS 1.3 Go chooses among all",
		"--ssl-ciphersuites=TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256": "",
	} {
		got := ""
		if _, err := cli.Parse([]string{arg}, cli.Permute, o.Options()); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q", arg, got)
		}
	}
}

// A server whose own file has no chain sends its authority with PeerCACert,
// and clients can learn it.
func TestPeerCACert(t *testing.T) {
	ca := testpki.New(t)
	for _, send := range []bool{false, true} {
		own := member("server", ca, ca)
		text, _ := os.ReadFile(own.Certificate)
		leaf, _ := pem.Decode(text)
		os.WriteFile(own.Certificate, pem.EncodeToMemory(leaf), 0o600)
		if send {
			own.PeerCACert = ca.File
		}
		l, err := Config{TLS: own}.Listen("pssl:0:127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		echo(t, l)
		client := member("client", ca, ca)
		client.CACert, client.Bootstrap = filepath.Join(t.TempDir(), "fetched.pem"), true
		_, err = Config{TLS: client}.Dial(t.Context(), "ssl:"+l.Addr().String())
		if got := err != nil && strings.Contains(err.Error(), "reconnecting"); got != send {
			t.Errorf("sent %t: %v", send, err)
		}
	}
}
