"""YAML as values and line numbers: names stay as written (`010`, `off`, `12:30`), duplicate keys are refused."""

from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]


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
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(int(mark.line) + 1 if mark else 1, (), "YAML", str(error.problem or error)) from error
    if root is None:
        raise YamlError(1, (), "a mapping", "an empty file")
    return YamlTree(root, _value(yaml, root, (), ()))


def _value(yaml: YAML, node: Node, path: Path, above: tuple[int, ...]) -> Any:
    if id(node) in above:
        raise YamlError(node.start_mark.line + 1, path, "a value", "an alias that contains itself")
    above = (*above, id(node))
    if isinstance(node, MappingNode):
        found: dict[str, Any] = {}
        for key, child in node.value:
            if not isinstance(key, ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                raise YamlError(key.start_mark.line + 1, path, "a plain name as key", str(key.value))
            if key.value in found:
                raise YamlError(key.start_mark.line + 1, (*path, key.value), "each name once", "the same name again")
            found[key.value] = _value(yaml, child, (*path, key.value), above)
        return found
    if isinstance(node, SequenceNode):
        return [_value(yaml, child, (*path, index), above) for index, child in enumerate(node.value)]
    return _scalar(yaml, node, path)


def _scalar(yaml: YAML, node: Node, path: Path) -> Any:
    kind = str(node.tag).removeprefix("tag:yaml.org,2002:")
    if kind == "str":
        return node.value
    if kind == "null":
        return None
    try:
        if kind == "bool":
            return bool(yaml.constructor.construct_yaml_bool(node))
        if kind == "int":
            whole = WrittenInt(yaml.constructor.construct_yaml_int(node))
            whole.text = node.value
            return whole
        if kind == "float":
            number = WrittenFloat(yaml.constructor.construct_yaml_float(node))
            number.text = node.value
            return number
    except ValueError:
        raise YamlError(node.start_mark.line + 1, path, kind, str(node.value)) from None
    if kind == "timestamp":
        return node.value
    raise YamlError(node.start_mark.line + 1, path, "text, number, list or mapping", f"the tag {node.tag}")


def _child(node: Node, step: str | int) -> tuple[Node | None, Node | None]:
    if isinstance(node, MappingNode):
        for key, child in node.value:
            if key.value == str(step):
                return key, child
    if isinstance(node, SequenceNode) and str(step).isdigit() and int(step) < len(node.value):
        return None, node.value[int(step)]
    return None, None
