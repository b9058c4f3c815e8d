package ovsdbtool

import (
	"errors"
	"fmt"

	"govs/ovsdb/log"
)

// errCluster refuses what is for clusters.
var errCluster = errors.New("clustered databases are not built into this version of govs yet")

func (t *tool) newMember() error { return errCluster }

func isKind(want string) func(*tool) error {
	return func(t *tool) error {
		m, err := magic(t.args[0])
		if err == nil && m != want {
			err = exitCode(2)
		}
		return err
	}
}

// magic returns the kind of a database file.
func magic(name string) (string, error) {
	l, err := log.Open(name, log.ReadOnly, log.Standalone, log.Cluster)
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Magic(), nil
}

func (t *tool) clusterOnly() error {
	m, err := magic(t.args[0])
	switch {
	case err != nil:
		return err
	case m != log.Cluster:
		return fmt.Errorf("%s: not a clustered database", t.args[0])
	}
	return errCluster
}

func (t *tool) checkCluster() error {
	for _, name := range t.args {
		m, err := magic(name)
		switch {
		case err != nil:
			return err
		case m != log.Cluster:
			return fmt.Errorf("ovsdb error: %s: cannot identify file type", name)
		}
	}
	return errCluster
}

func (t *tool) toStandalone() error {
	m, err := magic(t.args[1])
	switch {
	case err != nil:
		return err
	case m != log.Cluster:
		return errors.New("Database is not clustered db.\n")
	}
	return errCluster
}
