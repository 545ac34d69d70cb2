"""What a stretch of recording begins with: who decided, for which site, with which numbers, computed by what."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any, Final

from detectors.equipment import Detection
from signalctl.recording.codec import CodecError
from signalctl.recording.software import software
from signalctl.strategies import Parameters, default_parameters

FORMAT: Final = 1
"""Grows when octets that were written before can no longer be read."""


@dataclass(frozen=True, slots=True)
class Header:
    """One stretch's beginning.

    `site` is the digest of the site's text, which is kept beside; `policy` is what was put in the place of the text's,
    `site_file` the name of the file that it came from. `reason` is start, interval or resumed (after a failure).
    """

    strategy: str
    site: str
    links: tuple[str, ...]
    parameters: Mapping[str, Any]
    detection: str = ""
    policy: str = ""
    site_file: str = ""
    reason: str = "start"
    software: Mapping[str, str] = field(default_factory=software)
    format: int = FORMAT

    def text(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def level(self) -> Detection | None:
        """The level of detection that the run was equipped for; None where the site names its detectors."""
        return Detection(self.detection) if self.detection else None

    def own_parameters(self) -> Parameters | None:
        """The strategy's numbers as they were."""
        default = default_parameters(self.strategy)
        return None if default is None else _rebuilt(default, self.parameters)

    def other_numbers(self) -> Iterator[str]:
        """Every number of the strategy whose default is another one today."""
        default = default_parameters(self.strategy)
        if default is not None:
            yield from _changed("", self.parameters, json.loads(json.dumps(_values(default))))

    def other_software(self) -> Iterator[str]:
        """Everything that computes now and is not what computed then."""
        now = software()
        for name in dict.fromkeys((*self.software, *now)):
            then, today = self.software.get(name, "none"), now.get(name, "none")
            if then != today:
                yield f"{name}: recorded with {then}, replayed with {today}"


def parameters_of(strategy: str, parameters: Parameters | None = None) -> Mapping[str, Any]:
    """A strategy's numbers as a header holds them; its defaults when none are given."""
    own = parameters or default_parameters(strategy)
    found: Mapping[str, Any] = {} if own is None else json.loads(json.dumps(_values(own)))
    return found


def parse_header(text: str) -> Header:
    """The header whose text this is.

    Raises:
        CodecError: it is none, or of a format that this version does not read.
    """
    try:
        document = json.loads(text)
        if document.get("format") != FORMAT:
            raise CodecError(f"expected a recording of format {FORMAT}, got {document.get('format')}")
        return Header(**{**document, "links": tuple(document["links"])})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise error if isinstance(error, CodecError) else CodecError(f"expected a header, got {text[:80]!r}") from error


def _values(value: Any) -> Any:
    """Dataclasses and named tuples as mappings, so that a number is found by its name."""
    if is_dataclass(value):
        return {one.name: _values(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: _values(item) for name, item in zip(value._fields, value, strict=True)}
    return list(value) if isinstance(value, tuple) else value


def _rebuilt(default: Any, values: Any) -> Any:
    """The default with these values; numbers that this version does not know are left out and told elsewhere."""
    if is_dataclass(default) and not isinstance(default, type):
        known = [one.name for one in fields(default) if one.name in values]
        return replace(default, **{name: _rebuilt(getattr(default, name), values[name]) for name in known})
    if isinstance(default, tuple) and hasattr(default, "_fields"):
        pairs = zip(default._fields, default, strict=True)
        return tuple.__new__(type(default), [_rebuilt(one, values.get(name, one)) for name, one in pairs])
    return tuple(values) if isinstance(default, tuple) else values


def _changed(place: str, then: Any, now: Any) -> Iterator[str]:
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*then, *now)):
            yield from _changed(f"{place}.{name}" if place else name, then.get(name), now.get(name))
    elif then != now:
        yield f"parameter {place}: recorded with {then}, the default is {now}"
