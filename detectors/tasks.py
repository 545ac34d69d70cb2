"""Ending what runs beside: tasks that are told to end and are known to have ended."""

import asyncio
from collections.abc import Collection

CANCEL_AGAIN_S = 0.5


async def end_tasks(tasks: Collection[asyncio.Task[None]]) -> list[Exception]:
    """Cancel tasks until they have ended; what they failed with, where they did.

    Once is not enough: `asyncio.wait_for`, on which every call of the client rests, loses a cancellation that comes in
    the same moment as the answer that it waits for (Python before 3.12), and the task would go on for ever.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    return [one for one in ended if isinstance(one, Exception)]
