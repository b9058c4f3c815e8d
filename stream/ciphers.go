package stream

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
)

// cipherNames are OpenSSL's names of the TLS 1.2 ciphers that Go has and
// thinks safe, in Go's order of preference.
var cipherNames = [...]struct {
	name string
	id   uint16
}{
	{"ECDHE-ECDSA-AES128-GCM-SHA256", tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
	{"ECDHE-RSA-AES128-GCM-SHA256", tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
	{"ECDHE-ECDSA-AES256-GCM-SHA384", tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
	{"ECDHE-RSA-AES256-GCM-SHA384", tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384},
	{"ECDHE-ECDSA-CHACHA20-POLY1305", tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256},
	{"ECDHE-RSA-CHACHA20-POLY1305", tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256},
	{"ECDHE-ECDSA-AES128-SHA", tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA},
	{"ECDHE-RSA-AES128-SHA", tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA},
	{"ECDHE-ECDSA-AES256-SHA", tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA},
	{"ECDHE-RSA-AES256-SHA", tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA},
}

// groups are OpenSSL's words for many ciphers at once. What we have is all of
// the "high" ones: neither anonymous nor without encryption, no MD5, RC4 or
// triple DES.
var groups = map[string]bool{"DEFAULT": true, "ALL": true, "HIGH": true, "ECDHE": true,
	"aNULL": false, "eNULL": false, "NULL": false, "MD5": false, "RC4": false, "DES": false, "3DES": false,
	"EXPORT": false, "EXP": false, "LOW": false, "MEDIUM": false, "PSK": false, "SRP": false}

// ciphers turns --ssl-ciphers, a list in OpenSSL's form such as
// "HIGH:!aNULL:!MD5" or of names, into Go's numbers; nil means all.
func ciphers(list string) ([]uint16, error) {
	var ids []uint16
	for word := range strings.FieldsFuncSeq(list, func(r rune) bool { return strings.ContainsRune(":, ", r) }) {
		if level, ok := strings.CutPrefix(word, "@SECLEVEL="); ok && len(level) == 1 && level[0] <= '2' || word == "@STRENGTH" {
			continue // Go keeps to it by itself
		}
		name := strings.TrimLeft(word, "!-+")
		var found []uint16
		for _, c := range cipherNames {
			base, level, _ := strings.Cut(name, "@SECLEVEL=")
			if level <= "2" && (groups[base] || c.name == name) {
				found = append(found, c.id)
			}
		}
		if _, known := groups[name]; len(found) == 0 && !known {
			return nil, fmt.Errorf("%s: no cipher match", word)
		}
		switch word[0] {
		case '!', '-':
			ids = slices.DeleteFunc(ids, func(id uint16) bool { return slices.Contains(found, id) })
		case '+':
		default:
			ids = append(ids, found...)
		}
	}
	if list != "" && len(ids) == 0 {
		return nil, fmt.Errorf("%s: no cipher match", list)
	}
	return ids, nil
}

// suites13 are the ciphers of TLS 1.3. Go offers all of them, always.
var suites13 = []string{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}

// checkSuites refuses a list for --ssl-ciphersuites that Go cannot keep to.
func checkSuites(list string) error {
	words := strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(":, ", r) })
	for _, w := range words {
		if !slices.Contains(suites13, w) {
			return fmt.Errorf("%s: no cipher match", w)
		}
	}
	for _, s := range suites13 {
		if !slices.Contains(words, s) {
			return fmt.Errorf("--ssl-ciphersuites cannot leave out %s: in TLS 1.3 Go chooses among all", s)
		}
	}
	return nil
}
