"""Which numbers of a site rest on defaults that no source confirms."""

from typing import TypeVar

Value = TypeVar("Value")


class Unconfirmed:
    """Collects the paths of values that were left to a default which no source confirms."""

    def __init__(self) -> None:
        self.paths: set[str] = set()

    def take(self, given: Value | None, otherwise: Value, path: str) -> Value:
        """The given value, or the default, whose path is then noted."""
        if given is not None:
            return given
        self.paths.add(path)
        return otherwise
