#!/usr/bin/env bash
# Generate TypeScript types from openapi/openapi.yaml and run the whole flow with them.
#
#   client.sh BASE_URL FOLDER [BASE_URL FOLDER]...     the pictures of each flow go to its FOLDER
#
# The account is the fake's own, or SAMPAN_USERNAME and SAMPAN_PASSWORD. Everything is installed
# and built in a temporary folder. Exits 69 where npm is missing or can't install.
set -euo pipefail

if [ $# -lt 2 ] || [ $(($# % 2)) -ne 0 ]; then
    echo "usage: client.sh BASE_URL FOLDER [BASE_URL FOLDER]..." >&2
    exit 2
fi
flows=()
while [ $# -gt 0 ]; do
    mkdir -p "$2"
    flows+=("$1" "$(cd "$2" && pwd)")
    shift 2
done
here=$(cd "$(dirname "$0")" && pwd)
contract=$here/../../../openapi/openapi.yaml

if ! command -v npm >/dev/null; then
    echo "client.sh: npm is not installed; the TypeScript client needs Node.js 20 or later" >&2
    exit 69
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/tsconfig.json" "$here/flow.ts" "$work"
cd "$work"

# No lock file: package.json pins the four packages.
options=(--no-package-lock --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error)
if ! npm install "${options[@]}" >install.log 2>&1; then
    echo "client.sh: npm could not install the TypeScript client:" >&2
    cat install.log >&2
    exit 69
fi
if ! node_modules/.bin/openapi-typescript "$contract" -o image-api.d.ts >generate.log 2>&1; then
    cat generate.log >&2
    exit 1
fi
node_modules/.bin/tsc
for ((at = 0; at < ${#flows[@]}; at += 2)); do
    echo "== ${flows[at + 1]}"
    node built/flow.js "${flows[at]}" "${flows[at + 1]}"
done
