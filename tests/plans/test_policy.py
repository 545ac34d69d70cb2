"""Policies are presets of weights; a site's own weights go before them, the command line before both."""

import pytest

from plans.defaults import MODE_WEIGHT
from plans.junction import Mode
from plans.policy import WEIGHTS, Policy, with_policy
from plans.schema import SiteError, parse_site
from plans.site_dump import site_text
from tests.plans.conftest import EXAMPLE

TEXT = EXAMPLE.read_text(encoding="utf-8")


def test_the_default_is_the_balanced_policy() -> None:
    """A site that says nothing runs with the weights that it always had."""
    site = parse_site(TEXT.replace("weights: {pedestrian: 2, bicycle: 1.5}\n", "")).site
    assert site.policy is Policy.BALANCED
    assert site.weights == WEIGHTS[Policy.BALANCED] == MODE_WEIGHT


def test_single_weights_go_before_the_policy() -> None:
    """The example sets two weights itself; the rest is the policy's, and noted as such."""
    site = parse_site(TEXT + "\npolicy: transit-first\n").site
    assert site.weights == {**WEIGHTS[Policy.TRANSIT_FIRST], Mode.PEDESTRIAN: 2.0, Mode.BICYCLE: 1.5}
    assert "weights/bus" in site.unconfirmed
    assert "weights/pedestrian" not in site.unconfirmed
    assert parse_site(site_text(site)).site == site


@pytest.mark.parametrize("policy", Policy)
def test_another_policy_takes_all_weights(policy: Policy) -> None:
    """What the command line says is the whole preset, and survives being written for a service of its own."""
    site = with_policy(parse_site(TEXT).site, policy)
    assert site.weights == WEIGHTS[policy]
    assert parse_site(site_text(site)).site == site


@pytest.mark.parametrize("policy", Policy)
def test_a_policy_weighs_everybody(policy: Policy) -> None:
    """Each mode has a weight, nobody counts for nothing, and an emergency vehicle outweighs what can stand there."""
    weights = WEIGHTS[policy]
    assert set(weights) == set(Mode)
    assert min(weights.values()) > 0.0
    assert weights[Mode.EMERGENCY] >= 100 * max(
        weight for mode, weight in weights.items() if mode is not Mode.EMERGENCY
    )


def test_an_unknown_policy_is_named() -> None:
    """A slip names line, field and what there is."""
    with pytest.raises(SiteError, match=r"policy: enum: expected 'balanced', 'transit-first' or 'active-travel-first'"):
        parse_site(TEXT + "\npolicy: cars-first\n")
