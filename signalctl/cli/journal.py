"""`signalctl journal`: check the chain, and print records."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from signalctl.errors import EXIT_FINDINGS


def journal(
    file: Annotated[Path, typer.Argument(help="The journal, an SQLite file.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Walk the hash chain; status 1 when it does not hold.")
    ] = False,
    junction: Annotated[str | None, typer.Option(help="Only this junction's records.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many of the newest records.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Print the newest records of a journal, or verify that nobody changed it."""
    from signalctl.journal import read_records, verify_journal

    if verify:
        count, breaks = verify_journal(file)
        for place in breaks:
            typer.echo(f"{file}: record {place.id}: {place.problem}")
        typer.echo(f"{file}: {count} records, {'the chain is broken' if breaks else 'the chain holds'}")
        raise typer.Exit(EXIT_FINDINGS if breaks else 0)
    for one in reversed(read_records(file, junction=junction, limit=last, newest_first=True)):
        if as_json:
            fields = {"id": one.id, "utc_s": one.utc_s, "kind": one.kind, "junction": one.junction, "body": one.body}
            typer.echo(json.dumps({**fields, "hash": one.hash.hex()}, ensure_ascii=False))
        else:
            at = datetime.fromtimestamp(one.utc_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
            typer.echo(f"{one.id:>8} {at} {one.kind:<9} {one.junction:<20} {json.dumps(one.body, ensure_ascii=False)}")
