"""Ports on loopback for the programs that tests start."""

import os
import socket

_given: set[int] = set()


def own_port() -> int:
    """A port that nobody listens on just now, and that no other worker of this test run asks for.

    Between asking for a free port and listening on it somebody else may be given the same one. So each worker takes
    ports of a remainder of its own, and none twice. Halves are looked at, as Linux gives out even or odd ports only.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port // 2 % workers == worker % workers and port not in _given:
            _given.add(port)
            return port
