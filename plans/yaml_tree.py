"""YAML as values and line numbers: names stay as written (`010`, `off`, `12:30`), duplicate keys are refused.

libyaml reads the text where PyYAML has it, in a tenth of the time; what plain words mean is ruamel's YAML 1.2 in any
case, and so is the last word on text that libyaml stumbles over.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.reader import ReaderError

Path = tuple[str | int, ...]
Node = Any  # of either library: id, tag, value, start_mark

NAMESPACE = "tag:yaml.org,2002:"
UNUSUAL = re.compile(r"\t|^%|(?:^|[\s\[{,?:-])[!&*|>?]", re.MULTILINE)
"""Tabulators, directives, tags, anchors, texts of several lines and long keys: the two libraries differ about them."""
BRACKET = re.compile(r"[\[\]{}]")
MOST_LEVELS = 200
DASHES = re.compile(rf"(?:[-?:] +){{{MOST_LEVELS}}}")
MOST_REPEATED = 200_000
KINDS = {"scalar": "str", "sequence": "seq", "mapping": "map"}


@dataclass(frozen=True, slots=True)
class YamlError(ValueError):
    """Text that is not the YAML we read: where, and what is wrong with it."""

    line: int
    path: Path
    expected: str
    got: str


class WrittenInt(int):
    """A whole number that remembers how it was written, for where a name is wanted."""

    text: str


class WrittenFloat(float):
    """A number that remembers how it was written, for where a name is wanted."""

    text: str


@dataclass(frozen=True, slots=True)
class YamlTree:
    """A parsed document: its values, and the node behind each of them."""

    root: Node
    value: Any

    def line(self, path: Path) -> int:
        """The line, counted from 1, of the deepest part of the path that the document holds."""
        node, line = self.root, int(self.root.start_mark.line) + 1
        for step in path:
            key, child = _child(node, step)
            if child is None:
                break
            line = int((key or child).start_mark.line) + 1
            node = child
        return line


def parse(text: str) -> YamlTree:
    """Parse one YAML 1.2 document."""
    reader = YAML(typ="safe", pure=True)
    _refuse_depth(text)
    try:
        root = _by_libyaml(text)
        if root is None:
            root = _by_ruamel(reader, text)
        if root is None:
            raise YamlError(1, (), "a mapping", "an empty file")
        return YamlTree(root, _Values(reader).of(root, (), ()))
    except RecursionError:
        raise _too_deep(1) from None


def _refuse_depth(text: str) -> None:
    """Both libraries go down level by level, and libyaml's stack ends the process.

    Brackets in texts count as well: nobody writes hundreds of them unclosed.
    """
    depth = 0
    for found in BRACKET.finditer(text):
        depth += 1 if found[0] in "[{" else -1
        if depth > MOST_LEVELS:
            raise _too_deep(text.count("\n", 0, found.start()) + 1)
    many = DASHES.search(text)
    if many is not None:
        raise _too_deep(text.count("\n", 0, many.end()) + 1)


def _too_deep(line: int) -> YamlError:
    return YamlError(line, (), "lists and mappings a few levels deep", "hundreds of levels")


def _by_ruamel(reader: YAML, text: str) -> Node | None:
    try:
        return reader.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(int(mark.line) + 1 if mark else 1, (), "YAML", str(error.problem or error)) from error
    except ReaderError as error:
        line = text[: int(error.position)].count("\n") + 1
        character = error.character if isinstance(error.character, int) else ord(error.character)
        raise YamlError(line, (), "readable characters", f"the character {character:#x}") from error


def _by_libyaml(text: str) -> Node | None:
    """The document's root, None where there is no libyaml, no document or whatever else needs the other reader."""
    if not yaml.__with_libyaml__ or UNUSUAL.search(text):
        return None
    loader = _fast_loader()(text)
    try:
        return loader.get_single_node()
    except yaml.YAMLError:
        return None


@cache
def _fast_loader() -> Any:
    """Libyaml's parser with the rules of YAML 1.2 for what a plain word is."""
    rules: dict[str | None, list[tuple[Any, Any]]] = YAML(typ="safe", pure=True).resolver.versioned_resolver

    class Loader(yaml.cyaml.CParser):  # type: ignore[misc]
        def resolve(self, kind: Any, value: str, implicit: tuple[bool, bool]) -> str:
            if kind is yaml.ScalarNode and implicit[0]:
                for tag, pattern in (*rules.get(value[:1], ()), *rules.get(None, ())):
                    if pattern.match(value):
                        return str(tag)
            return NAMESPACE + KINDS[kind.id]

        def descend_resolver(self, _node: Node, _index: Any) -> None:
            """There are no rules by path."""

        def ascend_resolver(self) -> None:
            """There are no rules by path."""

    return Loader


class _Values:
    """Turns nodes into values; what aliases repeat is counted, for a few lines of them can stand for millions."""

    def __init__(self, reader: YAML) -> None:
        self._reader = reader
        self._seen: set[int] = set()
        self._repeated = 0

    def of(self, node: Node, path: Path, above: tuple[int, ...]) -> Any:
        """The value of a node at a path, below those `above`."""
        if id(node) in above:
            raise YamlError(node.start_mark.line + 1, path, "a value", "an alias that contains itself")
        if id(node) in self._seen:
            self._repeated += 1
            if self._repeated > MOST_REPEATED:
                raise YamlError(
                    node.start_mark.line + 1, path, f"at most {MOST_REPEATED} values by way of aliases", "more"
                )
        self._seen.add(id(node))
        above = (*above, id(node))
        if node.id == "mapping":
            return self._mapping(node, path, above)
        if node.id == "sequence":
            return [self.of(child, (*path, index), above) for index, child in enumerate(node.value)]
        return _scalar(self._reader, node, path)

    def _mapping(self, node: Node, path: Path, above: tuple[int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, child in node.value:
            if key.id != "scalar" or key.tag == f"{NAMESPACE}merge":
                raise YamlError(key.start_mark.line + 1, path, "a plain name as key", str(key.value))
            if key.value in found:
                raise YamlError(key.start_mark.line + 1, (*path, key.value), "each name once", "the same name again")
            found[key.value] = self.of(child, (*path, key.value), above)
        return found


def _scalar(reader: YAML, node: Node, path: Path) -> Any:
    kind = str(node.tag).removeprefix(NAMESPACE)
    if kind == "str":
        return node.value
    if kind == "null":
        return None
    plain = ScalarNode(node.tag, node.value)
    try:
        if kind == "bool":
            return bool(reader.constructor.construct_yaml_bool(plain))
        if kind == "int":
            whole = WrittenInt(reader.constructor.construct_yaml_int(plain))
            whole.text = node.value
            return whole
        if kind == "float":
            number = WrittenFloat(reader.constructor.construct_yaml_float(plain))
            number.text = node.value
            return number
    except ValueError:
        raise YamlError(node.start_mark.line + 1, path, kind, str(node.value)) from None
    if kind == "timestamp":
        return node.value
    raise YamlError(node.start_mark.line + 1, path, "text, number, list or mapping", f"the tag {node.tag}")


def _child(node: Node, step: str | int) -> tuple[Node | None, Node | None]:
    if node.id == "mapping":
        for key, child in node.value:
            if key.value == str(step):
                return key, child
    if node.id == "sequence" and str(step).isdigit() and int(step) < len(node.value):
        return None, node.value[int(step)]
    return None, None
