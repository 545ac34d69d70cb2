"""`signalctl demo`: the simulated street, its field controllers, a broker and the service, from one command."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from plans.policy import Policy
from signalctl.errors import UsageError


class Period(StrEnum):
    """Times of day that the shipped scenario has demand for."""

    AM = "am"
    MIDDAY = "midday"
    PM = "pm"
    NIGHT = "night"
    DAY = "day"


def demo(
    scenario: Annotated[str, typer.Option(help="A shipped scenario's name, or a .sumocfg or folder.")] = "rheinstrasse",
    period: Annotated[Period | None, typer.Option(help="Time of day of a shipped scenario; am by default.")] = None,
    strategy: Annotated[str, typer.Option(help="fixed, actuated, max-pressure, coordinated or adaptive.")] = "adaptive",
    policy: Annotated[
        Policy | None, typer.Option(help="Whose delay counts how much, instead of the site's weights.")
    ] = None,
    speed: Annotated[str, typer.Option(help="Simulated seconds per second, or max.")] = "1",
    duration: Annotated[int | None, typer.Option(min=1, help="Simulated seconds; the whole period by default.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Nothing is drawn; API and metrics stay.")] = False,
    host: Annotated[str, typer.Option(help="Address on which page, API and metrics listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of page, API and metrics; 0 takes a free one.")] = 8080,
    seed: Annotated[int, typer.Option(help="Seed of traffic and sensor noise.")] = 1,
    detection: Annotated[str, typer.Option(help="radar or loops.")] = "radar",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the result to this file.")] = None,
    journal: Annotated[
        Path | None, typer.Option(help="Keep the service's journal here, to replay it afterwards; else it goes.")
    ] = None,
) -> None:
    """Run a city corridor on this machine: real MQTT, real Modbus TCP, the real service, a simulated street."""
    import asyncio

    from signalctl.compile import compile_engine
    from signalctl.demo.stage import DemoOptions, checked, run_demo

    if journal is not None and not journal.parent.is_dir():
        raise UsageError(f"{journal}: expected an existing folder, got {journal.parent}")
    asked = DemoOptions(
        scenario=scenario,
        period=None if period is None else period.value,
        strategy=strategy,
        policy=policy,
        speed=_speed(speed),
        duration_s=duration,
        headless=headless,
        host=host,
        port=port,
        seed=seed,
        detection=detection,
        json_file=json_file,
        journal=journal,
    )
    options = checked(asked)
    compile_engine(lambda words: typer.echo(words, err=True))  # here, where Ctrl-C ends it: no loop waits for it yet
    raise typer.Exit(asyncio.run(run_demo(options)))


def _speed(text: str) -> float | None:
    """Simulated seconds per second; None is as fast as it goes."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        raise UsageError(f"--speed: expected a positive number or max, got {text!r}") from None
    if not speed > 0:
        raise UsageError(f"--speed: expected a positive number or max, got {text!r}")
    return speed
