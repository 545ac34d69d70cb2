"""A batch on the machines of a Dask cluster; what comes back is the same to the bit as from processes here.

The client sends each scenario's files once, by content, and for each run a small order. A worker that is lost costs the
time of its runs and nothing else: the scheduler gives them to another one. Workers that would compute something else
(other code, libraries or rounding) are refused.
"""

import contextlib
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from signalctl.errors import UsageError
from signalctl.simulation.errand import Delivery, Errand, ErrandError, run_errand
from signalctl.simulation.parcel import Parcel, pack
from signalctl.simulation.sameness import deviations, needed_software
from signalctl.simulation.spec import RunSpec

if TYPE_CHECKING:
    from distributed import Client, Future

    from signalctl.simulation.run import RunOutcome

WANTED = "--dask: expected the package distributed, got none; install the extra: pip install 'signalctl[dask]'"
POLL_S = 0.2
CONNECT_S = 10.0
FIRST_WORKER_S = 60.0
LARGEST_GRAPH = "1GB"  # a scenario's files go with the first order; Dask would warn from 10 MB on


class ClusterError(UsageError):
    """The cluster is not there, or its workers cannot do the batch."""


def run_each_on(
    address: str,
    specs: Sequence[RunSpec],
    *,
    on_progress: Callable[[Sequence[float]], None] | None = None,
) -> Generator[tuple[int, "RunOutcome | Exception"], None, None]:
    """Each run on some worker; yields its number and what came of it as soon as it has ended.

    Closing the generator ends those that still run.

    Args:
        address: Of the scheduler, as in `tcp://10.0.0.5:8786`.
        specs: What to run.
        on_progress: Called with the part of each run that is done, 0 to 1.

    Raises:
        ClusterError: No scheduler or worker answers, workers have other software, or runs end their workers.
    """
    parcels = {place: pack(*place) for place in dict.fromkeys((spec.scenario, spec.period) for spec in specs)}
    with _client(address) as client:
        _check_workers(client, address)
        parts = [0.0] * len(specs)
        batch = uuid.uuid4().hex

        def note(event: tuple[float, Any]) -> None:
            parts[event[1]["number"]] = event[1]["part"]

        client.subscribe_topic(batch, note)
        files = {place: _send(client, parcel) for place, parcel in parcels.items()}
        numbers = {
            client.submit(
                run_errand,
                Errand(number, spec, needed_software(), batch),
                files[spec.scenario, spec.period],
                key=f"signalctl-run-{batch}-{number}",
                pure=False,
            ): number
            for number, spec in enumerate(specs)
        }
        try:
            yield from _ended(
                client, address, specs, numbers, lambda: on_progress is not None and on_progress(tuple(parts))
            )
        finally:
            client.cancel(list(numbers), reason="the batch has ended")


def _ended(
    client: "Client", address: str, specs: Sequence[RunSpec], numbers: dict["Future", int], look: Callable[[], object]
) -> Generator[tuple[int, "RunOutcome | Exception"], None, None]:
    """Results as they come."""
    from distributed import wait
    from distributed.scheduler import KilledWorker

    pending = set(numbers)
    while pending:
        done: set[Future] = set()
        try:
            with contextlib.suppress(TimeoutError), client.as_current():
                done, pending = wait(pending, timeout=POLL_S, return_when="FIRST_COMPLETED")
            look()
            for future in sorted(done, key=numbers.__getitem__):
                yield numbers[future], _unpacked(future.result(), specs[numbers[future]])
        except ErrandError as error:
            raise ClusterError(f"--dask {address}: {error}") from error
        except KilledWorker as error:
            raise ClusterError(f"--dask {address}: {error.allowed_failures + 1} workers died over one run") from error
        except CancelledError as error:
            raise ClusterError(f"--dask {address}: the scheduler has gone, and the runs with it") from error


def _unpacked(delivery: Delivery, spec: RunSpec) -> "RunOutcome | Exception":
    """What came of the run; its files are put where they are wanted."""
    for name, path in spec.outputs.files().items():
        if name in delivery.files:
            path.write_bytes(delivery.files[name])
    return delivery.found


@contextlib.contextmanager
def _client(address: str) -> Iterator["Client"]:
    """A connection to the scheduler.

    Raises:
        ClusterError: It does not answer, or Dask is not installed.
    """
    try:
        import dask
        from distributed import Client
    except ImportError as error:
        raise ClusterError(WANTED) from error
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": LARGEST_GRAPH}):
        try:
            client = Client(address, timeout=CONNECT_S, set_as_default=False, name="signalctl")
        except (OSError, ValueError, RuntimeError) as error:
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ClusterError(f"--dask {address}: expected a Dask scheduler, got none ({said})") from error
        try:
            yield client
        finally:
            client.close()


def _check_workers(client: "Client", address: str) -> None:
    """Refuse early what each worker checks again for itself: some may join later.

    Raises:
        ClusterError: There is no worker, or one that differs.
    """
    try:
        client.wait_for_workers(1, timeout=FIRST_WORKER_S)
    except TimeoutError as error:
        raise ClusterError(f"--dask {address}: expected a worker within {FIRST_WORKER_S:.0f} s, got none") from error
    found = client.run(deviations, dict(needed_software()), on_error="return")
    for worker, said in found.items():
        if isinstance(said, Exception):
            raise ClusterError(f"--dask {address}: {worker}: expected signalctl as it is here, got {said}")
        if said:
            raise ClusterError(f"--dask {address}: {worker}: {'; '.join(said)}")


def _send(client: "Client", parcel: Parcel) -> "Future":
    """Let the scheduler keep the files, so that they outlive the worker that got them first."""
    return client.submit(_as_it_is, parcel, key=f"signalctl-scenario-{parcel.digest}")


def _as_it_is(parcel: Parcel) -> Parcel:
    return parcel
