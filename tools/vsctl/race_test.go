//go:build race

package vsctl

const raceEnabled = true
