package pki

import (
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"path/filepath"
)

// req makes NAME-privkey.pem and NAME-req.pem.
func (t *tool) req(name string) error {
	keyPath, reqPath := name+"-privkey.pem", name+"-req.pem"
	if err := t.free(keyPath); err != nil {
		return err
	}
	if err := t.free(reqPath); err != nil {
		return err
	}
	if err := t.makeRequest(name, keyPath, reqPath); err != nil {
		return err
	}
	return t.fingerprint(reqPath)
}

func (t *tool) makeRequest(name, keyPath, reqPath string) error {
	key, err := t.newKey(keyPath, 0o600)
	if err != nil {
		return err
	}
	cn := filepath.Base(name)
	if !t.unique {
		cn += " id:" + uuid()
	}
	raw, err := subject(true, "Open vSwitch certifier", cn)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		RawSubject: raw, DNSNames: []string{cn}, SignatureAlgorithm: x509.SHA256WithRSA,
	}, key)
	if err != nil {
		return err
	}
	if err := writePEM(reqPath, "CERTIFICATE REQUEST", der, 0o644); err != nil {
		return err
	}
	return t.note("%s: made request for %s", reqPath, oneLine(raw))
}

// sign makes NAME-cert.pem from NAME-req.pem with an authority.
func (t *tool) sign(args []string) error {
	ca, err := t.certType(args)
	if err != nil {
		return err
	}
	reqPath := args[0] + "-req.pem"
	if err := t.fingerprint(reqPath); err != nil {
		return err
	}
	if !t.batch {
		if err := t.confirm(); err != nil {
			return err
		}
	}
	return t.signWith(ca, args[0])
}

func (t *tool) reqSign(args []string) error {
	ca, err := t.certType(args)
	if err != nil {
		return err
	}
	for _, check := range []func() error{
		t.needPKI,
		func() error { return t.free(args[0] + "-cert.pem") },
		func() error { return t.req(args[0]) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return t.signWith(ca, args[0])
}

func (t *tool) signWith(ca, name string) error {
	certPath := name + "-cert.pem"
	if err := t.needPKI(); err != nil {
		return err
	}
	if err := t.free(certPath); err != nil {
		return err
	}
	r, err := readRequest(name + "-req.pem")
	if err != nil {
		return err
	}
	parent, err := readCert(filepath.Join(ca, "cacert.pem"))
	if err != nil {
		return err
	}
	key, err := readKey(filepath.Join(ca, "private", "cakey.pem"))
	if err != nil {
		return err
	}
	if o := r.Subject.Organization; len(o) != 1 || o[0] != "Open vSwitch" {
		return fmt.Errorf("%s-req.pem: the request's organization must be Open vSwitch", name)
	}
	raw, err := subject(false, first(r.Subject.OrganizationalUnit), r.Subject.CommonName)
	if err != nil {
		return err
	}
	der, err := t.issue(ca, &x509.Certificate{
		RawSubject: raw, DNSNames: r.DNSNames, BasicConstraintsValid: true, SignatureAlgorithm: x509.SHA512WithRSA,
		SubjectKeyId: keyID(r.RawSubjectPublicKeyInfo),
	}, parent, r.PublicKey, key)
	if err != nil {
		return err
	}
	return writePEM(certPath, "CERTIFICATE", der, 0o644)
}

// selfSign makes NAME-cert.pem from NAME-req.pem with the request's own key.
func (t *tool) selfSign(name string) error {
	for _, f := range []string{name + "-req.pem", name + "-privkey.pem"} {
		if err := t.need(f); err != nil {
			return err
		}
	}
	if err := t.free(name + "-cert.pem"); err != nil {
		return err
	}
	r, err := readRequest(name + "-req.pem")
	if err != nil {
		return err
	}
	key, err := readKey(name + "-privkey.pem")
	if err != nil {
		return err
	}
	tmpl := &x509.Certificate{
		RawSubject: r.RawSubject, SerialNumber: randomSerial(), DNSNames: r.DNSNames,
		NotBefore: t.now.UTC(), NotAfter: t.now.UTC().AddDate(0, 0, validDays), SignatureAlgorithm: x509.SHA256WithRSA,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, r.PublicKey, key)
	if err != nil {
		return err
	}
	return writePEM(name+"-cert.pem", "CERTIFICATE", der, 0o644)
}

// verify checks NAME-cert.pem against an authority.
func (t *tool) verify(args []string) error {
	ca, err := t.certType(args)
	if err != nil {
		return err
	}
	if err := t.needPKI(); err != nil {
		return err
	}
	path := args[0] + "-cert.pem"
	if err := t.need(path); err != nil {
		return err
	}
	root, err := readCert(filepath.Join(ca, "cacert.pem"))
	if err != nil {
		return err
	}
	c, err := readCert(path)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	if _, err := c.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: t.now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		fmt.Fprintf(t.Err, "%s: %s\nerror %s: verification failed\n", oneLine(c.RawSubject), err, path)
		return exit(2)
	}
	fmt.Fprintf(t.Out, "%s: OK\n", path)
	return nil
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}
