"""How far a long command is, where nobody sees a bar."""

import pytest

from signalctl.cli.progress import EVERY_S, lines, progress


def test_a_line_now_and_then() -> None:
    """One every half minute, with what is done and how long it took; nothing from a command that is soon over."""
    clock = [100.0]
    said: list[str] = []
    tell = lines("am", said.append, lambda: clock[0])
    for second in range(200):
        clock[0] = 100.0 + second
        tell(second / 200)
    assert said == [
        f"am: {s / 200:.0%} after {words}"
        for s, words in ((30, "30 s"), (60, "60 s"), (90, "90 s"), (120, "2 min"), (150, "2 min"), (180, "3 min"))
    ]


def test_lines_go_to_the_standard_error_output(capsys: pytest.CaptureFixture[str]) -> None:
    """Where that is no terminal; what the command prints stays as it is."""
    clock = [0.0]
    with progress("am: trying changes", lambda: clock[0]) as tell:
        clock[0] = EVERY_S
        tell(0.25)
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "am: trying changes: 25% after 30 s\n")
