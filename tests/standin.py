"""A translator that needs no weights and no torch: it "translates" by turning pixels round.

What a picture makes it do depends on its size, so that tests can order trouble.
"""

import os
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from iimt_cli.config import Preset, load_preset
from iimt_cli.errors import IimtError
from iimt_cli.page import Picture
from iimt_cli.translation import base
from iimt_cli.translation.result import (
    Block,
    Draft,
    DraftPiece,
    Options,
    Texts,
    TextTranslation,
    Translation,
)

SECONDS = float(os.environ.get("IIMT_TEST_SECONDS", "0"))  # per picture
# With it, a pixel of each result tells which pictures it was translated with, as the networks' last bits do.
NOISE = bool(os.environ.get("IIMT_TEST_NOISE"))

FAILS, UNREADABLE, TOO_MUCH, UNSURE, TOO_MANY = 13, 14, 15, 16, 17  # widths


@dataclass(frozen=True)
class Job:
    """Between `open` and `close`."""

    picture: Picture
    translated: bool = False
    noise: int = 0
    pieces: list[list[Any]] = field(default_factory=list)
    texts: Texts | None = None


class Translator(base.Translator):
    """`calls` are those of `translate_jobs`, `redrawn` those of `redraw_jobs`: the number of pictures and the options.

    corrected: the texts of each block that `correct` drew.
    """

    loaded: ClassVar[list[tuple[Path, str]]] = []
    calls: ClassVar[list[tuple[int, Options]]] = []
    redrawn: ClassVar[list[tuple[int, Options]]] = []
    corrected: ClassVar[list[list[str]]] = []

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self.parameters = {"text_decoder": 3}
        self.device = SimpleNamespace(type="cpu")

    @classmethod
    def load(cls, folder: Path, device: str = "auto") -> "Translator":
        cls.loaded.append((folder, device))
        if device == "cuda":
            raise IimtError("device 'cuda' is not available on this machine")
        return cls(load_preset(folder / "preset.toml"))

    def open(self, picture: Picture, options: Options) -> Job:
        if picture.rgb.shape[1] == UNREADABLE:
            raise IimtError("nothing can be done with it")
        return Job(picture)

    def translate_jobs(self, jobs: Sequence[Job], options: Options) -> list[Job]:
        self.calls.append((len(jobs), options))
        for job in jobs:
            width = job.picture.rgb.shape[1]
            if width == FAILS:
                raise KeyError("no such thing")
            if width == TOO_MUCH or (width == TOO_MANY and options.batch > 8):
                raise RuntimeError("CUDA out of memory. Tried to allocate 3 GiB\nand more lines")
        time.sleep(SECONDS * len(jobs))
        noise = zlib.crc32(b"".join(job.picture.rgb.tobytes() for job in jobs) + bytes([options.batch]))
        return [replace(job, translated=True, noise=noise) for job in jobs]

    def redraw_jobs(self, jobs: Sequence[Job], texts: Sequence[Texts], options: Options) -> list[Job]:
        """A text that was changed becomes a grey square: its level is that of its first letter."""
        self.redrawn.append((len(jobs), options))
        for job, own in zip(jobs, texts, strict=True):
            if any(block.id > 1 for block in own.blocks):
                raise IimtError(f"{own.name}: block 2 is not found in the picture")
            assert (own.width, own.height) == job.picture.rgb.shape[1::-1]
        return [replace(job, translated=True, texts=own) for job, own in zip(jobs, texts, strict=True)]

    def close(self, job: Job) -> Translation:
        assert job.translated
        picture = job.picture
        if picture.rgb.min() == picture.rgb.max():
            return Translation(picture, picture.rgb, [])
        corners = [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]]
        if picture.rgb.shape[1] == UNSURE:
            return Translation(
                picture,
                picture.rgb,
                [Block(corners, [corners], "Wrz", "", np.float32(0.1), "kept", "not sure")],
            )
        draft = Draft("Greetings", "", (DraftPiece("Grüße", "Greetings", "greetings", True, ""),))
        block = Block(
            corners, [corners], "Grüße", "Greetings", np.float32(0.9), "translated", "", id=1, draft=draft
        )
        pixels = 255 - picture.rgb
        if job.texts is not None:
            [block], warnings = job.texts.blocks, ()
            block = replace(block, action="translated", reason="")
            if block.keep or not block.target:
                pixels[:10, :10] = picture.rgb[:10, :10]
                block = replace(block, action="kept", reason="kept by hand")
            elif ord(block.target[0]) > 255:
                pixels[:10, :10] = picture.rgb[:10, :10]
                warnings = (f"block 1 is left as it was: {block.target[0]} cannot be drawn",)
                block = replace(block, action="kept", reason=f"{block.target[0]} cannot be drawn")
            elif block.target != "Greetings":
                pixels[:10, :10] = ord(block.target[0])
            return Translation(picture, pixels, [block], Options(), job.texts.more, warnings, complete=True)
        if NOISE:
            pixels[0, 0] = list(job.noise.to_bytes(4, "big")[:3])
        return Translation(picture, pixels, [block], Options(), complete=True)

    def correct(
        self, picture: Picture, base: np.ndarray, texts: Texts, options: Options
    ) -> Translation | None:
        """As `redraw_jobs`, but only for a text that is none of the draft and not kept."""
        [block] = texts.blocks
        if block.keep or block.target == "Greetings" or ord(block.target[0]) > 255:
            return None
        self.corrected.append([block.target])
        pixels = base.copy()
        pixels[:10, :10] = ord(block.target[0])
        return Translation(picture, pixels, [block], Options(), texts.more, complete=True)

    def translate_texts(self, texts: Sequence[str], options: Options | None = None) -> list[TextTranslation]:
        return [TextTranslation(text, text.upper(), 0.9, "") for text in texts]
