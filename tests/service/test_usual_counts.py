"""What days have taught of traffic outlives the process, in the site's store, and harms neither journal nor control."""

import sqlite3
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from plans.schema import load_site
from signalctl.errors import UsageError
from signalctl.journal import Journal, verify_journal
from signalctl.strategies.usual_traffic import Slot, Sum, UsualTraffic, things_counted, usual_from_rows
from signalctl.usual_counts import UsualCounts, read_usual, write_usual
from tests.recording_samples import EXAMPLE

JUNCTIONS = load_site(EXAMPLE).junctions
SLOT, NEXT = Slot("workday", 30), Slot("sun", 0)


def _usual(seed: int = 1) -> UsualTraffic:
    random = np.random.default_rng(seed)
    return UsualTraffic(
        {
            slot: {name: random.uniform(1.0, 900.0, (len(things_counted(one)), 2)) for name, one in JUNCTIONS.items()}
            for slot in (SLOT, NEXT)
        }
    )


def _rows(usual: UsualTraffic) -> dict[Slot, list[tuple[str, Sum]]]:
    return {slot: list(usual.rows(JUNCTIONS, slot)) for slot in (SLOT, NEXT)}


def test_counts_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Every sum comes back to the last bit, beside a journal whose chain still holds; a second writing replaces."""
    store = tmp_path / "site.db"
    journal = Journal(store)
    journal.append(1.0, "service", "", {"event": "start"})
    assert _rows(read_usual(store, JUNCTIONS)) == {SLOT: [], NEXT: []}
    for seed in (1, 2):
        write_usual(store, JUNCTIONS, _usual(seed), (SLOT, NEXT))
        assert _rows(read_usual(store, JUNCTIONS)) == _rows(_usual(seed))
    journal.close()
    assert verify_journal(store) == (1, [])


def test_what_the_site_no_longer_has_is_left_out() -> None:
    """A lane or junction that was taken away does not keep a service from its other counts."""
    name = next(iter(JUNCTIONS))
    lane = next(iter(JUNCTIONS[name].lanes))
    stored = [
        (SLOT, name, Sum("lane", lane, 10.0, 900.0)),
        (SLOT, name, Sum("lane", "taken away", 10.0, 900.0)),
        (SLOT, "nowhere", Sum("lane", lane, 10.0, 900.0)),
    ]
    usual = usual_from_rows(JUNCTIONS, iter(stored))
    assert list(usual.rows(JUNCTIONS, SLOT)) == [(name, stored[0][2])]


@pytest.mark.parametrize("content", [None, b"no database, but long enough to be looked at as one" * 40])
def test_a_file_without_counts_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    """No file, and a file of another kind, are named."""
    file = tmp_path / "counts.db"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=r"counts\.db: expected a store with counts"):
        read_usual(file, JUNCTIONS)


def test_the_service_stores_each_slot_once_it_has_ended(tmp_path: Path) -> None:
    """What was learned is in the store soon after; nothing is written again without news."""
    store, usual = tmp_path / "site.db", _usual()
    keeper = UsualCounts(store, SimpleNamespace(junctions=JUNCTIONS, usual=usual))
    keeper.record(None)
    assert not store.exists()
    usual.learn(SLOT, {})
    keeper.record(None)
    keeper.close()
    assert _rows(read_usual(store, JUNCTIONS)) == {SLOT: _rows(usual)[SLOT], NEXT: []}
    store.unlink()
    keeper.record(None)
    keeper.close()
    assert not store.exists()


def test_a_store_that_refuses_does_not_stop_control(tmp_path: Path) -> None:
    """The disk's error is logged by the writer and comes to no tick."""
    usual = _usual()
    keeper = UsualCounts(tmp_path, SimpleNamespace(junctions=JUNCTIONS, usual=usual))
    usual.learn(SLOT, {})
    keeper.record(None)
    keeper.close()
    with pytest.raises(sqlite3.Error):
        write_usual(tmp_path, JUNCTIONS, usual, (SLOT,))
