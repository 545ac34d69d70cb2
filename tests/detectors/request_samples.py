"""A bus that asks for green at the junction of this room's tests: what it says, and what its lane shows."""

from dataclasses import replace

import numpy as np

from detectors.picture import MODES, LanePicture
from detectors.readings import TransitKind, TransitReading
from detectors.transit import RequestBook
from plans.junction import Aspect, Mode

NEW = TransitReading("J1", "bus", 100.0, TransitKind.NEW, Mode.BUS, 7, 20.0, movement="e-w")
RED, GREEN = {"K2": Aspect.RED}, {"K2": Aspect.GREEN}


def lane(
    *modes: Mode, passed: int = 0, confidence_ratio: float = 1.0, kinds_known: bool = False
) -> dict[str, LanePicture]:
    """The eastern lane with these vehicles, ten metres apart."""
    count = len(modes)
    return {
        "e_0": LanePicture(
            lane="e_0",
            distance_m=10.0 * np.arange(1.0, count + 1.0),
            speed_mps=np.zeros(count),
            movement=np.full(count, -1, np.int32),
            mode=np.array([MODES.index(mode) for mode in modes], np.int8),
            waiting_s=np.zeros(count),
            queue_veh=float(count),
            queue_m=8.0 * count,
            arrival_vph=0.0,
            passed=passed,
            head_still_s=0.0,
            confidence_ratio=confidence_ratio,
            kinds_known=kinds_known,
        )
    }


def visit(book: RequestBook, at_s: float, seen: dict[str, LanePicture], reading: TransitReading = NEW) -> float:
    """One request from announcement to check-out, with the same lanes all the time; returns how much it counted."""
    (request,), _ = book.update(at_s, [replace(reading, t_s=at_s, eta_s=5.0)], RED, seen)
    for second in range(1, 8):
        book.update(at_s + second, [], GREEN, seen)
    book.update(at_s + 8.0, [replace(reading, t_s=at_s + 8.0, kind=TransitKind.CHECK_OUT)], GREEN, seen)
    return request.trust_ratio
