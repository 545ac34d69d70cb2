"""An XML file of SUMO's kind that is written while the run goes on."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


class XmlFile:
    """Lines of elements inside one root; numbers have two decimals, as SUMO's have."""

    def __init__(self, path: Path, root: str) -> None:
        self._root = root
        self._file = path.open("w", encoding="utf-8")
        self._file.write(f"{HEAD}<{root}>\n")

    def write(self, line: str) -> None:
        """Add a line of XML."""
        self._file.write(line + "\n")

    def close(self) -> None:
        """End the root. Harmless when repeated."""
        if not self._file.closed:
            self._file.write(f"</{self._root}>\n")
            self._file.close()


def element(indent: int, name: str, **attributes: str | int | float) -> str:
    """An element without children."""
    words = (f"{key}={quoteattr(_text(value))}" for key, value in attributes.items())
    return f"{' ' * indent}<{name} {' '.join(words)}/>"


def _text(value: str | int | float) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
