"""How fast each edge is: mean speeds of the last minutes, as SUMO's MSRoutingEngine keeps them for choosing ways."""

import numpy as np

from sim.engine.arrays import F8, INSERTED, Net, Traffic, Vehicles
from sim.engine.jit import direct, helper, kernel
from sim.engine.pointers import World
from sim.road_graph import RoutingRules


class EdgeSpeeds:
    """Mean speeds, smoothed over so many looks.

    Attributes:
        smoothed: Per edge, in m/s, (edges,).
    """

    def __init__(self, edges: int, rules: RoutingRules, begin_s: float) -> None:
        self._rules = rules
        self._steps = rules.adaptation_steps
        self._past: F8 = np.zeros((self._steps, edges))
        self._slot = 0
        self._due_s = begin_s if rules.adaptation_interval_s > 0 else np.inf
        self._begun = False
        self._current: F8 = np.zeros(edges)
        self._note, self._average = direct(note_speeds), direct(average)
        self.smoothed: F8 = np.zeros(edges)

    def begin(self, world: World) -> None:
        """The first look, which stands for all before it."""
        if not self._begun:
            self._begun = True
            self._note(world, self._current)
            self.smoothed[:] = self._current
            self._past[:] = self._current

    def look(self, world: World, now: float) -> None:
        """To be called at the end of every step; until somebody has departed it changes nothing."""
        self.begin(world)
        if now < self._due_s - 1e-6:
            return
        self._due_s = now + self._rules.adaptation_interval_s
        if world.tra.counters[INSERTED] == 0:
            return
        self._note(world, self._current)
        self._average(self.smoothed, self._past[self._slot], self._current, self._steps)
        self._slot = (self._slot + 1) % self._steps


@helper
def lane_mean(net: Net, veh: Vehicles, tra: Traffic, lane: int) -> tuple[float, int]:
    """Sum of the speeds on a lane and how many these are; an empty one counts once, with its limit."""
    v = tra.lane.last[lane]
    if v < 0:
        return net.lane.speed[lane], 1
    total, count = 0.0, 0
    while v >= 0:
        total, count = total + veh.speed[v], count + 1
        v = veh.ahead[v]
    return total, count


@kernel
def note_speeds(world: World, current: F8) -> None:
    """The mean speed on every edge now; 0 where somebody uses the same rails in the other direction."""
    net, veh, tra = world.net, world.veh, world.tra
    for edge in range(current.size):
        total, count, opposed = 0.0, 0, False
        for lane in range(net.edge.lane_start[edge], net.edge.lane_start[edge + 1]):
            speed, vehicles = lane_mean(net, veh, tra, lane)
            total, count = total + speed, count + vehicles
            bidi = net.lane.bidi[lane]
            opposed = opposed or (bidi >= 0 and tra.lane.last[bidi] >= 0)
        current[edge] = 0.0 if opposed else total / count


@kernel
def average(smoothed: F8, oldest: F8, current: F8, steps: int) -> None:
    """Take a look into the means, for the oldest one of so many."""
    for edge in range(smoothed.size):
        smoothed[edge] += (current[edge] - oldest[edge]) / steps
        oldest[edge] = current[edge]
