"""Where machine code of compiled packages is kept, so that a changed source is never run as it was before."""

import hashlib
import os
import sys
import tempfile
from functools import cache
from pathlib import Path

import numba


@cache
def cache_folder(package: Path, name: str) -> str:
    """A writable folder that belongs to exactly the sources of a package.

    Numba looks only at the file of the outermost function; one that calls others would be taken from the cache although
    these changed. The folder's name therefore holds a digest of every file of the package.

    Args:
        package: Folder with the package's sources.
        name: What the folder's name begins with.
    """
    digest = hashlib.sha256(f"{sys.version}{numba.__version__}".encode())
    for source in sorted(package.glob("*.py")):
        digest.update(source.read_bytes())
    named = f"{name}-{digest.hexdigest()[:16]}"
    bases = [os.environ.get("NUMBA_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME"), str(Path.home() / ".cache")]
    for base in [*filter(None, bases), tempfile.gettempdir()]:
        folder = Path(base) / "signalctl" / named
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError:
            continue
        return str(folder)
    return tempfile.mkdtemp()
