"""Sites derived from the public scenarios' networks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from controllers.logic import ControllerConfig, FieldController
from plans.rules import check_site, errors
from plans.table import expand
from sim.clock import SCENARIO_EPOCH_UTC_S
from sim.scenario import load_scenario
from sim.signals import junction_id
from sim.site_derivation import derive_site
from sim.site_derivation.programme import read_programme

SHARED = ("cologne1", "cologne3", "ingolstadt1", "ingolstadt7", "doerpfeldstr")


@pytest.mark.parametrize("name", SHARED)
def test_derived_plans_give_at_least_the_greens_of_the_programmes(
    require_scenario: Callable[[str], Path], name: str
) -> None:
    """The rules find nothing but the amber that the comparison prescribes, every controller starts, no green is lost.

    Seconds are compared on the scenario's clock, with ambers cut to 3 s; a group may begin a second later where the net
    gives it no red-amber.
    """
    network = load_scenario(require_scenario(name)).network
    site = derive_site(network)
    assert {finding.code.value for finding in errors(check_site(site))} <= {"amber_short"}
    for tls_id, logic in network.tl_logics.items():
        junction = site.junctions.get(junction_id(tls_id))
        if junction is None:
            continue
        plan = site.plans[junction.id]["shipped"]
        FieldController(ControllerConfig(junction, site.plans[junction.id], lambda _utc_s: "shipped"), 0)
        programme, table = read_programme(logic), expand(junction, plan)
        assert plan.cycle_s == programme.cycle_s
        for group in junction.groups.values():
            lost = 0
            for second in range(plan.cycle_s):
                shown = programme.seconds[(second - programme.offset_s) % plan.cycle_s][group.links[0]] in "Gg"
                planned = table.is_green(group.id, plan.second_in_cycle(SCENARIO_EPOCH_UTC_S + second))
                lost += shown and not planned
            assert lost <= group.red_amber_s, (junction.id, group.id)


@pytest.mark.parametrize("name", SHARED)
def test_every_lane_of_a_derived_site_is_on_the_network(require_scenario: Callable[[str], Path], name: str) -> None:
    """Approach lanes, feeders and exits exist; links stand in one group; feeders lie upstream within reach."""
    network = load_scenario(require_scenario(name)).network
    for junction in derive_site(network).junctions.values():
        links = [link for group in junction.groups.values() for link in group.links]
        assert len(links) == len(set(links))
        assert len(junction.stages) <= 16
        for lane in junction.lanes.values():
            assert lane.id in network.lanes
            assert lane.modes
            for feeder in lane.feeders:
                assert feeder.lane in network.lanes
                assert lane.length_m <= feeder.offset_m < 250
                assert 0 < feeder.share_ratio <= 1
        for movement in junction.movements:
            assert movement.exit_lane in network.lanes
            assert movement.link in junction.groups[movement.group].links
