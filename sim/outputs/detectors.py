"""All detectors of a scenario's additional files, measured into one file."""

from collections.abc import Sequence
from pathlib import Path

from sim.network import Network
from sim.outputs import entry_exit, lane_area, loop
from sim.outputs.entry_exit import EntryExitWriter, read_entry_exit
from sim.outputs.induction_loops import LoopWriter
from sim.outputs.lane_area import read_lane_area
from sim.outputs.lane_areas import LaneAreaWriter
from sim.outputs.loop import read_loop
from sim.outputs.watching import Step, Watcher
from sim.outputs.xml_file import XmlFile
from sim.sumo_files.xml import Element


class DetectorWriter:
    """Measures at induction loops, in areas, and between entries and exits.

    Raises:
        sim.sumo_files.SumoFileError: A detector is of a kind that is not measured here, or described wrongly.
    """

    def __init__(
        self, path: Path, elements: Sequence[Element], network: Network, lane_ids: Sequence[str], begin_s: float
    ) -> None:
        loops = [read_loop(one, network) for one in elements if one.tag in loop.TAGS]
        areas = [read_lane_area(one, network) for one in elements if one.tag in lane_area.TAGS]
        between = [read_entry_exit(one, network) for one in elements if one.tag in entry_exit.TAGS]
        for one in elements:
            if one.tag not in loop.TAGS | lane_area.TAGS | entry_exit.TAGS:
                one.fail("expected a loop, an area, or entries and exits; other detectors are not measured here")
        self._file = XmlFile(path, "detector")
        self._writers: tuple[Watcher, ...] = (
            *([LoopWriter(self._file, loops, network, lane_ids, begin_s)] if loops else []),
            *([LaneAreaWriter(self._file, areas, network, lane_ids, begin_s)] if areas else []),
            *([EntryExitWriter(self._file, between, network, lane_ids, begin_s)] if between else []),
        )

    def see(self, step: Step) -> None:
        """Let every detector note what happened in a step."""
        for writer in self._writers:
            writer.see(step)

    def close(self) -> None:
        """Write the intervals that are not over, and end the file."""
        for writer in self._writers:
            writer.close()
        self._file.close()
