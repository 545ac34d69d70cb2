"""Programmes that react to traffic as rows of tables, put behind those of programmes that run already."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.demand import Vehicle
from sim.engine.area_watch import METRES_PER_VEHICLE, SPARE
from sim.engine.arrays import table
from sim.engine.loop_watch import FASTEST_MPS, NEVER_S, lookouts_of
from sim.engine.rule_rows import RowsOf
from sim.engine.signal_arrays import (
    EVERYBODY,
    MOST_ON_LOOP,
    NOT_BEGUN,
    NOT_GIVEN,
    SIGNAL_LAYOUT,
    STARTS,
    Signals,
)
from sim.engine.streets import Streets
from sim.network import Network
from sim.reactive.area_places import AreaPlace
from sim.reactive.layouts import ActuatedLayout, DelayLayout
from sim.reactive.loop_places import DETECTOR_GAP_S, LoopPlace
from sim.reactive.parameters import Parameters
from sim.reactive.phases import NO_LIMIT, first_phase, is_green, milliseconds
from sim.reactive.rule_layout import NO_RULE, OVERRIDDEN_MS, RuleLayout
from sim.reactive.targets import following, green_ahead, served_by
from sim.signal_programme import Phase, TrafficLightLogic

INACTIVE_MS = 180_000


class ProgrammeTables:
    """Collects the rows of programmes that begin together.

    Args:
        before: The tables as they are.
        network: The network.
        streets: Its arrays.
        demand: All vehicles.
        step_s: The engine's step.
    """

    def __init__(
        self, before: Signals, network: Network, streets: Streets, demand: Sequence[Vehicle], step_s: float
    ) -> None:
        self._before, self._network, self._streets, self._demand = before, network, streets, demand
        self._reach_m = max((v.type.length_m for v in demand), default=0.0) + FASTEST_MPS * step_s
        self._rows: dict[str, list[Any]] = {name: [] for name in Signals._fields}

    def count_only(self, types: frozenset[str]) -> int:
        """Where the list begins that says which vehicles count for programmes with these types."""
        first = self._next("counted")
        self._rows["counted"] += [vehicle.type.id in types for vehicle in self._demand]
        return first

    def _count(self, types: frozenset[str]) -> int:
        """The same for a detector with types of its own; without, everybody counts."""
        return self.count_only(types) if types else EVERYBODY

    def add_actuated(
        self,
        logic: TrafficLightLogic,
        parameters: Parameters,
        layout: ActuatedLayout,
        begin_ms: int,
        counted: int,
        rules: RuleLayout | None = None,
    ) -> int:
        """Add a programme with its loops and expressions; its number."""
        first, areas = self._next("loop"), self._next("area")
        for loop in (*layout.loops, *(rules.loops if rules is not None else ())):
            self._add_loop(loop, counted if loop.types is None else self._count(loop.types))
        crossings = [[self._streets.crossing_of[name] for name in names] for names in layout.crossings]
        speaks = [[first + loop for loop in loops] for loops in layout.by_phase]
        for area in rules.areas if rules is not None else ():
            self._add_area(area.place, self._count(area.types))
        return self._add_programme(
            logic, parameters, begin_ms, speaks, [[] for _ in logic.phases], crossings, rules, first, areas
        )

    def add_delay_based(
        self, logic: TrafficLightLogic, parameters: Parameters, layout: DelayLayout, begin_ms: int, counted: int
    ) -> int:
        """Add a programme with its areas; its number."""
        first = self._next("area")
        for area, speed_mps in zip(layout.areas, layout.speeds_mps, strict=True):
            self._add_area(area, counted, layout.late_from_s, speed_mps)
        served, others = (
            [[first + n for n in areas] for areas in by_phase] for by_phase in (layout.served, layout.others)
        )
        return self._add_programme(logic, parameters, begin_ms, served, others, [[] for _ in logic.phases])

    def _add_loop(self, loop: LoopPlace, counted: int) -> None:
        self._add(
            "loop",
            length=loop.length_m, left=NEVER_S, covered=NEVER_S, max_gap=loop.max_gap_s, jam=loop.jam_s,
            who=(-1,) * MOST_ON_LOOP, counted_start=counted, lookout_start=self._next("lookout"),
        )  # fmt: skip
        for lookout in lookouts_of(loop, self._network, self._streets, self._reach_m):
            self._add(
                "lookout", shift=lookout.shift_m, lane=lookout.lane, lies=lookout.lies, way_start=self._next("way")
            )
            self._rows["way"] += lookout.ways

    def _add_area(self, area: AreaPlace, counted: int, late_from_s: float = 0.0, speed_mps: float = 0.0) -> None:
        self._add(
            "area",
            length=area.length_m, late_from=late_from_s, speed=speed_mps, counted_start=counted,
            stretch_start=self._next("stretch"), inmate_start=self._next("inmate"),
        )  # fmt: skip
        for name, at_m in zip(area.lanes, area.offsets_m, strict=True):
            self._add("stretch", offset=at_m, lane=self._streets.lane_of[name])
        self._rows["inmate"] += [{}] * (int(area.length_m / METRES_PER_VEHICLE) + SPARE)

    def _add_programme(
        self,
        logic: TrafficLightLogic,
        parameters: Parameters,
        begin_ms: int,
        speaks: Sequence[Sequence[int]],
        others: Sequence[Sequence[int]],
        crossings: Sequence[Sequence[int]],
        rules: RuleLayout | None = None,
        loop: int = 0,
        area: int = 0,
    ) -> int:
        phases, first = logic.phases, self._next("phase")
        after = following(phases)
        number = self._add(
            "programme",
            due=NOT_BEGUN, phase=first + first_phase(logic, begin_ms), phase_start=first,
            delay_based=logic.type == "delay_based", coordinated=parameters.flag("coordinated"),
            chooses=any(len(numbers) > 1 for numbers in after), extends=parameters.flag("extendMaxDur"),
            limit_start=self._next("limit"), assignments=NO_RULE, offset=milliseconds(logic.offset_s),
            cycle=parameters.milliseconds("cycleTime", sum(milliseconds(phase.duration_s) for phase in phases)),
            inactive=parameters.milliseconds("inactive-threshold", INACTIVE_MS),
            detector_gap=parameters.number("detector-gap", DETECTOR_GAP_S),
        )  # fmt: skip
        most, least = parameters.by_link("linkMaxDur"), parameters.by_link("linkMinDur")
        limits = {
            link: self._add("limit", link=link, most=most.get(link, NO_LIMIT), least=least.get(link, 0))
            for link in sorted({*most, *least, *(rules.links if rules is not None else ())})
        }
        for at, phase in enumerate(phases):
            self._add_phase(phase, begin_ms, first + green_ahead(phases, at)[0])
            serves = served_by(phases, at)
            for other in after[at]:
                self._add("after", phase=first + other, serves_start=self._next("serves"))
                self._rows["serves"] += [first + target for target in serves[other]]
            for name, per_phase in (("speaks", speaks), ("others", others), ("crossing", crossings)):
                self._rows[name] += per_phase[at]
        if rules is not None:
            crossing_of = [self._streets.crossing_of[name] for name in rules.crossings]
            rows = RowsOf(self._next("variable"), loop, area, limits, crossing_of)
            self._add_rules(rules, rows, self._rows["programme"][-1], self._rows["phase"][-len(phases) :])
        return number

    def _add_rules(
        self, rules: RuleLayout, rows: RowsOf, programme: dict[str, Any], phases: Sequence[dict[str, Any]]
    ) -> None:
        """Add a programme's instructions and variables, and note in its rows where they begin."""
        start = self._next("code")

        def placed(begin: int) -> int:
            return begin if begin < 0 else start + begin

        for step in rules.code:
            self._add("code", op=step.op, arg=rows.of(step), value=step.value)
        self._rows["variable"] += rules.variables
        self._rows["stack"] += [0.0] * max(0, rules.depth - self._next("stack"))
        programme["assignments"] = placed(rules.assignments)
        for number, phase in enumerate(phases):
            least, most, earliest, latest = bounds = rules.bounds[number]
            phase |= {
                "early_rule": placed(rules.early[number]), "final_rule": placed(rules.final[number]),
                "least_rule": placed(least), "most_rule": placed(most),
                "earliest_rule": placed(earliest), "latest_rule": placed(latest),
                "asks": rules.asks[number], "bounded": max(bounds) >= 0,
            }  # fmt: skip
            if least >= 0:
                phase["least"] = OVERRIDDEN_MS
            if most >= 0:
                phase["most"] = phase["most_given"] = OVERRIDDEN_MS

    def _add_phase(self, phase: Phase, begin_ms: int, target: int) -> None:
        ends = (
            NOT_GIVEN if end_s is None else milliseconds(end_s) for end_s in (phase.earliest_end_s, phase.latest_end_s)
        )
        earliest, latest = ends
        self._add(
            "phase",
            least=milliseconds(phase.min_duration_s), most=milliseconds(phase.max_duration_s),
            most_given=milliseconds(phase.max_duration_s), early_rule=NO_RULE, final_rule=NO_RULE, least_rule=NO_RULE,
            most_rule=NO_RULE, earliest_rule=NO_RULE, latest_rule=NO_RULE, asks=False, bounded=False,
            earliest_end=earliest, latest_end=latest, began=begin_ms, ended=NOT_BEGUN,
            letter_start=self._next("phase_letter"), target=target, after_start=self._next("after"),
            speaks_start=self._next("speaks"), others_start=self._next("others"),
            crossing_start=self._next("crossing"), green=is_green(phase),
        )  # fmt: skip
        self._rows["phase_letter"] += [ord(letter) for letter in phase.state]

    def _add(self, name: str, **columns: Any) -> int:
        """Add a row to a table; its number."""
        number = self._next(name)
        self._rows[name].append(columns)
        return number

    def _kept(self, name: str) -> int:
        """How many rows a table has by now, without the last one."""
        if name == "inmate":
            return int(self._before.area.inmate_start[-1])
        before = getattr(self._before, name)
        return len(before) - (before.dtype.names is not None)

    def _next(self, name: str) -> int:
        """The number of a table's next row."""
        return self._kept(name) + len(self._rows[name])

    def joined(self) -> Signals:
        """All tables with the new rows."""
        return self._before._replace(
            **{name: self._with_new(name) for name in Signals._fields if name not in ("signal", "letter")}
        )

    def _with_new(self, name: str) -> Any:
        before, rows, kind = getattr(self._before, name), self._rows[name], SIGNAL_LAYOUT[f"sig.{name}"]
        if kind.fields is None:
            return np.concatenate([before, np.array(rows, kind)])
        columns = {column: [row[column] for row in rows] for column in (rows[0] if rows else ())}
        kept, spare = self._kept(name), self._most_inmates() if name == "inmate" else 1
        added = table(kind, len(rows) + spare, **columns)
        for column, of in STARTS.get(name, {}).items():
            added[column][-1] = self._next(of)
        result = table(kind, kept + len(added))
        result[:kept], result[kept:] = before[:kept], added
        return result

    def _most_inmates(self) -> int:
        """The most vehicles for which an area has room."""
        starts = [*self._before.area.inmate_start[:-1], *(row["inmate_start"] for row in self._rows["area"])]
        return int(np.diff([*starts, self._next("inmate")]).max(initial=1))
