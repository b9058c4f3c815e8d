package ovsdbserver

import (
	"errors"
	"fmt"
	"strings"

	"govs/ovsdb"
	"govs/stream"
)

// tls returns the files of --private-key and the like as they are now: those
// given as db:DB,TABLE,COLUMN are read from the database, where the first
// string that is not empty counts.
func (d *database) tls() *stream.TLS {
	t := d.opt.tls
	for _, file := range []*string{&t.PrivateKey, &t.Certificate, &t.CACert, &t.PeerCACert} {
		if strings.HasPrefix(*file, "db:") {
			*file, _ = d.lookUp(*file)
		}
	}
	return &t
}

// checkTLS returns what is wrong with the names of columns.
func (d *database) checkTLS() error {
	t := &d.opt.tls
	var errs []error
	for _, name := range []string{t.PrivateKey, t.Certificate, t.CACert, t.PeerCACert} {
		if strings.HasPrefix(name, "db:") {
			if _, err := d.lookUp(name); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// lookUp returns the first nonempty string of a column.
func (d *database) lookUp(name string) (string, error) {
	db, t, c, err := d.remotes.Column(name)
	if err != nil {
		return "", err
	}
	if c.Type.Key.Type != ovsdb.String || c.Type.IsMap() {
		return "", fmt.Errorf("\"%s\": table \"%s\" column \"%s\" is not string or set of strings", name, t.Name, c.Name)
	}
	for row := range db.Snapshot().Rows(t) {
		for _, s := range row.Get(c).Strings() {
			if s != "" {
				return s, nil
			}
		}
	}
	return "", nil
}
