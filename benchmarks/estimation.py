"""How well queues and arrivals are known at each level of detection, against the truth of the same traffic.

    python benchmarks/estimation.py [SCENARIO] [--plant sumo] [--seed 1] [--end SECONDS] [--lanes]

`radar lost` is the level `radar` after all radars have fallen silent at the end of the warm-up: stop-line loops alone.

The signals run the plan that is due; every second all levels look at the same road. Errors are by lane and second:
bias and root mean square of the queue, of the vehicles within 150 m and of the average arrivals, and how often the true
queue lies inside the stated 95 % interval (rounded to whole vehicles).
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from detectors.builder import PictureBuilder
from detectors.equipment import Detection, equip
from detectors.local import LocalSource
from detectors.picture import JunctionPicture, LanePicture
from detectors.readings import RadarReading
from detectors.signal_view import SignalView
from plans.junction import Junction
from signalctl.demo.street import Street
from signalctl.scenarios import open_scenario
from signalctl.simulation.road import make_plant
from signalctl.simulation.spec import PlantName, RunSpec
from sim.plant import Plant, RoadState
from sim.sensors import Sensors

RANGE_M = 150.0
WARM_UP_S = 300.0
NORMAL_95 = 1.96
WHOLE_VEH = 0.5
LEVELS = (Detection.RADAR, Detection.LOOPS)
RADAR_LOST = "radar lost"


class Row(NamedTuple):
    """One lane in one second: the truth and the estimate."""

    queue_veh: float
    estimated_queue_veh: float
    deviation_veh: float
    near_veh: float
    estimated_near_veh: float
    arrival_vph: float
    estimated_arrival_vph: float


class Eyes:
    """One level of detection: its sensors and the pictures that follow from them."""

    def __init__(
        self, junctions: Mapping[str, Junction], plant: Plant, level: Detection, seed: int, *, lost: bool = False
    ) -> None:
        """`lost`: radars say nothing any more after the warm-up."""
        equipped = equip(junctions, level)
        self._silent_from_s = plant.time_s + WARM_UP_S if lost else np.inf
        self._sensors = Sensors(equipped, plant, level, seed)
        self._builder = PictureBuilder(equipped)
        self._source = LocalSource()

    def look(self, state: RoadState, utc_s: float, signals: Mapping[str, SignalView]) -> Mapping[str, JunctionPicture]:
        """What this level makes of the road now."""
        said = self._sensors.read(state, utc_s)
        if state.time_s >= self._silent_from_s:
            said = [reading for reading in said if not isinstance(reading, RadarReading)]
        self._source.put(said)
        return self._builder.update(utc_s, self._source.drain(), signals).junctions


def compare(truth: LanePicture, estimate: LanePicture) -> Row:
    """The row of one lane."""
    return Row(
        truth.queue_veh,
        estimate.queue_veh,
        estimate.queue_deviation_veh,
        truth.vehicles(RANGE_M),
        estimate.vehicles(RANGE_M),
        truth.arrival_vph,
        estimate.arrival_vph,
    )


def measure(spec: RunSpec) -> dict[tuple[str, str], list[Row]]:
    """Run the scenario and compare all levels with full knowledge, by level and lane."""
    opened = open_scenario(spec.scenario, spec.period)
    plant = make_plant(opened, spec, opened.site)
    street = Street(plant, opened.scenario.network, opened.site)
    junctions, seed = opened.site.junctions, spec.seed
    eyes = {level.value: Eyes(junctions, plant, level, seed) for level in (Detection.PERFECT, *LEVELS)}
    eyes[RADAR_LOST] = Eyes(junctions, plant, Detection.RADAR, seed, lost=True)
    rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
    begin_s, names = plant.time_s, (*LEVELS, RADAR_LOST)
    try:
        while not street.finished:
            state, utc_s = street.state(), float(street.utc_s)
            signals = {name: SignalView(one.aspects()) for name, one in street.controllers.items()}
            seen = {level: one.look(state, utc_s, signals) for level, one in eyes.items()}
            for level in names if plant.time_s - begin_s >= WARM_UP_S else ():
                for name, junction in seen[Detection.PERFECT].items():
                    for lane, truth in junction.lanes.items():
                        rows[level, lane].append(compare(truth, seen[level][name].lanes[lane]))
            street.step()
    finally:
        plant.close()
    return rows


def words(label: str, rows: Sequence[Row]) -> str:
    """One line of the table."""
    table = np.array(rows)
    cells = []
    for true, estimated, digits in ((0, 1, 2), (3, 4, 2), (5, 6, 0)):
        error = table[:, estimated] - table[:, true]
        rms = float(np.sqrt(np.mean(error**2)))
        cells += [f"{table[:, true].mean():8.{digits}f}", f"{error.mean():+8.{digits}f}", f"{rms:8.{digits}f}"]
    inside = np.abs(table[:, 1] - table[:, 0]) <= NORMAL_95 * table[:, 2] + WHOLE_VEH
    return f"{label:34s} {' '.join(cells)} {inside.mean():8.1%}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default="rheinstrasse")
    parser.add_argument("--period")
    parser.add_argument("--plant", type=PlantName, default=PlantName.EMBEDDED)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--end", type=float)
    parser.add_argument("--lanes", action="store_true", help="a line for each lane")
    asked = parser.parse_args()
    period = "midday" if asked.scenario == "rheinstrasse" and asked.period is None else asked.period
    spec = RunSpec(asked.scenario, period, asked.plant, seed=asked.seed, end_s=asked.end)
    rows = measure(spec)
    heads = " ".join(f"{head:>8s}" for what in ("queue", "150 m", "veh/h") for head in (what, "bias", "rms"))
    print(f"{'':34s} {heads} {'inside':>8s}")
    for level in (*LEVELS, RADAR_LOST):
        if asked.lanes:
            for (_, lane), own in ((key, value) for key, value in rows.items() if key[0] == level):
                print(words(f"{level} {lane}", own))
        print(words(f"{level} all lanes", [row for key, value in rows.items() if key[0] == level for row in value]))


if __name__ == "__main__":
    main()
