"""Reading and writing site files (YAML). Every error names file, line, field, rule, what was expected and what came."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from pydantic import ValidationError

from plans.references import check_site_references
from plans.site import Site
from plans.site_build import build_site, with_fixed_frames
from plans.site_dump import site_text
from plans.site_form import SiteForm
from plans.table import fixed_frames
from plans.timing import Finding
from plans.transit_form import check_numbering
from plans.yaml_tree import YamlError, YamlTree, parse


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a site file."""

    file: str
    line: int
    field: str
    rule: str
    expected: str
    got: str

    def __str__(self) -> str:
        """`file:line: field: rule: expected, got` in one line."""
        return f"{self.file}:{self.line}: {self.field}: {self.rule}: expected {self.expected}, got {self.got}"


class SiteError(ValueError):
    """A site file that cannot be read as one."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A site with the text that it was read from, so that findings can name lines."""

    file: str
    tree: YamlTree
    site: Site

    def problem(self, finding: Finding) -> Problem:
        """The finding of a rule, at its place in the file."""
        return _placed(finding, self.tree, self.file)


def load_site(path: Path | str) -> Site:
    """Read a site file; raises `SiteError` (what stands in it) or `OSError` (the file itself)."""
    return read_site_file(path).site


def read_site_file(path: Path | str) -> SiteFile:
    """Read a site file and keep its lines."""
    return parse_site(Path(path).read_bytes(), str(path))


def parse_site(text: str | bytes, file: str = "site") -> SiteFile:
    """Turn the text of a site file into a site."""
    tree = _tree(text, file)
    try:
        form = SiteForm.model_validate(tree.value)
    except ValidationError as error:
        raise SiteError(_problems(error, tree, file)) from None
    if form.timezone not in available_timezones():
        line = tree.line(("timezone",))
        expected = "a name of the IANA time zone database"
        raise SiteError((Problem(file, line, "timezone", "unknown_timezone", expected, form.timezone),))
    _refuse(check_numbering(form.transit), tree, file)
    draft = SiteFile(file, tree, build_site(form))
    _refuse(check_site_references(draft.site), tree, file)
    return SiteFile(file, tree, _with_frames(draft.site, form))


def dump_site(site: Site, path: Path | str) -> None:
    """Write a site file; reading it back gives the same site."""
    Path(path).write_text(site_text(site), encoding="utf-8")


def _refuse(findings: list[Finding], tree: YamlTree, file: str) -> None:
    if findings:
        raise SiteError(tuple(_placed(finding, tree, file) for finding in findings))


def _placed(finding: Finding, tree: YamlTree, file: str) -> Problem:
    """The finding of a rule, at its place in the file."""
    path = _path_of(finding.element, tree.value)
    return Problem(file, tree.line(path), ".".join(map(str, path)), finding.code, finding.expected, finding.got)


def _with_frames(site: Site, form: SiteForm) -> Site:
    plans = {
        junction: {
            name: with_fixed_frames(
                plan, form.junctions[junction].plans[name], fixed_frames(site.junctions[junction], plan)
            )
            for name, plan in of_junction.items()
        }
        for junction, of_junction in site.plans.items()
    }
    return replace(site, plans=plans)


def _tree(text: str | bytes, file: str) -> YamlTree:
    try:
        tree = parse(text.decode("utf-8") if isinstance(text, bytes) else text)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SiteError(
            (Problem(file, line, "file", "encoding", "UTF-8", f"byte {error.object[error.start]:#x}"),)
        ) from None
    except YamlError as error:
        field = ".".join(str(step) for step in error.path) or "file"
        raise SiteError((Problem(file, error.line, field, "yaml", error.expected, error.got),)) from None
    if not isinstance(tree.value, Mapping):
        raise SiteError((Problem(file, 1, "file", "yaml", "a mapping", type(tree.value).__name__),))
    return tree


_EXPECTED = {
    "missing": "a value",
    "extra_forbidden": "a known field",
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "list_type": "a list",
    "model_type": "a mapping",
    "time_type": "a time as 06:30",
    "time_parsing": "a time as 06:30",
    "date_type": "a date as 2026-12-25",
}


def _problems(error: ValidationError, tree: YamlTree, file: str) -> tuple[Problem, ...]:
    """What pydantic found, in our words."""
    found = []
    for item in error.errors(include_url=False):
        kind = str(item["type"])
        steps = tuple(step for step in item["loc"] if step != "[key]")
        field = ".".join(str(step) for step in steps) or "file"
        expected = _EXPECTED.get(kind) or _sentence(str(item["msg"]))
        got = "nothing" if kind == "missing" else _short(item["input"])
        if kind == "extra_forbidden":
            got = str(steps[-1])
        found.append(Problem(file, tree.line(steps), field, kind, expected, got))
    return tuple(sorted(found, key=lambda problem: problem.line))


def _sentence(message: str) -> str:
    """Pydantic's message as the object of "expected"."""
    for prefix in ("Input should be ", "String should ", "Value error, ", "List should ", "Dictionary should "):
        message = message.removeprefix(prefix)
    return message


def _short(value: Any) -> str:
    """A value as an engineer wrote it, cut where it gets long."""
    text = str(getattr(value, "text", value))
    if isinstance(value, dict):
        text = "a mapping of " + ", ".join(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _path_of(element: str, document: Any) -> tuple[str | int, ...]:
    """The place in the file that a finding's element names; elements of junctions begin with the junction's id."""
    steps = tuple(element.split("/"))
    in_junctions = isinstance(document, Mapping) and steps[0] in document.get("junctions", {})
    return ("junctions", *steps) if in_junctions else steps
