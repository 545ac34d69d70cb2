"""Errors that are the caller's to mend: a wrong call, file or configuration. The command line ends with status 2."""

from typing import Final


class UsageError(ValueError):
    """The call or its configuration is wrong; the message is one line and says what was expected and what came."""


def input_errors() -> tuple[type[Exception], ...]:
    """All exceptions of the house that mean bad input. Imported late: most commands need few of the rooms."""
    from controllers.pool import ControllerKeyError
    from detectors.gtfs import GtfsMissingError
    from plans.calendar import CalendarError
    from plans.schema import SiteError
    from signalctl.journal import JournalError
    from signalctl.recording.codec import CodecError
    from sim.routing import NoRouteError
    from sim.site_derivation.junction import DerivationError
    from sim.sumo_files import SumoFileError
    from sim.sumo_start import SumoError, SumoMissingError

    return (
        UsageError,
        CalendarError,
        ControllerKeyError,
        GtfsMissingError,
        SiteError,
        JournalError,
        CodecError,
        NoRouteError,
        DerivationError,
        SumoFileError,
        SumoError,
        SumoMissingError,
        FileNotFoundError,
        IsADirectoryError,
        PermissionError,
    )


EXIT_OK: Final = 0
EXIT_FINDINGS: Final = 1
EXIT_USAGE: Final = 2
