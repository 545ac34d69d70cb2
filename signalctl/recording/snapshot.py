"""The loop's memory copied at one blow, to be written down later by somebody who has the time.

Encoding takes a third of a second with 130 junctions, copying a small part of that: the copy is made between two ticks,
and the writer's thread encodes it. What never changes is not copied but shared with the loop.
"""

import io
import pickle
from collections.abc import Callable, Iterator
from types import GeneratorType, MappingProxyType
from typing import Any, Final

from plans.junction import Detector, Lane, Movement, SignalGroup, Stage
from plans.record import is_record
from plans.stage_transition import StageTransition
from plans.timing import TimingPlan
from signalctl.recording.state_encoder import KEPT, NotNowError, StateEncoder, StateError

_PARTS: Final = (SignalGroup, Movement, Lane, Detector, Stage, StageTransition, TimingPlan)
"""Of a site: they never change."""
_SHARED: Final = (*(kind for kind in KEPT if kind is not type), *_PARTS, MappingProxyType)


class Snapshot:
    """A memory as it was when this was made.

    Args:
        memory: what is remembered, by name.
        of_site: says when it is written which parts of the site it may refer to, each with the way to it.

    Raises:
        NotNowError: a search is under way; ask again after the next tick.
        StateError: something is kept that cannot be copied.
    """

    def __init__(self, memory: dict[str, Any], of_site: Callable[[], Iterator[tuple[Any, tuple[str, ...]]]]) -> None:
        self._of_site = of_site
        self._shared: list[Any] = []
        copied = io.BytesIO()
        try:
            _Copier(copied, self._shared).dump(memory)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise StateError(f"expected a memory that can be copied: {error}") from error
        self._copied = copied.getvalue()

    def octets(self) -> bytes:
        """The encoded memory.

        Raises:
            StateError: something is kept that the encoding does not know.
        """
        memory = _Reader(io.BytesIO(self._copied), self._shared).load()
        return StateEncoder(self._of_site()).encode(memory)


class _Copier(pickle.Pickler):
    """Copies what changes; the rest is put into `shared`."""

    def __init__(self, file: io.BytesIO, shared: list[Any]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._shared = shared
        self._is_shared: dict[type, bool] = {}

    def reducer_override(self, value: Any) -> Any:
        """Asked for everything but Python's own data and containers."""
        kind = type(value)
        shared = self._is_shared.get(kind)
        if shared is None:
            if issubclass(kind, GeneratorType):
                raise NotNowError(f"{value.__qualname__} is under way")
            shared = self._is_shared[kind] = issubclass(kind, _SHARED) or is_record(kind)
        if not shared or value is _shared:
            return NotImplemented
        self._shared.append(value)
        return _shared, (len(self._shared) - 1,)


class _Reader(pickle.Unpickler):
    """Makes the copy: of octets that this process has written a moment ago, and of no others."""

    def __init__(self, file: io.BytesIO, shared: list[Any]) -> None:
        super().__init__(file)
        self._shared = shared

    def find_class(self, module: str, name: str) -> Any:
        """Classes by their name, and who is shared by its number."""
        if (module, name) == (__name__, _shared.__name__):
            return self._shared.__getitem__
        return super().find_class(module, name)


def _shared(number: int) -> Any:
    """Stands in the octets for the list of those who are shared."""
    raise StateError(f"expected somebody who reads copies to have replaced this, got number {number}")
