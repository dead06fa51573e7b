"""The cascade that an end-to-end system has to beat: OCR reads, a text model translates, a font draws.

Everything else is shared with our own system, so that the comparison is about reading and drawing: the same
detected lines, the same paragraphs, the same background without text, the same place, size and colour.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from iimt_cli.data.fonts import FontFace, find_fonts, load_font
from iimt_cli.evaluation.ocr import Engine
from iimt_cli.language.base import NEUTRAL, Language
from iimt_cli.language.sentences import sentences
from iimt_cli.page.files.image import Picture
from iimt_cli.page.ink.separate import Separator, classical_separator
from iimt_cli.page.page import Page, read_page
from iimt_cli.page.rectify import BASELINE, EM, HEIGHT, MARGIN, cut

TextModel = Callable[[list[str]], list[str]]
# Usual sans-serifs, in this order.
FAMILIES = ("Liberation Sans", "DejaVu Sans", "Noto Sans", "Roboto", "Open Sans")


@dataclass(frozen=True)
class Cascade:
    """RapidOCR (or another engine) → a text model → Pillow.

    `face` is the one font that it draws with (None: `plain_face`), `pack` the rules of the source language.
    """

    engine: Engine
    translate_texts: TextModel
    separate: Separator = classical_separator
    face: FontFace | None = None
    pack: Language = NEUTRAL

    def translate(self, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
        """uint8 RGB [H, W, 3] pictures, translated; all sentences go to the model in one call."""
        read = [self._read(picture) for picture in pictures]
        divided = [sentences(text, self.pack) for _, texts in read for text in texts]
        flat = list(dict.fromkeys(s for some in divided for s in some if has_letters(s)))
        known = dict(zip(flat, self.translate_texts(flat), strict=True)) if flat else {}
        translated = iter([" ".join(known.get(s, s) for s in some) for some in divided])
        return [self._draw(page, texts, [next(translated) for _ in texts]) for page, texts in read]

    def _read(self, picture: np.ndarray) -> tuple[Page, list[str]]:
        """The page, and the text of each of its paragraphs."""
        page = read_page(Picture(picture), self.separate)
        lines = [line for paragraph in page.paragraphs for line in paragraph.lines]
        read = iter(self.engine.read_lines([cut(picture, line.geometry) for line in lines]))
        heard = [next(read) for _ in lines]
        divided, _ = page.divided(heard, self.separate, self.pack)
        # Lines that were cut anew say what they said before: their texts are found by their boxes.
        said = {line.quad.tobytes(): text for line, text in zip(lines, heard, strict=True)}
        return divided, [
            join_lines([said[line.quad.tobytes()] for line in p.lines]) for p in divided.paragraphs
        ]

    def _draw(self, page: Page, texts: Sequence[str], translations: Sequence[str]) -> np.ndarray:
        face = self.face or plain_face()
        pairs = enumerate(zip(texts, translations, strict=True))
        inks = {i: write(new, face) for i, (old, new) in pairs if has_letters(old) and new.strip()}
        pixels, _ = page.draw(inks)
        return pixels


def write(text: str, face: FontFace) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """`text` as ink, float32 [32, W] in 0..1, at the standard type size, and the columns of each word."""
    font = load_font(face, EM)
    x, blank, words = MARGIN, font.getlength(" "), []
    for word in text.split():
        words.append((x, word))
        x += font.getlength(word) + blank
    canvas = Image.new("L", (int(x + MARGIN), HEIGHT))
    pen = ImageDraw.Draw(canvas)
    spans = []
    for left, word in words:
        pen.text((left, BASELINE), word, 255, font, anchor="ls")
        bounds = font.getbbox(word, anchor="ls")
        spans.append(
            (int(left + min(0, bounds[0])), int(np.ceil(left + max(bounds[2], font.getlength(word)))))
        )
    return np.asarray(canvas, np.float32) / 255, spans


def join_lines(lines: Sequence[str]) -> str:
    """The lines of a paragraph as one text. A word that a hyphen divides at the end of a line becomes whole again."""
    text = ""
    for line in filter(None, (line.strip() for line in lines)):
        if text.endswith("-") and text[-2:-1].isalpha() and line[0].islower():
            text = text[:-1] + line
        else:
            text += (" " if text else "") + line
    return text


def has_letters(text: str) -> bool:
    """Whether a text has a letter. Texts without, such as prices, are not translated."""
    return any(unicodedata.category(c).startswith("L") for c in text)


@lru_cache(maxsize=1)
def plain_face() -> FontFace:
    """The first of FAMILIES that is installed, regular; else the first font that writes our alphabet."""
    faces = find_fonts(prefer=FAMILIES)
    for family in FAMILIES:
        for face in faces:
            if face.family == family and face.style in ("Regular", "Book"):
                return face
    return faces[0]


def engine_models(engine: Engine) -> list[Path]:
    """The ONNX files that RapidOCR reads with, detector and recogniser; none for other engines."""
    if engine.name != "rapidocr":
        return []
    import rapidocr

    folder = Path(rapidocr.__file__).parent / "models"
    return sorted(path for kind in ("det", "rec") for path in folder.glob(f"*_{kind}*.onnx"))
