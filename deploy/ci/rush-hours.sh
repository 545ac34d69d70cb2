#!/usr/bin/env bash
# Simulates rush hours under the strategy and under its baseline, and judges what people notice of the change.
#   deploy/ci/rush-hours.sh [FOLDER]     report, JUnit verdicts and figures of each period go there; rush-hours by default
# Ends with 1 when a requirement is not met or a signal was unsafe in any period, 2 when a call was wrong. From the environment:
#   SCENARIO   rheinstrasse            a shipped scenario, a .sumocfg or a folder with one
#   PERIODS    am midday pm night      empty for a scenario with one period only
#   STRATEGY   adaptive                BASELINE fixed     DETECTION radar     SEEDS 1
#   REQUIRE    one requirement a line  (docs/simulation.md); signals that are unsafe fail a run in any case
#   LENGTH_S   the whole period        so many seconds from each period's begin, for a quick look
#   SIGNALCTL  the checkout's, or the one on the path
set -euo pipefail

folder=${1:-rush-hours}
here=$(cd "$(dirname "$0")/../.." && pwd)
scenario=${SCENARIO:-rheinstrasse}
require=${REQUIRE-"person_delay_s<=-10%
by_mode.bus.delay_s<=0%
by_mode.pedestrian.delay_s<=5%
by_mode.bicycle.delay_s<=5%"}

if [ -n "${SIGNALCTL:-}" ]; then signalctl=$SIGNALCTL
elif [ -x "$here/.venv/bin/signalctl" ]; then signalctl=$here/.venv/bin/signalctl
else signalctl=signalctl
fi

requirements=()
while IFS= read -r line; do
    if [ -n "$line" ]; then requirements+=(--require "$line"); fi
done <<<"$require"

# begin PERIOD: the second at which a period of the scenario begins, from its configuration.
begin() {
    local file
    for file in "$scenario" "$scenario"/*."$1".sumocfg "$here/sim/scenarios/$scenario"/*."$1".sumocfg "$scenario"/*.sumocfg; do
        if [ -f "$file" ]; then
            sed -n 's/.*<begin value="\([0-9]*\).*/\1/p' "$file"
            return
        fi
    done
}

mkdir -p "$folder"
worst=0
read -ra periods <<<"${PERIODS-am midday pm night}"
for period in "${periods[@]:-whole}"; do
    options=(--strategy "${STRATEGY:-adaptive}" --baseline "${BASELINE:-fixed}" --detection "${DETECTION:-radar}")
    options+=(--seeds "${SEEDS:-1}")
    if [ "$period" != whole ]; then options+=(--period "$period"); fi
    if [ -n "${LENGTH_S:-}" ]; then
        from=$(begin "$period")
        options+=(--begin "${from:-0}" --end $((${from:-0} + LENGTH_S)))
    fi
    printf '== %s %s\n' "$scenario" "$period"
    status=0
    "$signalctl" simulate "$scenario" "${options[@]}" ${requirements[@]+"${requirements[@]}"} \
        --report "$folder/$period.html" --junit "$folder/$period.junit.xml" --json "$folder/$period.json" || status=$?
    if [ "$status" -gt 1 ]; then exit "$status"; fi
    if [ "$status" -gt "$worst" ]; then
        worst=$status
        printf '== %s %s: not as required; the comparison is in %s\n' "$scenario" "$period" "$folder/$period.html" >&2
    fi
done
exit "$worst"
