#!/usr/bin/env bash
# Resolves pyproject.toml anew into the three hashed requirement files that pip and uv both take. Needs uv.
# The files name versions and hashes only: no address, no path, so that every mirror serves them.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v uv >/dev/null || { echo "requirements: expected uv on the path (pip install uv)" >&2; exit 2; }

compile() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$@"; }

# editables is what hatchling needs for an editable install
printf 'hatchling\neditables\n' | compile - -o requirements-build.txt
compile pyproject.toml -c requirements-build.txt -o requirements.txt
compile pyproject.toml --all-extras -c requirements-build.txt -c requirements.txt -o requirements-dev.txt
if grep -nE '://|find-links|index-url|trusted-host| @ |file:' requirements*.txt; then
    echo "requirements: the lines above name an address; nothing but versions and hashes may stand there" >&2
    exit 1
fi
wc -l requirements*.txt
