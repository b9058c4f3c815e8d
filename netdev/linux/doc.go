// Package linux is what the devices that stand on a Linux network interface
// share: control and counters of a link by netlink and ethtool, news of link
// changes, descriptors that can be closed under a running reader, and batched
// socket calls.
//
// Everything here may be used from any goroutine unless it says otherwise.
package linux
