package stream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"govs/cli"
)

// authority signs certificates for a test.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	n    int64
}

func (a *authority) write(name, kind string, der []byte) string {
	p := filepath.Join(a.dir, name)
	if err := os.WriteFile(p, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return p
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, _ = x509.ParseCertificate(der)
	a.write("ca.pem", "CERTIFICATE", der)
	return a
}

// member returns the files of a new certificate; trust is the authority whose
// peers it believes.
func (a *authority) member(name string, trust *authority) *TLS {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.n++
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1 + a.n), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	chain := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})...)
	cert := filepath.Join(a.dir, name+"-cert.pem")
	os.WriteFile(cert, chain, 0o600)
	kb, _ := x509.MarshalPKCS8PrivateKey(key)
	return &TLS{PrivateKey: a.write(name+"-privkey.pem", "PRIVATE KEY", kb), Certificate: cert, CACert: filepath.Join(trust.dir, "ca.pem")}
}

func TestTLS(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	l, err := Config{TLS: ca.member("server", ca)}.Listen("pssl:0:127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	echo(t, l)
	name := "ssl:" + l.Addr().String()

	c, err := Config{TLS: ca.member("client", ca)}.Dial(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name() != name {
		t.Error(c.Name())
	}
	ping(t, c)

	// A server of another authority is refused at once, a client of another
	// at its first read.
	if _, err := (Config{TLS: ca.member("wary", other)}).Dial(t.Context(), name); err == nil {
		t.Error("an unknown server was believed")
	}
	if c, err := (Config{TLS: other.member("stranger", ca)}).Dial(t.Context(), name); err == nil {
		c.Write([]byte("x"))
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("an unknown client was served")
		}
		c.Close()
	}

	// Bootstrap: the first connection fetches the authority, the next trusts it.
	boot := ca.member("boot", ca)
	boot.CACert, boot.Bootstrap = filepath.Join(t.TempDir(), "fetched.pem"), true
	if _, err := (Config{TLS: boot}).Dial(t.Context(), name); err == nil || !strings.Contains(err.Error(), "bootstrapped") {
		t.Error(err)
	}
	if c, err = (Config{TLS: boot}).Dial(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	ping(t, c)

	unchecked := ca.member("unchecked", ca)
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
		"--ssl-protocols=TLSv1.2,TLSv1.3": "",
		"--ssl-protocols=SSLv3":           "SSLv3: SSL protocol not recognized",
		"--ssl-protocols=,":               "SSL protocol settings invalid",
		"--ssl-ciphers=x":                 "--ssl-ciphers is not supported: Go chooses the ciphers",
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
	ca := newAuthority(t)
	for _, send := range []bool{false, true} {
		own := ca.member("server", ca)
		text, _ := os.ReadFile(own.Certificate)
		leaf, _ := pem.Decode(text)
		os.WriteFile(own.Certificate, pem.EncodeToMemory(leaf), 0o600)
		if send {
			own.PeerCACert = filepath.Join(ca.dir, "ca.pem")
		}
		l, err := Config{TLS: own}.Listen("pssl:0:127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		echo(t, l)
		client := ca.member("client", ca)
		client.CACert, client.Bootstrap = filepath.Join(t.TempDir(), "fetched.pem"), true
		_, err = Config{TLS: client}.Dial(t.Context(), "ssl:"+l.Addr().String())
		if got := err != nil && strings.Contains(err.Error(), "reconnecting"); got != send {
			t.Errorf("sent %t: %v", send, err)
		}
	}
}
