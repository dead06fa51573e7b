"""The answers of `iimt serve` to each path. Errors are JSON, {"error": one line}."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from html import escape
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from iimt_cli.data.text import is_utf8
from iimt_cli.runs.output import Sidecar
from iimt_cli.serve.guard import Guard
from iimt_cli.serve.store import BUSY, Item, Store
from iimt_cli.serve.upload import OTHERWISE, Refused, check_name, look_at, translated_name
from iimt_cli.serve.worker import STEPS, Worker
from iimt_cli.translation.result import Texts
from iimt_cli.view.facts import asset, block_facts

VIEW, SERVE = "iimt_cli.view", "iimt_cli.serve"
ASSETS = {
    "view.css": (VIEW, "text/css"),
    "view.js": (VIEW, "text/javascript"),
    "serve.css": (SERVE, "text/css"),
    "serve.js": (SERVE, "text/javascript"),
}
PATIENCE = 60.0  # seconds in which a request must have arrived
LARGEST_EDIT = 1 << 20  # bytes of the corrected texts of a picture, at most
LONGEST_TEXT = 10_000  # characters of one text, at most
MOST_STATES = 200  # pictures whose states one request may ask for
RETRY = {"Retry-After": "2"}  # seconds after which a client may try again


def make_app(store: Store, worker: Worker, facts: Sidecar, host: str) -> Starlette:
    """host: the address or name that it will be served under."""
    pages = _Pages(store, facts)
    assets = {name: asset(package, name) for name, (package, _) in ASSETS.items()}
    page = _page(store, facts)

    async def start_page(_: Request) -> Response:
        return Response(page, media_type="text/html")

    def send_asset(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def send(_: Request) -> Response:
            return Response(assets[name], media_type=ASSETS[name][1])

        return send

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        worker.start()
        yield
        await run_in_threadpool(worker.stop)

    return Starlette(
        routes=[
            Route("/", start_page),
            *(Route(f"/{name}", send_asset(name)) for name in assets),
            Route("/pictures", pages.add, methods=["POST"]),
            Route("/pictures", pages.states),
            Route("/pictures/{id}", pages.tell),
            Route("/pictures/{id}", pages.remove, methods=["DELETE"]),
            Route("/pictures/{id}/original", pages.original),
            Route("/pictures/{id}/translation", pages.translation),
            Route("/pictures/{id}/sidecar", pages.sidecar),
            Route("/pictures/{id}/redraw", pages.redraw, methods=["POST"]),
        ],
        middleware=[Middleware(Guard, host=host)],
        exception_handlers={Refused: _refused, HTTPException: _no_such_page},  # type: ignore[dict-item]
        lifespan=lifespan,
    )


class _Pages:
    """The answers about pictures."""

    def __init__(self, store: Store, facts: Sidecar) -> None:
        self._store, self._facts = store, facts

    async def add(self, request: Request) -> Response:
        """POST /pictures?name=NAME with the file as the body."""
        name = check_name(request.query_params.get("name", ""))
        limits = self._store.limits
        size = _length(request)
        if size > limits.upload:
            megabytes = -(-size >> 20)  # rounded up, so that it is more than what is allowed
            raise Refused(413, f"{name}: too large ({megabytes} MB; at most {limits.upload >> 20} MB)")
        with self._store.room(size):
            data = await _body(request, size)
            head = await run_in_threadpool(look_at, data, name, limits.pixels)
            item = self._store.add(name, data, head)
        return JSONResponse({"id": item.id, "name": name}, 202)

    async def states(self, request: Request) -> Response:
        """GET /pictures?id=ID&id=ID: the states of these pictures. Pictures that are no longer kept are left out."""
        keys = request.query_params.getlist("id")[:MOST_STATES]
        return JSONResponse({"pictures": [_state(item, before) for item, before in self._store.states(keys)]})

    async def tell(self, request: Request) -> Response:
        """GET /pictures/ID: everything about a picture except its pixels."""
        item = self._item(request)
        [(item, before)] = self._store.states([item.id]) or [(item, 0)]
        result = item.result
        more: dict[str, Any] = {}
        if result is not None:
            more = {
                "blocks": block_facts(result.texts.blocks), "warnings": result.warnings, "thumb": result.thumb,
                "editable": result.editable,
                "download": translated_name(item.name, self._facts.target, item.head.suffix),
            }  # fmt: skip
        return JSONResponse(_state(item, before) | more)

    async def remove(self, request: Request) -> Response:
        """DELETE /pictures/ID: forgets the picture."""
        self._store.remove(request.path_params["id"])
        return Response(status_code=204)

    async def original(self, request: Request) -> Response:
        """GET /pictures/ID/original: the picture as it was sent, if browsers can show it; else as PNG."""
        item = self._item(request)
        if item.head.shown and item.upload:
            return Response(item.upload, media_type=item.head.media)
        if item.result is None or item.result.original is None:
            raise Refused(404, "this picture cannot be shown yet")
        return Response(item.result.original, media_type=OTHERWISE[1])

    async def translation(self, request: Request) -> Response:
        """GET /pictures/ID/translation: the translated picture."""
        item = self._item(request)
        if item.result is None:
            raise Refused(404, "this picture is not translated yet")
        return Response(item.result.picture, media_type=item.head.media)

    async def sidecar(self, request: Request) -> Response:
        """GET /pictures/ID/sidecar: its texts, as `iimt translate --texts` takes them."""
        item = self._item(request)
        if item.result is None:
            raise Refused(404, "this picture is not translated yet")
        return Response(item.result.sidecar, media_type="application/json")

    async def redraw(self, request: Request) -> Response:
        """POST /pictures/ID/redraw with {"blocks": [{"id": 3, "target": "Menu", "keep": false}]}."""
        edits = _edits(await _body(request, LARGEST_EDIT))
        item = self._store.draw_again(request.path_params["id"], lambda texts: _edited(texts, edits))
        return JSONResponse({"id": item.id}, 202)

    def _item(self, request: Request) -> Item:
        return self._store.get(request.path_params["id"])


def _state(item: Item, before: int) -> dict[str, Any]:
    size = item.result.texts if item.result else item.head
    step = STEPS[item.step - 1] if item.state == "working" and item.step else ""
    return {
        "id": item.id, "name": item.name, "state": item.state, "before": before, "progress": item.step, "step": step,
        "message": item.message, "revision": item.revision, "width": size.width, "height": size.height,
        "shown": item.head.shown,
    }  # fmt: skip


def _length(request: Request) -> int:
    """The bytes of the body, from its header, so that room can be kept for it."""
    given = request.headers.get("content-length", "")
    if not re.fullmatch(r"[0-9]{1,15}", given):
        raise Refused(411, "the length of the picture must be told (Content-Length)")
    return int(given)


async def _body(request: Request, most: int) -> bytes:
    """The body of a request. Raises Refused if it has more than `most` bytes, or takes too long."""
    data = bytearray()
    try:
        with anyio.fail_after(PATIENCE):
            async for chunk in request.stream():
                data += chunk
                if len(data) > most:
                    raise Refused(413, f"too large (more than {most:,} bytes)")
    except TimeoutError:
        raise Refused(408, f"the request took longer than {PATIENCE:.0f} seconds") from None
    except ClientDisconnect:
        raise Refused(400, "the request was given up") from None
    return bytes(data)


def _edits(data: bytes) -> dict[int, tuple[str, bool]]:
    """Ids of blocks → (text, whether to keep the block). Raises Refused if the JSON has another form."""
    try:
        rows = json.loads(data)["blocks"]
        edits = {row["id"]: (row["target"], row["keep"]) for row in rows}
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Refused(400, 'texts are given as {"blocks": [{"id", "target", "keep"}]}') from None
    for id_, (target, keep) in edits.items():
        if not isinstance(id_, int) or not isinstance(target, str) or not isinstance(keep, bool):
            raise Refused(400, "id is a number, target a text, keep true or false")
        if len(target) > LONGEST_TEXT or not is_utf8(target):
            raise Refused(400, f"text {id_} is too long, or no text")
    return edits


def _edited(texts: Texts, edits: dict[int, tuple[str, bool]]) -> Texts:
    if unknown := edits.keys() - {block.id for block in texts.blocks}:
        raise Refused(400, f"there is no text {min(unknown)} in this picture")
    blocks = []
    for block in texts.blocks:
        target, keep = edits.get(block.id, (block.target, block.keep))
        blocks.append(replace(block, target=" ".join(target.split()), keep=keep))
    return replace(texts, blocks=blocks)


def _page(store: Store, facts: Sidecar) -> str:
    parts = {
        "SOURCE": escape(facts.source), "TARGET": escape(facts.target), "WEIGHTS": escape(facts.weights),
        "BYTES": str(store.limits.upload), "VIEW": asset(VIEW, "view.html"),
    }  # fmt: skip
    return re.sub(r"@([A-Z]+)@", lambda mark: parts[mark[1]], asset(SERVE, "serve.html"))


async def _refused(_: Request, error: Refused) -> Response:
    return JSONResponse({"error": str(error)}, error.status, RETRY if error.status == BUSY else None)


async def _no_such_page(_: Request, error: HTTPException) -> Response:
    return JSONResponse({"error": "there is nothing here"}, error.status_code)
