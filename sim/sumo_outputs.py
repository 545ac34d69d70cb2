"""Files that SUMO itself writes in a run: what it is told on its command line, and by additional files of its own."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

from sim.sumo_files.config import read_config
from sim.sumo_files.ignored import DETECTORS
from sim.sumo_files.xml import read_bytes

WRITING = frozenset({"file", "dest"})


@dataclass(frozen=True, slots=True)
class SumoOutputs:
    """Where SUMO writes what it is asked for."""

    detectors: Path | None = None
    queues: Path | None = None
    signals: Path | None = None
    tls_ids: tuple[str, ...] = ()  # whose states are written

    @property
    def by_additional_files(self) -> bool:
        """Whether the command line alone does not do."""
        return self.detectors is not None or self.signals is not None

    def options(self) -> dict[str, Path]:
        """Options of SUMO's command line."""
        return {} if self.queues is None else {"--queue-output": self.queues.absolute()}


NO_OUTPUTS = SumoOutputs()


def additional_files(scenario: Path, outputs: SumoOutputs, folder: Path) -> list[Path]:
    """The scenario's additional files as far as SUMO must read others in their place, and one that says what to write.

    Detectors write where they are told to in the additional file that has them; to have all in one file of ours, SUMO
    gets a copy of that file in `folder`.
    """
    files = [path.absolute() for path in read_config(scenario).additional_files]
    if outputs.detectors is not None:
        files = [
            _copy(path, outputs.detectors.absolute(), folder / f"{number}.add.xml") for number, path in enumerate(files)
        ]
    if outputs.signals is not None:
        target = quoteattr(str(outputs.signals.absolute()))
        events = (
            f'<timedEvent type="SaveTLSStates" source={quoteattr(tls)} dest={target}/>' for tls in outputs.tls_ids
        )
        files.append(folder / "signals.add.xml")
        files[-1].write_text(f"<additional>{''.join(events)}</additional>\n", encoding="utf-8")
    return files


def _copy(path: Path, target: Path, copy: Path) -> Path:
    """A copy whose detectors write into `target`, and everything else where it did; the file itself without any."""
    root = ElementTree.fromstring(read_bytes(path))  # noqa: S314  the scenario's own file, which SUMO reads as well
    elements: Sequence[ElementTree.Element] = list(root.iter())
    if not any(element.tag in DETECTORS for element in elements):
        return path
    for element in elements:
        for name in WRITING & set(element.attrib):
            element.set(name, str(path.parent / element.attrib[name]))
        if element.tag in DETECTORS:
            element.set("file", str(target))
    ElementTree.ElementTree(root).write(copy, encoding="utf-8", xml_declaration=True)
    return copy
