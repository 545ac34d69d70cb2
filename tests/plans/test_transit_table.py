"""The table of reporting points in a site file: numbers are made as the operator makes them, slips name their line."""

from dataclasses import replace

import pytest

from plans.junction import Mode
from plans.schema import SiteError, parse_site
from plans.site import Site
from plans.site_dump import site_text
from plans.transit import LatenessFeed, PointSplit, ReportingPoint, ReportKind
from tests.plans.conftest import EXAMPLE

TEXT = EXAMPLE.read_text(encoding="utf-8")
TABLE = """
transit:
  emergency_level: 13
  emergency_sources: [r09, control-room]
  points:
    - {node: 1291, direction: 1, kind: request, junction: J1, group: K1, distance_m: 120}
    - {point: 20251, kind: check_out, junction: J1, movement: west_left, mode: tram, level: 9, eta_s: 0}
  lateness:
    trip_updates: https://feed.example.org/trips
    headers: {Authorization: FEED_KEY}
    lines: {62: "de:62:H"}
"""


def test_a_point_is_a_number_or_node_direction_and_kind() -> None:
    """Node 1291, direction 1, request is 51645 where points are numbered as in Dresden."""
    settings = parse_site(TEXT + TABLE).site.transit
    assert settings.points == (
        ReportingPoint(51645, ReportKind.REQUEST, "J1", group="K1", distance_m=120),
        ReportingPoint(
            20251, ReportKind.CHECK_OUT, "J1", movement="west_left", mode=Mode.TRAM, distance_m=0, eta_s=0, level=9
        ),
    )
    assert settings.emergency_level == 13
    assert settings.emergency_sources == ("r09", "control-room")
    assert settings.lateness == LatenessFeed(
        "https://feed.example.org/trips", headers={"Authorization": "FEED_KEY"}, lines={"62": "de:62:H"}
    )


def test_the_numbering_is_the_sites_own() -> None:
    """A site that numbers eight directions and two statuses per node gets its own numbers."""
    split = "  split: {directions: 8, statuses: [request, check_out]}\n  points:"
    settings = parse_site(TEXT + TABLE.replace("  points:", split)).site.transit
    assert settings.split == PointSplit(8, (ReportKind.REQUEST, ReportKind.CHECK_OUT))
    assert settings.points[0].point == (1291 * 8 + 1) * 2


def test_what_rests_on_an_unconfirmed_default_is_said() -> None:
    """How points are numbered is noted where there are points, and only there."""
    plain, with_table = parse_site(TEXT).site.unconfirmed, parse_site(TEXT + TABLE).site.unconfirmed
    assert {path for path in plain if path.startswith("transit")} == {
        "transit/emergency_level",
        "transit/emergency_sources",
    }
    assert {path for path in with_table if path.startswith("transit")} == {"transit/split", "transit/levels"}


def test_the_table_is_read_back_exactly() -> None:
    """Writing and reading gives the same site, whatever its points were made of."""
    site = parse_site(TEXT + TABLE).site
    again = parse_site(site_text(site)).site
    assert again == site
    own: Site = replace(
        site,
        transit=replace(site.transit, levels=(1, 2, 3, 14), split=PointSplit(3, (ReportKind.REQUEST,))),
        unconfirmed=site.unconfirmed - {"transit/split", "transit/levels"},
    )
    assert parse_site(site_text(own)).site == own


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "junction: J1, group",
            "junction: J9, group",
            "transit.points.0.junction: unknown_reference: expected a junct",
        ),
        ("group: K1", "group: K9", "transit.points.0.group: unknown_reference: expected a signal group: one of K1"),
        ("west_left", "west", "transit.points.1.movement: unknown_reference: expected a movement of the junction"),
        ("point: 20251", "point: 51645", "transit.points.1.point: reporting_point_repeated: expected each number once"),
        ("point: 20251", "point: 70000", "transit.points.1.point: reporting_point_range: expected 0 to 65535"),
        ("direction: 1,", "direction: 10,", "transit.points.0.direction: reporting_point_range: expected 0 to 9, as"),
        ("node: 1291, direction: 1", "node: 1291", "transit.points.0: value_error: expected either point, or node and"),
        ("group: K1", "group: K1, movement: x", "transit.points.0: value_error: expected either group or movement"),
        ("kind: request", "kind: hello", "transit.points.0.kind: enum: expected 'pre_request', 'request'"),
        ("level: 9", "level: 15", "transit.points.1.level: less_than_equal: expected less than or equal to 14"),
        ("https:", "ftp:", "transit.lateness.trip_updates: string_pattern_mismatch: expected match pattern"),
    ],
)
def test_a_slip_names_its_line(old: str, new: str, expected: str) -> None:
    """One wrong word gives one line with its place, what was expected and what came."""
    text = TEXT + TABLE
    at = text.index(old, text.index("transit:"))
    spoilt = text[:at] + new + text[at + len(old) :]
    with pytest.raises(SiteError) as caught:
        parse_site(spoilt, "SITE.yaml")
    first = str(caught.value).splitlines()[0]
    line = text[:at].count("\n") + 1
    assert first.startswith(f"SITE.yaml:{line}: {expected}")
