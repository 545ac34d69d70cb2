"""Compiling ahead of the first use."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sim.engine.plant import EmbeddedPlant
from sim.scenario import load_scenario

NET = """<net version="1.16">
    <location netOffset="0,0" convBoundary="0,-50,300,50" origBoundary="0,0,300,0" projParameter="!"/>
    <edge id=":m_0" function="internal"><lane id=":m_0_0" index="0" speed="10" length="4" shape="98,0 102,0"/></edge>
    <edge id=":m_1" function="internal"><lane id=":m_1_0" index="0" speed="10" length="4" shape="98,0 102,2"/></edge>
    <edge id=":n_0" function="internal"><lane id=":n_0_0" index="0" speed="10" length="4" shape="198,0 202,0"/></edge>
    <edge id=":n_1" function="internal"><lane id=":n_1_0" index="0" speed="10" length="4" shape="198,2 202,0"/></edge>
    <edge id="in" from="a" to="m"><lane id="in_0" index="0" speed="10" length="98" shape="0,0 98,0"/></edge>
    <edge id="one" from="m" to="n"><lane id="one_0" index="0" speed="10" length="96" shape="102,0 198,0"/></edge>
    <edge id="other" from="m" to="n">
        <lane id="other_0" index="0" speed="10" length="99" shape="102,2 150,50 198,2"/>
    </edge>
    <edge id="out" from="n" to="b"><lane id="out_0" index="0" speed="10" length="98" shape="202,0 300,0"/></edge>
    <junction id="a" type="dead_end" x="0" y="0" incLanes="" intLanes="" shape="0,0"/>
    <junction id="b" type="dead_end" x="300" y="0" incLanes="out_0" intLanes="" shape="300,0"/>
    <junction id="m" type="priority" x="100" y="0" incLanes="in_0" intLanes=":m_0_0 :m_1_0" shape="98,0 102,0">
        <request index="0" response="00" foes="00" cont="0"/>
        <request index="1" response="00" foes="00" cont="0"/>
    </junction>
    <junction id="n" type="priority" x="200" y="0" incLanes="one_0 other_0" intLanes=":n_0_0 :n_1_0" shape="198,0">
        <request index="0" response="10" foes="10" cont="0"/>
        <request index="1" response="00" foes="01" cont="0"/>
    </junction>
    <connection from="in" to="one" fromLane="0" toLane="0" via=":m_0_0" dir="s" state="M"/>
    <connection from="in" to="other" fromLane="0" toLane="0" via=":m_1_0" dir="l" state="M"/>
    <connection from="one" to="out" fromLane="0" toLane="0" via=":n_0_0" dir="s" state="m"/>
    <connection from="other" to="out" fromLane="0" toLane="0" via=":n_1_0" dir="r" state="M"/>
    <connection from=":m_0" to="one" fromLane="0" toLane="0" dir="s" state="M"/>
    <connection from=":m_1" to="other" fromLane="0" toLane="0" dir="l" state="M"/>
    <connection from=":n_0" to="out" fromLane="0" toLane="0" dir="s" state="M"/>
    <connection from=":n_1" to="out" fromLane="0" toLane="0" dir="r" state="M"/>
</net>
"""
# Giving way at the end of `one` does not matter to somebody as slow as this, who therefore chooses another way.
ROUTES = """<routes>
    <vType id="slow" speedFactor="0.1" speedDev="0"/>
    <trip id="t" type="slow" depart="0" from="in" to="out"/>
    <person id="p" depart="0"><walk edges="in"/></person>
</routes>
"""
CONFIG = (
    """<configuration><input><net-file value="w.net.xml"/><route-files value="w.rou.xml"/></input></configuration>"""
)


def compile_kernels(progress: Callable[[str], object] | None = None) -> float:
    """Build the machine code of the engine, or load it when it is there; the seconds that took.

    Args:
        progress: Told what happens; by default a line on standard error.
    """
    tell = progress or (lambda words: sys.stderr.write(words + "\n"))
    began = time.perf_counter()
    tell("compiling the traffic engine (once, up to a minute) ...")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in (("w.net.xml", NET), ("w.rou.xml", ROUTES), ("w.sumocfg", CONFIG)):
            (folder / file).write_text(text)
        plant = EmbeddedPlant(load_scenario(folder))
        plant.step({})
        plant.state()
    seconds = time.perf_counter() - began
    tell(f"traffic engine ready after {seconds:.1f} s")
    return seconds
