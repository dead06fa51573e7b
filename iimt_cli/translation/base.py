"""The translator of any kind of system: one call, or three steps that may run side by side in threads."""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, overload

import numpy as np
from PIL import Image

from iimt_cli.config import Preset
from iimt_cli.errors import IimtError
from iimt_cli.memory import automatic_batch
from iimt_cli.page.files.image import Picture, picture_of, read_picture
from iimt_cli.translation.result import DEFAULTS, Options, Texts, TextTranslation, Translation

if TYPE_CHECKING:
    import torch

PictureLike: TypeAlias = str | os.PathLike[str] | Picture | Image.Image | np.ndarray
"""The path of a picture, a Picture, an image of Pillow, or an array as `as_picture` takes it."""


class Translator(ABC):
    """A trained system on a device; `iimt_cli.load` makes one.

    preset: the preset that it was trained with. parameters: their number in each module. defaults: the options of a call that
    gives none.
    """

    preset: Preset
    device: "torch.device"
    parameters: dict[str, int]
    defaults: ClassVar[Options] = DEFAULTS
    has_text_model: ClassVar[bool] = False
    """Whether it can translate texts without a picture."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path, device: str = "auto") -> "Translator":
        """Loads a folder of weights. Raises IimtError if a part is missing, damaged or of another preset, or the device is."""

    @overload
    def translate(  # type: ignore[overload-overlap]
        self, pictures: PictureLike, options: Options | None = None, texts: Texts | None = None
    ) -> Translation: ...

    @overload
    def translate(
        self,
        pictures: Sequence[PictureLike],
        options: Options | None = None,
        texts: Sequence[Texts] | None = None,
    ) -> list[Translation]: ...

    def translate(
        self,
        pictures: PictureLike | Sequence[PictureLike],
        options: Options | None = None,
        texts: Texts | Sequence[Texts] | None = None,
    ) -> Translation | list[Translation]:
        """Translates the text in a picture, or in each picture of a list. All pictures of a list are in memory at once.

        The result of a picture depends on the others only in the last bits of sums. Pixels outside of replaced text stay
        identical. For folders of any size use `runs.translate.run`.

        With `texts`, one for each picture, nothing is translated, but these texts are drawn. They come from an earlier
        `Translation.texts`, corrected or not, or from a sidecar (`read_texts`). A block that was not corrected gets the same
        pixels as before.

        Raises IimtError if a picture cannot be read or is not a picture, or if the texts belong to another picture.
        """
        if isinstance(pictures, str | os.PathLike | Picture | Image.Image | np.ndarray):
            one = [texts] if isinstance(texts, Texts) else texts
            return self.translate([pictures], options, one)[0]
        options = options or self.defaults
        opened = [as_picture(one) for one in pictures]
        if texts is None:
            jobs = [self.open(picture, options) for picture in opened]
            return [self.close(job) for job in self.translate_jobs(jobs, options)]
        given = [texts] if isinstance(texts, Texts) else list(texts)
        if len(given) != len(opened):
            raise IimtError(f"{len(opened)} pictures, but texts of {len(given)}")
        for picture, own in zip(opened, given, strict=True):
            own.check(picture)
        jobs = [self.open(picture, own.applied(options)) for picture, own in zip(opened, given, strict=True)]
        batch = given[0].options.get("batch", options.batch) if given else options.batch
        redrawn = self.redraw_jobs(jobs, given, replace(options, batch=batch))
        return [self.close(job) for job in redrawn]

    def translate_text(self, text: str, options: Options | None = None) -> TextTranslation:
        """A text without a picture. Raises IimtError if this kind of system has no text model."""
        return self.translate_texts([text], options)[0]

    def translate_texts(self, texts: Sequence[str], options: Options | None = None) -> list[TextTranslation]:
        """`translate_text` for several texts, in their order."""
        raise IimtError(
            f"preset {self.preset.name}: this system translates whole pictures and no texts alone"
        )

    def words(self, texts: Sequence[str], /) -> list[str]:
        """The translations alone: a `TextModel`, which may word what another system reads and draws."""
        return [one.target for one in self.translate_texts(texts)]

    # The three steps may run in different threads at the same time, on different jobs.

    @abstractmethod
    def open(self, picture: Picture, options: Options) -> Any:
        """First step: finds the text of one picture. Returns its job for `translate_jobs`."""

    @abstractmethod
    def translate_jobs(self, jobs: Sequence[Any], options: Options) -> list[Any]:
        """Second step: translates and draws the texts, in batches over all jobs. Returns the jobs for `close`.

        The given jobs do not change. So after a lack of memory they may be given again, with a smaller batch.
        """

    def redraw_jobs(self, jobs: Sequence[Any], texts: Sequence[Texts], options: Options) -> list[Any]:
        """Second step if texts are given, one for each job: draws what they say. They must have been checked (`Texts.check`).

        Raises IimtError if a block is not in the picture, or if this kind of system cannot draw given texts.
        """
        raise IimtError(f"preset {self.preset.name}: this system draws whole pictures, and no given texts")

    def correct(
        self, picture: Picture, base: np.ndarray, texts: Texts, options: Options
    ) -> Translation | None:
        """All three steps, if texts are given: `base`, the pixels of the picture as `Texts.drawn` says that it was drawn, with
        the blocks changed whose text is another one now. All other pixels stay.

        None if that cannot be done, so that all three steps are needed.
        """
        return None

    @abstractmethod
    def close(self, job: Any) -> Translation:
        """Third step: the picture with its new text."""

    def fitting_batch(self, beam: int) -> int:
        """The batch size, in strips, that fits the free memory; no more than makes it faster."""
        return automatic_batch(self.device.type, beam)


def as_picture(source: PictureLike) -> Picture:
    """Reads or wraps a picture. An array is uint8, (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA.

    Raises IimtError if a file cannot be read, or an array is of another kind.
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, Image.Image):
        return picture_of(source)
    if not isinstance(source, np.ndarray):
        return read_picture(Path(source))
    if source.dtype != np.uint8 or source.ndim not in (2, 3) or 0 in source.shape:
        raise IimtError(
            f"an array of {source.dtype} {source.shape} is no picture: give uint8 (H, W), (H, W, 3) or (H, W, 4)"
        )
    if source.ndim == 2:
        return Picture(np.repeat(source[:, :, None], 3, axis=2), grey=True)
    if source.shape[2] not in (3, 4):
        raise IimtError(f"an array of {source.shape[2]} channels is no picture: give 3 (RGB) or 4 (RGBA)")
    alpha = source[:, :, 3] if source.shape[2] == 4 else None
    opaque = alpha is None or alpha.min() == 255
    return Picture(np.ascontiguousarray(source[:, :, :3]), None if opaque else np.ascontiguousarray(alpha))
