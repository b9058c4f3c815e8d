// Package arrows has no code, only tests that hold the shape of the house:
// which room may import which, one package comment a package, no work before
// main, files short enough to read.
package arrows
