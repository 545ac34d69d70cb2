"""Queues on lanes, second by second, as SUMO's `--queue-output` (MSQueueExport)."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.outputs.watching import Step
from sim.outputs.xml_file import XmlFile, element

SLOW_MPS = 5.0 / 3.6
"""Below it a vehicle belongs to the queue in SUMO's "experimental" sense."""
SLOW_FROM = 0.25  # part of the lane where that begins
SHORTEST_M = 1.0


class QueueWriter:
    """Writes, for each step and each lane with a queue, its length and how long its most patient driver has waited."""

    def __init__(
        self,
        path: Path,
        lane_ids: Sequence[str],
        lane_length_m: NDArray[np.float64],
        waiting_s: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    ) -> None:
        self._lane_ids, self._lane_length_m, self._waiting_s = lane_ids, lane_length_m, waiting_s
        self._file = XmlFile(path, "queue-export")

    def see(self, step: Step) -> None:
        """Write the queues at the end of a step."""
        state = step.state
        lanes = len(self._lane_ids)
        waiting_s = self._waiting_s(state.vehicle_id)
        reach_m = self._lane_length_m[state.lane] - state.position_m + state.length_m
        longest_s, standing_m, slow_m = np.zeros(lanes), np.zeros(lanes), np.zeros(lanes)
        stands = waiting_s > 0.0
        slow = (state.speed_mps < SLOW_MPS) & (state.position_m > SLOW_FROM * self._lane_length_m[state.lane])
        np.maximum.at(longest_s, state.lane[stands], waiting_s[stands])
        np.maximum.at(standing_m, state.lane[stands], reach_m[stands])
        np.maximum.at(slow_m, state.lane[slow], reach_m[slow])
        self._file.write(f'    <data timestep="{step.begin_s:.2f}">')
        found = np.flatnonzero((standing_m > SHORTEST_M) | (slow_m > SHORTEST_M)).tolist()
        self._file.write("        <lanes>" if found else "        <lanes/>")
        for lane in found:
            self._file.write(
                element(
                    12,
                    "lane",
                    id=self._lane_ids[lane],
                    queueing_time=float(longest_s[lane]),
                    queueing_length=float(standing_m[lane]),
                    queueing_length_experimental=float(slow_m[lane]),
                )
            )
        if found:
            self._file.write("        </lanes>")
        self._file.write("    </data>")

    def close(self) -> None:
        """End the file."""
        self._file.close()
