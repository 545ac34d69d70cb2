#!/usr/bin/env bash
# Installs the independent programs that the tests use as peers, on Debian and Ubuntu as root.
# Elsewhere it names what is missing; the tests that need it are then skipped, each naming the program.
set -euo pipefail

# program, Debian package
peers=(
    "mosquitto mosquitto"
    "mosquitto_pub mosquitto-clients"
    "mbpoll mbpoll"
    "promtool prometheus"
    "chromium chromium"
    "docker-compose docker-compose"
)

export PATH=$PATH:/usr/sbin:/sbin  # where Debian puts mosquitto
programs=() packages=()
for peer in "${peers[@]}"; do
    read -r program package <<<"$peer"
    command -v "$program" >/dev/null && continue
    programs+=("$program")
    packages+=("$package")
done
[ ${#packages[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Not installed here, tests that need them are skipped: ${programs[*]}" >&2
    echo "On Debian or Ubuntu: sudo apt-get install ${packages[*]}" >&2
    exit 0
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
begin=$SECONDS

# quietly TITLE COMMAND...: a sign of life every ten seconds; shows what the command said only when it fails.
quietly() {
    local title=$1 status=0 ticker
    shift
    while sleep 10 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do printf '  %s ... %d s\n' "$title" $((SECONDS - begin)); done &
    ticker=$!
    DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 </dev/null || status=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    [ "$status" -eq 0 ] || cat "$log" >&2
    return "$status"
}

echo "Installing Debian packages: ${packages[*]}"
# Services of the distribution must not start on a developer's machine: the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$log" "$policy"' EXIT
fi
known() { apt-cache policy "${packages[@]}" 2>/dev/null | grep -q 'Candidate: [0-9]'; }
if ! known; then quietly "package lists" apt-get -qq update || true; fi
install() { quietly "packages" apt-get -qq -y --no-install-recommends install "${packages[@]}"; }
if ! install; then
    quietly "package lists" apt-get -qq update || true
    install || echo "Could not install ${packages[*]}; the tests that need them are skipped" >&2
fi
echo "  done, $((SECONDS - begin)) s"
