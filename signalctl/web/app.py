"""The HTTP side of the service: page, API, one WebSocket, metrics and health. Nothing here changes a signal."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

import signalctl
from plans.junction import Junction
from signalctl.journal import JournalError, read_records
from signalctl.metric_declarations import CONTENT_TYPE
from signalctl.metrics import Metrics
from signalctl.web.live import LiveState

STATIC = Path(__file__).parent / "static"
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def make_app(
    *,
    site: str,
    junctions: Mapping[str, Junction],
    live: LiveState,
    metrics: Metrics,
    geometry: Mapping[str, Any],
    readiness: Callable[[], Mapping[str, bool]],
    journal: Path | None = None,
) -> FastAPI:
    """The application.

    Args:
        site: the site's id.
        junctions: what is controlled, by id.
        live: source of the snapshots.
        metrics: what `/metrics` shows.
        geometry: what the page draws; see `signalctl.web.geometry`.
        readiness: each condition of being fit to control, and whether it holds.
        journal: file to read recent records from.
    """
    app = FastAPI(title="signalctl", version=signalctl.__version__, docs_url="/docs", redoc_url=None)

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers=_PAGE_HEADERS)

    @app.get("/healthz", tags=["health"])
    async def healthz() -> dict[str, str]:
        """Alive: the process answers."""
        return {"status": "alive", "version": signalctl.__version__}

    @app.get("/readyz", tags=["health"])
    async def readyz() -> JSONResponse:
        """Fit to control: each condition with its state; 503 while one does not hold."""
        conditions = dict(readiness())
        ready = all(conditions.values())
        return JSONResponse({"ready": ready, "conditions": conditions}, status_code=200 if ready else 503)

    @app.get("/metrics", include_in_schema=False)
    async def prometheus() -> Response:
        return Response(metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})

    @app.get("/api/v1/site", tags=["site"])
    async def describe() -> dict[str, Any]:
        """The site: junctions with their groups and stages."""
        return {"site": site, "junctions": {name: _describe(junction) for name, junction in junctions.items()}}

    @app.get("/api/v1/geometry", tags=["site"])
    async def shapes() -> Mapping[str, Any]:
        """Lanes, stop lines and corridors in metres, for drawing."""
        return geometry

    @app.get("/api/v1/state", tags=["live"])
    async def state() -> dict[str, Any]:
        """The newest snapshot; empty before the first tick."""
        return live.snapshot

    @app.get("/api/v1/junctions/{junction}", tags=["live"])
    async def one_junction(junction: str) -> dict[str, Any]:
        """The newest snapshot of one junction."""
        if junction not in junctions:
            raise HTTPException(404, f"no junction {junction!r}; the site has {', '.join(junctions)}")
        found: dict[str, Any] = live.snapshot.get("junctions", {}).get(junction, {})
        return found

    @app.get("/api/v1/decisions", tags=["live"])
    async def decisions(junction: str | None = None) -> list[dict[str, Any]]:
        """Newest decisions first, with their reasons and alternatives."""
        return [one for one in live.decisions if junction is None or one["junction"] == junction]

    @app.get("/api/v1/decisions/{junction}", tags=["live"])
    async def explanation(junction: str) -> dict[str, Any]:
        """The newest second at one junction: what was seen, decided and why, the alternatives, gate and controller."""
        if junction not in junctions:
            raise HTTPException(404, f"no junction {junction!r}; the site has {', '.join(junctions)}")
        return live.explanation(junction)

    @app.get("/api/v1/journal", tags=["journal"])
    def records(
        after: Annotated[int, Query(ge=0)] = 0,
        junction: str | None = None,
        limit: Annotated[int, Query(ge=1, le=5000)] = 200,
    ) -> list[dict[str, Any]]:
        """Records of the journal with an id above `after`, oldest first."""
        if journal is None:
            raise HTTPException(404, "this service keeps no journal")
        try:
            found = read_records(journal, after=after, junction=junction, limit=limit)
        except JournalError as error:
            raise HTTPException(503, str(error)) from error
        return [
            {
                "id": one.id,
                "t": one.utc_s,
                "kind": one.kind,
                "junction": one.junction,
                "body": one.body,
                "hash": one.hash.hex(),
            }
            for one in found
        ]

    @app.websocket("/api/v1/live")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        queue = live.listen()
        try:
            async for text in _until_gone(socket, queue):
                await socket.send_text(text)
        except WebSocketDisconnect:
            pass
        finally:
            live.forget(queue)

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


async def _until_gone(socket: WebSocket, queue: asyncio.Queue[str]) -> AsyncIterator[str]:
    """Snapshots until the other side closes; what it sends is ignored."""
    gone = asyncio.ensure_future(_wait_for_close(socket))
    try:
        while True:
            news = asyncio.ensure_future(queue.get())
            done, _ = await asyncio.wait({gone, news}, return_when=asyncio.FIRST_COMPLETED)
            if gone in done:
                news.cancel()
                return
            yield news.result()
    finally:
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect):
            await gone


async def _wait_for_close(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()


def _describe(junction: Junction) -> dict[str, Any]:
    return {
        "name": junction.name,
        "corridor": junction.corridor,
        "position_m": junction.position_m,
        "groups": {name: {"kind": group.kind.value, "name": group.name} for name, group in junction.groups.items()},
        "stages": {name: sorted(stage.groups) for name, stage in junction.stages.items()},
        "lanes": {
            name: {"approach": lane.approach, "length_m": lane.length_m} for name, lane in junction.lanes.items()
        },
        "derived": sorted(junction.derived),
    }
