"""A small street that is controlled and recorded: two junctions, noisy detectors, links that fail now and then."""

import asyncio
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from controllers.driver import DriverError, FieldStatus
from controllers.inprocess import InProcessDriver
from controllers.logic import ControllerConfig, FieldController
from detectors.lateness import Known, LatenessBoard, LatenessTable
from detectors.local import LocalSource
from detectors.readings import (
    ButtonReading,
    LoopReading,
    RadarObject,
    RadarReading,
    Reading,
    TransitKind,
    TransitReading,
)
from plans.junction import Detector, DetectorKind, Junction, Mode
from plans.schema import load_site
from plans.site import RecordingLimits, Site
from signalctl.assembly import assemble
from signalctl.journal import Journal
from signalctl.journal_observer import JournalObserver
from signalctl.recording.recorder import Recorder
from signalctl.recording.start import make_recorder, source_of
from signalctl.recording.taps import Taps
from signalctl.strategies import Parameters
from signalctl.strategies.usual_traffic import UsualTraffic
from signalctl.tick import Tick

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "single-junction.yaml"
BEGIN_UTC_S = 1_767_600_000
KEEP_ALL = RecordingLimits(hours=1e6, megabytes=1000)


def two_junctions() -> Site:
    """The example's junction twice, with a radar on one approach of each."""
    example = load_site(EXAMPLE)
    (first,) = example.junctions.values()
    radar = Detector("R_east", DetectorKind.RADAR, lane="east_1")
    junctions = {name: replace(first, id=name, detectors={**first.detectors, "R_east": radar}) for name in ("J1", "J2")}
    plans = {
        name: {id_: replace(plan, junction=name) for id_, plan in example.plans[first.id].items()} for name in junctions
    }
    return replace(
        example,
        junctions=junctions,
        plans=plans,
        controllers=dict.fromkeys(junctions, example.controllers[first.id]),
        corridors={},
        unconfirmed=frozenset(),
    )


class Shaky(InProcessDriver):
    """A driver that fails for some seconds, and once answers too late for its tick."""

    async def read_status(self) -> FieldStatus:
        second = int(self.utc_s()) - BEGIN_UTC_S
        if 31 <= second <= 36:
            raise DriverError("the cable is cut")
        if second == 50:
            await asyncio.sleep(0.15)
        return await super().read_status()

    utc_s: Callable[[], float] = staticmethod(lambda: 0.0)


class Street:
    """Moves everything a second at a time; the same seed gives the same readings."""

    def __init__(
        self,
        journal: Path,
        strategy: str,
        *,
        parameters: Parameters | None = None,
        stretch_s: float = 40.0,
        limits: RecordingLimits = KEEP_ALL,
        begin_utc_s: int = BEGIN_UTC_S,
        usual: UsualTraffic | None = None,
        on_failure: Callable[[Exception], None] = lambda _error: None,
    ) -> None:
        self.site = two_junctions()
        self.utc_s = begin_utc_s
        self.ticks: list[Tick] = []
        self._chance = random.Random(7)
        self._seq = 0
        self.controllers = {name: self._controller(junction) for name, junction in self.site.junctions.items()}
        self.source, self.journal = LocalSource(), Journal(journal)
        self._board = LatenessBoard()
        taps = Taps()
        self.loop = assemble(
            self.site,
            strategy=strategy,
            parameters=parameters,
            usual=usual,
            source=self.source,
            drivers=[InProcessDriver(self.controllers["J1"]), self._shaky()],
            now_utc_s=taps.clock(lambda: self.utc_s + 0.25),
            lateness=taps.board(self._board),
            observers=[self, JournalObserver(self.journal)],
            read_deadline_s=0.1,
            push_deadline_s=0.1,
        )
        self.recorder: Recorder = make_recorder(
            journal,
            self.loop,
            source_of(self.site),
            limits,
            taps=taps,
            journal=self.journal,
            parameters=parameters,
            stretch_s=stretch_s,
            lossless=True,
            on_failure=on_failure,
        )
        self.loop.observers.append(self.recorder)

    def record(self, tick: Tick) -> None:
        self.ticks.append(tick)

    async def run(self, seconds: int) -> None:
        """Control for so long."""
        for _ in range(seconds):
            self.utc_s += 1
            for controller in self.controllers.values():
                controller.tick(self.utc_s)
            self.source.put(self._readings())
            await self.loop.tick(float(self.utc_s))

    async def close(self) -> None:
        """End in order."""
        await self.loop.close()
        self.recorder.close()
        self.journal.close()

    def _shaky(self) -> Shaky:
        driver = Shaky(self.controllers["J2"])
        driver.utc_s = lambda: float(self.utc_s)
        return driver

    def _controller(self, junction: Junction) -> FieldController:
        plans = self.site.plans[junction.id]
        config = ControllerConfig(junction, dict(plans), lambda _utc_s: "day", site=self.site.id)
        return FieldController(config, self.utc_s)

    def _readings(self) -> list[Reading]:
        self._seq += 1
        found: list[Reading] = []
        chance, t_s = self._chance, float(self.utc_s)
        for name in self.site.junctions:
            for detector in ("D_east", "D_west", "D_side"):
                if chance.random() > 0.02:
                    count = int(chance.random() < 0.25)
                    covered = count * chance.uniform(0.2, 0.9)
                    found.append(LoopReading(name, detector, t_s, self._seq, count, covered, bool(count)))
            objects = tuple(
                RadarObject("east_1", chance.uniform(0, 120), chance.uniform(0, 14), Mode.CAR)
                for _ in range(chance.randrange(4))
            )
            found.append(RadarReading(name, "R_east", t_s, self._seq, objects))
            found.append(ButtonReading(name, "T_F1", t_s, self._seq, pressed=chance.random() < 0.05))
        if self._seq % 20 == 0:
            # what the centre says changes beside the loop
            self._board.post(LatenessTable(trips={"t9": Known(chance.uniform(-60, 240), t_s)}))
            found.append(
                TransitReading(
                    "J1", f"bus{self._seq}", t_s, TransitKind.NEW, eta_s=18.0, group="K1", trip="t9", line="9"
                )
            )
        return found


async def until_killed(journal: Path) -> None:
    """Control without an end, and say each second."""
    street = Street(journal, "max-pressure")
    while True:
        await street.run(1)
        print(street.utc_s, flush=True)


if __name__ == "__main__":
    asyncio.run(until_killed(Path(sys.argv[1])))
