#!/usr/bin/env bash
# Two clients generated from openapi/openapi.yaml run the whole flow against the fake: log in,
# create, poll, upscale, poll, download; then vary, remix, blend, describe and some refusals.
#
#   tests/clients/run.sh [--python] [--typescript] [--profile NAME] [--folder DIR]
#
# Without a language both run. NAME is the profile that the fake answers by. The pictures go to
# DIR/python and DIR/typescript, by default to a temporary folder. PYTHON names the interpreter of
# the environment that has sampan (default .venv/bin/python). Exits 69 where TypeScript is asked for
# and npm is missing or can't install.
set -euo pipefail

usage() {
    echo "usage: run.sh [--python] [--typescript] [--profile NAME] [--folder DIR]" >&2
    exit 2
}

languages=()
folder=
profile=documented
while [ $# -gt 0 ]; do
    case $1 in
        --python | --typescript) languages+=("${1#--}") ;;
        --profile)
            [ $# -ge 2 ] || usage
            profile=$2
            shift
            ;;
        --folder)
            [ $# -ge 2 ] || usage
            mkdir -p "$2"
            folder=$(cd "$2" && pwd)
            shift
            ;;
        *) usage ;;
    esac
    shift
done
[ ${#languages[@]} -gt 0 ] || languages=(python typescript)

cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-.venv/bin/python}
sampan=$(dirname "$PYTHON")/sampan
if [ ! -x "$sampan" ]; then
    echo "run.sh: $sampan is not there; 'make test' installs it, or PYTHON names another interpreter" >&2
    exit 2
fi

work=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" || true
    rm -rf "$work"
}
trap stop EXIT
folder=${folder:-$work/pictures}

"$sampan" serve --port 0 --port-file "$work/port" --job-seconds 0.3 --strict \
    --profile "$profile" >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 200); do
    [ ! -s "$work/port" ] || break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
done
if [ ! -s "$work/port" ]; then
    echo "run.sh: sampan serve did not start:" >&2
    cat "$work/server.log" >&2
    exit 1
fi
url=http://127.0.0.1:$(cat "$work/port")

for language in "${languages[@]}"; do
    echo "== $language"
    case $language in
        python) "$PYTHON" tests/clients/python_client.py "$url" --folder "$folder/python" ;;
        typescript) tests/clients/typescript/client.sh "$url" "$folder/typescript" ;;
    esac
done
