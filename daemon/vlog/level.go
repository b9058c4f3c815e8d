package vlog

import "strings"

// Level is a message's severity; smaller is more severe.
type Level int32

// Levels in OVS's order. A destination logs messages up to its level.
const (
	Off Level = iota
	Emer
	Err
	Warn
	Info
	Dbg
)

var levelNames = [...]string{Off: "OFF", Emer: "EMER", Err: "ERR", Warn: "WARN", Info: "INFO", Dbg: "DBG"}

// severities are the syslog severities of the levels (RFC 5424, table 2).
var severities = [...]int{Off: 0, Emer: 1, Err: 3, Warn: 4, Info: 5, Dbg: 7}

// String returns the level's name in capitals, as %p prints it.
func (l Level) String() string {
	if l < 0 || int(l) >= len(levelNames) {
		return "?"
	}
	return levelNames[l]
}

// ParseLevel finds a level by its name, in any case.
func ParseLevel(s string) (Level, bool) {
	for i, n := range levelNames {
		if strings.EqualFold(n, s) {
			return Level(i), true
		}
	}
	return 0, false
}

// Dest is a place messages go to.
type Dest int

// Destinations in the order -v names are looked up and patterns are listed.
const (
	Syslog Dest = iota
	Console
	File
	numDests
)

var destNames = [numDests]string{"syslog", "console", "file"}

// String returns the destination's name as -v takes it.
func (d Dest) String() string { return destNames[d] }

// ParseDest finds a destination by its name, in any case.
func ParseDest(s string) (Dest, bool) {
	for i, n := range destNames {
		if strings.EqualFold(n, s) {
			return Dest(i), true
		}
	}
	return 0, false
}

const isoDate = "%D{%Y-%m-%dT%H:%M:%S"

var defaultPatterns = [numDests]string{
	Syslog:  "ovs|%05N|%c%T|%p|%m",
	Console: isoDate + "Z}|%05N|%c%T|%p|%m",
	File:    isoDate + ".###Z}|%05N|%c%T|%p|%m",
}

// facilities in numeric order from 0 (RFC 5424, table 1, by syslog.h's names).
var facilities = [...]string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "clock",
	"authpriv", "ftp", "ntp", "audit", "alert", "clock2",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

const defaultFacility = 3 // daemon

// facility numbers differ from positions: authpriv and clock2 are words of
// their own, the RFC counts clock 9, security 10, ftp 11.
func parseFacility(s string) (int, bool) {
	for i, n := range facilities {
		if strings.EqualFold(n, s) && n != "authpriv" {
			return i, true
		}
	}
	return 0, false
}
