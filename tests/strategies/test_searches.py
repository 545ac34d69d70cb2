"""Searches of many junctions at once: the same results on however many threads, and what was kept is never stale."""

from dataclasses import replace

import numpy as np
import pytest

from plans.junction import Aspect, Mode
from signalctl.gate.past import history_of
from signalctl.strategies.conduct import scope_of
from signalctl.strategies.observe import Observer
from signalctl.strategies.parameters import AdaptiveParameters
from signalctl.strategies.searches import ALONE, run_searches, usable_cores

WEIGHTS = dict.fromkeys(Mode, 1.0)
GREEN_S = np.array([-20.0, -1000.0, -1000.0, -1000.0])


def _searches(crossroads, vehicles, number):
    """Different traffic in each."""
    random = np.random.default_rng(1)
    observer = Observer.of(crossroads.junction, WEIGHTS, AdaptiveParameters())
    until_s, ready_s = np.array([np.inf, -30.0, -30.0, -30.0]), np.array([np.inf, 0.0])
    found = []
    for _ in range(number):
        lanes = {
            arm: vehicles([(float(distance_m), 10.0) for distance_m in np.sort(random.uniform(5.0, 150.0, 6))])
            for arm in crossroads.junction.lanes
        }
        picture = crossroads.picture(lanes).junctions[crossroads.junction.id]
        found.append((observer.layout, observer.see(picture, {}), observer.numbers, 0, GREEN_S, until_s, ready_s))
    return found


def test_threads_do_not_change_what_is_found(crossroads, vehicles):
    """To the last bit, and in the order of the questions."""
    searches = _searches(crossroads, vehicles, 4 * ALONE)
    alone = [found.tobytes() for found in run_searches(searches, threads=1)]
    assert len(set(alone)) > ALONE, "the questions differ"
    for threads in (2, 5, usable_cores()):
        assert [found.tobytes() for found in run_searches(searches, threads)] == alone
    assert [found.tobytes() for found in run_searches(searches[:2], threads=2)] == alone[:2]


def test_an_error_in_any_thread_is_raised(crossroads, vehicles):
    """No question is left without an answer in silence."""
    searches = list(_searches(crossroads, vehicles, 2 * ALONE))
    searches[-1] = searches[-1][:6]
    with pytest.raises(TypeError, match="argument"):
        run_searches(searches, threads=3)


def test_what_follows_from_the_past_is_kept_until_a_group_changes(crossroads):
    """A second later the past is the same one; when a group changes it is another, even in the same mapping."""
    junction, before = crossroads.junction, crossroads.status("NS", 20)
    past = history_of(junction, before)
    later = replace(
        before, utc_s=before.utc_s + 1, time_in_aspect_s={name: s + 1 for name, s in before.time_in_aspect_s.items()}
    )
    assert history_of(junction, later) is past
    scope = scope_of(junction, crossroads.plan, later)
    assert scope is not None
    assert scope.ready("EW")
    aspects = dict(before.aspects)
    shown = replace(before, aspects=aspects)
    assert history_of(junction, shown) is past
    aspects["ns"] = Aspect.AMBER
    changed = history_of(junction, shown)
    assert changed is not None
    assert not changed["ns"].green
    began = replace(before, time_in_aspect_s={**before.time_in_aspect_s, "ns": 2})
    scope = scope_of(junction, crossroads.plan, began)
    assert scope is not None
    assert not scope.ready("EW"), "its minimum green has just begun"
