"""The pictures of `iimt serve`, in memory only, and the queue of the worker. Their number and bytes are limited.

Pictures are kept as files (upload and translation), never as pixels. If there is no room, translated pictures that were not
looked at for longest are dropped. Waiting pictures are never dropped; a new picture is refused instead.
"""

import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from iimt_cli.serve.upload import Head, Refused
from iimt_cli.translation.result import Texts

BUSY = 503  # HTTP
GONE = 404
CONFLICT = 409


@dataclass(frozen=True)
class Limits:
    """How much is accepted and kept."""

    upload: int = 32 << 20  # bytes of one upload; photos of phones have 2 to 15 million
    pixels: int = 50_000_000  # pixels of one upload; the sensors of phones mostly have 12 to 50 million
    waiting: int = 64  # pictures that wait; at a few seconds each these are some minutes
    kept: int = 100  # pictures in all
    memory: int = 512 << 20  # bytes of all files that are kept


@dataclass(frozen=True)
class Result:
    """A translated picture as files. original: the upload as PNG, if browsers cannot show it as it is; else None."""

    picture: bytes
    original: bytes | None
    texts: Texts
    sidecar: str
    thumb: str  # small picture, as a data URI
    warnings: tuple[str, ...] = ()
    editable: bool = False  # whether its texts can be changed and drawn again

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.picture) + len(self.original or b"") + len(self.sidecar) + len(self.thumb)


@dataclass(frozen=True)
class Item:
    """A picture that was sent, at one moment: it is replaced, never changed."""

    id: str
    name: str
    upload: bytes
    head: Head
    state: Literal["waiting", "working", "done", "failed"] = "waiting"
    step: int = 0  # what is being done with it: 1 finding text, 2 translating, 3 drawing
    message: str = ""  # why it failed
    result: Result | None = None
    edited: Texts | None = None  # corrected texts to draw instead of a translation
    revision: int = 0  # how often it was drawn

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.upload) + (self.result.size if self.result else 0)

    @property
    def is_finished(self) -> bool:
        return self.state in ("done", "failed")


class Store:
    """The pictures and the queue. All methods may be called from any thread."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._items: OrderedDict[str, Item] = OrderedDict()  # in the order of their last use
        self._queue: deque[str] = deque()
        self._arriving: list[int] = []  # sizes of the uploads that are arriving
        self._changed = threading.Condition()
        self._closed = False

    @property
    def size(self) -> int:
        """Bytes of all that is kept."""
        with self._changed:
            return sum(item.size for item in self._items.values())

    # For clients

    @contextmanager
    def room(self, size: int) -> Iterator[None]:
        """A context that keeps room for an upload of `size` bytes while it arrives. Raises Refused if there is none."""
        with self._changed:
            if len(self._queue) + len(self._arriving) >= self.limits.waiting:
                raise Refused(BUSY, f"busy: {len(self._queue)} pictures are waiting; try again in a moment")
            unfinished = sum(item.size for item in self._items.values() if not item.is_finished)
            if unfinished + sum(self._arriving) + size > self.limits.memory:
                raise Refused(BUSY, "busy: the pictures that wait take all the room; try again in a moment")
            self._arriving.append(size)
            self._drop_old()
        try:
            yield
        finally:
            with self._changed:
                self._arriving.remove(size)

    def add(self, name: str, upload: bytes, head: Head) -> Item:
        """Puts a picture at the end of the queue. Call it inside `room`."""
        item = Item(secrets.token_urlsafe(16), name, upload, head)
        with self._changed:
            self._put(item)
            self._queue.append(item.id)
            self._changed.notify_all()
        return item

    def get(self, key: str) -> Item:
        """A picture. Raises Refused if it is no longer kept."""
        with self._changed:
            item = self._items.get(key)
            if item is None:
                raise Refused(GONE, "this picture is not kept any more; add it again")
            self._items.move_to_end(key)
            return item

    def states(self, keys: list[str]) -> list[tuple[Item, int]]:
        """Those of the pictures that are kept, each with the number of pictures before it in the queue."""
        with self._changed:
            places = {key: place for place, key in enumerate(self._queue)}
            working = sum(item.state == "working" for item in self._items.values())
            found = [self._items[key] for key in keys if key in self._items]
            return [(item, places[item.id] + working if item.id in places else 0) for item in found]

    def draw_again(self, key: str, edit: Callable[[Texts], Texts]) -> Item:
        """Puts a picture at the end of the queue again, with other texts. Raises Refused if that is impossible."""
        item = self.get(key)
        if item.result is None or not item.result.editable:
            raise Refused(CONFLICT, "the texts of this picture cannot be changed")
        edited = edit(item.result.texts)
        with self._changed:
            item = self._items.get(key, item)
            if item.state != "done":
                raise Refused(CONFLICT, "this picture is being worked on")
            if len(self._queue) >= self.limits.waiting:
                raise Refused(BUSY, f"busy: {len(self._queue)} pictures are waiting; try again in a moment")
            item = replace(item, state="waiting", step=0, edited=edited)
            self._put(item)
            self._queue.append(key)
            self._changed.notify_all()
        return item

    def remove(self, key: str) -> None:
        """Forgets a picture. If it is being worked on, the result is dropped."""
        with self._changed:
            self._items.pop(key, None)
            if key in self._queue:
                self._queue.remove(key)

    # For the worker

    def next(self) -> Item | None:
        """Waits for the next picture to work on; None when the store is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            if self._closed:
                return None
            item = replace(self._items[self._queue.popleft()], state="working")
            self._items[item.id] = item
            return item

    def tell(self, key: str, step: int) -> None:
        """The worker reports the step of its work on a picture."""
        with self._changed:
            if key in self._items:
                self._items[key] = replace(self._items[key], step=step)

    def finish(self, key: str, result: Result) -> None:
        with self._changed:
            if item := self._items.get(key):
                self._put(replace(item, state="done", result=result, edited=None, revision=item.revision + 1))

    def fail(self, key: str, message: str) -> None:
        """The work on a picture failed. If it was translated before, the earlier result stays."""
        with self._changed:
            item = self._items.get(key)
            if item is None:
                return
            if item.result is None:
                self._put(replace(item, state="failed", message=message, upload=b""))
            else:
                result = replace(item.result, warnings=(message,))
                self._put(replace(item, state="done", result=result, edited=None))

    def close(self) -> None:
        """Stops the worker and forgets everything."""
        with self._changed:
            self._closed = True
            self._items.clear()
            self._queue.clear()
            self._changed.notify_all()

    def _put(self, item: Item) -> None:
        """Keeps an item, and marks it as the one used last."""
        self._items[item.id] = item
        self._items.move_to_end(item.id)
        self._drop_old(but=item.id)

    def _drop_old(self, but: str = "") -> None:
        """Forgets finished pictures, the one not used for longest first, until the limits hold; `but` is kept."""
        size = sum(item.size for item in self._items.values()) + sum(self._arriving)
        for item in list(self._items.values()):
            if size <= self.limits.memory and len(self._items) <= self.limits.kept:
                return
            if item.is_finished and item.id != but:
                del self._items[item.id]
                size -= item.size
