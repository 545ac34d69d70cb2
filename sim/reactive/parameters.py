"""The `param` elements of a programme, by name; what is not known here is refused by file and line."""

from collections.abc import Mapping
from typing import Never

from sim.signal_programme import TrafficLightLogic
from sim.sumo_files.xml import SumoFileError, parse_time

OF_OUTPUTS = frozenset({"show-detectors", "file", "freq", "show-conditions", "hide-conditions", "extra-detectors"})
COMMON = OF_OUTPUTS | {"vTypes", "coordinated", "cycleTime"}
KNOWN: Mapping[str, frozenset[str]] = {
    "actuated": COMMON
    | {
        "max-gap", "passing-time", "detector-gap", "detector-length", "inactive-threshold", "jam-threshold",
        "build-all-detectors",
    },
    "delay_based": COMMON | {"detectorRange", "minTimeLoss", "minTimeloss", "extendMaxDur"},
}  # fmt: skip
NUMBERS = frozenset(
    {
        "max-gap", "passing-time", "detector-gap", "detector-length", "jam-threshold", "detectorRange", "minTimeLoss",
        "minTimeloss",
    }
)  # fmt: skip
BY_LANE = frozenset({"max-gap", "jam-threshold", "detector-length"})
BY_LINK = frozenset({"linkMaxDur", "linkMinDur"})
YES, NO = frozenset({"true", "1", "yes", "on", "t", "x"}), frozenset({"false", "0", "no", "off", "f", "-"})


class Parameters:
    """What a programme's parameters say.

    Args:
        logic: The programme.
        lanes: Lanes that lead to the signal.
        links: How many links it has.

    Raises:
        sim.sumo_files.SumoFileError: A parameter is not known here, or names no lane or link of the signal.
    """

    def __init__(self, logic: TrafficLightLogic, lanes: frozenset[str], links: int) -> None:
        self._logic, self._given = logic, logic.parameters
        known = KNOWN[logic.type]
        actuated = logic.type == "actuated"
        for key in self._given:
            name, _, rest = key.partition(":")
            if name in NUMBERS:
                self.number(key, 0.0)
            if key in known or key in lanes:
                continue
            if actuated and name in BY_LANE and rest in lanes:
                continue
            if actuated and name in BY_LINK and rest.isdigit() and int(rest) < links:
                continue
            self.fail(key, f"expected one of {', '.join(sorted(known))}; others are not simulated here")

    def fail(self, key: str, message: str) -> Never:
        """Raise the error that names the programme and this parameter."""
        raise SumoFileError(f"{self._logic.place}: signal {self._logic.id!r}: param {key!r}: {message}")

    def number(self, key: str, default: float) -> float:
        """A parameter that is a number."""
        if key not in self._given:
            return default
        try:
            return float(self._given[key])
        except ValueError:
            self.fail(key, f"expected a number, got {self._given[key]!r}")

    def number_at(self, key: str, lane: str, default: float) -> float:
        """A parameter that may be given for single lanes."""
        return self.number(f"{key}:{lane}", default)

    def milliseconds(self, key: str, default: int) -> int:
        """A parameter that is a time."""
        if key not in self._given:
            return default
        try:
            return round(parse_time(self._given[key]) * 1000)
        except ValueError:
            self.fail(key, f"expected seconds or h:m:s, got {self._given[key]!r}")

    def flag(self, key: str) -> bool:
        """A parameter that is yes or no; no where it is not given."""
        word = self._given.get(key, "false").lower()
        if word not in YES | NO:
            self.fail(key, f"expected true or false, got {word!r}")
        return word in YES

    def words(self, key: str) -> frozenset[str]:
        """A parameter that lists names."""
        return frozenset(self._given.get(key, "").replace(",", " ").split())

    def text(self, key: str) -> str:
        """A parameter as it stands, empty where it is not given."""
        return self._given.get(key, "")

    def by_link(self, name: str) -> Mapping[int, int]:
        """Milliseconds by link, of the parameters `name:LINK`."""
        return {
            int(key.partition(":")[2]): self.milliseconds(key, 0)
            for key in self._given
            if key.partition(":")[0] == name and ":" in key
        }
