"""Named policies: what a person's second of delay counts, by mode. A site names one, and may set weights of its own."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from plans.defaults import ACTIVE_TRAVEL_FIRST_WEIGHT, MODE_WEIGHT, TRANSIT_FIRST_WEIGHT
from plans.junction import Mode

if TYPE_CHECKING:
    from plans.site import Site


class Policy(StrEnum):
    """The presets."""

    BALANCED = "balanced"
    TRANSIT_FIRST = "transit-first"
    ACTIVE_TRAVEL_FIRST = "active-travel-first"


WEIGHTS: Final[Mapping[Policy, Mapping[Mode, float]]] = {
    Policy.BALANCED: MODE_WEIGHT,
    Policy.TRANSIT_FIRST: TRANSIT_FIRST_WEIGHT,
    Policy.ACTIVE_TRAVEL_FIRST: ACTIVE_TRAVEL_FIRST_WEIGHT,
}


def with_policy(site: "Site", policy: Policy) -> "Site":
    """The site under another policy: all weights are the preset's, those that the site had set itself included."""
    return replace(
        site,
        policy=policy,
        weights=dict(WEIGHTS[policy]),
        unconfirmed=site.unconfirmed | {f"weights/{mode}" for mode in WEIGHTS[policy]},
    )
