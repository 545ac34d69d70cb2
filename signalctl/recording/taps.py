"""Notes what the loop asks of clocks and boards in between, so that a replay can give the same answers."""

from collections.abc import Callable

from detectors.lateness import LatenessBoard
from detectors.readings import TransitReading


class Taps:
    """The answers of one second, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.listening = False
        """Whether somebody takes the answers; else they are not kept."""
        self._times_utc_s: list[float] = []
        self._lateness_s: list[float | None] = []

    def clock(self, now_utc_s: Callable[[], float]) -> Callable[[], float]:
        """The clock, with its answers noted."""

        def noted() -> float:
            utc_s = now_utc_s()
            if self.listening:
                self._times_utc_s.append(utc_s)
            return utc_s

        return noted

    def board(self, board: LatenessBoard) -> LatenessBoard:
        """The board, with its answers noted."""
        return _NotedBoard(board, self._note_lateness)

    def take(self) -> tuple[tuple[float, ...], tuple[float | None, ...]]:
        """Times that the clock gave and lateness that the board gave since the last call."""
        taken = tuple(self._times_utc_s), tuple(self._lateness_s)
        self._times_utc_s.clear()
        self._lateness_s.clear()
        return taken

    def _note_lateness(self, lateness_s: float | None) -> None:
        if self.listening:
            self._lateness_s.append(lateness_s)


class _NotedBoard(LatenessBoard):
    def __init__(self, board: LatenessBoard, note: Callable[[float | None], None]) -> None:
        super().__init__()
        self._board = board
        self._note = note

    def lateness_s(self, reading: TransitReading, utc_s: float) -> float | None:
        """What the board says."""
        found = self._board.lateness_s(reading, utc_s)
        self._note(found)
        return found
