"""The page docs/rules.md: every rule with its code, and every default with its source. `python -m plans.rules_docs`."""

from collections.abc import Iterator, Mapping

from plans.codes import Code
from plans.defaults import TABLE

MEANING: Mapping[str, Mapping[Code, str]] = {
    "Junction": {
        Code.UNKNOWN_REFERENCE: "a name that is used exists",
        Code.INTERGREEN_MISSING: "a pair of groups that conflicts has both intergreens",
        Code.INTERGREEN_OUT_OF_RANGE: "an intergreen lies between two groups and is no slip of the pen",
        Code.INTERGREEN_BELOW_AMBER: "amber of the ending, red-amber of the starting group fit into the intergreen",
        Code.CLEARANCE_SHORT: "clearance covers the walk, and every intergreen the clearance",
        Code.MIN_GREEN_SHORT: "minimum greens; on foot they also reach half of the crossing",
        Code.AMBER_SHORT: "amber by the limit on the approach",
        Code.AMBER_LONG: "amber is not longer than the limit asks for (warning)",
        Code.AMBER_ON_FOOT: "no amber and no red-amber on foot",
        Code.RED_AMBER_OUT_OF_RANGE: "red-amber is there and no longer than 2 s",
        Code.MAX_RED_OUT_OF_RANGE: "the longest red exceeds the minimum green",
        Code.LEADING_OUT_OF_RANGE: "a leading interval is one of people on foot or cyclists, and no slip of the pen",
        Code.LEADING_NOBODY: "and somebody turns across them with a green that yields",
        Code.CYCLE_RANGE: "the range of cycles is a usual one",
        Code.STAGE_CONFLICT: "groups of one stage do not conflict",
        Code.GROUP_IN_NO_STAGE: "a mandatory group is green in some stage",
        Code.TRANSITION_INCOMPLETE: "a transition switches every group that changes",
        Code.TRANSITION_FOREIGN_GROUP: "and no other one, and each one once",
        Code.TRANSITION_TIME: "switches lie within the transition",
        Code.TRANSITION_INTERGREEN: "and keep the intergreens between them",
        Code.TRANSITION_RED_AMBER: "and leave time for red-amber",
        Code.TRANSITION_LEADING: "and let people on foot and cyclists begin ahead by their leading interval",
        Code.STOP_OFF_LANE: "a stop of buses or trams lies on the lane that it names",
        Code.STOP_FOR_NOBODY: "and its approach is open to one of its modes",
    },
    "Plan": {
        Code.WRONG_JUNCTION: "the plan is this junction's",
        Code.UNKNOWN_STAGE: "its stages exist",
        Code.STAGE_REPEATED: "it has two stages or more, and none follows itself",
        Code.STAGE_GREEN: "every stage has a second of green or more",
        Code.CYCLE_OUT_OF_RANGE: "the cycle lies in the junction's range",
        Code.CYCLE_SUM: "greens and transitions together are the cycle",
        Code.OFFSET_OUT_OF_RANGE: "the offset lies within the cycle",
        Code.FRAME_WINDOW: "a frame is a window of at most a cycle (on demand: and of the minimum greens at least)",
        Code.FRAME_NOMINAL: "and holds the stage's nominal times",
        Code.PLAN_TOO_LONG: "it lists 16 stages at most, those on demand included",
        Code.ON_DEMAND_REPEATED: "a stage on demand stands in it once, and not in the cycle",
        Code.ON_DEMAND_WAY: "legal transitions lead to a stage on demand from every stage of the cycle, and back",
        Code.GREEN_SHORT: "no green is shorter than the group's minimum (request: the minimum has passed)",
        Code.RED_SHORT: "amber, a second of red and red-amber fit between two greens of one group",
        Code.INTERGREEN_SHORT: "intergreens hold in the whole cycle, over short stages too (request: since each end)",
        Code.CONFLICTING_GREENS: "conflicting groups are never green together",
        Code.LEADING_SHORT: "turning traffic begins a leading interval after the crossing that it yields to, or later",
        Code.LEADING_LOST: "and is not already green when the crossing begins (warning: then there is no head start)",
        Code.GROUP_NEVER_GREEN: "mandatory groups are green once a cycle",
        Code.RED_LONG: "no mandatory group is red beyond its longest red (request: nor will be because of it)",
        Code.PEDESTRIAN_WAIT: "nobody on foot waits longer than usual (warning)",
        Code.STEP_TOO_LARGE: "cycle and greens move by the site's step at most",
        Code.NO_LEGAL_CHANGE: "a legal way leads from what shows into the plan",
    },
    "Site": {
        Code.PLAN_MISSING: "each junction has a plan for each name in the calendar",
        Code.CONTROLLER_MISSING: "each junction has a controller, where any has one (warning)",
        Code.REPORTING_POINT_RANGE: "a reporting point fits into a telegram and into the site's way to number them",
        Code.REPORTING_POINT_REPEATED: "each reporting point stands once in the table",
        Code.GATING_AREA_EMPTY: "a protected area has lanes besides those before its gates",
        Code.GATING_GROUP_KIND: "a gate meters vehicle groups that have an approach lane",
        Code.GATING_GROUP_TWICE: "each group is metered by one gate",
        Code.GATING_NO_OTHER_STAGE: "each plan of a gate has a stage with metered traffic, and one without",
    },
    "Request, and the controller that it is for": {
        Code.UNKNOWN_JUNCTION: "junction and status belong together, and to this site",
        Code.MODE_FORBIDS: "the controller listens to the centre (not manual, dark, flashing or at fault)",
        Code.STATUS_STALE: "its status is fresh",
        Code.STATUS_UNCLEAR: "the aspects of every group are known and agree with the stage",
        Code.CLOCK_NOT_SYNCHRONISED: "its clock is synchronised, for a plan",
        Code.LEASE_LOST: "the lease holds",
        Code.NO_ACTIVE_PLAN: "a central plan is confirmed to run",
        Code.STAGE_NOT_IN_PLAN: "the stage is one of that plan's",
        Code.NOT_THE_CURRENT_STAGE: "only the current stage is held",
        Code.IN_TRANSITION: "a transition is not turned around",
        Code.FRAME_EARLY: "the stage does not begin before its frame",
        Code.FRAME_LATE: "nor too late for its minimum greens, and is not held beyond the frame",
        Code.PEDESTRIANS_SKIPPED_TWICE: "a mandatory crossing with a bounded frame is not skipped twice in a row",
    },
}

INTRODUCTION = """\
# Rules and defaults

Written by `python -m plans.rules_docs`. Each rule has a stable code, which stands in findings, refusals, journal and
metrics. `signalctl check` applies the first three tables; the safety gate applies all of them to whatever a strategy
decides. A refused decision means: keep what runs."""

DEFAULTS = """\
## Defaults
A default that is *unconfirmed* is common practice which no public source confirmed; a site that rests on it is told so.

| Default | Value | Unit | Source | |
|---|---|---|---|---|"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *_rules(), "", DEFAULTS, *_defaults()]) + "\n"


def _rules() -> Iterator[str]:
    for title, rules in MEANING.items():
        yield ""
        yield f"## {title}"
        yield "| Code | The rule |"
        yield "|---|---|"
        for code, meaning in rules.items():
            yield f"| `{code}` | {meaning} |"


def _defaults() -> Iterator[str]:
    for row in TABLE.values():
        value = row.value
        text = ", ".join(f"{key} {item}" for key, item in value.items()) if isinstance(value, Mapping) else str(value)
        yield f"| `{row.name}` | {text} | {row.unit} | {row.source} | {'' if row.sure else 'unconfirmed'} |"


if __name__ == "__main__":
    print(page(), end="")
