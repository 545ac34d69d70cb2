"""`signalctl doctor`: what this machine has, what it lacks, and what that costs."""

from typing import Annotated

import typer

from signalctl.errors import EXIT_FINDINGS


def doctor(as_json: Annotated[bool, typer.Option("--json", help="The same as data.")] = False) -> None:
    """Say what this machine has, what it lacks and what that costs. Status 1 when something necessary is missing."""
    import json

    from signalctl.diagnosis import examine

    found = examine()
    if as_json:
        typer.echo(json.dumps([one.as_data() for one in found], indent=2))
    else:
        for one in found:
            mark = "ok     " if one.ok else ("MISSING" if one.needed else "absent ")
            typer.echo(f"{mark} {one.name:<28} {one.detail}{'' if one.ok else ' - ' + one.cost}")
    if any(one.needed and not one.ok for one in found):
        raise typer.Exit(EXIT_FINDINGS)
