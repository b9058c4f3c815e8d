package pki

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"strings"

	"govs/cli"
)

// subject builds a name in openssl's order of parts.
func subject(locality bool, unit, cn string) ([]byte, error) {
	type part struct {
		oid  asn1.ObjectIdentifier
		text string
	}
	at := func(n int) asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 5, 4, n} } // X.520
	parts := []part{{at(6), "US"}, {at(8), "CA"}}
	if locality {
		parts = append(parts, part{at(7), "Palo Alto"})
	}
	parts = append(parts, part{at(10), "Open vSwitch"}, part{at(11), unit}, part{at(3), cn})
	var seq pkix.RDNSequence
	for _, p := range parts {
		// openssl compares the kind of string too: UTF-8 for all but the country.
		v := asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(p.text)}
		if p.oid.Equal(at(6)) {
			v.Tag = asn1.TagPrintableString
		}
		seq = append(seq, pkix.RelativeDistinguishedNameSET{{Type: p.oid, Value: v}})
	}
	return asn1.Marshal(seq)
}

// oneLine prints a raw subject as openssl's index.txt has it: /C=US/ST=CA/...
func oneLine(raw []byte) string {
	var seq pkix.RDNSequence
	if _, err := asn1.Unmarshal(raw, &seq); err != nil {
		return ""
	}
	names := map[string]string{"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU"}
	var b strings.Builder
	for _, set := range seq {
		for _, a := range set {
			n := names[a.Type.String()]
			if n == "" {
				n = a.Type.String()
			}
			fmt.Fprintf(&b, "/%s=%v", n, a.Value)
		}
	}
	return b.String()
}

func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	b := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(path, b, mode); err != nil {
		return fmt.Errorf("%s: %s", path, cli.Strerror(err))
	}
	return os.Chmod(path, mode) // for a file that was there
}

// readPEM finds the first block of a kind; openssl puts text before it.
func readPEM(path, kind string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", path, cli.Strerror(err))
	}
	for {
		var block *pem.Block
		if block, b = pem.Decode(b); block == nil {
			return nil, fmt.Errorf("%s: no %s in it", path, strings.ToLower(kind))
		}
		if block.Type == kind {
			return block.Bytes, nil
		}
	}
}

// newKey makes a private key and writes it in PKCS #8.
func (t *tool) newKey(path string, mode os.FileMode) (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, t.bits)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writePEM(path, "PRIVATE KEY", der, mode)
}

func readKey(path string) (crypto.Signer, error) {
	if der, err := readPEM(path, "RSA PRIVATE KEY"); err == nil {
		return x509.ParsePKCS1PrivateKey(der)
	}
	der, err := readPEM(path, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s: a key of this kind cannot sign", path)
	}
	return s, nil
}

func readCert(path string) (*x509.Certificate, error) {
	der, err := readPEM(path, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func readRequest(path string) (*x509.CertificateRequest, error) {
	der, err := readPEM(path, "CERTIFICATE REQUEST")
	if err != nil {
		return nil, err
	}
	r, err := x509.ParseCertificateRequest(der)
	if err == nil {
		err = r.CheckSignature()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// fingerprint prints a file's name, time and SHA-1: of the certificate in it,
// else of the file.
func (t *tool) fingerprint(path string) error {
	fi, err := os.Stat(path)
	if err != nil {
		fmt.Fprintf(t.Err, "date: %s: %s\n", path, cli.Strerror(err))
		return exit(1)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%s: %s", path, cli.Strerror(err))
	}
	sum := fmt.Sprintf("%x", sha1.Sum(b))
	if der, err := readPEM(path, "CERTIFICATE"); err == nil {
		sum = fmt.Sprintf("%X", sha1.Sum(der))
	}
	fmt.Fprintf(t.Out, "%s\t%s\n\tfingerprint %s\n", path, fi.ModTime().Local().Format("Mon Jan _2 15:04:05 MST 2006"), sum)
	return nil
}

// uuid returns a random UUID (RFC 9562, version 4).
func uuid() string {
	var u [16]byte
	rand.Read(u[:])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

func randomSerial() *big.Int {
	n, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 158))
	return n.Add(n, big.NewInt(1))
}

// keyID is the SHA-1 of the public key's bits (RFC 5280, section 4.2.1.2).
func keyID(spki []byte) []byte {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki, &info); err != nil {
		return nil
	}
	sum := sha1.Sum(info.Key.Bytes)
	return sum[:]
}
