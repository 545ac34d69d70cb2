"""What a refinement prints: the changes that were taken, and how everybody fares with traffic that took no part."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from plans.junction import Mode
from signalctl.tuning.refine import Refined, mean_of
from signalctl.tuning.trial import Score


def print_refined(refined: Refined) -> None:
    """Print to the standard output."""
    console = Console(highlight=False)
    check = refined.check
    console.print(f"\n{refined.plan_set}: {len(refined.taken)} changes taken, {refined.runs} runs")
    for one in refined.taken:
        console.print(
            f"  {one.words}: {one.before_s:.1f} -> {one.after_s:.1f} s a person", markup=False, soft_wrap=True
        )
    seeds = f"{len(check.seeds)} seed{'s' if len(check.seeds) > 1 else ''}"
    console.print(f"before -> after with {seeds} that took no part in the search")
    console.print(_table(check.before, check.after))
    mean_s, interval = check.change_s
    share = mean_s / max(1e-9, mean_of(check.before, None, "cost_s") or 0.0)
    spread = "" if interval is None else f" (95 %: {interval[0]:+.1f} to {interval[1]:+.1f} s)"
    console.print(f"weighted delay and stops of a person {mean_s:+.1f} s{spread}, {share:+.1%}")
    if not check.better:
        console.print("no better than before with these seeds: the plans stay as they are")


def _table(before: Sequence[Score], after: Sequence[Score]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "delay s", "", "stops", ""):
        table.add_column(heading, justify="left" if heading == "" and not table.columns else "right")
    table.add_row("a person", *_pair(before, after, None, "person_delay_s"), "", "")
    for mode in Mode:
        if any(mode in score.by_mode for score in before):
            stops = ("", "") if mode is Mode.PEDESTRIAN else _pair(before, after, mode, "stops", digits=2)
            table.add_row(mode.value, *_pair(before, after, mode, "delay_s"), *stops)
    return table


def _pair(
    before: Sequence[Score], after: Sequence[Score], mode: Mode | None, what: str, digits: int = 1
) -> tuple[str, str]:
    """`before -> after` and the change in percent."""
    old, new = mean_of(tuple(before), mode, what), mean_of(tuple(after), mode, what)
    if old is None or new is None:
        return "", ""
    return f"{old:.{digits}f} -> {new:.{digits}f}", f"{(new - old) / old:+.0%}" if old else ""
