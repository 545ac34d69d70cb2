"""The command line. Each command stands in a file of its own; heavy imports happen inside the commands.

Exit status: 0 done; 1 a requirement is not met or findings were reported; 2 the call, a file or the configuration
is wrong.
"""

import sys

import typer

from signalctl import __version__
from signalctl.cli.check import check
from signalctl.cli.controller import controller
from signalctl.cli.demo import demo
from signalctl.cli.doctor import doctor
from signalctl.cli.journal import journal
from signalctl.cli.optimise import optimise
from signalctl.cli.registers import registers
from signalctl.cli.replay import replay
from signalctl.cli.run import run
from signalctl.cli.simulate import simulate
from signalctl.cli.site import site
from signalctl.errors import EXIT_USAGE, input_errors
from signalctl.logs import configure_logs

app = typer.Typer(
    name="signalctl",
    help="Adaptive traffic signal control: detectors in, verified timing plans out, simulated before they run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (demo, run, check, simulate, optimise, controller, registers, doctor, journal, replay):
    app.command()(command)
app.add_typer(site, name="site")


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and end."),
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Log debug messages too."),
    log_json: bool = typer.Option(False, "--log-json", help="Log one JSON object a line."),
) -> None:
    """Options that go before the command."""
    configure_logs(verbose=verbose, as_json=log_json)
    if version:
        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line; bad input ends with one line and status 2."""
    try:
        app()
    except Exception as error:
        if not isinstance(error, input_errors()):
            raise
        typer.echo(f"signalctl: {_one_line(error)}", err=True)
        sys.exit(EXIT_USAGE)


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)
