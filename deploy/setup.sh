#!/usr/bin/env bash
# Makes .venv inside the checkout and fills it from the hashed requirements; does nothing when they have not changed.
#   deploy/setup.sh runtime    what the service and the demo need
#   deploy/setup.sh dev        that, plus SUMO, tests and linters
# Needs Python 3.11 or newer (PYTHON=... names one). Uses uv when it is installed, else the pip that comes with Python.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:-runtime}
case $kind in
    runtime) requirements="requirements.txt" ;;
    dev) requirements="requirements-dev.txt" ;;
    *) echo "setup: expected runtime or dev, got '$kind'" >&2; exit 2 ;;
esac
venv=.venv
python=$venv/bin/python
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# step TITLE COMMAND...: one line when it ends, a sign of life every ten seconds, the whole output when it fails.
step() {
    local title=$1 begin=$SECONDS ticker status=0
    shift
    printf '  %s ...\n' "$title"
    while sleep 10 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do printf '  %s ... %d s\n' "$title" $((SECONDS - begin)); done &
    ticker=$!
    "$@" >"$log" 2>&1 </dev/null || status=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    if [ "$status" -ne 0 ]; then
        cat "$log" >&2
        printf '  %s failed after %d s\n' "$title" $((SECONDS - begin)) >&2
        exit 1
    fi
    printf '  %s done, %d s\n' "$title" $((SECONDS - begin))
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    echo "setup: expected Python 3.11 or newer on the path (or in PYTHON=), found none" >&2
    exit 2
}

export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1  # like pip, trust what the machine trusts: city networks have authorities of their own
use_uv() { command -v uv >/dev/null && [ -z "${NO_UV:-}" ]; }

make_venv() {
    if use_uv; then uv venv --quiet --clear --python "$1" "$venv"; else "$1" -m venv --clear "$venv"; fi
}

install() {
    if use_uv; then
        uv pip install --python "$python" "$@"
    else
        "$python" -m pip install --disable-pip-version-check --no-input "$@"
    fi
}

# What a finished set-up leaves behind: it changes with the requirements and when the checkout moves.
mark() { { cat requirements-build.txt "$1" pyproject.toml; pwd; } | sha256sum | cut -d' ' -f1; }
installed() { [ "$(cat "$venv/.installed-$1" 2>/dev/null)" = "$(mark "$2")" ]; }
# An environment that uv made has no pip and is made anew once uv is gone.
works() { [ -x "$python" ] && { use_uv || "$python" -m pip --version >/dev/null; }; } 2>/dev/null

if works && { installed dev requirements-dev.txt || { [ "$kind" = runtime ] && installed runtime requirements.txt; }; }; then
    exit 0
fi

begin=$SECONDS
echo "Setting up .venv for '$kind'"
if ! works; then
    found=$(find_python)
    step "environment from $("$found" --version)" make_venv "$found"
fi
count=$(cat requirements-build.txt "$requirements" | grep -cE '^[a-z0-9]')
step "up to $count packages, each checked against its hash" \
    install --require-hashes -r requirements-build.txt -r "$requirements"
step "signalctl itself, editable" install --no-deps --no-build-isolation --editable .
mark "$requirements" >"$venv/.installed-$kind"
echo "Set up in $((SECONDS - begin)) s"
