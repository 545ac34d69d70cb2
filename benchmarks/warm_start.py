"""How long `signalctl simulate` takes to its first step when the machine code is there, in processor seconds.

    python benchmarks/warm_start.py [--repeat 5] [SCENARIO ...]

Each call is a process of its own. The second number is for the whole command with one simulated second, its figures and
the summary.
"""

import argparse
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence

from signalctl.scenarios import open_scenario

MARK = "first step at"
TOLD = f"""
import sys, time
from signalctl.__main__ import main
from signalctl.garbage import look_rarely; look_rarely()
from signalctl.demo import street
class Told(street.Street):
    def step(self):
        print("{MARK}", time.process_time(), file=sys.stderr)
        super().step()
street.Street = Told
main()
"""
STRATEGIES = ("fixed", "adaptive")


def main() -> None:
    """Print one line per scenario and strategy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", default=["rheinstrasse"])
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    for scenario in options.scenarios:
        begin_s = open_scenario(scenario).scenario.begin_s
        for strategy in STRATEGIES:
            call = [
                sys.executable, "-c", TOLD, "simulate", scenario, "--strategy", strategy,
                "--begin", str(begin_s), "--end", str(begin_s + 1), "--json", "-",
            ]  # fmt: skip
            _processor_s(call)  # makes what is missing
            first_s, whole_s = zip(*(_processor_s(call) for _ in range(options.repeat)), strict=True)
            print(
                f"{scenario} {strategy}: first step {min(first_s):.2f} s at least, {statistics.median(first_s):.2f} s "
                f"in the middle; whole command {min(whole_s):.2f} and {statistics.median(whole_s):.2f} s"
            )


def _processor_s(call: Sequence[str]) -> tuple[float, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(call, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True).stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return float(said.split(MARK)[1].split()[0]), whole_s


if __name__ == "__main__":
    main()
