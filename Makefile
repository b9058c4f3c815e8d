# govs: Open vSwitch as one static Go program.
#
#   make            build bin/govs and the names it answers to
#   make lab        build two hosts on this machine and show them at work (root)
#   make test       everything that must hold; .ci/run calls exactly this
#   make race       the control plane under the race detector
#   make lint       gofmt, vet, staticcheck, generated files current
#   make bench      benchmarks
#   make fuzz       every fuzz target for FUZZTIME
#   make install    PREFIX=/usr/local DESTDIR=
#   make clean

GO       ?= go
PREFIX   ?= /usr/local
DESTDIR  ?=
FUZZTIME ?= 10s
LABFLAGS ?=

TOOLS := ovs-vsctl ovs-ofctl ovs-appctl ovs-dpctl ovs-vswitchd \
         ovsdb-server ovsdb-client ovsdb-tool ovs-pki ovs-tcpdump \
         ovs-tcpundump ovs-pcap ovs-testcontroller ovs-ctl vtep-ctl
# Where Debian and Fedora keep each of them, so that scripts find them.
DAEMONS := ovs-vswitchd ovsdb-server
SCRIPTS := ovs-ctl

VERSION := $(shell git describe --tags --dirty 2>/dev/null || git describe --always --dirty 2>/dev/null | sed 's/^/0.1.0-dev+g/')
LDFLAGS := -s -w $(if $(VERSION),-X govs/internal/version.Govs=$(VERSION))
BUILD   := CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)'

.PHONY: all build links lab test test-setup race lint generate bench fuzz install clean

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

# Debian's own Open vSwitch is the reference that tests compare with.
test-setup:
	test/setup.sh

lint:
	test/lint.sh

generate:
	$(GO) generate ./...

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

fuzz:
	FUZZTIME=$(FUZZTIME) test/fuzz.sh

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/openvswitch/scripts
	install -m 0755 bin/govs $(DESTDIR)$(PREFIX)/bin/govs
	for s in vswitch vtep; do bin/govs schema $$s.ovsschema > $(DESTDIR)$(PREFIX)/share/openvswitch/$$s.ovsschema || exit 1; done
	for t in $(filter-out $(DAEMONS) $(SCRIPTS),$(TOOLS)); do ln -sf govs $(DESTDIR)$(PREFIX)/bin/$$t || exit 1; done
	for t in $(DAEMONS); do ln -sf ../bin/govs $(DESTDIR)$(PREFIX)/sbin/$$t || exit 1; done
	for t in $(SCRIPTS); do ln -sf ../../../bin/govs $(DESTDIR)$(PREFIX)/share/openvswitch/scripts/$$t || exit 1; done

clean:
	rm -rf bin
	$(GO) clean -testcache
