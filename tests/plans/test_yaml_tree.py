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


@pytest.mark.parametrize(
    ("text", "line", "expected", "got"),
    [
        ("a: x\nb: " + "[" * 200_000, 2, "a few levels", "hundreds"),
        ("a: x\nb: " + "[x, {y: " * 500 + "z" + "}]" * 500, 2, "a few levels", "hundreds"),
        ("a: x\nb:\n" + "- " * 200_000 + "x", 3, "a few levels", "hundreds"),
        ("\n".join(" " * level + "a:" for level in range(3000)), 1, "a few levels", "hundreds"),
        ("a: x\nb: y\0z", 2, "readable characters", "0x0"),
    ],
    ids=["brackets", "brackets closed", "dashes", "indents", "nul"],
)
def test_text_that_no_reader_can_take_is_an_error_with_its_line(text: str, line: int, expected: str, got: str) -> None:
    """Whatever stands in a file, it ends neither the process nor in a trace."""
    with pytest.raises(YamlError) as error:
        parse(text)
    assert error.value.line == line
    assert expected in error.value.expected
    assert got in error.value.got


def test_aliases_that_stand_for_millions_are_refused() -> None:
    """Ten lines that mean a thousand million words end at once."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{one}: &a{one} [{', '.join([f'*a{one - 1}'] * 10)}]" for one in range(1, 10)]
    with pytest.raises(YamlError) as error:
        parse("\n".join(lines))
    assert "aliases" in error.value.expected


def test_an_alias_may_be_used_as_often_as_there_are_junctions() -> None:
    """The same groups a thousand times are no attack."""
    tree = parse("all: &groups [K1, K2, F1]\nof:\n" + "".join(f"  J{one}: *groups\n" for one in range(1000)))
    assert tree.value["of"]["J999"] == ["K1", "K2", "F1"]
