"""Green is for those who can use it: a bus that stands at its stop gets it when its doors close, and not before."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.picture import Picture, PriorityRequest
from plans.junction import Mode
from plans.sealed import RequestAction

HOLD, GO = RequestAction.HOLD, RequestAction.GO


def boarding(picture: Picture, arm: str, seconds: float) -> Picture:
    """The same picture with everybody on one arm at a stop for so long."""
    one = picture.junctions["J"]
    lane = one.lanes[arm]
    lanes = {**one.lanes, arm: replace(lane, not_before_s=np.full(lane.distance_m.size, seconds))}
    return replace(picture, junctions={"J": replace(one, lanes=lanes)})


@pytest.mark.parametrize("name", ["actuated", "max-pressure", "adaptive"])
def test_nobody_gives_green_to_open_doors(crossroads, decide_as, vehicles, name):
    """A bus 20 m before red with nobody against it gets green at once, but not while it has 40 s to stand."""
    picture = crossroads.picture({"e": vehicles([(20.0, 0.0)], mode=Mode.BUS), "n": vehicles([(90.0, 13.9)])})
    status = crossroads.status("NS", 30)
    decider = decide_as(name)
    assert decider.all(picture, status).stages["J"].action is GO
    assert decide_as(name).all(boarding(picture, "e", 40.0), status).stages["J"].action is HOLD


@pytest.mark.parametrize("name", ["actuated", "max-pressure", "adaptive"])
def test_green_is_not_held_for_open_doors(crossroads, decide_as, vehicles, name):
    """A bus at its stop on green does not keep three cars waiting; one that starts does."""
    arms = {"n": vehicles([(20.0, 5.0)], mode=Mode.BUS), "e": vehicles([(1.0, 0.0), (8.5, 0.0), (16.0, 0.0)])}
    picture = crossroads.picture(arms)
    status = crossroads.status("NS", 15)
    assert decide_as(name).all(picture, status).stages["J"].action is HOLD
    assert decide_as(name).all(boarding(picture, "n", 60.0), status).stages["J"].action is GO


def test_green_comes_when_the_doors_close(crossroads, decide, vehicles):
    """The change begins some seconds before the bus is ready, so that it need not wait."""
    picture = crossroads.picture({"e": vehicles([(20.0, 0.0)], mode=Mode.BUS)})
    status = crossroads.status("NS", 30)
    actions = {left_s: decide(boarding(picture, "e", left_s), status).action for left_s in (30.0, 6.0)}
    assert actions == {30.0: HOLD, 6.0: GO}


def test_those_behind_an_open_door_wait_with_it(crossroads, decide, vehicles):
    """Four cars behind a bus at its stop cannot use green: the same cars without the bus get it."""
    cars = [(28.0 + 7.5 * k, 0.0) for k in range(4)]
    passing = {"n": vehicles([(110.0, 13.9)])}
    blocked = crossroads.picture({**passing, "e": vehicles([(15.0, 0.0), *cars])})
    lane = blocked.junctions["J"].lanes["e"]
    marks = np.zeros(lane.distance_m.size)
    marks[0] = 45.0
    held = {**blocked.junctions["J"].lanes, "e": replace(lane, not_before_s=marks)}
    blocked = replace(blocked, junctions={"J": replace(blocked.junctions["J"], lanes=held)})
    free = crossroads.picture({**passing, "e": vehicles(cars)})
    status = crossroads.status("NS", 30)
    assert decide(free, status).action is GO
    assert decide(blocked, status).action is HOLD


def test_a_request_of_a_bus_in_sight_is_that_bus(crossroads, decide, vehicles):
    """Its weight goes to the one that stands at the stop and comes later, and no second bus is made of it."""
    request = PriorityRequest("b", "J", "ew", Mode.BUS, 7, 40.0, halts=True)
    picture = crossroads.picture(
        {"e": vehicles([(20.0, 0.0)], mode=Mode.BUS), "n": vehicles([(60.0, 13.9)])}, requests=(request,)
    )
    assert decide(boarding(picture, "e", 40.0), crossroads.status("NS", 30)).action is HOLD
