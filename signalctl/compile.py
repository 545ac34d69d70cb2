"""Compiles what is compiled ahead of the first use, with a sign of life: `python -m signalctl.compile`.

The machine code is kept; a second call only looks whether it is there.
"""

import sys
import threading
import time
from collections.abc import Callable

SIGN_OF_LIFE_S = 5.0


def main() -> None:
    """Compile the kernels of the traffic engine and of the decisions."""
    from signalctl.rollout import compile_kernels as compile_decisions
    from sim.engine import compile_kernels as compile_engine

    with_sign_of_life("decisions", compile_decisions)
    with_sign_of_life("traffic engine", compile_engine)


def with_sign_of_life(what: str, compile_it: Callable[[Callable[[str], object]], float]) -> None:
    """Run `compile_it` and say every few seconds that it still runs."""
    began_s = time.perf_counter()
    done = threading.Event()

    def tell() -> None:
        while not done.wait(SIGN_OF_LIFE_S):
            _say(f"  machine code of the {what} ... {time.perf_counter() - began_s:.0f} s")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        compile_it(lambda _words: None)  # its own words would stand between ours
    finally:
        done.set()
        teller.join()
    _say(f"  machine code of the {what} ready, {time.perf_counter() - began_s:.1f} s")


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
