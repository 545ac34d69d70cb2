"""How far a long command is, on the standard error output: a bar on a terminal, elsewhere a line now and then."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_S = 30.0
Progress = Callable[[float], None]
"""Called with the part that is done, 0 to 1."""


@contextmanager
def progress(what: str, now_s: Callable[[], float] = time.monotonic) -> Iterator[Progress]:
    """Show how far something is."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True, soft_wrap=True)
    if not console.is_terminal:
        yield lines(what, lambda line: console.print(line, markup=False, highlight=False), now_s)
        return
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda part: bar.update(task, completed=part)


def lines(what: str, say: Callable[[str], object], now_s: Callable[[], float]) -> Progress:
    """A progress that says a line at most every `EVERY_S`, and then how long it took so far."""
    began_s = said_s = now_s()

    def tell(part: float) -> None:
        nonlocal said_s
        at_s = now_s()
        if at_s - said_s >= EVERY_S:
            said_s = at_s
            say(f"{what}: {part:.0%} after {_time(at_s - began_s)}")

    return tell


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
