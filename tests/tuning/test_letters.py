"""Plans are tried as the field controllers run them."""

from dataclasses import replace

import pytest

from controllers.logic import ConfigurationError
from plans.schema import load_site
from signalctl.demo.street import Street
from signalctl.scenarios import SHIPPED, open_scenario
from signalctl.tuning.letters import cycle_of_letters
from signalctl.tuning.trial import Ground, Place
from sim.engine import EmbeddedPlant

SITE = load_site(SHIPPED / "rheinstrasse" / "site.yaml")
AM = {name: plans["am"] for name, plans in SITE.plans.items()}


def test_a_trial_shows_what_the_controllers_show() -> None:
    """From when the street's controllers are in step, every signal shows the cycle of its plan."""
    opened = open_scenario("rheinstrasse", "am")
    heads = Ground(Place("rheinstrasse", SITE, "am")).heads
    cycles = {name: cycle_of_letters(heads[name], plan, SITE.id) for name, plan in AM.items()}
    plant = EmbeddedPlant(opened.scenario, seed=3, time_to_teleport=-1.0)
    street = Street(plant, opened.scenario.network, SITE)
    for _ in range(180):
        street.step()
    for _ in range(100):
        street.step()
        for name, letters in cycles.items():
            assert plant.displayed(heads[name].tls_id) == letters[street.utc_s % len(letters)]


def test_a_run_costs_what_its_road_users_lose() -> None:
    """Everybody counts once, with persons and weight of the mode; stops cost besides."""
    score = Ground(Place("rheinstrasse", SITE, "am", end_s=25_300.0)).run(AM, 3)
    persons = {mode: SITE.occupancy[mode] * fare.count for mode, fare in score.by_mode.items()}
    lost_s = sum(persons[mode] * fare.delay_s for mode, fare in score.by_mode.items())
    weighted_s = sum(SITE.weights[mode] * persons[mode] * fare.delay_s for mode, fare in score.by_mode.items())
    assert sum(fare.count for fare in score.by_mode.values()) > 400
    assert score.person_delay_s == pytest.approx(lost_s / sum(persons.values()))
    assert score.cost_s > weighted_s / sum(persons.values())


def test_every_second_of_a_cycle_is_that_of_the_clock() -> None:
    """A plan that is shifted by a second shows the same a second later."""
    heads = Ground(Place("rheinstrasse", SITE, "am")).heads["j07_grosse_bleiche"]
    plan = AM["j07_grosse_bleiche"]
    shown = cycle_of_letters(heads, plan, SITE.id)
    later = cycle_of_letters(heads, replace(plan, offset_s=(plan.offset_s + 1) % plan.cycle_s), SITE.id)
    assert len(shown) == plan.cycle_s
    assert len(set(shown)) > len(plan.stages)
    assert later == (shown[-1], *shown[:-1])


def test_a_plan_that_a_controller_refuses_is_not_tried() -> None:
    """A green below the minimum is an error, not a figure."""
    heads = Ground(Place("rheinstrasse", SITE, "am")).heads["j07_grosse_bleiche"]
    plan = AM["j07_grosse_bleiche"]
    first, second, *others = plan.stages
    taken_s = first.green_s - 1
    stages = (replace(first, green_s=1), replace(second, green_s=second.green_s + taken_s), *others)
    with pytest.raises(ConfigurationError):
        cycle_of_letters(heads, replace(plan, stages=stages), SITE.id)
