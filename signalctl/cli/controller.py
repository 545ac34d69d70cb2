"""`signalctl controller`: one emulated field controller, served over Modbus TCP in real time."""

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Annotated

import typer

from signalctl.errors import UsageError


def controller(
    site: Annotated[Path, typer.Argument(help="The site file.", metavar="SITE.yaml")],
    junction: Annotated[str, typer.Option(help="Whose controller this is.", metavar="ID")],
    listen: Annotated[str, typer.Option(help="Where it listens; port 0 takes a free one.")] = "127.0.0.1:5020",
) -> None:
    """Run a junction's field controller: local plans, central plans under lease, stage requests, refusals."""
    host, port = _address(listen)
    asyncio.run(_serve(site, junction, host, port))


def _address(listen: str) -> tuple[str, int]:
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise UsageError(f"--listen: expected HOST:PORT, got {listen}")
    return host.strip("[]"), int(port)


async def _serve(site_file: Path, junction: str, host: str, port: int) -> None:
    from controllers.emulator import Emulator
    from controllers.logic import ConfigurationError, FieldController
    from controllers.logic.config import DEMONSTRATION_KEY
    from controllers.pool import ControllerKeyError, controller_config, is_this_machine
    from controllers.ticker import RealTimeTicker
    from plans.schema import load_site
    from signalctl.stopping import stop_on_signals

    loaded = load_site(site_file)
    if junction not in loaded.junctions:
        raise UsageError(f"{site_file}: --junction: expected one of {', '.join(loaded.junctions)}, got {junction}")
    try:
        config = controller_config(loaded, junction, site_file.parent)
        logic = FieldController(config, int(time.time()))
    except (ConfigurationError, ControllerKeyError) as error:
        raise UsageError(f"{site_file}: {error}") from error
    if config.key == DEMONSTRATION_KEY and not is_this_machine(host):
        raise UsageError(
            f"{site_file}: junctions/{junction}/controller: expected key_env or key_file to listen on {host}, "
            "got neither"
        )
    stop = stop_on_signals()
    try:
        async with Emulator(logic, host, port) as emulator:
            typer.echo(f"{junction}: listening on {host}:{emulator.port}")
            ticking = asyncio.create_task(RealTimeTicker([logic]).run(), name="ticker")
            stopped = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({ticking, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking
    except OSError as error:
        raise UsageError(f"--listen: {error}") from error
