"""Translates with a system for whole pictures (`paper` and its kin): the steps of `translation.base.Translator`.

A picture is fitted into the canvas, translated as a whole, and scaled back. Only pixels that changed clearly are taken over
into the picture; with `raw` the result is all that the model drew.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from iimt_cli.config import Preset
from iimt_cli.errors import IimtError
from iimt_cli.model import count_parameters
from iimt_cli.model.device import choose_device
from iimt_cli.model.linear import pack
from iimt_cli.model.precision import inference
from iimt_cli.model.vocabulary import Vocabulary
from iimt_cli.page import Picture
from iimt_cli.paper.letterbox import Letterboxed, letterbox, paste_changes, unletterbox
from iimt_cli.paper.model.picture_translatotron import (
    PictureTranslatotron,
    load_picture_system,
    stack_pictures,
    to_pixels,
)
from iimt_cli.translation.base import Translator
from iimt_cli.translation.result import Block, Options, Translation
from iimt_cli.weights import preset_of


@dataclass(frozen=True)
class PictureOptions(Options):
    """How to translate whole pictures.

    Of the options for strips, only `beam`, `min_confidence` and `batch` (pictures that go through the networks
    together) have an effect here. The confidence is not calibrated.
    """

    min_confidence: float | None = 0.0
    batch: int = 8
    raw: bool = False  # all that the model draws, not only what changed clearly
    window: int | None = None  # as in `model.grid_decoder.schedule`; None: as the preset says


DEFAULTS = PictureOptions()


@dataclass(frozen=True)
class FramedPicture:
    """A picture on the canvas of the model."""

    picture: Picture
    frame: Letterboxed
    options: PictureOptions


@dataclass(frozen=True)
class RedrawnPicture:
    """A picture as the model draws it: `pixels` uint8 (H, W, C) of the canvas."""

    before: FramedPicture
    pixels: np.ndarray
    text: str
    score: float  # mean log-probability per piece of the text


class PictureTranslator(Translator):
    """A trained whole-picture system on a device."""

    defaults: ClassVar[Options] = DEFAULTS

    def __init__(self, preset: Preset, model: PictureTranslatotron, device: torch.device) -> None:
        self.preset, self.device, self.model = preset, device, model.to(device).eval()
        self.parameters = count_parameters(dict(model.named_children()))
        if device.type == "cpu":
            pack(self.model)

    @classmethod
    def load(cls, folder: Path, device: str = "auto") -> "PictureTranslator":
        folder = Path(folder)
        preset = preset_of(folder)
        if not preset.whole_pictures:
            raise IimtError(f"{folder}: these weights are for strips of text, not for whole pictures")
        target = Vocabulary.load(folder / "target.spm") if preset.text else None
        where, model = choose_device(device), PictureTranslatotron(preset, target)
        load_picture_system(folder, model)
        return cls(preset, model, where)

    def open(self, picture: Picture, options: Options) -> FramedPicture:
        """Fits the picture into the canvas. Raises IimtError if `options` are not for whole pictures."""
        if not isinstance(options, PictureOptions):
            raise IimtError(
                "this system takes PictureOptions: dataclasses.replace(translator.defaults, beam=2), for example"
            )
        if options.text_model is not None:
            raise IimtError(
                f"preset {self.preset.name}: this system words whole pictures by itself, without a text_model"
            )
        canvas = self.preset.canvas
        return FramedPicture(picture, letterbox(picture.views[0], canvas.height, canvas.width), options)

    @inference
    def translate_jobs(self, jobs: Sequence[FramedPicture], options: Options) -> list[RedrawnPicture]:
        redrawn = []
        for start in range(0, len(jobs), options.batch):
            chosen = jobs[start : start + options.batch]
            window = chosen[0].options.window
            if window is None:
                window = self.preset.image_decoder.window
            pixels = stack_pictures([job.frame.canvas for job in chosen]).to(self.device)
            for job, drawn in zip(chosen, self.model.translate(pixels, options.beam, window), strict=True):
                redrawn.append(RedrawnPicture(job, to_pixels(drawn.pixels), drawn.text, drawn.score))
        return redrawn

    def close(self, job: RedrawnPicture) -> Translation:
        """Brings what was drawn back to the picture's own size."""
        height, width = job.before.frame.size
        confidence, least = math.exp(job.score) if job.text else 1.0, job.before.options.least
        reason = ""
        if self.model.text_decoder is not None and not job.text:
            reason = "nothing could be read"
        elif confidence < least:
            reason = f"too unsure ({confidence:.2f} < {least:.2f})"
        corners = [[0.0, 0.0], [float(width), 0.0], [float(width), float(height)], [0.0, float(height)]]
        block = Block(
            polygon=corners,
            lines=[],
            source="",
            target="" if reason else job.text,
            confidence=round(confidence, 4),
            action="kept" if reason else "translated",
            reason=reason,
        )
        return Translation(job.before.picture, _merged(job, bool(reason)), [block])

    def fitting_batch(self, beam: int) -> int:
        """How many pictures at once: always the default, because all pictures have one size."""
        return self.defaults.batch


def _merged(job: RedrawnPicture, kept: bool) -> np.ndarray:
    """The pixels of the result, with an alpha channel if the picture has one."""
    picture, frame = job.before.picture, job.before.frame
    if kept:
        views = picture.views
    elif job.before.options.raw:
        views = [unletterbox(job.pixels, frame)] * len(picture.views)
    else:
        views = [paste_changes(view, frame, job.pixels) for view in picture.views]
    return picture.merge(views)
