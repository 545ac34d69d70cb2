"""Reader of `.sumocfg`: which files belong to a scenario, and the options that change its traffic."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sim.sumo_files.ignored import CONFIG_OPTIONS_IGNORED, CONFIG_SECTIONS_IGNORED
from sim.sumo_files.xml import Element, SumoFileError, read_xml

FILE_OPTIONS = frozenset({"net-file", "route-files", "additional-files"})
VALUE_OPTIONS = frozenset(
    {
        "begin", "end", "step-length", "time-to-teleport", "time-to-teleport.bidi", "time-to-impatience",
        "max-depart-delay", "scale", "default.speeddev", "default.departlane", "default.departspeed",
        "weights.minor-penalty", "weights.turnaround-penalty",
        "device.rerouting.adaptation-interval", "device.rerouting.adaptation-steps",
        "device.rerouting.pre-period",
        "ignore-junction-blocker", "tls.actuated.jam-threshold", "tls.actuated.detector-length",
        "tls.delay_based.detector-range",
    }
)  # fmt: skip
NEUTRAL_VALUES = {
    "lateral-resolution": ("-1", "-1.0", "0", "0.0"),
    "step-method.ballistic": ("false", "0"),
    "tls.all-off": ("false", "0"),
    "lanechange.duration": ("0", "0.0"),
    "default.carfollowmodel": ("Krauss",),
    "pedestrian.model": ("striping",),
    "no-internal-links": ("false", "0"),
    "mesosim": ("false", "0"),
    "device.rerouting.probability": ("0", "0.0", "-1", "-1.0"),
    "device.rerouting.period": ("0", "0.0", "0.00"),
    "device.rerouting.with-taz": ("false", "0"),
    "device.rerouting.mode": ("0",),
    "device.rerouting.init-with-loaded-weights": ("false", "0"),
    "device.rerouting.bike-speeds": ("false", "0"),
    "device.rerouting.adaptation-weight": ("0", "0.0"),
    "weights.random-factor": ("1", "1.0"),
    "weights.priority-factor": ("0", "0.0"),
    "weights.separate-turns": ("0", "0.0"),
    "weights.tls-penalty": ("0", "0.0"),
    "eager-insert": ("false", "0", "true"),
    "sloppy-insert": ("false", "0"),
    "extrapolate-departpos": ("false", "0"),
}
"""Options that are accepted only as long as they ask for what is modelled."""

ALIASES = {"n": "net-file", "r": "route-files", "a": "additional-files", "b": "begin", "e": "end"} | {
    "net": "net-file", "routes": "route-files", "additional": "additional-files", "route": "route-files",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SumoConfig:
    """A configuration as far as it is read; `options` holds the elements of the options that were given."""

    path: Path
    net_file: Path
    route_files: tuple[Path, ...]
    additional_files: tuple[Path, ...]
    options: Mapping[str, Element]
    names: tuple[str, ...] = ()  # of the files, as they stand in it

    def seconds(self, name: str, default: float) -> float:
        """An option that is a time."""
        return self.options[name].time("value") if name in self.options else default

    def number(self, name: str, default: float) -> float:
        """An option that is a number."""
        return self.options[name].number("value") if name in self.options else default

    def text(self, name: str, default: str) -> str:
        """An option that is a word."""
        return self.options[name].text("value") if name in self.options else default


def find_config(path: Path) -> Path:
    """The configuration meant by a file or a folder.

    Raises:
        SumoFileError: The folder holds none or several.
    """
    if not path.is_dir():
        return path
    found = sorted(p for p in path.iterdir() if p.name.endswith((".sumocfg", ".sumocfg.gz")))
    if len(found) != 1:
        names = ", ".join(p.name for p in found) or "none"
        raise SumoFileError(f"{path}: expected one .sumocfg in this folder, got {names}")
    return found[0]


def read_config(path: Path) -> SumoConfig:
    """The configuration in a file, or in a folder that holds exactly one.

    Raises:
        SumoFileError: It names no network, or files that are not there.
    """
    path = find_config(path)
    root = read_xml(path, ("configuration", "sumoConfiguration"))
    given: dict[str, Element] = {}
    for element in root:
        if element.tag in CONFIG_SECTIONS_IGNORED:
            continue
        for option in element.children or [element]:
            given[ALIASES.get(option.tag, option.tag)] = option
    if "net-file" not in given:
        root.fail("net-file: expected a network, got none")
    return SumoConfig(
        path,
        _files(path, given["net-file"])[0],
        _files(path, given.get("route-files")),
        _files(path, given.get("additional-files")),
        given,
        tuple(file for name in sorted(FILE_OPTIONS & set(given)) for file in _names(given[name])),
    )


def refuse_what_is_not_simulated(config: SumoConfig) -> None:
    """Refuse an option that would change the traffic and that the embedded engine does not know.

    Raises:
        SumoFileError: By file, line and option.
    """
    for name, option in config.options.items():
        if name in NEUTRAL_VALUES:
            allowed = NEUTRAL_VALUES[name]
            if option.text("value").lower() not in {word.lower() for word in allowed}:
                option.fail(f"value: only {allowed[0]!r} is simulated here, got {option.text('value')!r}")
        elif name not in FILE_OPTIONS | VALUE_OPTIONS | CONFIG_OPTIONS_IGNORED:
            option.fail("this option would change the traffic and is not simulated here")


def _files(config: Path, option: Element | None) -> tuple[Path, ...]:
    if option is None:
        return ()
    files = tuple(config.parent / name for name in _names(option))
    for file in files:
        if not file.is_file():
            option.fail(f"value: expected a file, got {file}")
    return files


def _names(option: Element) -> tuple[str, ...]:
    """Names of files stand between commas, as SUMO has it: blanks inside belong to them."""
    return tuple(name for part in option.text("value").split(",") if (name := part.strip()))
