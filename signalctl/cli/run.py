"""`signalctl run`: the service for a real site (or, with `--follow-street`, for the demo's simulated one)."""

from pathlib import Path
from typing import Annotated

import typer

from plans.policy import Policy


def run(
    site: Annotated[Path, typer.Argument(help="The site file.", metavar="SITE.yaml")],
    strategy: Annotated[str | None, typer.Option(help="Instead of the site's own strategy.")] = None,
    policy: Annotated[
        Policy | None, typer.Option(help="Whose delay counts how much, instead of the site's weights.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on, instead of the site's.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of page, API and metrics, instead of the site's.")] = None,
    follow_street: Annotated[
        bool, typer.Option("--follow-street", hidden=True, help="Take the time from a simulated street over MQTT.")
    ] = False,
) -> None:
    """Control a site: detectors over MQTT, field controllers over Modbus TCP, page and metrics over HTTP."""
    import asyncio

    from signalctl.run_site import run_site

    asyncio.run(run_site(site, strategy=strategy, policy=policy, host=host, port=port, follow_street=follow_street))
