"""Runs netconvert on a folder's plain XML and tidies what it writes, so that every machine gets the same file."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

PLAIN = ("nod", "edg", "con", "tll")
HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)


def build_network(folder: Path, name: str, programmes: str | None) -> str:
    """The text of `<name>.net.xml`: netconvert with `<name>.netccfg`, and `programmes` as its signal programmes.

    Without programmes the signals get netconvert's own; that network serves to read links and geometry.

    Raises:
        ValueError: netconvert reports an error or a warning.
    """
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        for kind in PLAIN:
            source = folder / f"{name}.{kind}.xml"
            if source.exists():
                shutil.copy(source, work)
        (work / f"{name}.tll.xml").write_text(tll_file(programmes or ""), encoding="utf-8")
        shutil.copy(folder / f"{name}.netccfg", work)
        done = subprocess.run(  # noqa: S603 - a fixed program with fixed arguments
            [netconvert(), "-c", f"{name}.netccfg"], cwd=work, capture_output=True, text=True, check=False
        )
        if done.returncode or "Warning" in done.stderr or "Error" in done.stderr:
            raise ValueError(f"{name}.netccfg: {done.stderr.strip()}")
        text = (work / f"{name}.net.xml").read_text(encoding="utf-8")
    return HEADER + _COMMENT.sub("", text.removeprefix(HEADER)).lstrip()


def netconvert() -> str:
    """Path of the program, from the `sumo` extra or the search path.

    Raises:
        FileNotFoundError: It is not installed.
    """
    try:
        import sumo
    except ImportError:
        found = shutil.which("netconvert")
    else:
        found = shutil.which("netconvert", path=str(Path(sumo.SUMO_HOME) / "bin")) or shutil.which("netconvert")
    if found is None:
        raise FileNotFoundError("expected netconvert (install the extra `sumo`), got none")
    return found


def tll_file(programmes: str) -> str:
    """A file of signal programmes for netconvert."""
    return f"{HEADER}<tlLogics>\n{programmes}\n</tlLogics>\n"
