"""The signals whose programmes react to traffic, on this engine: what they look at, put into tables when they begin."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sim.demand import Vehicle
from sim.engine.programme_tables import ProgrammeTables
from sim.engine.signal_arrays import EVERYBODY, Signals
from sim.engine.streets import Streets
from sim.network import Network
from sim.outputs.loop import TAGS, read_loop
from sim.reactive.layouts import actuated_layout, delay_layout
from sim.reactive.loop_places import GivenLoop, loop_places, watched_lanes
from sim.reactive.own_types import without_types
from sim.reactive.parameters import Parameters
from sim.reactive.rule_layout import NO_RULE, RuleLayout, rule_layout
from sim.reactive.rule_sensors import RuleSensors
from sim.reactive.signal_links import SignalLinks
from sim.reactive.targets import chosen_targets
from sim.signal_programme import TrafficLightLogic
from sim.sumo_files.xml import Element


class ReactiveSignals:
    """Begins actuated and delay-based programmes, those that wait for their hour included.

    A signal is looked at from the moment at which nobody controls it: one that is always controlled costs nothing.

    Args:
        network: The network.
        streets: Its arrays.
        demand: All vehicles.
        detectors: Detectors of additional files.
        step_s: The engine's step.
    """

    def __init__(
        self,
        network: Network,
        streets: Streets,
        demand: Sequence[Vehicle],
        detectors: Iterable[Element],
        step_s: float,
    ) -> None:
        self._network, self._streets, self._demand = network, streets, demand
        self._detectors, self._step_s = tuple(detectors), step_s
        self._waiting = [name for name in network.programs if any(logic.reacts for _, logic in network.timetable(name))]
        self._numbers: dict[tuple[str, str], int] = {}

    def begin(self, tables: Signals, now_s: float, controlled: Collection[str]) -> Signals:
        """Let the programmes begin of signals that nobody controls for the first time.

        Returns:
            The tables with them, or the same ones where there are none.

        Raises:
            sim.sumo_files.SumoFileError: A programme has parameters that are not simulated here, or expressions that
                cannot be evaluated.
        """
        names = [name for name in self._waiting if name not in controlled]
        if not names:
            return tables
        added = ProgrammeTables(tables, self._network, self._streets, self._demand, self._step_s)
        kinds: dict[frozenset[str], int] = {}
        for logic in self._programmes(names):
            links = SignalLinks(self._network, logic.id, len(logic.phases[0].state))
            parameters = Parameters(logic, frozenset(links.lane_ids), links.count)
            types = parameters.words("vTypes")
            if types and types not in kinds:
                kinds[types] = added.count_only(self._known(types, parameters))
            counted = kinds.get(types, EVERYBODY)
            begin_ms = round(now_s * 1000)
            if logic.type == "actuated":
                targets = chosen_targets(logic.phases)
                rules = self._rules(logic, links, targets, parameters)
                loops = self._given_loops(parameters, links)
                places = loop_places(links, logic, targets, parameters, loops, _least_s(logic, rules, begin_ms))
                layout = actuated_layout(links, logic, places)
                number = added.add_actuated(logic, parameters, layout, begin_ms, counted, rules)
            else:
                number = added.add_delay_based(
                    logic, parameters, delay_layout(links, logic, parameters), begin_ms, counted
                )
            self._numbers[logic.id, logic.program_id] = number
        self._waiting = [name for name in self._waiting if name in controlled]
        return added.joined()

    def has_begun(self, logic: TrafficLightLogic) -> bool:
        """Whether a programme was left alone before."""
        return (logic.id, logic.program_id) in self._numbers

    def number(self, logic: TrafficLightLogic) -> int:
        """Which row of the tables a programme that has begun is."""
        return self._numbers[logic.id, logic.program_id]

    def _programmes(self, names: Sequence[str]) -> Iterable[TrafficLightLogic]:
        for name in names:
            seen = set()
            for _, logic in self._network.timetable(name):
                if logic.reacts and logic.program_id not in seen:
                    seen.add(logic.program_id)
                    yield logic

    def _rules(
        self, logic: TrafficLightLogic, links: SignalLinks, targets: frozenset[int], parameters: Parameters
    ) -> RuleLayout | None:
        """The programme's expressions, None where it has none."""
        if logic.rules is None:
            return None
        watched = watched_lanes(links, logic, targets, parameters)
        return rule_layout(logic, logic.rules, RuleSensors(logic, links, watched, self._detectors))

    def _given_loops(self, parameters: Parameters, links: SignalLinks) -> Mapping[str, GivenLoop]:
        """Loops of additional files that lanes of the signal name."""
        named = {parameters.text(lane) for lane in links.lane_ids}
        found = {}
        for given in self._detectors:
            if given.tag in TAGS and given.text("id") in named:
                element, types = without_types(given)
                found[given.text("id")] = GivenLoop(read_loop(element, self._network), types)
        return found

    def _known(self, types: frozenset[str], parameters: Parameters) -> frozenset[str]:
        known = {vehicle.type.id for vehicle in self._demand}
        if missing := types - known:
            parameters.fail("vTypes", f"expected types of vehicles of the demand, got {', '.join(sorted(missing))}")
        return types


def _least_s(logic: TrafficLightLogic, rules: RuleLayout | None, begin_ms: int) -> list[float]:
    """Least duration of each phase, as it is when the programme begins."""
    return [
        phase.min_duration_s
        if rules is None or rules.bounds[number][0] == NO_RULE
        else rules.least_ms(number, begin_ms) / 1000.0
        for number, phase in enumerate(logic.phases)
    ]
