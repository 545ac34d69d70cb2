"""From what signal groups show to the letters that SUMO and the embedded engine take, one per signal link.

Green is `G`, or `g` for a movement that has to yield while a group it yields to is green, has amber, or its pedestrians
still clear the crossing. Links without a group (always off, always green) keep the letter of the network's programme.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from plans.junction import Aspect, GroupKind, Junction
from sim.network import Network

UNSAFE_IN_A_NAME = re.compile(r"[/+#\s]")
MAX_NAME_LENGTH = 100
LETTER = {
    Aspect.DARK: "O",
    Aspect.RED: "r",
    Aspect.RED_AMBER: "u",
    Aspect.GREEN: "G",
    Aspect.AMBER: "y",
    Aspect.FLASHING_AMBER: "o",
}


def safe_name(sumo_id: str) -> str:
    """A SUMO id as a name that site files and MQTT topics can hold: no `/`, `+`, `#` or blank, and not over-long.

    netconvert joins the ids of merged nodes; what is too long is cut and made unique by the CRC-32 of the whole.
    """
    name = UNSAFE_IN_A_NAME.sub("_", sumo_id)
    if len(name) <= MAX_NAME_LENGTH:
        return name
    return f"{name[: MAX_NAME_LENGTH - 9]}~{zlib.crc32(sumo_id.encode()):08x}"


def junction_id(tls_id: str) -> str:
    """The junction's id for a SUMO signal."""
    return safe_name(tls_id)


@dataclass(frozen=True)
class SignalHeads:
    """The letters of one signal's links, and how they follow from the groups' aspects.

    `background` has one letter per link: what a link without a group always shows, and what the others show at red
    (`s` where turning right on red is allowed).
    """

    tls_id: str
    junction: Junction
    background: str
    group_of: Mapping[int, str]
    yields: Mapping[int, tuple[str, ...]]
    always_yields: frozenset[int]

    def letters(self, aspects: Mapping[str, Aspect], time_in_aspect_s: Mapping[str, int]) -> str:
        """One letter per link.

        Args:
            aspects: What each group shows.
            time_in_aspect_s: For how long; in a pedestrian group's first seconds of red people still walk.
        """
        moving = {group for group, aspect in aspects.items() if self._moving(group, aspect, time_in_aspect_s)}
        letters = list(self.background)
        for link, group in self.group_of.items():
            aspect = aspects.get(group, Aspect.RED)
            if aspect == Aspect.GREEN:
                minor = link in self.always_yields or any(other in moving for other in self.yields.get(link, ()))
                letters[link] = "g" if minor else "G"
            elif aspect != Aspect.RED:
                letters[link] = LETTER[aspect]
        return "".join(letters)

    def _moving(self, group: str, aspect: Aspect, time_in_aspect_s: Mapping[str, int]) -> bool:
        if aspect in (Aspect.GREEN, Aspect.AMBER):
            return True
        signal_group = self.junction.groups[group]
        clears = signal_group.kind == GroupKind.PEDESTRIAN and aspect == Aspect.RED
        return clears and time_in_aspect_s.get(group, signal_group.clearance_s) < signal_group.clearance_s


def signal_heads(network: Network, tls_id: str, junction: Junction) -> SignalHeads:
    """How `junction` is shown at the signal `tls_id` of `network`."""
    states = [phase.state for phase in network.tl_logics[tls_id].phases]
    group_of = {link: group.id for group in junction.groups.values() for link in group.links}
    yields: dict[int, tuple[str, ...]] = {}
    for movement in junction.movements:
        if movement.link is not None:
            known = yields.get(movement.link, ())
            yields[movement.link] = known + tuple(g for g in movement.yields_to if g not in known)
    background = []
    for link in range(len(states[0])):
        shown = {state[link] for state in states}
        if link in group_of:
            background.append("s" if "s" in shown else "r")
        else:
            background.append(states[0][link] if len(shown) == 1 else "o" if "r" not in shown else "r")
    return SignalHeads(
        tls_id, junction, "".join(background), group_of, yields, _always_yielding(network, tls_id, group_of)
    )


def _always_yielding(network: Network, tls_id: str, group_of: Mapping[int, str]) -> frozenset[int]:
    """Links that give way to a link of their own group, and so are green together with it whenever they are green."""
    minor = set()
    for node, position, connection in network.signal_positions.get(tls_id, ()):
        requests = network.junctions[node].requests
        for other, responds in enumerate(requests[position].response if position < len(requests) else ()):
            foe = network.link_positions.get((node, other))
            if responds and foe is not None and foe.tl == tls_id and foe.from_lane != connection.from_lane:
                same = group_of.get(foe.link_index) == group_of.get(connection.link_index)
                if same and connection.link_index in group_of:
                    minor.add(connection.link_index)
    return frozenset(minor)
