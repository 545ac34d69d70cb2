"""Starting SUMO in this process: libsumo where it is installed, and SUMO's own words when it refuses a scenario."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from sim.sumo_files.config import read_config
from sim.sumo_outputs import NO_OUTPUTS, SumoOutputs, additional_files

WANTED = "SUMO as a plant: expected the package libsumo, got none; install the extra: pip install 'signalctl[sumo]'"


class SumoMissingError(RuntimeError):
    """The optional extra `sumo` is not installed."""


class SumoError(ValueError):
    """SUMO refused the scenario or gave up during the run; the message is SUMO's own."""


def import_libsumo() -> ModuleType:
    """The module `libsumo`.

    Raises:
        SumoMissingError: The extra is not installed.
    """
    try:
        import libsumo
    except ImportError as error:
        raise SumoMissingError(WANTED) from error
    module: ModuleType = libsumo
    return module


def start_sumo(
    sumo: ModuleType,
    scenario: Path,
    folder: Path,
    *,
    seed: int,
    begin: float | None,
    end: float | None,
    time_to_teleport: float,
    step_s: float,
    additional: Sequence[Path] = (),
    outputs: SumoOutputs = NO_OUTPUTS,
) -> Path:
    """Load the scenario; the path of the tripinfo file in `folder` that SUMO writes when it is closed.

    Files in `additional` are read after the scenario's own.

    Raises:
        SumoError: SUMO refuses the scenario.
    """
    tripinfo = folder / "tripinfo.xml"
    options: dict[str, object] = {
        "--configuration-file": scenario,
        "--seed": seed,
        "--step-length": step_s,
        "--time-to-teleport": time_to_teleport,
        "--tripinfo-output": tripinfo,
        "--tripinfo-output.write-unfinished": "true",
        "--tripinfo-output.write-undeparted": "true",
        "--no-step-log": "true",
        "--no-warnings": "true",
    }
    options.update(outputs.options())
    own = additional_files(scenario, outputs, folder) if outputs.by_additional_files else None
    if additional or own is not None:  # the option replaces the scenario's own list
        files = (*(read_config(scenario).additional_files if own is None else own), *additional)
        options["--additional-files"] = ",".join(str(file.resolve()) for file in files)
    if begin is not None:
        options["--begin"] = begin
    if end is not None:
        options["--end"] = end
    call = ["sumo", *(str(word) for pair in options.items() for word in pair)]
    said = folder / "said.txt"
    try:
        with _standard_error_into(said):
            sumo.start(call)
    except (sumo.TraCIException, sumo.FatalTraCIError, RuntimeError) as error:
        lines = [line for line in said.read_text(errors="replace").splitlines() if line.startswith("Error: ")]
        reason = lines[0].removeprefix("Error: ") if lines else str(error)
        raise SumoError(f"{scenario}: SUMO: {reason}") from error
    return tripinfo


@contextlib.contextmanager
def _standard_error_into(path: Path) -> Iterator[None]:
    """Catch what SUMO says of its own accord: its exceptions hold no reason, and its error log is written too late."""
    kept = os.dup(2)
    try:
        with path.open("wb") as file:
            os.dup2(file.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
