#!/bin/sh
# Formatting, vet, staticcheck, and generated files that are current.
set -u
cd "$(dirname "$0")/.."
GO=${GO:-go}
status=0

bad=$(git ls-files '*.go' 2>/dev/null | xargs -r gofmt -l)
[ -n "$bad" ] && { echo "gofmt: not formatted:" $bad; status=1; }
# What a shell's ">" in an unquoted flow has left behind is no file of ours.
bad=$(git ls-files -z 2>/dev/null | xargs -0 -r sh -c 'for f; do [ -s "$f" ] || echo "$f"; done' lint)
[ -n "$bad" ] && { echo "empty files:"; echo "$bad"; status=1; }
$GO vet ./... || status=1
$GO tool staticcheck ./... || status=1

# Generating again must not change a byte, whatever is uncommitted.
state() { git diff 2>/dev/null | cksum; git status --porcelain 2>/dev/null | cksum; }
before=$(state)
$GO generate ./... || status=1
[ "$before" = "$(state)" ] || { echo "generated files were not current:"; git status --short; status=1; }
exit $status
