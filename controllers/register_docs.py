"""The register map for readers: as data and as Markdown, both straight from the table."""

from typing import Any

from controllers.refusals import DESCRIPTIONS
from controllers.register_block import Block
from controllers.registers import BLOCKS, MAP_VERSION


def as_data() -> dict[str, Any]:
    """The whole map and the refusal codes as JSON-ready data."""
    return {
        "map_version": MAP_VERSION,
        "blocks": [_block_data(block) for block in BLOCKS],
        "refusals": [
            {"code": int(code), "name": code.name.lower(), "description": text} for code, text in DESCRIPTIONS.items()
        ],
    }


def _block_data(block: Block) -> dict[str, Any]:
    return {
        "letter": block.letter,
        "title": block.title,
        "address": block.address,
        "words": block.words,
        "functions": list(block.functions),
        "whole": block.whole,
        "registers": [
            {
                "address": address,
                "name": register.name,
                "type": register.type,
                "count": register.count,
                "words": register.words,
                "unit": register.unit,
                "scale": register.scale,
                "description": register.description,
            }
            for address, register in block.addressed()
        ],
    }


def as_markdown() -> str:
    """The map as Markdown tables, one per block, and the refusal codes."""
    lines: list[str] = []
    for block in BLOCKS:
        functions = " and ".join(f"FC{function}" for function in block.functions)
        whole = ", written whole" if block.whole else ""
        lines += [
            f"### {block.letter} {block.title}: 0x{block.address:04X} to 0x{block.end - 1:04X} ({functions}{whole})",
            "",
            "| Address | Name | Type | Unit | Meaning |",
            "|---|---|---|---|---|",
        ]
        for address, register in block.addressed():
            kind = register.type if register.count == 1 else f"{register.type} x {register.count}"
            unit = register.unit if register.scale == 1.0 else f"{register.scale:g} {register.unit}"
            lines.append(f"| 0x{address:04X} | `{register.name}` | {kind} | {unit} | {register.description} |")
        lines.append("")
    lines += ["### Refusals", "", "| Code | Name | Meaning |", "|---|---|---|"]
    lines += [f"| {int(code)} | `{code.name.lower()}` | {text} |" for code, text in DESCRIPTIONS.items()]
    return "\n".join(lines) + "\n"
