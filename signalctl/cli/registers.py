"""`signalctl registers`: the register map of the field protocol as data."""

import json
from typing import Annotated

import typer

from signalctl.errors import UsageError


def registers(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON (without an option, too).")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As the tables of docs/field-protocol.md.")] = False,
) -> None:
    """Print the register map between service and field controllers, with every refusal code."""
    from controllers import register_docs

    if as_json and as_markdown:
        raise UsageError("registers: expected --json or --markdown, got both")
    if as_markdown:
        typer.echo(register_docs.as_markdown(), nl=False)
    else:
        typer.echo(json.dumps(register_docs.as_data(), indent=2, ensure_ascii=False))
