"""Loads a translator, binds to an address, and serves until it is interrupted."""

import errno
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from iimt_cli import __version__
from iimt_cli.errors import IimtError
from iimt_cli.language.glossary import Glossary
from iimt_cli.runs.choice import choose
from iimt_cli.runs.output import Sidecar
from iimt_cli.serve.store import Limits, Store
from iimt_cli.systems import kind_of
from iimt_cli.translation import BEAM
from iimt_cli.translation.marian import Marian
from iimt_cli.tuning import tune

LOCAL = "127.0.0.1"
UPLOADS = 4  # uploads of the largest size that must have room in memory
GRACE = 5  # seconds that a stopping server waits for requests to end
CONNECTIONS = 100  # connections at a time; further ones get the answer that the server is busy


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """How pictures are translated, as for `iimt translate`, and where they are served."""

    host: str = LOCAL
    port: int = 8000  # 0: any free port
    weights: str | Path | None = None
    source: str | None = None
    target: str | None = None
    text_model: str | None = None
    translator: str | None = None
    device: str = "auto"
    beam: int = BEAM
    min_confidence: float | None = None
    glossary: Sequence[Path] = ()
    numbers: Literal["keep", "localise"] = "keep"
    threads: int | None = None
    max_bytes: int = Limits.upload  # of one upload
    max_pixels: int = Limits.pixels


def run(options: ServeOptions, tell: Callable[[str], None]) -> None:
    """Serves until Ctrl-C. `tell` gets the address, and warnings, to show them.

    Raises IimtError if a package is missing, the address cannot be bound to, or the weights cannot be loaded.
    """
    try:
        import uvicorn

        from iimt_cli.serve.app import make_app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn"):
            raise
        raise IimtError("iimt serve needs Starlette and uvicorn: pip install 'iimt[serve]'") from None
    from iimt_cli.serve.worker import Worker

    tune()
    if options.threads is not None:
        os.environ["OMP_NUM_THREADS"] = str(options.threads)
    with bind(options.host, options.port) as listening:
        chosen = choose(options)
        preset, languages = chosen.preset, chosen.languages
        translator = kind_of(preset).load_translator(chosen.folder, options.device)
        glossary = None
        if options.glossary:
            inflection = languages.packs.source.inflection
            glossary = Glossary.load(options.glossary, inflection, preset.characters)
        asked = replace(
            translator.defaults,
            beam=options.beam, numbers=options.numbers, glossary=glossary, batch=translator.fitting_batch(options.beam),
        )  # fmt: skip
        if options.min_confidence is not None:
            asked = replace(asked, min_confidence=options.min_confidence)
        if chosen.text_model is not None:
            if isinstance(chosen.text_model, Marian):
                chosen.text_model.load()
            asked = replace(
                asked, text_model=chosen.text_model, source=languages.source, target=languages.target
            )
        facts = Sidecar(languages.source, languages.target, chosen.folder.name, __version__)
        limits = Limits(
            upload=options.max_bytes,
            pixels=options.max_pixels,
            memory=max(Limits.memory, UPLOADS * options.max_bytes),
        )
        store = Store(limits)
        app = make_app(store, Worker(translator, asked, facts, store), facts, options.host)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, limit_concurrency=CONNECTIONS,
            ws="none", proxy_headers=False, timeout_graceful_shutdown=GRACE,
        )  # fmt: skip
        _tell_where(options.host, listening.getsockname()[1], tell)
        with suppress(KeyboardInterrupt):  # Ctrl-C is the usual end of a server
            uvicorn.Server(config).run([listening])


def _tell_where(host: str, port: int, tell: Callable[[str], None]) -> None:
    shown = f"[{host}]" if ":" in host else host
    tell(f"iimt serves http://{shown}:{port}/ (Ctrl-C ends it)")
    if not _is_loopback(host):
        tell(
            "iimt: warning: who can reach this machine over its network can use this server, without a password, and what "
            "is sent is not encrypted"
        )


def _is_loopback(host: str) -> bool:
    from iimt_cli.serve.guard import LOOPBACK

    return host in LOOPBACK


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises IimtError if it cannot."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise IimtError(f"--host {host}: no such address ({error.strerror})") from None
    try:
        if os.name == "posix":  # without it the port of a stopped server stays occupied for a minute
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(CONNECTIONS)
    except OSError as error:
        listening.close()
        cause = "is used by another program" if error.errno == errno.EADDRINUSE else error.strerror
        raise IimtError(f"port {port} of {host}: {cause}; --port takes another, 0 any that is free") from None
    return listening
