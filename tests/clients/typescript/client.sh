#!/usr/bin/env bash
# Generate TypeScript types from openapi/openapi.yaml and run the whole flow with them.
#
#   client.sh BASE_URL FOLDER     the pictures go to FOLDER
#
# The account is the fake's own, or SAMPAN_USERNAME and SAMPAN_PASSWORD. Everything is installed
# and built in a temporary folder. Exits 69 where npm is missing or can't install.
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: client.sh BASE_URL FOLDER" >&2
    exit 2
fi
base_url=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
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
options=(--no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error)
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
node built/flow.js "$base_url" "$folder"
