"""The fingerprint of a junction's safety configuration, equal at the service and in the cabinet."""

import hashlib
import json

from plans.junction import Junction


def safety_bytes(junction: Junction) -> bytes:
    """The safety configuration in one canonical form: groups with their times, intergreens, stages, own transitions.

    Order of groups and stages counts, for it numbers them on the wire. Names, lanes and detectors do not. Head starts
    stand in it where there are any: who leads whom, whatever movements that was read from.
    """
    configuration: dict[str, object] = {
        "junction": junction.id,
        "cycle": [junction.cycle_min_s, junction.cycle_max_s],
        "groups": [
            [
                group.id,
                group.kind.value,
                group.min_green_s,
                group.amber_s,
                group.red_amber_s,
                group.clearance_s,
                group.max_red_s,
                group.mandatory,
            ]
            for group in junction.groups.values()
        ],
        "intergreens": sorted([a, b, seconds] for (a, b), seconds in junction.intergreens.items()),
        "stages": [[stage.id, sorted(stage.groups)] for stage in junction.stages.values()],
        "transitions": sorted(
            [origin, target, change.duration_s, sorted([s.group, s.at_s, s.green] for s in change.switches)]
            for (origin, target), change in junction.transitions.items()
        ),
    }
    if junction.head_starts:
        configuration["head_starts"] = sorted([*pair, seconds] for pair, seconds in junction.head_starts.items())
    return json.dumps(configuration, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def safety_hash(junction: Junction) -> int:
    """First four bytes of the SHA-256 of the safety configuration, as u32."""
    return int.from_bytes(hashlib.sha256(safety_bytes(junction)).digest()[:4], "big")
