"""Real time: late seconds are made up for, set clocks are shown as jumps."""

from controllers.ticker import RealTimeTicker
from tests.controllers.samples import UTC_S, make_controller


class Times:
    """A wall clock and a monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.utc_s = UTC_S + 0.4
        self.at_s = 50.0

    def pass_(self, seconds: float, set_by: float = 0.0) -> None:
        """Real time passes, and perhaps somebody sets the wall clock."""
        self.at_s += seconds
        self.utc_s += seconds + set_by


def test_late_process_makes_up_for_every_second() -> None:
    """Ten seconds without a tick are ten ticks, and no jump."""
    times, controller = Times(), make_controller()
    ticker = RealTimeTicker([controller], lambda: times.utc_s, lambda: times.at_s)
    for seconds in (0.3, 0.4, 1.0, 10.2, 0.0):
        times.pass_(seconds)
        ticker.catch_up()
    assert controller.elapsed_s == int(times.utc_s) - UTC_S == 12
    assert controller.clock_jumps == 0


def test_drift_within_tolerance_never_adds_up_to_a_jump() -> None:
    """A clock that is slewed by a tenth of a second each second is followed."""
    times, controller = Times(), make_controller()
    ticker = RealTimeTicker([controller], lambda: times.utc_s, lambda: times.at_s)
    for _ in range(100):
        times.pass_(1.0, set_by=0.1)
        ticker.catch_up()
    assert controller.clock_jumps == 0
    assert controller.utc_s == int(times.utc_s)


def test_set_clock_is_a_jump() -> None:
    """A wall clock that moves by an hour while a second passes is one second here, and a jump."""
    for set_by in (3600.0, -3600.0):
        times, controller = Times(), make_controller()
        ticker = RealTimeTicker([controller], lambda times=times: times.utc_s, lambda times=times: times.at_s)
        times.pass_(5.0)
        ticker.catch_up()
        times.pass_(1.0, set_by=set_by)
        ticker.catch_up()
        assert controller.clock_jumps == 1
        assert controller.elapsed_s == 6
        assert controller.utc_s == int(times.utc_s)
