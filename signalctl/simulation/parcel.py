"""A scenario as one parcel of bytes, named by its content: what a run needs where the scenario's files are not."""

import hashlib
import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from signalctl.errors import UsageError
from signalctl.scenarios import SITE_FILE, find_config
from sim.sumo_files.config import read_config

STAMP = (1980, 1, 1, 0, 0, 0)  # of every file, so that equal content makes equal bytes


@dataclass(frozen=True, slots=True)
class Parcel:
    """A scenario's files, packed; `config` is the path of its `.sumocfg` inside, `home` the folder they came from."""

    digest: str
    config: str
    content: bytes
    home: str


def scenario_files(config: Path) -> list[Path]:
    """All files that the scenario of this `.sumocfg` consists of, its site among them where it has one."""
    read = read_config(config)
    site = read.path.parent / SITE_FILE
    named = [read.path, read.net_file, *read.route_files, *read.additional_files]
    return [*dict.fromkeys([*named, site] if site.is_file() else named)]


def pack(scenario: str, period: str | None) -> Parcel:
    """The parcel of a scenario; files keep their places relative to each other.

    Raises:
        UsageError: There is no such scenario, or it names files by their absolute paths, which another machine has not.
        sim.sumo_files.SumoFileError: Its configuration is wrong.
    """
    config = find_config(scenario, period).absolute()
    files = [Path(os.path.normpath(file)) for file in scenario_files(config)]
    for name in read_config(config).names:
        if Path(name).is_absolute():
            raise UsageError(f"--dask: {config}: expected its files by relative paths, got {name}")
    root = Path(os.path.commonpath([file.parent for file in files]))
    content = _zipped(root, files)
    return Parcel(hashlib.sha256(content).hexdigest(), files[0].relative_to(root).as_posix(), content, str(root))


def unpack(parcel: Parcel, shelf: Path) -> Path:
    """Lay the files out on a shelf, once however many ask for it; the folder that stands for their home.

    Raises:
        ValueError: The content is not what its digest says.
    """
    place = shelf / parcel.digest
    if not place.is_dir():
        if hashlib.sha256(parcel.content).hexdigest() != parcel.digest:
            raise ValueError(f"scenario {parcel.digest[:12]}: the files that came are not those that were sent")
        shelf.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="unpacking-", dir=shelf))
        with zipfile.ZipFile(io.BytesIO(parcel.content)) as packed:
            packed.extractall(made)
        try:
            made.rename(place)
        except OSError:  # somebody else was first
            shutil.rmtree(made)
    return place


def _zipped(root: Path, files: Sequence[Path]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(files):
            entry = zipfile.ZipInfo(file.relative_to(root).as_posix(), STAMP)
            packed.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
