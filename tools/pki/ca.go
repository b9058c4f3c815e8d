package pki

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"

	"govs/cli"
)

// validDays is how long certificates are good for.
const validDays = 3650

// init makes a hierarchy: one authority for controllers, one for switches.
func (t *tool) init() error {
	if _, err := os.Stat(t.dir); err == nil && !t.force {
		return fmt.Errorf("%s already exists and --force not specified", t.dir)
	}
	for _, ca := range []string{"controllerca", "switchca"} {
		fmt.Fprintf(t.Err, "Creating %s...\n", ca)
		if err := t.initCA(ca); err != nil {
			return err
		}
	}
	return nil
}

func (t *tool) initCA(ca string) error {
	dir := filepath.Join(t.dir, ca)
	for _, d := range []string{"certs", "crl", "newcerts"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return fmt.Errorf("%s: %s", dir, cli.Strerror(err))
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "private"), 0o700); err != nil {
		return fmt.Errorf("%s: %s", dir, cli.Strerror(err))
	}
	cn := fmt.Sprintf("OVS %s CA Certificate (%s)", ca, t.now.Format("2006 Jan 02 15:04:05"))
	for name, text := range map[string]string{
		"ca.cnf": caConfig(ca, cn), "serial": "01\n", "crlnumber": "01\n", "index.txt": "", "index.txt.attr": "unique_subject = no\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("%s: %s", dir, cli.Strerror(err))
		}
	}
	key, err := t.newKey(filepath.Join(dir, "private", "cakey.pem"), 0o700)
	if err != nil {
		return err
	}
	reqName, err := subject(true, ca, cn)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{RawSubject: reqName, SignatureAlgorithm: x509.SHA512WithRSA}, key)
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(dir, "careq.pem"), "CERTIFICATE REQUEST", der, 0o644); err != nil {
		return err
	}
	name, err := subject(false, ca, cn)
	if err != nil {
		return err
	}
	tmpl := &x509.Certificate{RawSubject: name, IsCA: true, BasicConstraintsValid: true, SignatureAlgorithm: x509.SHA512WithRSA}
	cert, err := t.issue(dir, tmpl, tmpl, key.Public(), key)
	if err != nil {
		return err
	}
	return writePEM(filepath.Join(dir, "cacert.pem"), "CERTIFICATE", cert, 0o644)
}

// caConfig is what openssl's own "ca" command needs to go on with the
// authority.
func caConfig(ca, cn string) string {
	return `# For "openssl ca" and "openssl req", run in this directory.
[ req ]
prompt = no
distinguished_name = name

[ name ]
C = US
ST = CA
L = Palo Alto
O = Open vSwitch
OU = ` + ca + `
CN = ` + cn + `

[ ca ]
default_ca = the_ca

[ the_ca ]
dir = .
database = $dir/index.txt
new_certs_dir = $dir/newcerts
certificate = $dir/cacert.pem
serial = $dir/serial
private_key = $dir/private/cakey.pem
default_days = 3650
default_crl_days = 30
default_md = sha512
policy = policy
email_in_dn = no
name_opt = ca_default
cert_opt = ca_default
copy_extensions = copy
unique_subject = no

[ policy ]
countryName = optional
stateOrProvinceName = optional
organizationName = match
organizationalUnitName = optional
commonName = supplied
emailAddress = optional

[ ca_cert ]
basicConstraints = CA:true

[ usr_cert ]
basicConstraints = CA:false
`
}

// issue signs with the authority in dir and keeps its books: serial,
// index.txt and newcerts.
func (t *tool) issue(dir string, tmpl, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) ([]byte, error) {
	serialPath := filepath.Join(dir, "serial")
	text, err := os.ReadFile(serialPath)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", serialPath, cli.Strerror(err))
	}
	serial, ok := new(big.Int).SetString(strings.TrimSpace(string(text)), 16)
	if !ok {
		return nil, fmt.Errorf("%s: not a hexadecimal number", serialPath)
	}
	tmpl.SerialNumber = serial
	tmpl.NotBefore = t.now.UTC()
	tmpl.NotAfter = tmpl.NotBefore.AddDate(0, 0, validDays)
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, pub, key)
	if err != nil {
		return nil, err
	}
	number := hexSerial(serial)
	if err := writePEM(filepath.Join(dir, "newcerts", number+".pem"), "CERTIFICATE", der, 0o644); err != nil {
		return nil, err
	}
	if err := os.WriteFile(serialPath+".old", text, 0o644); err != nil {
		return nil, err
	}
	next := hexSerial(new(big.Int).Add(serial, big.NewInt(1)))
	if err := os.WriteFile(serialPath, []byte(next+"\n"), 0o644); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "index.txt"), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	line := fmt.Sprintf("V\t%s\t\t%s\tunknown\t%s\n", tmpl.NotAfter.Format("060102150405Z"), number, oneLine(tmpl.RawSubject))
	if _, err = f.WriteString(line); err == nil {
		err = t.note("%s: issued certificate %s for %s", dir, number, oneLine(tmpl.RawSubject))
	}
	return der, errors.Join(err, f.Close())
}

// hexSerial has an even number of digits, as openssl wants it.
func hexSerial(n *big.Int) string {
	s := fmt.Sprintf("%X", n)
	if len(s)%2 == 1 {
		s = "0" + s
	}
	return s
}
