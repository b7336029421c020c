#!/usr/bin/env bash
# Draw a picture with curl:
#
#   SAMPAN_USERNAME=abc SAMPAN_PASSWORD=abc-secret draw.sh URL PROMPT FILE
#
# Polls every INTERVAL seconds (2 by default). Needs curl and jq. Works with the fake and with the
# service. Password and token are passed on standard input, because other users of the machine can
# read a command's arguments.
set -euo pipefail

if [ $# -ne 3 ]; then
    echo "usage: SAMPAN_USERNAME=... SAMPAN_PASSWORD=... draw.sh URL PROMPT FILE" >&2
    exit 2
fi
url=$1 prompt=$2 file=$3
: "${SAMPAN_USERNAME:?}" "${SAMPAN_PASSWORD:?}"

post() { # PATH, with the body on standard input; prints the response's data
    local answer
    answer=$(curl --silent --show-error --max-time 30 --data @- "$url$1" \
        --header @<(printf 'Content-Type: application/json\n%s' "${token:+Authorization: Bearer $token}"))
    [ -n "$answer" ] || return 1 # curl has said why
    if [ "$(jq .errno <<<"$answer")" != 0 ]; then
        echo "draw.sh: $1: $(jq -r '"errno \(.errno) \(.errmsg // .error)"' <<<"$answer")" >&2
        return 1
    fi
    jq .data <<<"$answer"
}

token=
token=$(jq -n '{username: env.SAMPAN_USERNAME, password: env.SAMPAN_PASSWORD}' | post /auth/login | jq -r .token)
hash=$(jq -n --arg content "$prompt" '{$content}' | post /jobs/create | jq -r .)

while :; do
    record=$(post /jobs/find <<<'{"limit": 10}' | jq --arg hash "$hash" '.res[] | select(.hash == $hash)')
    [ "$(jq .status <<<"$record")" != 2000 ] || break
    error=$(jq -r '.error // empty' <<<"$record")
    if [ -n "$error" ]; then
        echo "draw.sh: the job failed: $error" >&2
        exit 1
    fi
    sleep "${INTERVAL:-2}"
done

# Without the token: the live service's pictures are on another host.
curl --silent --show-error --fail --max-time 60 --output "$file" "$(jq -r .img_buffer <<<"$record")"
jq -r --arg file "$file" '"\($file): \(.img_width)x\(.img_height)"' <<<"$record"
