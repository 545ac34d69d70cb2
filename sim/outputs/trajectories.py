"""Trajectories in a compact file: where every vehicle was at the end of each step, to 0.1 m and 0.1 m/s.

The file is a zip archive of numpy arrays (`numpy.load` reads it): tables of the whole run, and for every ten minutes or
so the rows, as runs of one vehicle on one lane. A run's first place and speed stand as they are; then come the changes
of speed, and by how much the place differs from where that speed leads. docs/simulation.md lists the arrays.
"""

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.outputs.watching import Step
from sim.plant import Plant

LAYOUT = 1
TENTHS = 10.0
STEPS_PER_PART = 600
COLUMNS = 5  # step, vehicle, lane, place, speed
STAMP = (1980, 1, 1, 0, 0, 0)  # of every array, so that equal runs make equal files
FURTHEST = np.iinfo(np.int16).max
I4 = NDArray[np.int32]


@dataclass(frozen=True)
class Trajectories:
    """What `read_trajectories` gives; arrays have one row per vehicle and step (n), by vehicle and then by time.

    `vehicle` is an index into `names`, `modes` (see `sim.plant.RoadMode`) and `lengths_m`, `lane` one into `lane_ids`.
    `signal_*` say from what second on which letters a signal of `tls_ids` showed.
    """

    begin_s: float
    step_s: float
    lane_ids: Sequence[str]
    names: Sequence[str]
    modes: NDArray[np.int8]
    lengths_m: NDArray[np.float64]
    tls_ids: Sequence[str]
    signal_tls: I4
    signal_since_s: NDArray[np.float64]
    signal_letters: Sequence[str]
    time_s: NDArray[np.float64]  # (n,)
    vehicle: I4  # (n,)
    lane: I4  # (n,)
    position_m: NDArray[np.float64]  # (n,) front, from the lane's start
    speed_mps: NDArray[np.float64]  # (n,)


class TrajectoryWriter:
    """Writes the trajectories of a run, part by part: but for a name per vehicle, memory does not grow with the run."""

    def __init__(self, path: Path, plant: Plant) -> None:
        self._plant, self._archive = plant, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._step_s, self._begin_s = plant.step_s, plant.begin_s
        self._numbers: dict[int, int] = {}
        self._names: list[str] = []
        self._modes: list[int] = []
        self._lengths_dm: list[int] = []
        self._shown: dict[str, str] = {}
        self._signals: list[tuple[int, int, str]] = []
        self._rows: list[tuple[I4, ...]] = []
        self._steps = self._parts = 0

    def see(self, step: Step) -> None:
        """Take down where everybody is."""
        state = step.state
        known = self._numbers
        for row, vehicle in enumerate(state.vehicle_id.tolist()):
            if vehicle not in known:
                known[vehicle] = len(self._names)
                self._names.append(self._plant.vehicle_name(vehicle))
                self._modes.append(int(state.mode[row]))
                self._lengths_dm.append(round(float(state.length_m[row]) * TENTHS))
        number = np.array([known[vehicle] for vehicle in state.vehicle_id.tolist()], np.int32)
        self._rows.append(
            (
                np.full(len(number), self._steps, np.int32),
                number,
                state.lane.astype(np.int32),
                np.rint(state.position_m * TENTHS).astype(np.int32),
                np.rint(state.speed_mps * TENTHS).astype(np.int32),
            )
        )
        for index, tls_id in enumerate(self._plant.tls_ids):
            if (letters := self._plant.displayed(tls_id)) != self._shown.get(tls_id):
                self._shown[tls_id] = letters
                self._signals.append((index, self._steps, letters))
        self._steps += 1
        if self._steps % STEPS_PER_PART == 0:
            self._write_part()

    def close(self) -> None:
        """Write what is left, and the tables."""
        self._write_part()
        tables = {
            "layout": np.array(LAYOUT),
            "parts": np.array(self._parts),
            "begin_s": np.array(self._begin_s),
            "step_s": np.array(self._step_s),
            "lane_ids": np.array(self._plant.lane_ids, np.str_),
            "names": np.array(self._names, np.str_),
            "modes": np.array(self._modes, np.int8),
            "lengths_dm": np.array(self._lengths_dm, np.int32),
            "tls_ids": np.array(self._plant.tls_ids, np.str_),
            "signal_tls": np.array([tls for tls, _, _ in self._signals], np.int32),
            "signal_step": np.array([step for _, step, _ in self._signals], np.int32),
            "signal_letters": np.array([letters for _, _, letters in self._signals], np.str_),
        }
        for name, array in tables.items():
            self._put(name, array)
        self._archive.close()

    def _write_part(self) -> None:
        if not self._rows:
            return
        columns = [np.concatenate(parts) for parts in zip(*self._rows, strict=True)]
        self._rows = []
        if not len(columns[0]):
            return
        for name, array in _packed(columns, self._step_s).items():
            self._put(f"{self._parts}/{name}", array)
        self._parts += 1

    def _put(self, name: str, array: NDArray[Any]) -> None:
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, array, allow_pickle=False)
        entry = zipfile.ZipInfo(f"{name}.npy", STAMP)
        self._archive.writestr(entry, buffer.getvalue(), zipfile.ZIP_DEFLATED)


def _packed(columns: Sequence[I4], step_s: float) -> dict[str, NDArray[Any]]:
    """The rows of a part as runs; columns are step, vehicle, lane, place (dm) and speed (dm/s)."""
    order = np.lexsort((columns[0], columns[1]))
    step, vehicle, lane, place, speed = (column[order] for column in columns)
    faster = np.diff(speed, prepend=0)
    off = np.diff(place, prepend=0) - np.rint(speed * step_s).astype(np.int32)
    begins = np.ones(len(step), np.bool_)
    begins[1:] = (np.diff(vehicle) != 0) | (np.diff(lane) != 0) | (np.diff(step) != 1)
    begins |= (np.abs(off) > FURTHEST) | (np.abs(faster) > FURTHEST)
    first = np.flatnonzero(begins)
    return {
        "run_vehicle": vehicle[first],
        "run_lane": lane[first],
        "run_step": step[first],
        "run_rows": np.diff(first, append=len(step)).astype(np.int32),
        "run_position_dm": place[first],
        "run_speed_dmps": speed[first].astype(np.int16),
        "faster_dmps": faster[~begins].astype(np.int16),
        "off_dm": off[~begins].astype(np.int16),
    }


def read_trajectories(path: Path) -> Trajectories:
    """What a `TrajectoryWriter` wrote.

    Raises:
        ValueError: The file has another layout.
    """
    with np.load(path) as file:
        if int(file["layout"]) != LAYOUT:
            raise ValueError(f"{path}: layout: expected {LAYOUT}, got {int(file['layout'])}")
        begin_s, step_s = float(file["begin_s"]), float(file["step_s"])
        nothing = (np.zeros(0, np.int32),) * COLUMNS
        parts = [nothing, *(_unpacked(file, number, step_s) for number in range(int(file["parts"])))]
        step, vehicle, lane, place, speed = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.lexsort((step, vehicle))
        return Trajectories(
            begin_s=begin_s,
            step_s=step_s,
            lane_ids=file["lane_ids"].tolist(),
            names=file["names"].tolist(),
            modes=file["modes"],
            lengths_m=file["lengths_dm"] / TENTHS,
            tls_ids=file["tls_ids"].tolist(),
            signal_tls=file["signal_tls"],
            signal_since_s=begin_s + file["signal_step"] * step_s,
            signal_letters=file["signal_letters"].tolist(),
            time_s=np.asarray(begin_s + (step[order] + 1) * step_s, np.float64),
            vehicle=vehicle[order],
            lane=lane[order],
            position_m=place[order] / TENTHS,
            speed_mps=speed[order] / TENTHS,
        )


def _unpacked(file: Any, number: int, step_s: float) -> tuple[I4, ...]:
    """Step, vehicle, lane, place and speed of a part's rows."""
    rows = file[f"{number}/run_rows"]
    first = np.concatenate([[0], np.cumsum(rows)[:-1]]).astype(np.int64)
    begins = np.zeros(int(rows.sum()), np.bool_)
    begins[first] = True
    speed = _summed(begins, first, rows, file[f"{number}/run_speed_dmps"], file[f"{number}/faster_dmps"])
    moved = file[f"{number}/off_dm"] + np.rint(speed[~begins] * step_s).astype(np.int32)
    place = _summed(begins, first, rows, file[f"{number}/run_position_dm"], moved)
    step = np.repeat(file[f"{number}/run_step"], rows) + np.arange(len(begins)) - np.repeat(first, rows)
    whole = (np.repeat(file[f"{number}/run_vehicle"], rows), np.repeat(file[f"{number}/run_lane"], rows))
    return (step.astype(np.int32), *whole, place, speed)


def _summed(
    begins: NDArray[np.bool_], first: NDArray[np.int64], rows: I4, start: NDArray[Any], change: NDArray[Any]
) -> I4:
    """Values from the first of each run and the changes after it."""
    values = np.zeros(len(begins), np.int64)
    values[~begins] = change
    total = np.cumsum(values)
    result: I4 = (total - np.repeat(total[first], rows) + np.repeat(start.astype(np.int64), rows)).astype(np.int32)
    return result


def driven(paths: Trajectories) -> Iterator[tuple[int, slice]]:
    """Each vehicle with its rows."""
    ends = np.flatnonzero(np.diff(paths.vehicle, append=-1))
    begin = 0
    for end in (ends + 1).tolist():
        yield int(paths.vehicle[begin]), slice(begin, end)
        begin = end
