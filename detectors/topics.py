"""MQTT topics: the one place that knows how they are put together and taken apart.

A level of a topic cannot hold `/`, `+` or `#`; junction and detector ids can (SUMO's often do), so they are
percent-encoded where they must be. Ids of letters, digits, `.`, `_`, `-`, `:` and the like stand as they are.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote

PREFIX = "signalctl/v1"
UPLINKS = "application/+/device/+/event/up"
CANARY = "_canary"
_SAFE = ":.,;=@!()*'~ "


class Kind(StrEnum):
    """Kind of topic, as metrics label it."""

    LOOP = "loop"
    RADAR = "radar"
    BUTTON = "button"
    TRANSIT = "transit"
    R09 = "r09"
    AIR = "air"
    LORAWAN = "lorawan"
    STATE = "state"


PER_DETECTOR = (Kind.LOOP, Kind.RADAR, Kind.BUTTON)


@dataclass(frozen=True, slots=True)
class Address:
    """What a topic says. `site` is the application of a LoRaWAN uplink; `detector` its device, or the air station."""

    kind: Kind
    site: str
    junction: str = ""
    detector: str = ""

    @property
    def is_canary(self) -> bool:
        """Whether the message only proves that the topic is delivered."""
        return CANARY in (self.junction, self.detector.partition(".")[0])


def parse(topic: str) -> Address | None:
    """The address behind a topic, None when it is none of ours."""
    levels = [unquote(level) for level in topic.split("/")]
    match levels:
        case ["signalctl", "v1", site, "transit"]:
            return Address(Kind.TRANSIT, site)
        case ["signalctl", "v1", site, "transit", "r09"]:
            return Address(Kind.R09, site)
        case ["signalctl", "v1", site, "transit", sender] if sender:  # a sender of its own, or a canary
            return Address(Kind.TRANSIT, site, detector=sender)
        case ["signalctl", "v1", site, "air", station] if station:
            return Address(Kind.AIR, site, detector=station)
        case ["signalctl", "v1", site, junction, "state"]:
            return Address(Kind.STATE, site, junction)
        case ["signalctl", "v1", site, junction, kind, detector] if kind in PER_DETECTOR and junction and detector:
            return Address(Kind(kind), site, junction, detector)
        case ["application", application, "device", device, "event", "up"] if device:
            return Address(Kind.LORAWAN, application, detector=device)
    return None


def of_detector(site: str, kind: Kind, junction: str, detector: str) -> str:
    """Topic of a loop, radar or button."""
    return f"{PREFIX}/{_level(site)}/{_level(junction)}/{kind}/{_level(detector)}"


def of_transit(site: str, sender: str = "") -> str:
    """Topic of priority requests: the common one, or that of one sender, which the broker lets nobody else write."""
    common = f"{PREFIX}/{_level(site)}/transit"
    return f"{common}/{_level(sender)}" if sender else common


def of_telegrams(site: str) -> str:
    """Topic of raw radio telegrams."""
    return f"{of_transit(site)}/{Kind.R09}"


def of_air(site: str, station: str) -> str:
    """Topic of an air-quality station."""
    return f"{PREFIX}/{_level(site)}/air/{_level(station)}"


def of_state(site: str, junction: str) -> str:
    """Topic on which the service tells a junction's state."""
    return f"{PREFIX}/{_level(site)}/{_level(junction)}/state"


def of_sign(site: str, area: str) -> str:
    """Topic on which the service tells drivers why a protected area is gated."""
    return f"{PREFIX}/{_level(site)}/sign/{_level(area)}"


def subscriptions(site: str) -> dict[Kind, str]:
    """The filters that a source subscribes to, by kind; LoRaWAN uplinks are `UPLINKS`."""
    filters = {kind: f"{PREFIX}/{_level(site)}/+/{kind}/+" for kind in PER_DETECTOR}
    # with `#` the filter also matches its parent, and has room for a canary
    return {**filters, Kind.TRANSIT: f"{of_transit(site)}/#", Kind.AIR: f"{PREFIX}/{_level(site)}/air/+"}


def of_canary(site: str, kind: Kind, client: str) -> str:
    """A topic that the subscription of this kind delivers, and nobody else uses."""
    if kind is Kind.TRANSIT:
        return f"{of_transit(site)}/{CANARY}.{_level(client)}"
    if kind is Kind.AIR:
        return of_air(site, f"{CANARY}.{client}")
    return of_detector(site, kind, CANARY, client)


def _level(id_: str) -> str:
    return quote(id_, safe=_SAFE)
