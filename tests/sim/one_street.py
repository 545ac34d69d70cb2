"""One street with one signal, as SUMO's files: an edge `in`, an inner lane behind the stop line, an edge `out`."""

from pathlib import Path

NET = """<net version="1.16">
    <location netOffset="0,0" convBoundary="0,0,{end},0" origBoundary="0,0,{end},0" projParameter="!"/>
    <edge id=":m_0" function="internal">
        <lane id=":m_0_0" index="0" speed="{speed}" length="{inside}" shape="{before},0 {far},0"/>
    </edge>
    <edge id="in" from="a" to="m" priority="1">
        <lane id="in_0" index="0" speed="{speed}" length="{before}" shape="0,0 {before},0"{permits_in}/>
    </edge>
    <edge id="out" from="m" to="b" priority="1">
        <lane id="out_0" index="0" speed="{speed}" length="{after}" shape="{far},0 {end},0"{permits_out}/>
    </edge>
    <tlLogic id="m" type="static" programID="0" offset="{offset}">
        {phases}
    </tlLogic>
    <junction id="a" type="dead_end" x="0" y="0" incLanes="" intLanes="" shape="0,0"/>
    <junction id="b" type="dead_end" x="{end}" y="0" incLanes="out_0" intLanes="" shape="{end},0"/>
    <junction id="m" type="traffic_light" x="{mid}" y="0" incLanes="in_0" intLanes=":m_0_0" shape="{before},0 {far},0">
        <request index="0" response="0" foes="0" cont="0"/>
    </junction>
    <connection from="in" to="out" fromLane="0" toLane="0" via=":m_0_0" tl="m" linkIndex="0" dir="s" state="O"/>
    <connection from=":m_0" to="out" fromLane="0" toLane="0" dir="s" state="M"/>
</net>
"""


def street_net(
    before_m: int,
    inside_m: int,
    after_m: int,
    speed_mps: float,
    phases: dict[str, int],
    *,
    offset_s: int = 0,
    permits_in: str = "",
    permits_out: str = "",
) -> str:
    """The net; `phases` are letters with seconds, `permits_*` attributes such as `disallow="tram"`."""
    far = before_m + inside_m
    return NET.format(
        before=before_m,
        inside=inside_m,
        far=far,
        mid=before_m + inside_m // 2,
        after=after_m,
        end=far + after_m,
        speed=speed_mps,
        offset=offset_s,
        phases="".join(f'<phase duration="{seconds}" state="{letter}"/>' for letter, seconds in phases.items()),
        permits_in=permits_in and f" {permits_in}",
        permits_out=permits_out and f" {permits_out}",
    )


def write_street(folder: Path, net: str, routes: str, options: str = "") -> Path:
    """A scenario of this net and these routes in a folder; the configuration's path."""
    (folder / "s.net.xml").write_text(net)
    (folder / "s.rou.xml").write_text(routes)
    config = folder / "s.sumocfg"
    config.write_text(
        '<configuration><input><net-file value="s.net.xml"/><route-files value="s.rou.xml"/></input>'
        f"{options}</configuration>"
    )
    return config


def period(begin_s: int, end_s: int) -> str:
    """The option that says when a scenario begins and ends."""
    return f'<time><begin value="{begin_s}"/><end value="{end_s}"/></time>'
