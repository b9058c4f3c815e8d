// Package testpki makes certificate authorities and certificates for tests, in
// files of the test's own directory.
//
//	ca := testpki.New(t)
//	key, cert := ca.Member("client1")
package testpki

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
	"testing"
	"time"
)

// CA signs certificates.
type CA struct {
	// File is its own certificate.
	File string

	t    testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	n    int64
}

// New makes an authority.
func New(t testing.TB) *CA {
	t.Helper()
	a := &CA{t: t, dir: t.TempDir(), n: 1}
	a.key = a.newKey()
	tmpl := a.template("ca")
	tmpl.IsCA, tmpl.BasicConstraintsValid, tmpl.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.File = a.write("cacert.pem", block("CERTIFICATE", der))
	return a
}

// Member makes a certificate with a common name and returns its files. The
// authority's certificate follows it in the file, so that a peer can bootstrap.
func (a *CA) Member(name string) (key, cert string) {
	a.t.Helper()
	a.n++
	k := a.newKey()
	der, err := x509.CreateCertificate(rand.Reader, a.template(name), a.cert, k.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.write(name+"-privkey.pem", block("PRIVATE KEY", private)),
		a.write(name+"-cert.pem", append(block("CERTIFICATE", der), block("CERTIFICATE", a.cert.Raw)...))
}

func (a *CA) newKey() *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	return k
}

func (a *CA) template(name string) *x509.Certificate {
	return &x509.Certificate{SerialNumber: big.NewInt(a.n), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func (a *CA) write(name string, text []byte) string {
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}
