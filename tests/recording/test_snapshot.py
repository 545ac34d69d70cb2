"""A copy of the loop's memory is what was there when it was made, whatever happens until it is written down."""

import asyncio
from pathlib import Path

import pytest

from signalctl.recording.state import _memory, _of_site, capture
from signalctl.recording.state_encoder import NotNowError, StateEncoder
from signalctl.strategies import NAMES
from tests.recording_samples import Street


@pytest.mark.parametrize("strategy", NAMES)
def test_a_copy_is_written_as_the_memory_itself_would_have_been(strategy: str, tmp_path: Path) -> None:
    """Bit for bit, also when the loop has gone on meanwhile and remembers something else."""

    async def drive() -> None:
        street = Street(tmp_path / "j.db", strategy)
        await street.run(20)
        loop = street.loop
        at_once = StateEncoder(_of_site(loop)).encode(_memory(loop))
        copy = capture(loop)
        await street.run(5)
        assert copy.octets() == at_once
        assert capture(loop).octets() != at_once
        await street.close()

    asyncio.run(drive())


def test_what_is_under_way_is_not_copied(tmp_path: Path) -> None:
    """A search that goes on over several seconds is waited for."""

    async def drive() -> None:
        street = Street(tmp_path / "j.db", "adaptive")
        street.loop.strategy.under_way = (one for one in "abc")  # type: ignore[attr-defined]
        with pytest.raises(NotNowError, match="under way"):
            capture(street.loop)
        del street.loop.strategy.under_way  # type: ignore[attr-defined]
        await street.close()

    asyncio.run(drive())
