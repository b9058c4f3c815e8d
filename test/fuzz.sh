#!/bin/sh
# Runs every fuzz target of the module for FUZZTIME (default 10s) each. What a
# target finds stays in its package's testdata/fuzz, as a seed for every later
# run of the tests.
set -u
cd "$(dirname "$0")/.."
GO=${GO:-go}
status=0
for pkg in $($GO list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...); do
	for target in $($GO test -list '^Fuzz' "$pkg" | grep '^Fuzz'); do
		echo "fuzz $pkg $target"
		$GO test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-10s}" "$pkg" || status=1
	done
done
exit $status
