#!/bin/sh
# Installs by apt what the tests compare with: Debian's own Open vSwitch, and a
# few network tools. Does nothing when all of it is there. In CI (CI set in the
# environment) a missing program is a failure; elsewhere its tests are skipped.
set -u

programs='/usr/bin/ovs-vsctl /usr/bin/ovs-ofctl /usr/bin/ovs-appctl /usr/bin/ovs-dpctl
/usr/bin/ovsdb-client /usr/bin/ovsdb-tool /usr/sbin/ovsdb-server /usr/sbin/ovs-vswitchd
/usr/bin/ovs-testcontroller /usr/bin/ovs-pki /usr/bin/vtep-ctl /usr/bin/osken-manager ip ping tcpdump tshark editcap iperf3 curl in.tftpd ethtool openssl gcc'
packages='openvswitch-switch openvswitch-common openvswitch-testcontroller openvswitch-pki openvswitch-vtep
python3-openvswitch python3-os-ken iproute2 iputils-ping tcpdump tshark iperf3 curl tftpd-hpa python3-pyftpdlib ethtool openssl gcc libc6-dev'

missing() {
	for p in $programs; do
		command -v "$p" >/dev/null 2>&1 || [ -x "/usr/sbin/$p" ] || [ -x "/sbin/$p" ] || echo "$p"
	done
	/usr/bin/python3 -c 'import ovs' 2>/dev/null || echo python3-openvswitch
}

[ -z "$(missing)" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	# The packages would start their own switch on this machine; tests start
	# private ones. Status 101 of policy-rc.d forbids any service to start.
	made=
	if [ ! -e /usr/sbin/policy-rc.d ]; then
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
		chmod 755 /usr/sbin/policy-rc.d
		made=1
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT INT TERM
	fi
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	apt-get install -y --no-install-recommends $packages ||
		{ apt-get update && apt-get install -y --no-install-recommends $packages; }
	[ -n "$made" ] && rm -f /usr/sbin/policy-rc.d
fi

left=$(missing)
[ -z "$left" ] && exit 0
echo "test set-up: missing:" $left >&2
if [ -n "${CI:-}" ]; then
	echo "test set-up: in CI the reference must be there" >&2
	exit 1
fi
echo "test set-up: tests that need them will be skipped" >&2
