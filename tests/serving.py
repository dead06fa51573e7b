"""`iimt serve` with the stand-in for the networks: pictures as files in memory, an app, a server that really listens."""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from iimt_cli.config import load_preset
from iimt_cli.runs.output import Sidecar
from iimt_cli.serve.app import make_app
from iimt_cli.serve.store import Limits, Store
from iimt_cli.serve.worker import Worker
from tests import standin

HOST = "127.0.0.1"
ADDRESS = f"http://{HOST}:8000"


def make(limits: Limits | None = None, translator: Any = None) -> tuple[Any, Store]:
    """An app that translates with the stand-in, and its store."""
    translator = translator or standin.Translator(load_preset("line"))
    store, facts = Store(limits or Limits()), Sidecar("de", "en", "de-<en>", "1.2")
    worker = Worker(translator, replace(translator.defaults, batch=32), facts, store)
    return make_app(store, worker, facts, HOST), store


def encoded(pixels: np.ndarray, format_: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format_, **options)
    return file.getvalue()


def noise(seed: int, width: int = 40, height: int = 20) -> np.ndarray:
    """A picture that no other seed gives."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def done(client: Any, key: str, seconds: float = 20) -> dict[str, Any]:
    """All about a picture, once it is finished."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        told: dict[str, Any] = client.get(f"/pictures/{key}").json()
        if told.get("state") not in ("waiting", "working"):
            return told
        time.sleep(0.01)
    raise AssertionError("it is not finished")


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """Serves an app; gives its address."""
    import uvicorn

    from iimt_cli.serve.server import bind

    with bind(HOST, 0) as socket:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([socket],))
        thread.start()
        try:
            yield f"http://{HOST}:{socket.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)
