"""Compiles what is compiled ahead of the first use, with a sign of life: `python -m signalctl.compile`.

The machine code is kept; a second call only looks whether it is there.
"""

import importlib
import sys
import threading
import time
from collections.abc import Callable

SIGN_OF_LIFE_S = 5.0

Say = Callable[[str], object]


def main() -> None:
    """Compile the kernels of the traffic engine and of the decisions, and say when each is ready."""
    _say(f"  machine code of the decisions ready, {compile_decisions(_say):.1f} s")
    _say(f"  machine code of the traffic engine ready, {compile_engine(_say):.1f} s")


def compile_decisions(say: Say) -> float:
    """Compile the rollout of the adaptive strategy; the seconds that it took. `say` hears of it where it takes long."""
    from signalctl.rollout import compile_kernels

    return _with_sign_of_life("decisions", compile_kernels, say)


def compile_engine(say: Say) -> float:
    """Compile the embedded traffic engine, in the same way."""
    from sim.engine import compile_kernels

    return _with_sign_of_life("traffic engine", compile_kernels, say)


def _with_sign_of_life(what: str, compile_it: Callable[[Say], float], say: Say) -> float:
    """Run `compile_it` and say every few seconds that it still runs."""
    began_s = time.perf_counter()
    done = threading.Event()

    def tell() -> None:
        while not done.wait(SIGN_OF_LIFE_S):
            say(f"  machine code of the {what}, once ... {time.perf_counter() - began_s:.0f} s")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        _import_numba_without_blas()
        return compile_it(lambda _words: None)  # its own words would stand between ours
    finally:
        done.set()
        teller.join()


def _import_numba_without_blas() -> None:
    """Keep numba from looking for BLAS: no kernel multiplies matrices, and scipy.linalg takes long to import."""
    if "scipy.linalg" in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    hidden: dict[str, object] = sys.modules  # type: ignore[assignment]
    hidden["scipy.linalg"] = None  # an import of it fails, as where scipy is not installed
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        del hidden["scipy.linalg"]


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
