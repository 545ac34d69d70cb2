"""Begins the recording of one loop: what a replay needs besides the seconds is put together here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from detectors.equipment import Detection
from plans.policy import Policy, with_policy
from plans.schema import parse_site
from plans.site import RecordingLimits, Site
from plans.site_dump import site_text
from signalctl.journal import Journal
from signalctl.loop import ControlLoop
from signalctl.recording.codec import CodecError
from signalctl.recording.header import Header, parameters_of
from signalctl.recording.recorder import STRETCH_S, Recorder
from signalctl.recording.store import text_digest
from signalctl.recording.taps import Taps
from signalctl.strategies import Parameters
from signalctl.strategies.site_numbers import numbers_for


@dataclass(frozen=True, slots=True)
class SiteSource:
    """Where a site comes from: the text of its file, and the policy that is put in the place of the file's."""

    text: str
    policy: Policy | None = None
    file: str = ""

    @classmethod
    def read(cls, file: Path, policy: Policy | None = None) -> "SiteSource":
        """The source of a site file."""
        return cls(file.read_text(encoding="utf-8"), policy, str(file))

    def site(self) -> Site:
        """The site."""
        site = parse_site(self.text, self.file or "site").site
        return site if self.policy is None else with_policy(site, self.policy)


def source_of(site: Site) -> SiteSource:
    """A site that was made and not read, as a text that gives it back.

    Raises:
        CodecError: the text does not give it back.
    """
    source = SiteSource(site_text(site))
    if source.site() != site:
        raise CodecError(f"site {site.id}: expected a text that gives the same site back, got another site")
    return source


def make_recorder(
    path: Path,
    loop: ControlLoop,
    source: SiteSource,
    limits: RecordingLimits,
    *,
    taps: Taps,
    journal: Journal,
    parameters: Parameters | None = None,
    detection: Detection | None = None,
    stretch_s: float = STRETCH_S,
    lossless: bool = False,
    on_write: Callable[[int, float], None] = lambda _octets, _wall_s: None,
    on_failure: Callable[[Exception], None] = lambda _error: None,
) -> Recorder:
    """A recorder that begins with the loop as it is now; it is to be one of the loop's observers."""
    strategy = loop.strategy.name
    header = Header(
        strategy=strategy,
        site=text_digest(source.text),
        links=tuple(loop.links),
        parameters=parameters_of(strategy, parameters or numbers_for(strategy, source.site().control)),
        detection=detection.value if detection is not None else "",
        policy=source.policy.value if source.policy is not None else "",
        site_file=Path(source.file).name,
    )
    recorder = Recorder(
        path,
        header=header,
        site_text=source.text,
        taps=taps,
        journal=journal,
        limits=limits,
        stretch_s=stretch_s,
        lossless=lossless,
        on_write=on_write,
        on_failure=on_failure,
    )
    recorder.attach(loop)
    return recorder
