"""What one junction's signals show, as far as detection needs to know it."""

from collections.abc import Mapping
from dataclasses import field

from plans.junction import Aspect
from plans.record import record


@record
class SignalView:
    """Aspect of each signal group and for how long it has been shown, as the field controller says it."""

    aspects: Mapping[str, Aspect] = field(default_factory=dict)
    time_in_aspect_s: Mapping[str, int] = field(default_factory=dict)


NO_SIGNALS = SignalView()
"""The controller cannot be heard: nothing counts as green."""
