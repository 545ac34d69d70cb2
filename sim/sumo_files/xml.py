"""XML with line numbers: every value that turns out wrong can be named by file, line, element and attribute."""

import gzip
import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Never
from xml.parsers import expat


class SumoFileError(ValueError):
    """A SUMO file says something wrong, or something that cannot be simulated here."""


@dataclass(slots=True)
class Element:
    """One XML element and where it stands."""

    tag: str
    attributes: dict[str, str]
    file: Path
    line: int
    children: list["Element"] = field(default_factory=list)

    def __iter__(self) -> Iterator["Element"]:
        return iter(self.children)

    def named(self, tag: str) -> list["Element"]:
        """Direct children with this tag, in the file's order."""
        return [child for child in self.children if child.tag == tag]

    def has(self, name: str) -> bool:
        """Whether the attribute is given."""
        return name in self.attributes

    def fail(self, message: str) -> Never:
        """Raise the error that names this element and its line."""
        name = self.attributes.get("id")
        label = f"<{self.tag}>" if name is None else f"<{self.tag} id={name!r}>"
        raise SumoFileError(f"{self.file}:{self.line}: {label}: {message}")

    def text(self, name: str, default: str | None = None) -> str:
        """The attribute's text; without a default it must be there."""
        value = self.attributes.get(name, default)
        if value is None:
            self.fail(f"{name}: expected a value, got none")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """The attribute split at blanks and commas, empty when absent."""
        return tuple(self.attributes.get(name, "").replace(",", " ").split())

    def number(self, name: str, default: float | None = None) -> float:
        """The attribute as a finite number."""
        raw = self.attributes.get(name)
        if raw is None and default is not None:
            return default
        try:
            value = float(self.text(name))
        except ValueError as error:
            if isinstance(error, SumoFileError):
                raise
            self.fail(f"{name}: expected a number, got {raw!r}")
        if not math.isfinite(value):
            self.fail(f"{name}: expected a finite number, got {raw!r}")
        return value

    def integer(self, name: str, default: int | None = None) -> int:
        """The attribute as a whole number."""
        value = self.number(name, None if default is None else float(default))
        if value != int(value):
            self.fail(f"{name}: expected a whole number, got {self.attributes[name]!r}")
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        """The attribute as yes or no, in any of SUMO's spellings."""
        raw = self.attributes.get(name)
        if raw is None:
            return default
        if raw.lower() in {"1", "true", "yes", "on", "x", "t"}:
            return True
        if raw.lower() not in {"0", "false", "no", "off", "-", "f"}:
            self.fail(f"{name}: expected true or false, got {raw!r}")
        return False

    def time(self, name: str, default: float | None = None) -> float:
        """The attribute as seconds, given as seconds, `h:m:s` or `d:h:m:s`."""
        raw = self.attributes.get(name)
        if raw is None and default is not None:
            return default
        try:
            return parse_time(self.text(name))
        except SumoFileError:
            raise
        except ValueError:
            self.fail(f"{name}: expected seconds or h:m:s, got {raw!r}")

    def shape(self, name: str) -> tuple[tuple[float, float], ...]:
        """The attribute as points `x,y` (a height is dropped)."""
        try:
            return tuple(
                (float(parts[0]), float(parts[1]))
                for parts in (point.split(",") for point in self.attributes.get(name, "").split())
            )
        except (ValueError, IndexError):
            self.fail(f"{name}: expected points x,y, got {self.attributes[name][:60]!r}")


def parse_time(text: str) -> float:
    """Seconds from `12.5`, `01:02:03` or `1:01:02:03`.

    Raises:
        ValueError: The text is neither.
    """
    if ":" not in text:
        return float(text)
    parts = [float(part) for part in text.split(":")]
    if len(parts) not in (3, 4):
        raise ValueError(text)
    days = parts.pop(0) if len(parts) == 4 else 0.0
    return ((days * 24 + parts[0]) * 60 + parts[1]) * 60 + parts[2]


def read_bytes(path: Path) -> bytes:
    """The file's bytes, unpacked when gzip wrote them, whatever the name says."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SumoFileError(f"{path}: cannot be read: {error.strerror or error}") from None
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise SumoFileError(f"{path}: damaged gzip file: {error}") from None


def read_xml(path: Path, roots: tuple[str, ...] = ()) -> Element:
    """The file's element tree; without `roots`, whatever its root is called, as SUMO reads additional files.

    Raises:
        SumoFileError: The file cannot be read, is not well-formed, or its root is none of `roots`.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    open_elements: list[Element] = []
    root: list[Element] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes, path, parser.CurrentLineNumber)
        (open_elements[-1].children if open_elements else root).append(element)
        open_elements.append(element)

    def end(_tag: str) -> None:
        open_elements.pop()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.EntityDeclHandler = _refuse_entities(path)
    try:
        parser.Parse(read_bytes(path), True)
    except expat.ExpatError as error:
        raise SumoFileError(f"{path}:{error.lineno}: not well-formed XML: {expat.ErrorString(error.code)}") from None
    if roots and root[0].tag not in roots:
        root[0].fail(f"expected the root element {' or '.join(roots)}, got {root[0].tag!r}")
    return root[0]


def _refuse_entities(path: Path) -> Callable[..., None]:
    """Entities could blow a small file up without bound, and SUMO's files have none."""

    def refuse(name: str, *_rest: object) -> None:
        raise SumoFileError(f"{path}: XML entity {name!r}: expected none in a SUMO file")

    return refuse
