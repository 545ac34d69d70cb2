"""Site files: what is written is read back exactly, and every error names file, line and field."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.calendar import WEEKDAYS, Calendar
from plans.junction import Detector, DetectorKind, Feeder, Lane, Mode, TransitStop
from plans.rules import check_site, errors
from plans.schema import SiteError, dump_site, load_site, parse_site, read_site_file
from plans.site import ControllerAddress, Corridor, CorridorStop, MqttBroker, Site, Uplink
from plans.site_dump import site_text
from plans.timing import OnDemandStage, TimingPlan
from tests.plans.conftest import EXAMPLE
from tests.strategies_plans import junctions, plans_for, with_more_stages, with_on_demand

TEXT = EXAMPLE.read_text(encoding="utf-8")
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "site-file.md"


def problem_of(text: str) -> str:
    """The one line that says what is wrong with the text."""
    with pytest.raises(SiteError) as caught:
        parse_site(text, "SITE.yaml")
    return str(caught.value).splitlines()[0]


def line_of(text: str, word: str) -> int:
    """The first line with a word, counted from 1."""
    return next(number for number, line in enumerate(text.splitlines(), start=1) if word in line)


def test_the_example_is_free_of_findings(example: Site) -> None:
    """The shipped example has no errors and says what rests on unconfirmed defaults."""
    assert check_site(example) == []
    assert "junctions/J1/lanes/east_1/saturation_flow_vph" in example.unconfirmed
    assert "junctions/J1/lanes/west_1/saturation_flow_vph" not in example.unconfirmed
    assert "weights/car" in example.unconfirmed
    assert "weights/pedestrian" not in example.unconfirmed


def test_what_is_left_out_follows_from_the_rules(example: Site) -> None:
    """Amber follows from the limit, clearance from the crossing, frames from the nominal times."""
    groups = example.junctions["J1"].groups
    assert (groups["K1"].amber_s, groups["F1"].amber_s) == (3, 0)
    assert (groups["F1"].clearance_s, groups["F2"].clearance_s) == (11, 7)
    fixed = parse_site(TEXT.replace(", frame: open", "")).site.plans["J1"]["night"].stages
    assert [(stage.earliest_start_s, stage.latest_end_s) for stage in fixed] == [(0, 18), (25, 39)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("min_green_s: 10}", "min_green: 10}", "junctions.J1.groups.K1.min_green: extra_forbidden: expected a known"),
        ("turn: left", "turn: lft", "junctions.J1.movements.west_left.turn: enum: expected 'left'"),
        ("cycle_s: 70", "cycle_s: 70.5", "junctions.J1.plans.day.cycle_s: int_type: expected a whole number, got 70.5"),
        ("cycle_s: 70", "cycle_s: '70'", "junctions.J1.plans.day.cycle_s: int_type: expected a whole number, got 70"),
        ('at: "06:30"', 'at: "25:30"', "calendar.week.0.at: value_error: expected hour must be in 0..23"),
        ("calendar:", "refined: [dusk]\ncalendar:", "refined: unknown_reference: expected a plan set: one of"),
        ("Europe/Berlin", "Europe/Mainz", "timezone: unknown_timezone: expected a name of the IANA time zone"),
        ("K3: 5, F1: 5", "K3: 5, F9: 5", "junctions.J1.intergreens.K1.F9: unknown_reference: expected a signal group"),
        ("stage: A, green_s: 30", "stage: Z, green_s: 30", "junctions.J1.plans.day.stages.0.stage: unknown_stage"),
        ("lane: west_1, distance", "lane: west_9, distance", "junctions.J1.detectors.D_west.lane: unknown_reference"),
        ("kind: button", "kind: button, kind: loop", "junctions.J1.detectors.T_F1.kind: yaml: expected each name once"),
        (", latest_end_s: 105", "", "junctions.J1.plans.day.stages.0: value_error: expected both earliest_start_s"),
        ("port: 502", "port: 70000", "junctions.J1.controller.port: less_than_equal: expected less than or equal"),
        ("unit: 1", "unit: true", "junctions.J1.controller.unit: int_type: expected a whole number, got True"),
        ("length_m: 180", "length_m: .inf", "junctions.J1.lanes.east_1.length_m: finite_number"),
    ],
)
def test_an_error_names_file_line_and_field(old: str, new: str, expected: str) -> None:
    """One wrong word gives one line with its place, what was expected and what came."""
    assert old in TEXT
    place = TEXT[: TEXT.index(old)].count("\n") + 1
    problem = problem_of(TEXT.replace(old, new, 1))
    assert problem.startswith(f"SITE.yaml:{place}: {expected}")


ON_DEMAND = """\
        cycle_s: 70
        on_demand: [C, {stage: D, earliest_start_s: 20, latest_end_s: 60}]
"""


def test_stages_on_demand_are_named_or_framed() -> None:
    """A bare name has an open frame; a window is written as for the cycle's stages, and every error finds its entry."""
    more = "      B: {name: side road, groups: [K3, F1]}\n      C: {groups: [K3]}\n      D: {groups: [F1, F2]}\n"
    text = TEXT.replace("        cycle_s: 70\n", ON_DEMAND, 1)
    text = re.sub(r"      B: \{.*groups: \[K3, F1\]\}\n", more, text, count=1)
    file = parse_site(text, "SITE.yaml")
    plan = file.site.plans["J1"]["day"]
    assert plan.on_demand == (OnDemandStage("C", 0, 70), OnDemandStage("D", 20, 60))
    assert not errors(check_site(file.site))
    assert parse_site(site_text(file.site)).site == file.site
    line = line_of(text, "on_demand")
    where = f"SITE.yaml:{line}: junctions.J1.plans.day.on_demand"
    for old, new, expected in (
        ("[C,", "[Z,", ".0.stage: unknown_stage: expected one of A, B, C, D, got Z"),
        ("[C,", "[7,", ".0.stage: unknown_stage: expected one of A, B, C, D, got 7"),
        ("latest_end_s: 60}", "frame: open}", ".1: value_error: expected both earliest_start_s"),
        ("earliest_start_s: 20, latest_end_s: 60", "frame: fixed", ".1.frame: string_pattern_mismatch"),
    ):
        changed = "\n".join(row.replace(old, new) if "on_demand" in row else row for row in text.splitlines())
        assert problem_of(changed).startswith(where + expected)
    spoilt = parse_site(text.replace("on_demand: [C,", "on_demand: [B,"), "SITE.yaml")
    found = [str(spoilt.problem(finding)) for finding in errors(check_site(spoilt.site))]
    assert [one.split(": expected")[0] for one in found] == [f"{where}.0: on_demand_repeated"]


def with_stop(stop: str) -> str:
    """The example with one stop."""
    return TEXT.replace("    detectors:\n", f"    stops:\n      H1: {stop}\n    detectors:\n", 1)


def test_a_stop_takes_the_usual_dwell_where_none_is_given() -> None:
    """Where it lies is enough: a bus stops for 20 s, which is noted as unconfirmed; a site's own figures are not."""
    usual = parse_site(with_stop("{lane: west_1, distance_m: 60}")).site
    assert usual.junctions["J1"].stops == {"H1": TransitStop("H1", "west_1", 60.0, 20.0, 12.0)}
    assert {f"junctions/J1/stops/H1/{name}" for name in ("dwell_s", "deviation_s")} < usual.unconfirmed
    own = parse_site(with_stop("{lane: west_1, distance_m: 60, dwell_s: 30, deviation_s: 5, share_ratio: 0.5}")).site
    assert own.junctions["J1"].stops == {"H1": TransitStop("H1", "west_1", 60.0, 30.0, 5.0, 0.5)}
    assert not any("stops" in path for path in own.unconfirmed)


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        ("{lane: west_1, distance_m: 60, dwell: 3}", "dwell: extra_forbidden: expected a known field, got dwell"),
        ("{lane: west_9, distance_m: 60}", "lane: unknown_reference: expected an approach lane or one that feeds it"),
        ("{lane: west_1, distance_m: 9, modes: [car]}", "modes.0: value_error: expected 'bus' or 'tram', got car"),
        ("{lane: west_1, distance_m: 9, dwell_s: 0}", "dwell_s: greater_than: expected greater than 0, got 0"),
        ("{lane: west_1, distance_m: 9, share_ratio: 1.1}", "share_ratio: less_than_equal: expected less than or"),
        ("{lane: west_1}", "distance_m: missing: expected a value, got nothing"),
    ],
)
def test_a_wrong_stop_names_file_line_and_field(stop: str, expected: str) -> None:
    """A stop that cannot be read is reported at its line, with what was expected."""
    text = with_stop(stop)
    assert problem_of(text).startswith(f"SITE.yaml:{line_of(text, 'H1:')}: junctions.J1.stops.H1.{expected}")


def test_a_stop_lies_on_its_lane_and_on_the_way_of_its_modes() -> None:
    """Beyond the lane's begin, or on lanes that no tram uses, a stop is an error of the junction."""
    file = parse_site(with_stop("{lane: west_1, distance_m: 900, modes: [tram]}"), "SITE.yaml")
    found = [str(file.problem(finding)).split(": ", 1)[1] for finding in errors(check_site(file.site))]
    assert found == [
        "junctions.J1.stops.H1.distance_m: stop_off_lane: expected 0 to 220 m before the stop line, got 900",
        "junctions.J1.stops.H1.lane: stop_for_nobody: expected a lane of this approach that is open to tram, "
        "got west_1",
    ]


def test_broken_yaml_names_the_line() -> None:
    """What is not YAML at all is said at its line; an empty file and a list are not sites."""
    assert problem_of("site: [1\nname: x").startswith("SITE.yaml:2: file: yaml: ")
    assert problem_of("") == "SITE.yaml:1: file: yaml: expected a mapping, got an empty file"
    assert problem_of("- a\n") == "SITE.yaml:1: file: yaml: expected a mapping, got list"
    assert problem_of("a: &x [*x]\n").startswith("SITE.yaml:1: a.0: yaml: ")
    assert problem_of("a: !!python/object:os.system x\n").startswith("SITE.yaml:1: a: yaml: ")
    with pytest.raises(SiteError, match=r"SITE.yaml:2: file: encoding: expected UTF-8, got byte 0xff"):
        parse_site(b"site: x\nname: \xff\n", "SITE.yaml")


def test_every_missing_field_is_named_at_once() -> None:
    """All problems are reported together, ordered by line."""
    with pytest.raises(SiteError) as caught:
        parse_site("site: x\njunctions: {J: {groups: {}, stages: {}}}\n")
    fields = [problem.field for problem in caught.value.problems]
    assert {"timezone", "calendar", "junctions.J.groups", "junctions.J.stages"} <= set(fields)


def test_findings_of_rules_name_their_line() -> None:
    """A rule's finding is placed at the number that breaks it."""
    spoilt = TEXT.replace("F1: {K1: 11, K2: 11}", "F1: {K1: 9, K2: 11}")
    file = parse_site(spoilt, "SITE.yaml")
    found = [str(file.problem(finding)) for finding in errors(check_site(file.site))]
    assert found[0] == (
        f"SITE.yaml:{line_of(spoilt, 'K1: 9')}: junctions.J1.intergreens.F1.K1: clearance_short: "
        "expected >= 11 s, got 9 s"
    )


def test_a_plan_set_that_nobody_wrote_is_an_error(example: Site) -> None:
    """Every junction needs a plan for each set that the calendar names."""
    plans = {"J1": {"day": example.plans["J1"]["day"]}}
    assert [finding.code for finding in check_site(replace(example, plans=plans))] == ["plan_missing"]


def test_names_stay_as_written() -> None:
    """`010`, `off` and `1e3` are names when a name is wanted, and numbers are never guessed from quoted text."""
    text = TEXT.replace("K3", "010").replace("K2", "off").replace("F2", "1e3").replace("site: example", "site: 0x1F")
    site = parse_site(text).site
    assert site.id == "0x1F"
    assert {"010", "off", "1e3"} < set(site.junctions["J1"].groups)
    assert parse_site(site_text(site)).site == site


def test_the_example_is_read_back_exactly(example: Site, tmp_path: Path) -> None:
    """Writing and reading gives the same site, unconfirmed defaults included."""
    dump_site(example, tmp_path / "site.yaml")
    assert load_site(tmp_path / "site.yaml") == example


NAMES = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="/+#"), min_size=1, max_size=8)
TEXTS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=20)
LENGTHS = st.floats(0.01, 1e4, allow_nan=False)


@given(st.data())
@settings(max_examples=30)
def test_any_site_is_read_back_exactly(data: st.DataObject) -> None:
    """Whatever names, numbers, frames and own transitions a site has, writing and reading gives the same site."""
    junction = data.draw(junctions())
    plan = data.draw(plans_for(junction))
    junction = data.draw(with_more_stages(junction))
    plan = data.draw(with_on_demand(junction, plan))
    lane = Lane(
        data.draw(NAMES),
        data.draw(TEXTS),
        data.draw(LENGTHS),
        data.draw(LENGTHS),
        frozenset(data.draw(st.sets(st.sampled_from(Mode), min_size=1))),
        data.draw(LENGTHS),
        (Feeder(data.draw(NAMES), data.draw(LENGTHS), data.draw(LENGTHS), data.draw(st.floats(0, 1))),),
    )
    junction = replace(
        junction,
        name=data.draw(TEXTS),
        lanes={**junction.lanes, lane.id: lane},
        stops={
            name: TransitStop(
                name,
                data.draw(st.sampled_from([lane.id, lane.feeders[0].lane])),
                data.draw(LENGTHS),
                data.draw(st.floats(0.01, 600)),
                data.draw(st.floats(0, 600)),
                data.draw(st.floats(0.01, 1)),
                frozenset(data.draw(st.sets(st.sampled_from([Mode.BUS, Mode.TRAM]), min_size=1))),
            )
            for name in data.draw(st.sets(NAMES, max_size=2))
        },
        detectors={"D": Detector("D", DetectorKind.RADAR, lane.id, mode=Mode.BICYCLE, distance_m=-1.5)},
        derived=frozenset(data.draw(st.sets(st.sampled_from(["groups", "lanes", "groups/G1/amber_s"])))),
        corridor="c",
        position_m=(data.draw(LENGTHS), -1e-7),
    )
    plans: dict[str, TimingPlan] = {data.draw(NAMES): plan}
    plans = {name: replace(item, id=name, name=data.draw(TEXTS)) for name, item in plans.items()}
    base = parse_site(TEXT).site
    site = Site(
        id=data.draw(NAMES),
        name=data.draw(TEXTS),
        timezone="Europe/Berlin",
        junctions={"J": junction},
        plans={"J": plans},
        calendar=Calendar("Europe/Berlin", base.calendar.entries, base.calendar.special_days),
        corridors={"c": Corridor("c", data.draw(TEXTS), (CorridorStop("J", data.draw(LENGTHS)),))},
        controllers={"J": ControllerAddress("::1", key_file=data.draw(TEXTS))},
        mqtt=MqttBroker("h", tls=False, password_env="P"),
        uplinks=(Uplink("00112233aabbccdd", "count", "J", "D"),),
        refined=frozenset(plans) if data.draw(st.booleans()) else frozenset(),
    )
    assert parse_site(site_text(site)).site == site


WORDS = ("", "-", "[", "}", "0", "-1", "1e9", "null", "K1", "open", "{a: 1}", "&x", "*x", '"', "2026-13-01", "24:00")


@given(st.data())
@settings(max_examples=150)
def test_a_spoilt_file_is_a_site_error_or_a_site(data: st.DataObject) -> None:
    """Whatever a slip of the pen makes of the file: a site that can be checked, or errors that name their lines."""
    words = re.split(r"([\s:,{}\[\]]+)", TEXT[TEXT.index("site:") :])
    for _ in range(data.draw(st.integers(1, 3))):
        words[data.draw(st.integers(0, len(words) - 1))] = data.draw(st.sampled_from(WORDS))
    text = "".join(words)
    try:
        file = parse_site(text, "SITE.yaml")
    except SiteError as error:
        problems = error.problems
    else:
        problems = tuple(file.problem(finding) for finding in check_site(file.site))
    for problem in problems:
        assert 1 <= problem.line <= text.count("\n") + 1
        assert problem.field
        assert problem.expected


def test_the_documentation_shows_a_site_that_loads(tmp_path: Path) -> None:
    """The example in docs/site-file.md is a whole site without errors."""
    example = re.search(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    path = tmp_path / "site.yaml"
    path.write_text(example.group(1), encoding="utf-8")
    assert not errors(check_site(read_site_file(path).site))


def test_the_weekdays_of_the_file_are_those_of_the_calendar(example: Site) -> None:
    """Monday to Friday have the day plan from 06:30."""
    assert example.calendar.entries[0].days == frozenset(WEEKDAYS[:5])
