"""What a technician configures in the cabinet: the junction's safety data, local plans, identity and key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from controllers.registers import MAX_GROUPS, MAX_STAGES
from controllers.wire import number_of
from plans.junction import Junction
from plans.safety_hash import safety_hash
from plans.timing import TimingPlan

DEMONSTRATION_KEY = b"signalctl demonstration key"


class ConfigurationError(ValueError):
    """The cabinet's own data break its own rules; the controller does not start."""


@dataclass(frozen=True)
class ControllerConfig:
    """Configuration of one field controller.

    `local_plans` are the controller's own time-of-day plans by name and `plan_due` names the one for a UTC time.
    `flashing` are the groups that flash amber when the controller fails; the others go dark (RiLSA: side roads flash,
    pedestrian signals are dark). `cycle_step_s` bounds the change of cycle from the running plan to a central one.
    """

    junction: Junction
    local_plans: Mapping[str, TimingPlan]
    plan_due: Callable[[int], str]
    key: bytes = DEMONSTRATION_KEY
    site: str = "site"
    reference_s: int = 0
    cycle_step_s: int = 60
    startup_all_red_s: int = 3
    flashing: frozenset[str] = frozenset()
    boots: int = 1

    @property
    def safety_hash(self) -> int:
        """Hash of the safety configuration, as plans must carry it."""
        return safety_hash(self.junction)

    @property
    def site_number(self) -> int:
        """The site's number in block A."""
        return number_of(self.site)

    def check_size(self) -> None:
        """The register map holds a number of groups and stages.

        Raises:
            ConfigurationError: The junction has more.
        """
        groups, stages = len(self.junction.groups), len(self.junction.stages)
        if groups > MAX_GROUPS or stages > MAX_STAGES:
            raise ConfigurationError(
                f"{self.junction.id}: expected at most {MAX_GROUPS} groups and {MAX_STAGES} stages, "
                f"got {groups} and {stages}"
            )
