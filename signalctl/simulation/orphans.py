"""Processes that work for another one end with it, however it ends."""

import multiprocessing
import os
import threading

NOT_WANTED = 3


def end_with_parent() -> None:
    """Watch the process that started this one; when it is gone, killed or not, nobody waits for what this one does.

    A pool's processes wait for work on a pipe that they hold open themselves, so they would wait for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: "multiprocessing.process.BaseProcess") -> None:
    parent.join()
    os._exit(NOT_WANTED)
