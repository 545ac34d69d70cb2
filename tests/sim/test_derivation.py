"""A site derived from a SUMO network."""

import re
from pathlib import Path

import pytest

from controllers.logic import ControllerConfig, FieldController
from plans.junction import GroupKind, Junction, Turn
from plans.open_plan import open_plan
from plans.rules import check_plan, check_site, errors
from plans.schema import dump_site, load_site
from plans.table import expand
from plans.timing import TimingPlan
from plans.transition import transition_matrix
from sim.clock import SCENARIO_EPOCH_UTC_S
from sim.network import Network, load_network
from sim.site_derivation import DerivationError, derive_junction, derive_site, signals_left_out
from sim.site_derivation.programme import read_programme
from tests.sim.sumo_programs import cross, netgenerate

pytestmark = pytest.mark.sumo


def greens_as_shown(network: Network, tls_id: str, junction: Junction) -> dict[str, list[bool]]:
    """By group and scenario second: what the net's own programme shows, ambers cut to 3 s."""
    programme = read_programme(network.tl_logics[tls_id])
    cycle = programme.cycle_s
    return {
        group.id: [programme.seconds[(s - programme.offset_s) % cycle][group.links[0]] in "Gg" for s in range(cycle)]
        for group in junction.groups.values()
    }


def greens_as_planned(junction: Junction, plan: TimingPlan) -> dict[str, list[bool]]:
    """By group and scenario second: what the derived plan shows."""
    table = expand(junction, plan)
    seconds = [plan.second_in_cycle(SCENARIO_EPOCH_UTC_S + s) for s in range(plan.cycle_s)]
    return {group: [table.is_green(group, second) for second in seconds] for group in junction.groups}


def test_fixed_plan_shows_the_shipped_programme(tmp_path: Path) -> None:
    """Every group is green in exactly the seconds in which SUMO's own programme shows it green."""
    network = load_network(cross(tmp_path))
    junction, plan = derive_junction(network, "m")
    assert plan.cycle_s == 90
    assert greens_as_planned(junction, plan) == greens_as_shown(network, "m", junction)


LEFT_AFTER = (
    (30, "GGGgrrrrGGGgrrrr"), (3, "yyygrrrryyyyrrrr"), (6, "GGGGrrrrrrrrrrrr"), (3, "yyyyrrrrrrrrrrrr"),
    (42, "rrrrGGGgrrrrGGGg"), (3, "rrrryyyyrrrryyyy"),
)  # fmt: skip


def test_group_that_stays_green_is_not_sent_through_amber(tmp_path: Path) -> None:
    """A programme that flashes amber between two greens of one group becomes one green over both stages."""
    net = cross(tmp_path)
    phases = "".join(f'<phase duration="{duration}" state="{state}"/>' for duration, state in LEFT_AFTER)
    net.write_text(re.sub(r"<phase .*(?=</tlLogic>)", phases, net.read_text(), flags=re.DOTALL))
    network = load_network(net)
    junction, plan = derive_junction(network, "m")
    assert len(plan.stages) == 3
    shown, planned = greens_as_shown(network, "m", junction), greens_as_planned(junction, plan)
    north = next(m.group for m in junction.movements if m.lane == "nm_0")
    assert sum(a and not b for a, b in zip(shown[north], shown[north][-1:] + shown[north][:-1], strict=True)) == 2
    assert sum(a and not b for a, b in zip(planned[north], planned[north][-1:] + planned[north][:-1], strict=True)) == 1
    for group in junction.groups:
        assert all(p or not s for s, p in zip(shown[group], planned[group], strict=True))


def test_turning_traffic_yields_and_crossing_traffic_conflicts(tmp_path: Path) -> None:
    """Foes that the programme shows green together yield; foes that it keeps apart conflict, in both orders."""
    junction, _ = derive_junction(load_network(cross(tmp_path, lanes=1)), "m")
    by_lane = {name: {move.group for move in moves} for name, moves in junction.movements_by_lane.items()}
    (north,), (south,), (east,) = by_lane["nm_0"], by_lane["sm_0"], by_lane["em_0"]
    assert not junction.conflicts(north, south)
    assert (north, east) in junction.intergreens
    assert (east, north) in junction.intergreens
    assert junction.intergreens[north, east] == 3
    left = next(m for m in junction.movements if m.lane == "nm_0" and m.turn is Turn.LEFT)
    assert left.yields_to == (south,)
    straight = next(m for m in junction.movements if m.lane == "nm_0" and m.turn is Turn.STRAIGHT)
    assert straight.yields_to == ()


def test_crossings_keep_green_and_clearance_of_the_programme(tmp_path: Path) -> None:
    """A crossing has a group of its own, and conflicting traffic waits as long as in the programme."""
    network = load_network(cross(tmp_path, "--sidewalks.guess", "--crossings.guess"))
    junction, plan = derive_junction(network, "m")
    people = [group for group in junction.groups.values() if group.kind is GroupKind.PEDESTRIAN]
    assert len(people) == 4
    shown = greens_as_shown(network, "m", junction)
    planned = greens_as_planned(junction, plan)
    for group in people:
        assert group.amber_s == 0
        assert sum(planned[group.id]) == sum(shown[group.id])
        assert group.clearance_s >= 5
        conflicting = [b for a, b in junction.intergreens if a == group.id]
        assert conflicting
        assert all(junction.intergreens[group.id, other] >= group.clearance_s for other in conflicting)
    turning = next(m for m in junction.movements if m.turn is Turn.RIGHT)
    assert any(junction.groups[name].kind is GroupKind.PEDESTRIAN for name in turning.yields_to)


def test_vehicles_stay_green_while_pedestrians_clear(tmp_path: Path) -> None:
    """A vehicle group ends later than the crossing beside it, by as much as its own intergreen is shorter."""
    network = load_network(cross(tmp_path, "--sidewalks.guess", "--crossings.guess"))
    junction, plan = derive_junction(network, "m")
    assert junction.transitions
    assert greens_as_planned(junction, plan) == greens_as_shown(network, "m", junction)


def test_long_amber_is_cut_and_all_red_kept(tmp_path: Path) -> None:
    """A programme with 5 s amber and 2 s all-red gives intergreens of 5 s and a cycle shorter by the amber cut."""
    options = ("--tls.yellow.time", "5", "--tls.allred.time", "2")
    network = load_network(cross(tmp_path, *options, lanes=1))
    junction, plan = derive_junction(network, "m")
    assert set(junction.intergreens.values()) == {5}
    assert all(group.amber_s == 3 for group in junction.groups.values())
    ambers = sum("y" in phase.state for phase in network.tl_logics["m"].phases)
    assert plan.cycle_s == network.tl_logics["m"].cycle_s - 2 * ambers


def test_programme_without_amber_gets_a_safe_intergreen(tmp_path: Path) -> None:
    """Where the net switches from green to green at once, amber and one second of red come in between."""
    junction, plan = derive_junction(load_network(cross(tmp_path, "--tls.yellow.time", "0", lanes=1)), "m")
    assert set(junction.intergreens.values()) == {4}
    assert plan.cycle_s == 90


def test_offset_follows_the_programme(tmp_path: Path) -> None:
    """The plan's offset against UTC moves with the tlLogic's own offset."""
    net = cross(tmp_path)
    net.write_text(net.read_text().replace('offset="0"', 'offset="17"'))
    network = load_network(net)
    junction, plan = derive_junction(network, "m")
    assert network.tl_logics["m"].offset_s == 17
    assert greens_as_planned(junction, plan) == greens_as_shown(network, "m", junction)


def test_right_turn_on_red_keeps_its_letter(tmp_path: Path) -> None:
    """A link with a green arrow shows `s` at red, and `s` counts as red in groups and stages."""
    from plans.junction import Aspect
    from sim.signals import signal_heads

    network = load_network(cross(tmp_path, kind="traffic_light_right_on_red"))
    assert "s" in "".join(phase.state for phase in network.tl_logics["m"].phases)
    junction, _ = derive_junction(network, "m")
    heads = signal_heads(network, "m", junction)
    letters = heads.letters(dict.fromkeys(junction.groups, Aspect.RED), dict.fromkeys(junction.groups, 99))
    assert set(letters) == {"r", "s"}


@pytest.mark.parametrize(
    "options",
    [
        ("--grid", "--grid.number", "2", "--grid.attach-length", "80", "-j", "traffic_light", "--turn-lanes", "1"),
        ("--grid", "--grid.number", "3", "--grid.length", "100", "-j", "traffic_light",
         "--tls.default-type", "actuated", "--tls.layout", "incoming",
         "--sidewalks.guess", "--crossings.guess", "--bikelanes.guess"),
        ("--rand", "--rand.iterations", "40", "-j", "traffic_light", "--rand.bidi-probability", "0.9",
         "--default.lanenumber", "2", "--sidewalks.guess", "--crossings.guess", "--bikelanes.guess"),
        ("--grid", "--grid.x-number", "2", "--grid.y-number", "1", "--grid.length", "40", "--grid.attach-length", "150",
         "-j", "traffic_light", "--tls.join", "--tls.join-dist", "90"),
    ],
    ids=["turn-lanes", "actuated-incoming-crossings", "random-with-bicycles", "joined"],
)  # fmt: skip
@pytest.mark.parametrize("extra", [False, True], ids=["shipped-stages", "extra-stages"])
def test_any_generated_net_gives_a_legal_site(tmp_path: Path, options: tuple[str, ...], extra: bool) -> None:
    """Whatever netgenerate makes: the rules find no error, every controller starts, and the site file reads back."""
    network = load_network(netgenerate(tmp_path, *options))
    site = derive_site(network, with_extra_stages=extra)
    assert not errors(check_site(site))
    for name, junction in site.junctions.items():
        FieldController(ControllerConfig(junction, site.plans[name], lambda _utc_s: "shipped"), 0)
        assert {"intergreens", "stages", "lanes"} <= junction.derived
    dump_site(site, tmp_path / "site.yaml")
    assert load_site(tmp_path / "site.yaml").junctions == site.junctions


def test_extra_stages_add_only_compatible_sets(tmp_path: Path) -> None:
    """An extra stage holds no conflicting pair, repeats no stage, lets one approach go alone, and is on demand only."""
    network = load_network(cross(tmp_path, lanes=1))
    plain, _ = derive_junction(network, "m", with_extra_stages=False)
    rich, plan = derive_junction(network, "m")
    added = [stage.groups for name, stage in rich.stages.items() if name not in plain.stages]
    assert added
    for groups in added:
        assert groups not in [stage.groups for stage in plain.stages.values()]
        assert not any(rich.conflicts(a, b) for a in groups for b in groups if a != b)
    assert frozenset({next(m.group for m in rich.movements if m.lane == "nm_0")}) in added
    assert {item.stage for item in plan.stages} == set(plain.stages)
    asked = open_plan(rich, plan)
    assert {entry.stage for entry in asked.on_demand} == rich.stages.keys() - plain.stages.keys()
    assert not errors(check_plan(rich, asked))


def test_a_programme_of_one_stage_stays_left_out(tmp_path: Path) -> None:
    """Further stages make no junction out of a signal whose programme has nothing to switch between."""
    net = cross(tmp_path, lanes=1)
    shown = load_network(net).tl_logics["m"].phases[0].state
    dark = "r" * len(shown)
    phases = f'<phase duration="40" state="{shown}"/><phase duration="5" state="{dark}"/>'
    net.write_text(re.sub(r"<phase .*(?=</tlLogic>)", phases, net.read_text(), flags=re.DOTALL))
    with pytest.raises(DerivationError, match="expected signals that switch"):
        derive_site(load_network(net))


def test_nobody_is_sent_towards_a_red_between_joined_nodes(tmp_path: Path) -> None:
    """Two nodes with one signal and no room in between: whoever drives on finds green there in every further stage."""
    options = ("--grid", "--grid.x-number", "1", "--grid.y-number", "2", "--grid.y-length", "25")
    options += ("--grid.attach-length", "150", "-j", "traffic_light", "--tls.join", "--tls.join-dist", "30", "-L", "2")
    site = derive_site(load_network(netgenerate(tmp_path, *options)))
    (junction,) = site.junctions.values()
    beyond = {
        (move.group, other.group)
        for move in junction.movements
        for other in junction.movements
        if move.exit_lane == other.lane and move.group != other.group
    }
    shown = [stage.groups for name, stage in junction.stages.items() if name.startswith("S")]
    further = [stage.groups for name, stage in junction.stages.items() if name.startswith("X")]
    bound = {(a, b) for a, b in beyond if all(b in stage for stage in shown if a in stage)}
    assert bound
    assert further
    assert not [(a, b) for a, b in bound for stage in further if a in stage and b not in stage]


def test_signals_that_are_left_out_are_named(tmp_path: Path) -> None:
    """The corners of a grid without outer roads have nothing to switch, and each is named with the reason."""
    network = load_network(netgenerate(tmp_path, "--grid", "--grid.number", "3", "-j", "traffic_light"))
    site = derive_site(network)
    left_out = signals_left_out(network, site)
    assert left_out.keys() == {"A0", "A2", "C0", "C2"}
    assert left_out.keys() | site.junctions.keys() == network.tl_logics.keys()
    assert set(left_out.values()) == {"expected links that switch, got none"}


def test_two_signals_of_one_name_are_refused(tmp_path: Path) -> None:
    """Names that differ only in what topics and files cannot hold would make one junction of two signals."""
    net = netgenerate(tmp_path, "--grid", "--grid.number", "2", "--grid.attach-length", "100", "-j", "traffic_light")
    text = net.read_text()
    for plain, odd in (("A0", "J#1"), ("B1", "J/1")):
        text = text.replace(f'tl="{plain}"', f'tl="{odd}"').replace(f'tlLogic id="{plain}"', f'tlLogic id="{odd}"')
    net.write_text(text)
    with pytest.raises(DerivationError, match="'J#1' and 'J/1': expected names that differ"):
        derive_site(load_network(net))


def test_fractions_of_a_second_do_not_add_up(tmp_path: Path) -> None:
    """A programme with half seconds keeps its cycle, and everybody keeps amber and clearance."""
    net = cross(tmp_path, lanes=1)
    shown = [phase.state for phase in load_network(net).tl_logics["m"].phases]
    dark = "r" * len(shown[0])
    timed = ((20.0, shown[0]), (3.0, shown[1]), (1.5, dark), (20.0, shown[2]), (3.0, shown[3]), (1.5, dark))
    phases = "".join(f'<phase duration="{seconds}" state="{state}"/>' for seconds, state in timed)
    net.write_text(re.sub(r"<phase .*(?=</tlLogic>)", phases, net.read_text(), flags=re.DOTALL))
    junction, plan = derive_junction(load_network(net), "m")
    assert plan.cycle_s == 49
    assert set(junction.intergreens.values()) <= {4, 5}


def test_left_hand_traffic_is_derived(tmp_path: Path) -> None:
    """Where traffic keeps left, the right turn gives way, and U-turns are known."""
    options = ("--grid", "--grid.number", "2", "--grid.attach-length", "100", "-j", "traffic_light", "--lefthand")
    site = derive_site(load_network(netgenerate(tmp_path, *options)))
    assert not errors(check_site(site))
    moves = site.junctions["A0"].movements
    assert all(move.yields_to for move in moves if move.turn is Turn.RIGHT)
    assert not any(move.yields_to for move in moves if move.turn is Turn.LEFT)
    assert any(move.turn is Turn.UTURN for move in moves)


def test_feeders_follow_short_lanes_upstream(tmp_path: Path) -> None:
    """Short turn lanes are followed upstream along the road, up to 250 m from the stop line and not past a signal."""
    network = load_network(
        netgenerate(
            tmp_path, "--grid", "--grid.number", "2", "--grid.length", "400", "--grid.attach-length", "150",
            "-j", "traffic_light", "--turn-lanes", "1", "--turn-lanes.length", "40",
        )
    )  # fmt: skip
    site = derive_site(network)
    for junction in site.junctions.values():
        for lane in junction.lanes.values():
            assert lane.length_m < 60
            assert lane.feeders
            assert all(feeder.offset_m < 250 for feeder in lane.feeders)
            assert lane.length_m <= lane.feeders[0].offset_m < lane.length_m + 15.0  # with the node between


def test_net_without_switching_signals_is_refused(tmp_path: Path) -> None:
    """A net in which nothing switches names itself in the error."""
    network = load_network(netgenerate(tmp_path, "--grid", "--grid.number", "2", "-j", "priority"))
    with pytest.raises(DerivationError, match="expected signals that switch"):
        derive_site(network)


def test_a_turn_is_out_of_amber_before_those_it_gives_way_to_begin(tmp_path: Path) -> None:
    """An approach that was alone leaves 3 s between its left turn and the opposing traffic; the programme is kept."""
    junction, plan = derive_junction(load_network(cross(tmp_path)), "m")
    gives_way = {(move.group, other) for move in junction.movements for other in move.yields_to}
    shown = {item.stage for item in plan.stages}
    checked = 0
    for (origin, target), change in transition_matrix(junction).items():
        ends = {switch.group: switch.at_s for switch in change.switches if not switch.green}
        begins = {switch.group: switch.at_s for switch in change.switches if switch.green}
        for turning, other in gives_way:
            if turning in ends and other in begins and not {origin, target} <= shown:
                assert begins[other] >= ends[turning] + junction.groups[turning].amber_s, (origin, target)
                checked += 1
    assert checked > 0
    assert not errors(check_plan(junction, plan))
