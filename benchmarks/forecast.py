"""How well the rollout's model says who crosses the stop lines, against what the street then does.

    python benchmarks/forecast.py [SCENARIO] [--period am] [--plant sumo] [--detection radar] [--seed 1] [--end SECONDS]

The signals run the plan that is due. Every 5 s the model is given the picture of that second and the greens that really
follow, so that only traffic is predicted. Counted are vehicles over the stop line within 12 s, by what a lane's signals
do meanwhile: green throughout, from red to green (a queue starts), from green to red (who still makes it).
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from detectors.builder import PictureBuilder
from detectors.equipment import Detection, equip
from detectors.local import LocalSource
from detectors.picture import JunctionPicture
from detectors.signal_view import SignalView
from plans.defaults import MODE_WEIGHT, OCCUPANCY
from plans.junction import Aspect, Mode
from signalctl.demo.street import Street
from signalctl.rollout.demand import HEADWAY_RATIO, Seen, predict_demand
from signalctl.rollout.jit import kernel
from signalctl.rollout.kernel import advance
from signalctl.rollout.layout import Floats, Layout
from signalctl.rollout.parameters import RolloutNumbers
from signalctl.rollout.road import fresh_road
from signalctl.scenarios import open_scenario
from signalctl.simulation.road import make_plant
from signalctl.simulation.spec import PlantName, RunSpec
from signalctl.strategies.observe import Observer
from signalctl.strategies.parameters import AdaptiveParameters
from sim.sensors import Sensors

AHEAD_S = 12
EVERY_S = 5
WARM_UP_S = 300
LONG_AGO_S = -1000.0
SITUATIONS = ("green", "red to green", "green to red")


class Sample(NamedTuple):
    """The picture of one junction in one second, as the model takes it."""

    observer: Observer
    seen: Seen
    since_s: Floats  # (G,) for how long each group has shown whether it is green
    at: int


@dataclass
class Errors:
    """Crossings by second, predicted and real, and the square of the error over the whole time."""

    samples: int = 0
    predicted: Floats = field(default_factory=lambda: np.zeros(AHEAD_S))
    real: Floats = field(default_factory=lambda: np.zeros(AHEAD_S))
    square: float = 0.0

    def add(self, predicted: Floats, real: Floats) -> None:
        """One lane from one second on."""
        self.samples += 1
        self.predicted += predicted
        self.real += real
        self.square += float(predicted.sum() - real.sum()) ** 2

    @property
    def ratio(self) -> float:
        """Predicted crossings over real ones."""
        return float(self.predicted.sum() / max(self.real.sum(), 1.0))


@kernel
def crossings(
    layout: Layout, seen: Seen, numbers: RolloutNumbers, green_from: Floats, green_until: Floats, ahead_s: int
) -> Floats:
    """Predicted vehicles over each stop line by second, (S, L); who is beyond sensing counts as expected."""
    demand = predict_demand(layout, seen, numbers.horizon_s, 1.0)
    road = fresh_road(layout, seen, demand, green_from, green_until)
    result = np.zeros((ahead_s, road.head.size))
    changes_s = np.inf
    for group in range(green_from.size):
        for switch_s in (green_from[group], green_until[group]):
            if switch_s >= 0.0:
                changes_s = min(changes_s, switch_s)
    for second in range(ahead_s):
        before = road.head.copy()
        road.idle_until_s[:] = 0.0
        advance(layout, seen, demand, road, numbers, second, second + 1, second >= changes_s)
        for lane in range(before.size):
            for vehicle in range(before[lane], road.head[lane]):
                row = seen.start[lane] + vehicle - demand.start[lane]
                there = row < seen.start[lane + 1]
                size = HEADWAY_RATIO[seen.mode[row]] if there else 1.0
                result[second, lane] += demand.size[vehicle] / size
    return result


def measure(spec: RunSpec, numbers: RolloutNumbers) -> dict[str, Errors]:
    """Run the scenario and compare, by situation."""
    opened = open_scenario(spec.scenario, spec.period)
    junctions = equip(opened.site.junctions, spec.detection)
    plant = make_plant(opened, spec, opened.site)
    street = Street(plant, opened.scenario.network, opened.site)
    sensors = Sensors(junctions, plant, spec.detection, spec.seed)
    builder, source = PictureBuilder(junctions), LocalSource()
    persons = {mode: MODE_WEIGHT[mode] * OCCUPANCY[mode] for mode in Mode}
    observers = {id: Observer.of(one, persons, AdaptiveParameters(numbers=numbers)) for id, one in junctions.items()}
    samples: list[Sample] = []
    greens: dict[str, list[Floats]] = defaultdict(list)
    passed: dict[str, list[Floats]] = defaultdict(list)
    try:
        for second in range(10**9):
            if street.finished:
                break
            aspects = {id: controller.aspects() for id, controller in street.controllers.items()}
            source.put(sensors.read(street.state(), float(street.utc_s)))
            views = {id: SignalView(one) for id, one in aspects.items()}
            pictures = builder.update(float(street.utc_s), source.drain(), views).junctions
            for id, observer in observers.items():
                junction = observer.junction
                green = np.array([aspects[id][group] is Aspect.GREEN for group in junction.group_order])
                greens[id].append(green)
                passed[id].append(_passed(pictures[id], junction.lanes))
                if second >= WARM_UP_S and second % EVERY_S == 0:
                    seen = observer.see(pictures[id], aspects[id])
                    samples.append(Sample(observer, seen, _since_s(greens[id]), second))
            street.step()
    finally:
        plant.close()
    errors = {situation: Errors() for situation in SITUATIONS}
    for sample in samples:
        id = sample.observer.junction.id
        # the aspect of a second stands in the status at its end: what follows a picture begins with the next one
        ahead = np.array(greens[id][sample.at : sample.at + AHEAD_S + 1])
        if len(ahead) == AHEAD_S + 1:
            _compare(sample, ahead, np.array(passed[id][sample.at + 1 : sample.at + AHEAD_S + 1]), errors)
    return errors


def _passed(picture: JunctionPicture, lanes: Iterable[str]) -> Floats:
    return np.array([picture.lanes[lane].passed for lane in lanes], np.float64)


def _since_s(greens: list[Floats]) -> Floats:
    """Seconds that each group has shown what it shows, this one included."""
    table = np.array(greens[-300:])[::-1]
    same = np.cumprod(table == table[0], axis=0)
    return same.sum(axis=0).astype(np.float64)


def _compare(sample: Sample, ahead: Floats, real: Floats, errors: dict[str, Errors]) -> None:
    """Predict with the greens that follow, and count each lane whose signals do one thing only."""
    observer = sample.observer
    changes = np.diff(ahead.astype(np.int64), axis=0)
    if (np.abs(changes).sum(axis=0) > 1).any():
        return
    begins = np.where((changes > 0).any(axis=0), changes.argmax(axis=0), np.inf)
    ends = np.where((changes < 0).any(axis=0), changes.argmin(axis=0), np.inf)
    green_from = np.where(ahead[0], -sample.since_s, np.where(np.isfinite(begins), begins, LONG_AGO_S))
    green_until = np.where(ahead[0], ends, np.where(np.isfinite(begins), np.inf, -sample.since_s))
    predicted = crossings(observer.layout, sample.seen, observer.numbers, green_from, green_until, AHEAD_S)
    layout = observer.layout
    for lane in range(layout.lane_speed_mps.size):
        moves = layout.lane_moves[layout.lane_move_start[lane] : layout.lane_move_start[lane + 1]]
        groups = layout.move_group[moves]
        if not groups.size or (ahead[:, groups] != ahead[:, groups[:1]]).any():
            continue
        first, last = ahead[0, groups[0]], ahead[-1, groups[0]]
        if first or last:
            situation = SITUATIONS[0] if first and last else SITUATIONS[1] if last else SITUATIONS[2]
            errors[situation].add(predicted[:, lane], real[:, lane])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default="rheinstrasse")
    parser.add_argument("--period")
    parser.add_argument("--plant", type=PlantName, default=PlantName.EMBEDDED)
    parser.add_argument("--detection", type=Detection, default=Detection.PERFECT)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--end", type=float)
    asked = parser.parse_args()
    period = "midday" if asked.scenario == "rheinstrasse" and asked.period is None else asked.period
    spec = RunSpec(asked.scenario, period, asked.plant, detection=asked.detection, seed=asked.seed, end_s=asked.end)
    heads = f"{'lanes':>7s} {'model':>8s} {'street':>8s} {'ratio':>6s} {'rms':>6s}"
    print(f"{'vehicles over a stop line within 12 s':40s} {heads}")
    for situation, found in measure(spec, RolloutNumbers()).items():
        rms = (found.square / max(found.samples, 1)) ** 0.5
        sums = f"{found.samples:7d} {found.predicted.sum():8.0f} {found.real.sum():8.0f} {found.ratio:6.2f} {rms:6.2f}"
        print(f"{situation:40s} {sums}")
        for name, row in (("model", found.predicted), ("street", found.real)):
            print(f"  {name} by second: {' '.join(f'{number:.0f}' for number in row)}")


if __name__ == "__main__":
    main()
