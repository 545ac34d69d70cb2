"""One site's control loop put together: the same for a street, a simulation and a replay; only the edges differ."""

from collections.abc import Callable, Iterable, Sequence

from controllers.driver import Driver
from detectors.builder import PictureBuilder
from detectors.equipment import Detection, equip
from detectors.lateness import LatenessBoard
from detectors.source import Source
from plans.site import Site
from signalctl.field_link import HEARTBEAT_S
from signalctl.gate import Gate
from signalctl.gating import Gating
from signalctl.loop import PUSH_DEADLINE_S, READ_DEADLINE_S, ControlLoop, PlansDue
from signalctl.strategies import Parameters, make_strategy
from signalctl.strategies.parameters import CoordinatedParameters
from signalctl.strategies.site_numbers import numbers_for
from signalctl.strategies.traffic_history import TrafficHistory
from signalctl.strategies.usual_traffic import LocalDays, UsualTraffic, local_days
from signalctl.tick import TickObserver


def assemble(
    site: Site,
    *,
    strategy: str,
    source: Source,
    drivers: Iterable[Driver],
    now_utc_s: Callable[[], float],
    plans_due: PlansDue | None = None,
    parameters: Parameters | None = None,
    usual: UsualTraffic | None = None,
    days: LocalDays | None = None,
    detection: Detection | None = None,
    lateness: LatenessBoard | None = None,
    observers: Sequence[TickObserver] = (),
    read_deadline_s: float = READ_DEADLINE_S,
    push_deadline_s: float = PUSH_DEADLINE_S,
    heartbeat_s: float = HEARTBEAT_S,
) -> ControlLoop:
    """The loop that controls `site`.

    Args:
        site: what is controlled, and how.
        strategy: one of `signalctl.strategies.NAMES`.
        source: where readings come from.
        drivers: one for each field controller.
        now_utc_s: the time by which the gate judges how old a status is.
        plans_due: which time-of-day plans run; the site's calendar when missing.
        parameters: numbers of the strategy; those of the site when missing.
        usual: what earlier days have taught of traffic.
        days: by which days and times traffic is learned; those of the site's calendar when missing.
        detection: adds the standard detectors of this level, where the site does not name its own.
        lateness: what the operator's centre says of late vehicles.
        observers: who is told of each tick.
        read_deadline_s: for reading all controllers.
        push_deadline_s: for bringing them plans and requests.
        heartbeat_s: how often a lease is renewed.
    """
    junctions = site.junctions if detection is None else equip(site.junctions, detection)
    own = parameters or numbers_for(strategy, site.control)
    counting = own if isinstance(own, CoordinatedParameters) else CoordinatedParameters()
    history = TrafficHistory(
        junctions, site.weights, site.occupancy, counting.memory_s, usual, days or local_days(site.calendar)
    )
    return ControlLoop(
        strategy=make_strategy(
            strategy,
            junctions,
            weights=site.weights,
            occupancy=site.occupancy,
            plans=site.plans,
            refined=site.refined,
            parameters=own,
            history=history,
        ),
        gate=Gate(site.junctions, site.control, clock=now_utc_s),
        drivers=drivers,
        source=source,
        builder=PictureBuilder(junctions, site.transit, lateness),
        plans_due=plans_due or site.plans_due,
        history=history,
        gating=Gating(site.gating, junctions, site.control) if site.gating else None,
        observers=observers,
        read_deadline_s=read_deadline_s,
        push_deadline_s=push_deadline_s,
        heartbeat_s=heartbeat_s,
    )
