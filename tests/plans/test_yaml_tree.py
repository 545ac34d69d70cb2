"""Both readers of YAML say the same, so a machine without libyaml reads a site as any other does."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from plans import yaml_tree
from plans.yaml_tree import YamlError, parse

ROOT = Path(__file__).resolve().parents[2]
FILES = [*(ROOT / "examples").glob("*.yaml"), *(ROOT / "sim" / "scenarios").rglob("*.yaml")]
WORDS = [
    "010", "0o17", "0x1F", "1_000", "12", "-3", "+4", "1e3", "1.5", ".5", "-.inf", ".nan", "off", "on", "yes", "no",
    "true", "False", "null", "~", "", "12:30", "2025-01-06", "a", "a b", "'12'", '"off"', "'it''s'", '"\\u00e4\\n"',
    "äöü", "a:b", "a#b", "=", "!x", "- ", "a: b", "[", "{a}", "&a 1", "*a", "<<", "|", "%x", "@x", "`", "?", "? a",
    "!!str 5", "!!int x",
]  # fmt: skip

pytestmark = [
    pytest.mark.skipif(not yaml.__with_libyaml__, reason="needs PyYAML with libyaml"),
    pytest.mark.filterwarnings("ignore::ruamel.yaml.error.ReusedAnchorWarning"),  # said by one of them only
]


def both(text: str) -> tuple[Any, Any]:
    """What the quick way and what ruamel alone make of it: values with their kinds and lines, or the error."""
    found = []
    for quick in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            if not quick:
                patch.setattr(yaml_tree, "_by_libyaml", lambda _text: None)
            try:
                tree = parse(text)
                found.append(seen(tree, tree.value, ()))
            except YamlError as error:
                found.append((error.line, error.path, error.expected, error.got))
    return found[0], found[1]


def seen(tree: yaml_tree.YamlTree, value: Any, path: tuple[str | int, ...]) -> Any:
    """The value with what matters of it at every place."""
    if isinstance(value, dict):
        inner: Any = [(key, seen(tree, child, (*path, key))) for key, child in value.items()]
    elif isinstance(value, list):
        inner = [seen(tree, child, (*path, index)) for index, child in enumerate(value)]
    else:
        inner = (repr(value), getattr(value, "text", None))
    return type(value).__name__, tree.line(path), inner


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_shipped_files_read_alike(path: Path) -> None:
    """Every value, its kind, its spelling and its line."""
    quick, slow = both(path.read_text(encoding="utf-8"))
    assert quick == slow


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), st.sampled_from(["block", "flow", "list", "text"]))
def test_any_words_read_alike(words: list[str], style: str) -> None:
    """Whatever stands as a value or a name, right or wrong: the same values or the same error."""
    if style == "block":
        text = "\n".join(f"k{number}: {word}" for number, word in enumerate(words))
    elif style == "flow":
        text = "{" + ", ".join(f"k{number}: {word}" for number, word in enumerate(words)) + "}"
    elif style == "list":
        text = "x:\n" + "\n".join(f"  - {word}" for word in words)
    else:
        text = "\n".join(f"{word}:" for word in words)
    quick, slow = both(text)
    assert quick == slow


@given(st.text(alphabet="ab:- \n#'\"[]{},&*!|>%?~1.\t", max_size=30))
@settings(max_examples=400, deadline=None)
def test_any_text_reads_alike(text: str) -> None:
    """Text that may be no YAML at all."""
    quick, slow = both(text)
    assert quick == slow
