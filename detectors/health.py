"""Whether a detector can be believed, judged before any of its values is used.

One small state machine per detector; time and what the neighbours saw are arguments. A fault is believed after a proof
time and forgotten only after a good spell, so that a flickering detector does not flicker in the picture. A stuck
detector is never read as an empty road: it is not read at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from detectors.pairs import PairWatch
from detectors.picture import Health
from detectors.readings import ButtonReading, LoopReading, RadarReading
from detectors.scenes import NO_COUNTS, SceneWatch
from plans.junction import Detector, DetectorKind, Mode

DetectorReading = LoopReading | RadarReading | ButtonReading


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """When a detector's word stops to be believed; assumed values, for a site to override."""

    silent_s: float = 5.0
    silent_button_s: float = 120.0
    stuck_on_s: float = 180.0
    stuck_on_green_s: float = 20.0
    stuck_on_unseen_s: float = 600.0
    stuck_off_vehicles: float = 30.0
    stuck_off_radar_vehicles: float = 8.0
    frozen_s: float = 60.0
    frozen_moving_s: float = 4.0
    frozen_vehicles: float = 1.0
    vanished_vehicles: float = 1.0
    lost_ratio: float = 0.2
    strikes: float = 3.0
    strike_fades_per_s: float = 0.02
    chatter_per_s: float = 1.2
    chatter_window_s: float = 10.0
    future_s: float = 5.0
    past_s: float = 60.0
    max_speed_mps: float = 70.0
    max_distance_m: float = 1000.0
    max_count_per_s: float = 4.0
    recover_s: float = 30.0


LIMITS = HealthLimits()
MOST_OCCUPIED = 1.001
"""Share of the time that a loop was covered; above 1 by rounding alone."""
MOST_WAITING = 1000
LATENCY_S = 1.0
"""A message that is newer than this many seconds was not there a tick ago."""
NO_LANES: Mapping[str, float] = MappingProxyType({})
_OK = Health.OK  # a look into the enumeration takes as long as all else


class DetectorWatch:
    """The health of one detector.

    Asked every second about each of thousands of detectors: what nearly all of them say, that nobody came or that all
    is well, takes as few steps as possible.
    """

    __slots__ = (
        "_contradictions",
        "_count_rate",
        "_covered_green_s",
        "_covered_s",
        "_good_since_s",
        "_heard_s",
        "_limits",
        "_pairs",
        "_quiet_limit",
        "_quiet_vehicles",
        "_scenes",
        "_seq",
        "_silent_s",
        "_stamp_s",
        "_strikes",
        "health",
    )

    def __init__(
        self, detector: Detector, limits: HealthLimits = LIMITS, approach_lanes: Mapping[str, float] = NO_LANES
    ) -> None:
        """`approach_lanes` are those that end at the stop line which a radar watches, with their lengths in metres."""
        self.health = Health.UNKNOWN
        self._limits = limits
        self._silent_s = limits.silent_button_s if detector.kind is DetectorKind.BUTTON else limits.silent_s
        self._heard_s: float | None = None
        self._stamp_s = float("-inf")
        self._seq = -1
        self._good_since_s: float | None = None
        self._strikes = 0.0
        self._covered_s = 0.0
        self._covered_green_s = 0.0
        self._quiet_vehicles = 0.0
        self._count_rate = 0.0
        self._contradictions = 0
        single_file = detector.kind is DetectorKind.LOOP and detector.mode is not Mode.BICYCLE
        self._pairs = PairWatch() if single_file else None
        radar = detector.kind is DetectorKind.RADAR
        self._scenes = SceneWatch(approach_lanes) if radar else None
        self._quiet_limit = limits.stuck_off_radar_vehicles if radar else limits.stuck_off_vehicles

    def observe(
        self,
        reading: DetectorReading | None,
        utc_s: float,
        elapsed_s: float,
        *,
        green: bool,
        others_veh: float,
        counts: Mapping[str, int] = NO_COUNTS,
    ) -> bool:
        """Judge what came since the last picture; whether the reading may be used.

        Args:
            reading: The detector's newest word, None when it said nothing.
            utc_s: Time of the picture.
            elapsed_s: Seconds since the last picture.
            green: Whether the signal that the detector's traffic waits for shows green.
            others_veh: Vehicles that other detectors of the same lane saw meanwhile.
            counts: For a radar: vehicles over the stop line now, by lane where a believed loop tells.
        """
        limits = self._limits
        if self._strikes:
            self._strikes = max(0.0, self._strikes - limits.strike_fades_per_s * elapsed_s)
        sane = False
        if reading is not None:
            self._heard_s = utc_s
            t_s, latest_s = reading.t_s, utc_s + limits.future_s
            # a running number that falls back marks a restart; one that keeps doing so, two senders on one topic
            if reading.seq <= self._seq:
                self._strikes += 0.5
            if t_s > self._stamp_s:  # else it was said before: late, or played back
                self._stamp_s = latest_s if latest_s < t_s else t_s
                self._seq = reading.seq
                if utc_s - limits.past_s <= t_s <= latest_s:
                    sane = self._take(reading, elapsed_s, counts, green=green, others_veh=others_veh)
            if not sane:
                self._strikes += 1.0
        elif self._heard_s is None:
            self._heard_s = utc_s  # the wait for its first word begins now
        health = self.health
        if (
            not sane
            or health is not _OK
            or self._strikes
            or self._covered_s
            or self._scenes is not None
            or self._quiet_vehicles > self._quiet_limit
            or self._count_rate > limits.chatter_per_s
            or (self._pairs is not None and self._pairs.doubled)
        ):
            verdict = self._verdict(utc_s)
            if verdict is not _OK or health is not _OK:
                self._settle(verdict, utc_s, heard=reading is not None)
        if not sane or not (self.health is _OK or self.sees_part):
            return False
        # a doubtful scene is left out at once, and what was seen before it goes on, until the doubt is a verdict
        return self._scenes is None or not self._scenes.stale

    def set_clock_back(self, utc_s: float, by_s: float) -> None:
        """The clock says `utc_s` now, `by_s` less than before: silence counts on, and the next word is news.

        A sender that goes by the same clock would else be taken for a replay until the time lost has passed once more.
        """
        if self._heard_s is not None:
            self._heard_s -= by_s
        if self._good_since_s is not None:
            self._good_since_s -= by_s
        self._stamp_s = min(self._stamp_s, utc_s - LATENCY_S)

    @property
    def sees_part(self) -> bool:
        """Whether it is a radar that misses vehicles: those that it shows are there, and it is used for them."""
        return self.health is Health.MISCOUNTS and self._scenes is not None and self._scenes.shows_part

    def hears_nobody(self, reading: LoopReading, utc_s: float, elapsed_s: float) -> bool:
        """Whether a loop that is well says in time and in its turn that nobody is there, as most do in most seconds.

        If so, all is done that `observe` would do for such a reading, which may be used; else nothing is, and `observe`
        is to be asked. It is no short cut where other detectors saw somebody: then it may be the loop that is wrong.
        """
        if reading.count or reading.occupancy_ratio or self._strikes or self._covered_s or self.health is not _OK:
            return False
        t_s, seq, limits = reading.t_s, reading.seq, self._limits
        if seq <= self._seq or t_s <= self._stamp_s or not utc_s - limits.past_s <= t_s <= utc_s + limits.future_s:
            return False
        rate = self._count_rate
        if rate > limits.chatter_per_s or self._quiet_vehicles > self._quiet_limit:
            return False
        if rate:
            self._count_rate = rate * max(0.0, 1.0 - elapsed_s / limits.chatter_window_s)
        self._heard_s, self._stamp_s, self._seq, self._contradictions = utc_s, t_s, seq, 0
        return True

    def _take(
        self,
        reading: DetectorReading,
        elapsed_s: float,
        counts: Mapping[str, int],
        *,
        green: bool,
        others_veh: float,
    ) -> bool:
        """Whether the values are possible; if so, remember what speaks for being stuck or chattering."""
        if isinstance(reading, LoopReading):
            count, ratio = reading.count, reading.occupancy_ratio
            if count:
                if not self._may_count(reading):
                    return False
                if self._pairs is not None:
                    self._pairs.take(reading)
            else:
                self._contradictions = 0
                if not 0.0 <= ratio <= MOST_OCCUPIED:
                    return False
            covered = ratio >= 0.99 and count == 0
            active = count > 0 or ratio > 0.0
            if count or self._count_rate:
                keep = max(0.0, 1.0 - elapsed_s / self._limits.chatter_window_s)
                self._count_rate = keep * self._count_rate + (1.0 - keep) * count / max(1.0, reading.span_s)
        elif isinstance(reading, RadarReading):
            if not self._may_see(reading):
                return False
            covered = False
            active = bool(reading.objects)
            if self._scenes is not None:
                self._scenes.take(reading.objects, reading.t_s, elapsed_s, others_veh, counts)
        else:
            if not (reading.waiting is None or 0 <= reading.waiting <= MOST_WAITING):
                return False
            covered = active = reading.pressed or bool(reading.waiting)
        if covered:
            self._covered_s += elapsed_s
            self._covered_green_s += elapsed_s * green
        elif self._covered_s:
            self._covered_s = self._covered_green_s = 0.0
        if active:
            self._quiet_vehicles = 0.0
        elif others_veh:
            self._quiet_vehicles += others_veh
        return True

    def _may_count(self, reading: LoopReading) -> bool:
        """Whether the loop can have counted that many; a vehicle that is counted has covered it, but for rounding."""
        possible = 0 <= reading.count <= self._limits.max_count_per_s * max(1.0, reading.span_s)
        contradiction = reading.count > 0 and reading.occupancy_ratio <= 0.0
        self._contradictions = self._contradictions + 1 if contradiction else 0
        return possible and 0.0 <= reading.occupancy_ratio <= MOST_OCCUPIED and self._contradictions < 2

    def _may_see(self, reading: RadarReading) -> bool:
        """Whether the radar's objects can be on a road within its sight."""
        fastest_mps, farthest_m = self._limits.max_speed_mps, self._limits.max_distance_m
        for _, distance_m, speed_mps, _ in reading.objects:
            if not (0.0 <= speed_mps <= fastest_mps and -5.0 <= distance_m <= farthest_m):
                return False
        return True

    def _verdict(self, utc_s: float) -> Health:
        """What the evidence of this moment says, without memory of earlier verdicts."""
        limits = self._limits
        if self._heard_s is not None and utc_s - self._heard_s > self._silent_s:
            return Health.SILENT
        if self._strikes >= limits.strikes:
            return Health.IMPOSSIBLE
        if self._stamp_s == float("-inf"):
            return Health.UNKNOWN
        scenes = self._scenes
        proved_on = self._covered_s > limits.stuck_on_s and self._covered_green_s > limits.stuck_on_green_s
        frozen = scenes is not None and (
            scenes.same_s > limits.frozen_s
            or scenes.same_moving_s > limits.frozen_moving_s
            or scenes.crossed_meanwhile > limits.frozen_vehicles
        )
        if proved_on or self._covered_s > limits.stuck_on_unseen_s or frozen:
            return Health.STUCK_ON
        vanished = scenes is not None and scenes.vanished and self._quiet_vehicles > limits.vanished_vehicles
        if vanished or self._quiet_vehicles > self._quiet_limit:
            return Health.STUCK_OFF
        if scenes is not None and (scenes.lost_ratio > limits.lost_ratio or scenes.falls_short):
            return Health.MISCOUNTS
        if self._count_rate > limits.chatter_per_s:
            return Health.CHATTER
        if self._pairs is not None and self._pairs.doubled:
            return Health.MISCOUNTS
        return Health.OK

    def _settle(self, verdict: Health, utc_s: float, *, heard: bool) -> None:
        """Faults hold at once, recovery after a good spell; the first good word needs none."""
        if verdict is not Health.OK:
            self._good_since_s = None
            if verdict is not Health.UNKNOWN or self.health is Health.UNKNOWN:
                self.health = verdict
            return
        if self.health in (Health.OK, Health.UNKNOWN):
            self.health = Health.OK
            return
        if self._good_since_s is None:
            self._good_since_s = utc_s if heard else None
        elif utc_s - self._good_since_s >= self._limits.recover_s:
            self.health = Health.OK
