"""What the documents point at is there."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer

from signalctl.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\n")
    if name and (ROOT / name).exists()
)


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file, and every anchor a heading in it."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name} links to {link}, which does not exist"
        assert not anchor or anchor in _anchors(target), f"{page.name} links to {link}, a heading that does not exist"


def test_every_page_is_in_the_index() -> None:
    """A page that the index does not name is not found by anybody."""
    index = (ROOT / "docs" / "README.md").read_text()
    pages = {page.name for page in PAGES if page.parent == ROOT / "docs"} - {"README.md"}
    assert len(pages) >= 5
    assert {name for name in pages if f"({name})" not in index} == set()


def _shown_commands(page: Path) -> list[list[str]]:
    """The words of every `signalctl ...` line in the page's code blocks, without the remark behind it."""
    blocks = re.findall(r"```\w*\n(.*?)```", page.read_text(), flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("signalctl ")]
    return [shlex.split(re.split(r"\s{2,}|\s#", line)[0])[1:] for line in lines]


@pytest.mark.parametrize("page", [page for page in PAGES if _shown_commands(page)], ids=lambda page: page.name)
def test_shown_commands_exist(page: Path) -> None:
    """Every command and every option that a page shows is one that the command line has."""
    for words in _shown_commands(page):
        command = typer.main.get_command(app)
        while words and isinstance(command, typer.core.TyperGroup) and not words[0].startswith("-"):
            name = words.pop(0)
            assert name in command.commands, f"{page.name}: there is no command {name}"
            command = command.commands[name]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word.split("=")[0] for word in words if word.startswith("-")} <= known, f"{page.name}: {words}"
