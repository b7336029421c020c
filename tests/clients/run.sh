#!/usr/bin/env bash
# Two clients generated from openapi/openapi.yaml run the whole flow against the fake: log in,
# create, poll, upscale, poll, download; then vary, remix, blend, describe and some refusals.
#
#   tests/clients/run.sh [--python] [--typescript] [--profile NAME]... [--folder DIR]
#
# Without a language both run. NAME is the profile that the fake answers by; of several there is a
# fake for each, and a client is generated once for all. The pictures go to DIR/NAME/python and
# DIR/NAME/typescript, by default in a temporary folder. PYTHON names the interpreter of the
# environment that has sampan (default .venv/bin/python). Exits 69 where TypeScript is asked for and
# npm is missing or can't install.
set -euo pipefail

usage() {
    echo "usage: run.sh [--python] [--typescript] [--profile NAME]... [--folder DIR]" >&2
    exit 2
}

languages=()
folder=
profiles=()
while [ $# -gt 0 ]; do
    case $1 in
        --python | --typescript) languages+=("${1#--}") ;;
        --profile)
            [ $# -ge 2 ] || usage
            profiles+=("$2")
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
[ ${#profiles[@]} -gt 0 ] || profiles=(documented)

cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-.venv/bin/python}
sampan=$(dirname "$PYTHON")/sampan
if [ ! -x "$sampan" ]; then
    echo "run.sh: $sampan is not there; 'make test' installs it, or PYTHON names another interpreter" >&2
    exit 2
fi

work=$(mktemp -d)
servers=()
stop() {
    for server in ${servers[@]+"${servers[@]}"}; do
        kill "$server" 2>/dev/null || true
        wait "$server" || true
    done
    rm -rf "$work"
}
trap stop EXIT
folder=${folder:-$work/pictures}

for profile in "${profiles[@]}"; do
    "$sampan" serve --port 0 --port-file "$work/$profile.port" --job-seconds 0.3 --strict \
        --profile "$profile" >"$work/$profile.log" 2>&1 &
    servers+=($!)
done
urls=()
for at in "${!profiles[@]}"; do
    port=$work/${profiles[at]}.port
    for _ in $(seq 200); do
        [ ! -s "$port" ] || break
        kill -0 "${servers[at]}" 2>/dev/null || break
        sleep 0.05
    done
    if [ ! -s "$port" ]; then
        echo "run.sh: sampan serve did not start:" >&2
        cat "$work/${profiles[at]}.log" >&2
        exit 1
    fi
    urls+=("http://127.0.0.1:$(cat "$port")")
done

for language in "${languages[@]}"; do
    flows=()
    for at in "${!profiles[@]}"; do
        flows+=("${urls[at]}" "$folder/${profiles[at]}/$language")
    done
    case $language in
        python) "$PYTHON" tests/clients/python_client.py "${flows[@]}" ;;
        typescript) tests/clients/typescript/client.sh "${flows[@]}" ;;
    esac
done
