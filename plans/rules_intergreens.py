"""Rules on the intergreen matrix: complete in both directions, long enough for amber, red-amber and people on foot."""

from collections.abc import Iterator

from plans.codes import Code
from plans.defaults import INTERGREEN_MAX_S
from plans.junction import Junction
from plans.rules_groups import severity_of
from plans.timing import Finding


def check_intergreens(junction: Junction) -> Iterator[Finding]:
    """Every pair that conflicts has both intergreens, and each holds what must happen within it."""
    for (ending, starting), seconds in junction.intergreens.items():
        element = f"{junction.id}/intergreens/{ending}/{starting}"
        if (starting, ending) not in junction.intergreens:
            yield Finding(
                Code.INTERGREEN_MISSING,
                f"{junction.id}/intergreens/{starting}/{ending}",
                "an intergreen for each direction of a conflict",
                f"only {ending} to {starting}",
            )
        if ending == starting or not 0 <= seconds <= INTERGREEN_MAX_S:
            expected = f"0 to {INTERGREEN_MAX_S} s between two groups"
            yield Finding(Code.INTERGREEN_OUT_OF_RANGE, element, expected, f"{seconds} s")
            continue
        before, after = junction.groups[ending], junction.groups[starting]
        if seconds < before.clearance_s:
            rule = "the intergreen lets the last pedestrian leave the crossing"
            yield Finding(Code.CLEARANCE_SHORT, element, f">= {before.clearance_s} s", f"{seconds} s", rule)
        least = max(before.amber_s, after.red_amber_s)
        if seconds < least:
            rule = "amber of the ending and red-amber of the starting group lie within the intergreen"
            severity = severity_of(junction, element)
            yield Finding(Code.INTERGREEN_BELOW_AMBER, element, f">= {least} s", f"{seconds} s", rule, severity)
