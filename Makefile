# govs: Open vSwitch as one static Go program.
#
#   make            build bin/govs and the names it answers to
#   make lab        build two hosts on this machine and show them at work (root)
#   make test       everything that must hold; .ci/run calls exactly this
#   make race       the control plane under the race detector
#   make soak-openflow      200,000 random flows and messages beside Debian's ovs-ofctl
#   make soak-megaflows     1,000,000 random packets inside the masks of megaflows
#   make soak-conntrack     20,000 random conversations through our connection tracker and Debian's
#   make soak-xlate         random pipelines and packets beside Debian's switch
#   make soak-ovsdb SEED=7  100,000 random transactions beside Debian's ovsdb-server
#   make soak-datapath      an hour of packets while everything around them changes
#   make lint       gofmt, vet, staticcheck, generated files current
#   make bench      benchmarks
#   make test-tunnels       every type of tunnel with every option, against the reference
#   make bench-ovsdb  our database server beside Debian's, with ratios
#   make bench-datapath  our userspace datapath beside Debian's, a Linux bridge and bare forwarders (root; QUICK=1 for two turns, TURNS=N, WINDOW=TIME of one measurement, ONLY=REGEXP, WHAT=REGEXP of columns, OTHER=DIR of another build's binaries, PROFILE=DIR)
#   make bench-openflow  our ovs-ofctl and flow tables beside Debian's, with ratios
#   make bench-xlate  a storm of new connections through our switch and Debian's
#   make fuzz       every fuzz target for FUZZTIME
#   make man        the man pages in man/, from the program's tables
#   make install    PREFIX=/usr/local DESTDIR=
#   make install-system  the same with PREFIX=/usr, systemd units, ifupdown hooks
#   make clean

GO       ?= go
PREFIX   ?= /usr/local
DESTDIR  ?=
FUZZTIME ?= 10s
LABFLAGS ?=
SEED     ?= 0
SOAK     ?= 100000

TOOLS := ovs-vsctl ovs-ofctl ovs-appctl ovs-dpctl ovs-vswitchd \
         ovsdb-server ovsdb-client ovsdb-tool ovs-pki ovs-tcpdump \
         ovs-tcpundump ovs-pcap ovs-testcontroller ovs-ctl vtep-ctl \
         ovs-dpctl-top ovs-flowviz ovs-docker ovs-save ovs-kmod-ctl
# Where Debian and Fedora keep each of them, so that scripts find them.
DAEMONS := ovs-vswitchd ovsdb-server
SCRIPTS := ovs-ctl ovs-save ovs-kmod-ctl

OVSVERSION := $(shell sed -n 's/^const OVS = "\(.*\)"/\1/p' internal/version/version.go)
VERSION := $(shell git describe --tags --dirty 2>/dev/null || git describe --always --dirty 2>/dev/null | sed 's/^/0.1.0-dev+g/')
LDFLAGS := -s -w $(if $(VERSION),-X govs/internal/version.Govs=$(VERSION))
BUILD   := CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)'

.PHONY: all build links lab test test-setup race lint generate man bench bench-ovsdb bench-openflow fuzz install install-system clean

all: build links

# The go command knows better than make what is out of date.
build:
	$(BUILD) -o bin/govs ./cmd/govs

links: $(TOOLS:%=bin/%)

$(TOOLS:%=bin/%): | build
	ln -sf govs $@

lab: all
	bin/govs lab $(LABFLAGS)

test: test-setup all lint
	$(GO) test -timeout 20m ./...
	$(MAKE) race
	FUZZTIME=3000x test/fuzz.sh

# The control plane under the race detector, which alone needs a C compiler.
race:
	CGO_ENABLED=1 $(GO) test -short -timeout 15m -race ./daemon/... ./stream/... ./jsonrpc/... \
		./ovsdb/... ./proto/... ./bridge/... ./ofproto/... ./tools/vswitchd ./tools/up ./tools/appctl

# Random schemas and transactions through our ovsdb-server and Debian's, then
# both in turns at one file, killed amid transactions. It prints the seed (0: a new one) and the shortest script that shows a difference.
.PHONY: soak-ovsdb
soak-ovsdb: test-setup
	$(GO) test -count=1 -timeout 60m -v ./test/ovsdbfuzz -run TestSameAsReference -transactions $(SOAK) -seed $(SEED)
	$(GO) test -count=1 -timeout 60m -v ./test/ovsdbfile -run TestTurns -turns 200 -seed $(SEED)

# Every type of tunnel with every option, and random options and translations,
# beside the reference.
.PHONY: test-tunnels
test-tunnels: test-setup
	GOVS_TUNNELS=long $(GO) test -count=1 -timeout 40m ./test/tunnels

# Packets whose every byte is checked where they arrive, while ports, tunnels,
# flows and connections come and go; SOAKTIME says for how long.
.PHONY: soak-datapath
SOAKTIME ?= 1h
soak-datapath: test-setup
	$(GO) test -count=1 -timeout 120m -v ./test/traffic -run TestSoak -soak $(SOAKTIME) -seed $(SEED)

# Random packets inside the masks of megaflows of random pipelines: all that one
# megaflow matches must be forwarded alike.
.PHONY: soak-megaflows
PACKETS ?= 1000000
soak-megaflows:
	OFPROTO_PACKETS=$(PACKETS) OFPROTO_SEED=$(or $(filter-out 0,$(SEED)),$(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')) \
		$(GO) test -count=1 -timeout 60m -v ./ofproto -run TestMegaflowsAreSound

# Flows, groups and meters at random through our ovs-ofctl and the reference's: texts,
# errors and bytes. FLOWS says how many, SEED replays; what is printed first names the seed.
.PHONY: soak-openflow
FLOWS ?= 200000
soak-openflow: test-setup
	GOVS_DIFF_LINES=$(FLOWS) GOVS_DIFF_SEED=$(or $(filter-out 0,$(SEED)),$(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')) \
		$(GO) test -count=1 -timeout 180m -v ./test/flowdiff
	GOVS_DIFF_MESSAGES=200000 GOVS_DIFF_SEED=$(SEED) $(GO) test -v -count 1 -timeout 20m -run TestMutatedReference ./openflow

# Random conversations through the connection trackers of our datapath and the
# reference's: packets, states and tables. CONVERSATIONS says how many, SEED
# replays; what is printed first names the seed.
.PHONY: soak-conntrack
CONVERSATIONS ?= 20000
soak-conntrack: test-setup
	$(GO) test -count=1 -timeout 180m -v ./test/ctdiff -conversations $(CONVERSATIONS) -seed $(SEED)

# Random pipelines and packets through our switch and Debian's: traces, flows,
# counters, MAC tables and frames. It prints the seed (0: a new one) and the
# shortest script that shows a difference.
.PHONY: soak-xlate
PIPELINES ?= 2000
soak-xlate: test-setup
	$(GO) test -count=1 -timeout 180m -v ./test/xlatediff -run TestSameAsReference -pipelines $(PIPELINES) -packets 25 -seed $(SEED)

# Debian's own Open vSwitch is the reference that tests compare with.
test-setup:
	test/setup.sh

lint:
	test/lint.sh

generate:
	$(GO) generate ./...

# The man pages, made of the program's tables.
man:
	$(GO) generate ./cmd/govs

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

bench-ovsdb: test-setup all
	$(GO) run ./test/bench/ovsdb -govs bin/ovsdb-server

bench-openflow: test-setup all
	$(GO) run ./test/bench/openflow -govs bin

.PHONY: bench-xlate
bench-xlate: test-setup
	$(GO) test -run '^$$' -bench 'SeedPipeline|SeedFromTunnel' -benchmem ./ofproto/xlate
	$(GO) test -run '^$$' -bench 'FlowSetup|RevalidateQuiet' -benchmem ./ofproto
	$(GO) test -run '^$$' -bench . -benchtime 1x ./test/bench/xlate

# It goes before whatever else the machine does, in namespaces of its own.
.PHONY: bench-datapath
bench-datapath: test-setup
	$(GO) test -c -o bin/bench-datapath ./test/bench/datapath
	cd test/bench/datapath && ../../../bin/bench-datapath -test.run '^$$' -test.bench Datapath -test.benchtime 1x -test.timeout 40m \
		-turns $(or $(TURNS),$(if $(QUICK),2,12)) -window $(or $(WINDOW),500ms) -only '$(or $(ONLY),.)' -what '$(WHAT)' -other '$(abspath $(OTHER))' -profile '$(abspath $(PROFILE))'

fuzz:
	FUZZTIME=$(FUZZTIME) test/fuzz.sh

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/openvswitch/scripts
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man7 $(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 0755 bin/govs $(DESTDIR)$(PREFIX)/bin/govs
	install -m 0644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 0644 man/*.7 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 0644 man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8
	for t in $(TOOLS); do ls man/$$t.* >/dev/null 2>&1 || bin/govs man $$t > $(DESTDIR)$(PREFIX)/share/man/man8/$$t.8 || exit 1; done
	bin/govs completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/govs
	for t in $(TOOLS); do ln -sf govs $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$t || exit 1; done
	for s in vswitch vtep; do bin/govs schema $$s.ovsschema > $(DESTDIR)$(PREFIX)/share/openvswitch/$$s.ovsschema || exit 1; done
	for t in $(filter-out $(DAEMONS) $(SCRIPTS),$(TOOLS)); do ln -sf govs $(DESTDIR)$(PREFIX)/bin/$$t || exit 1; done
	for t in $(DAEMONS); do ln -sf ../bin/govs $(DESTDIR)$(PREFIX)/sbin/$$t || exit 1; done
	for t in $(SCRIPTS); do ln -sf ../../../bin/govs $(DESTDIR)$(PREFIX)/share/openvswitch/scripts/$$t || exit 1; done
	sed 's|@VERSION@|$(OVSVERSION)|' share/ovs-lib > $(DESTDIR)$(PREFIX)/share/openvswitch/scripts/ovs-lib

# What makes a machine start the switch by itself, where Debian keeps it.
install-system:
	$(MAKE) install PREFIX=/usr
	install -d $(DESTDIR)/lib/systemd/system $(DESTDIR)/etc/default $(DESTDIR)/etc/logrotate.d \
		$(DESTDIR)/etc/network/if-pre-up.d $(DESTDIR)/etc/network/if-post-down.d
	for u in share/systemd/*.service; do \
		sed 's|@SCRIPTS@|/usr/share/openvswitch/scripts|' $$u > $(DESTDIR)/lib/systemd/system/$${u##*/} || exit 1; done
	[ -e $(DESTDIR)/etc/default/openvswitch-switch ] || \
		install -m 0644 share/openvswitch-switch.default $(DESTDIR)/etc/default/openvswitch-switch
	install -m 0644 share/logrotate $(DESTDIR)/etc/logrotate.d/openvswitch-switch
	sed 's|@BINDIR@|/usr/bin|' share/ifupdown > $(DESTDIR)/usr/share/openvswitch/scripts/ifupdown.sh
	chmod 0755 $(DESTDIR)/usr/share/openvswitch/scripts/ifupdown.sh
	for d in if-pre-up.d if-post-down.d; do \
		ln -sf /usr/share/openvswitch/scripts/ifupdown.sh $(DESTDIR)/etc/network/$$d/openvswitch || exit 1; done

clean:
	rm -rf bin
	$(GO) clean -testcache
