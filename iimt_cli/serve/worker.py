"""Translates the pictures of a store, one after the other, in a thread of its own."""

import logging
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iimt_cli.errors import IimtError, is_out_of_memory
from iimt_cli.memory import Batch
from iimt_cli.page.files.encode import Encoded, encode_picture, to_write_again
from iimt_cli.page.files.image import Picture
from iimt_cli.runs.output import Sidecar
from iimt_cli.serve.store import Item, Result, Store
from iimt_cli.serve.upload import OTHERWISE, decode
from iimt_cli.translation.result import Options, Texts, Translation
from iimt_cli.translation.sidecar import sidecar_text
from iimt_cli.view.facts import THUMB, embedded, with_alpha

if TYPE_CHECKING:
    from iimt_cli.translation.base import Translator

STEPS = ("finding text", "translating", "drawing")
STOPPING = 30.0  # seconds that stopping waits for the picture that is being worked on
_log = logging.getLogger(__name__)


class Worker:
    """The thread that translates. options: of the translation; facts: facts for sidecars."""

    def __init__(self, translator: "Translator", options: Options, facts: Sidecar, store: Store) -> None:
        self._translator, self._options, self._facts, self._store = translator, options, facts, store
        self._batch = Batch(options.batch)
        self._thread = threading.Thread(target=self._run, name="iimt-serve", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stops after the picture that is being worked on."""
        self._store.close()
        self._thread.join(STOPPING)

    def _run(self) -> None:
        while item := self._store.next():
            try:
                self._store.finish(item.id, self._work_on(item))
            except Exception as error:
                _log.debug("%s", item.name, exc_info=error)
                self._store.fail(item.id, _explain(item.name, error))

    def _work_on(self, item: Item) -> Result:
        self._store.tell(item.id, 1)
        picture = decode(item.upload, item.name)
        done, written = self._batch.attempt(lambda size: self._translated(item, picture, size))
        name = Path(f"picture{item.head.suffix}")
        original = None
        if not item.head.shown:
            original = encode_picture(picture, picture.rgb, Path(f"picture{OTHERWISE[0]}")).content
        changed = any(block.action == "translated" for block in done.blocks)
        drawn = encode_picture(written, done.pixels, name) if changed else Encoded(original or item.upload)
        facts = {"file": item.name, **asdict(self._facts), "not_kept": drawn.not_kept}
        return Result(
            picture=drawn.content,
            original=original,
            texts=done.texts,
            sidecar=sidecar_text(done.texts, facts),
            thumb=embedded(done.pixels if changed else with_alpha(picture), THUMB),
            warnings=(*picture.warnings, *done.warnings),
            editable=done.options is not None,
        )

    def _translated(self, item: Item, picture: Picture, batch: int) -> tuple[Translation, Picture]:
        """The translation, in the three steps of a translator, and the picture whose pixels it changed.

        Each step is reported to the store.
        """
        texts, options = item.edited, replace(self._options, batch=batch)
        if texts is not None:
            options = texts.applied(options)
            if (done := self._corrected(item, picture, texts)) is not None:
                return done
        job: Any = self._translator.open(picture, options)
        self._store.tell(item.id, 2)
        jobs = (
            self._redrawn(job, texts, options) if texts else self._translator.translate_jobs([job], options)
        )
        self._store.tell(item.id, 3)
        return self._translator.close(jobs[0]), picture

    def _corrected(self, item: Item, picture: Picture, texts: Texts) -> tuple[Translation, Picture] | None:
        """The last result with the blocks changed whose texts were; None if all must be drawn again."""
        if item.result is None:
            return None
        try:
            last = decode(item.result.picture, item.name)
            base = to_write_again(picture, last, Path(f"picture{item.head.suffix}"))
            done = base and self._translator.correct(picture, base.rgb, texts, self._options)
            return (done, base) if done and base else None
        except Exception as error:
            _log.debug("%s", item.name, exc_info=error)
        return None

    def _redrawn(self, job: Any, texts: Texts, options: Options) -> list[Any]:
        # The batch size of the first time, so that unchanged blocks get the same pixels.
        batch = min(options.batch, texts.options.get("batch", options.batch))
        return self._translator.redraw_jobs([job], [texts], replace(options, batch=batch))


def _explain(name: str, error: Exception) -> str:
    """One line that names the picture and the cause."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    if is_out_of_memory(error):
        return f"{name}: not enough memory for this picture; scale it down"
    if not isinstance(error, IimtError):
        return f"{name}: unexpected {type(error).__name__}: {text}"
    return text if name in text else f"{name}: {text}"
