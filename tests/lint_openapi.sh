#!/usr/bin/env bash
# Lints the OpenAPI documents: no error and no warning of openapi-spec-validator, Redocly CLI and
# Spectral. Their rules are in redocly.yaml and .spectral.yaml. Writes nothing into the tree: npx
# keeps the two npm tools in npm's own cache.
#
#   tests/lint_openapi.sh [FILE]...     by default every OpenAPI document of openapi/
#
# PYTHON names the interpreter that has openapi-spec-validator (default .venv/bin/python).
set -euo pipefail

readonly REDOCLY=@redocly/cli@2.77.0
readonly SPECTRAL=@stoplight/spectral-cli@6.16.3

cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
if ! command -v npx >/dev/null; then
    echo "tests/lint_openapi.sh: npx is not installed; Redocly CLI and Spectral need Node.js 20.19 or later" >&2
    exit 2
fi

if [ $# -eq 0 ]; then
    set -- $(grep -lE '^openapi: ' openapi/*.yaml)
fi

# Linting needs no install script, no telemetry and no news of newer versions.
export npm_config_ignore_scripts=true npm_config_update_notifier=false npm_config_loglevel=error
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

status=0
"$PYTHON" -m openapi_spec_validator "$@" || status=1
# recommended-strict and our own rules know no warnings: whatever is found is an error.
npx --yes --package "$REDOCLY" -- redocly lint "$@" || status=1
npx --yes --package "$SPECTRAL" -- spectral lint --fail-severity hint "$@" || status=1
exit $status
