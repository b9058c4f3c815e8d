package stream

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"

	"govs/cli"
)

// TLS names the files of --private-key, --certificate, --ca-cert and
// --bootstrap-ca-cert. They are read at each connection, so that renewed
// certificates are used without a restart.
type TLS struct {
	PrivateKey, Certificate string
	CACert                  string // "none": do not check the peer
	Bootstrap               bool   // take CACert from the first peer if the file is missing
	PeerCACert              string // certificates to send along with ours
	Protocols, Ciphers      string // --ssl-protocols, --ssl-ciphers
}

// Options returns the rows -p -c -C --ssl-protocols --ssl-ciphers
// --ssl-ciphersuites --bootstrap-ca-cert --peer-ca-cert, which set t.
func (t *TLS) Options() []cli.Option {
	set := func(p *string) func(string, bool) error {
		return func(v string, _ bool) error { *p = v; return nil }
	}
	return []cli.Option{
		{Long: "private-key", Short: 'p', Arg: cli.ReqArg, Meta: "FILE", Help: "file with private key", Do: set(&t.PrivateKey)},
		{Long: "certificate", Short: 'c', Arg: cli.ReqArg, Meta: "FILE", Help: "file with certificate for private key", Do: set(&t.Certificate)},
		{Long: "ca-cert", Short: 'C', Arg: cli.ReqArg, Meta: "FILE", Help: "file with peer CA certificate", Do: set(&t.CACert)},
		{Long: "ssl-protocols", Arg: cli.ReqArg, Meta: "PROTOS", Help: "list of SSL protocols to enable",
			Do: func(v string, _ bool) error {
				t.Protocols = v
				_, _, err := versions(v)
				return err
			}},
		{Long: "ssl-ciphers", Arg: cli.ReqArg, Meta: "CIPHERS", Help: "list of SSL ciphers to enable",
			Do: func(v string, _ bool) error {
				t.Ciphers = v
				_, err := ciphers(v)
				return err
			}},
		{Long: "ssl-ciphersuites", Arg: cli.ReqArg, Meta: "SUITES", Help: "list of TLS 1.3 ciphersuites to enable",
			Do: func(v string, _ bool) error { return checkSuites(v) }},
		{Long: "bootstrap-ca-cert", Arg: cli.ReqArg, Meta: "FILE", Help: "file with peer CA certificate to read or create",
			Do: func(v string, _ bool) error { t.CACert, t.Bootstrap = v, true; return nil }},
		{Long: "peer-ca-cert", Arg: cli.ReqArg, Meta: "FILE", Help: "file with CA certificates to send to peers", Do: set(&t.PeerCACert)},
	}
}

// versions turns "TLSv1.2,TLSv1.3" into the lowest and highest version.
func versions(list string) (lo, hi uint16, err error) {
	if list == "" {
		return tls.VersionTLS12, tls.VersionTLS13, nil
	}
	word := ""
	add := func() {
		var v uint16
		switch word {
		case "":
			return
		case "TLSv1":
			v = tls.VersionTLS10
		case "TLSv1.1":
			v = tls.VersionTLS11
		case "TLSv1.2":
			v = tls.VersionTLS12
		case "TLSv1.3":
			v = tls.VersionTLS13
		default:
			err = fmt.Errorf("%s: SSL protocol not recognized", word)
			return
		}
		if lo == 0 || v < lo {
			lo = v
		}
		hi = max(hi, v)
		word = ""
	}
	for _, c := range list {
		if c == ',' || c == ' ' || c == '\t' {
			add()
		} else {
			word += string(c)
		}
	}
	add()
	if err == nil && lo == 0 {
		err = errors.New("SSL protocol settings invalid")
	}
	return lo, hi, err
}

// config builds the crypto/tls form. Peers are checked against the CA alone:
// OVS names no hosts in certificates.
func (t *TLS) config(server bool) (*tls.Config, error) {
	if t == nil || t.PrivateKey == "" || t.Certificate == "" {
		return nil, errors.New("Private key and certificate must be configured to use SSL")
	}
	if t.CACert == "" {
		return nil, errors.New("CA certificate must be configured to use SSL")
	}
	pair, err := tls.LoadX509KeyPair(t.Certificate, t.PrivateKey)
	if err != nil {
		return nil, err
	}
	if pair.Certificate, err = t.chain(pair.Certificate); err != nil {
		return nil, err
	}
	lo, hi, err := versions(t.Protocols)
	if err != nil {
		return nil, err
	}
	suites, err := ciphers(t.Ciphers)
	if err != nil {
		return nil, err
	}
	cfg := &tls.Config{
		CipherSuites:       suites,
		Certificates:       []tls.Certificate{pair},
		MinVersion:         lo,
		MaxVersion:         hi,
		InsecureSkipVerify: true, // replaced by verify below
	}
	if t.CACert == "none" {
		return cfg, nil
	}
	pool, err := t.pool()
	if err != nil {
		return nil, err
	}
	if server {
		cfg.ClientAuth = tls.RequireAnyClientCert
	}
	cfg.VerifyConnection = func(cs tls.ConnectionState) error { return t.verify(pool, cs) }
	return cfg, nil
}

// chain adds the certificates of PeerCACert to our own, for peers that learn
// their CA from the first connection.
func (t *TLS) chain(own [][]byte) ([][]byte, error) {
	if t.PeerCACert == "" {
		return own, nil
	}
	text, err := os.ReadFile(t.PeerCACert)
	if err != nil {
		return nil, err
	}
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			return own, nil
		}
		if b.Type == "CERTIFICATE" {
			own = append(own, b.Bytes)
		}
	}
}

// PeerName returns the common name of the certificate that the peer of a TLS
// connection has shown, or "" for any other connection.
func PeerName(c net.Conn) string {
	if w, ok := c.(*conn); ok {
		c = w.Conn
	}
	if t, ok := c.(*tls.Conn); ok {
		if certs := t.ConnectionState().PeerCertificates; len(certs) > 0 {
			return certs[0].Subject.CommonName
		}
	}
	return ""
}

// pool reads the CA certificates; nil means that the first peer brings them.
func (t *TLS) pool() (*x509.CertPool, error) {
	text, err := os.ReadFile(t.CACert)
	if errors.Is(err, os.ErrNotExist) && t.Bootstrap {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: no CA certificate", t.CACert)
	}
	return pool, nil
}

func (t *TLS) verify(pool *x509.CertPool, cs tls.ConnectionState) error {
	if len(cs.PeerCertificates) == 0 {
		return errors.New("peer has no certificate")
	}
	if pool == nil {
		return t.bootstrap(cs.PeerCertificates)
	}
	inter := x509.NewCertPool()
	for _, c := range cs.PeerCertificates[1:] {
		inter.AddCert(c)
	}
	_, err := cs.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots: pool, Intermediates: inter,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	return err
}

// bootstrap writes the self-signed certificate that ends the peer's chain to
// the CA file, then fails the connection: the next one is checked against it.
func (t *TLS) bootstrap(chain []*x509.Certificate) error {
	root := chain[len(chain)-1]
	if root.CheckSignatureFrom(root) != nil {
		return errors.New("could not bootstrap CA cert: no self-signed certificate in peer's chain")
	}
	f, err := os.OpenFile(t.CACert, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o444)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pem.Encode(f, &pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}); err != nil {
		return err
	}
	return errors.New("CA certificate bootstrapped; reconnecting")
}
