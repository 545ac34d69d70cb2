"""How long each step of a tick takes."""

import time


class StopWatch:
    """Time per step: on the wall, and of the processor in all threads of this process."""

    def __init__(self) -> None:
        """Begin now."""
        self.wall_s: dict[str, float] = {}
        self.processor_s: dict[str, float] = {}
        self._wall_s, self._processor_s = time.perf_counter(), time.process_time()

    def lap(self, step: str) -> None:
        """The step has ended, and the next one begins."""
        wall_s, processor_s = time.perf_counter(), time.process_time()
        self.wall_s[step] = wall_s - self._wall_s
        self.processor_s[step] = processor_s - self._processor_s
        self._wall_s, self._processor_s = wall_s, processor_s
