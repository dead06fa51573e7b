"""Symbols as they stand in and about lines of text: bullets, check boxes, icons, arrows, faces, cursors. None is a letter.

Each kind is drawn by a function of `pictograms` or `emblems`, or is a character of a font that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageOps

from iimt_cli.data import emblems, pictograms
from iimt_cli.data.fonts import FontFace, load_font, missing
from iimt_cli.data.pictograms import Colour, Pen

FINER = 8  # × as large, symbols are drawn first


@dataclass(frozen=True)
class Kind:
    """A kind of symbol. heights: em; middle: em above the baseline (None: on it); characters: of fonts, that are the same;
    written: share that is such a character; shape: width / height; inside: it may stand between words; turned: it may lie
    any way; share: how often it comes, where others come once."""

    draw: Callable[[Pen], None]
    characters: str = ""
    heights: tuple[float, float] = (0.65, 1.25)
    middle: float | None = 0.35
    shape: float = 1.0
    inside: bool = True
    written: float = 0.4
    turned: bool = False
    share: int = 1


RANGES = (
    (0x2190, 0x21FF),
    (0x25A0, 0x26FF),
    (0x2701, 0x2767),
    (0x2794, 0x27BE),
    (0x2B00, 0x2B5F),
    (0x1F300, 0x1F6FF),
)
"""Arrows, shapes, signs and faces in Unicode, the first and the last of each block."""
LIKE_HELD_OUT = "○◉◌◎●◯☉⊙⚪⚫⦿❍❯☒☓✕✖✗✘♥♡❤❣❥❦❧⚙⛭☎☏✆✉☁☂☔⚠☘♿★☆⌂♠⚑⚐"
"""Those that show what a kind shows that is held out, and others that pictures are looked at for."""
SMALL, MARK = (0.14, 0.42), (0.3, 0.75)
KINDS: dict[str, Kind] = {
    "box": Kind(pictograms.box, "☐□▢", (0.55, 1.0)),
    "tick": Kind(pictograms.tick, "✓✔", (0.5, 1.0)),
    "ticked": Kind(pictograms.ticked, "☑", (0.55, 1.0)),
    "crossed": Kind(pictograms.crossed, "☒✗✘", (0.55, 1.0)),
    "radio": Kind(pictograms.radio, "○◉", (0.5, 1.0)),
    "dot": Kind(pictograms.dot, "•", SMALL, inside=False),
    "square": Kind(pictograms.square, "▪■", SMALL, inside=False),
    "dash": Kind(pictograms.dash, "–‣", (0.25, 0.5), 0.27, inside=False),
    "wedge": Kind(pictograms.wedge, "▶▸▾▼▲◆", MARK),
    "chevron": Kind(pictograms.chevron, "❯", MARK),
    "arrow": Kind(pictograms.arrow, "→➔➜←↑↓⇒↗", (0.45, 0.95), 0.3),
    "star": Kind(pictograms.star, "★☆✱✦"),
    "heart": Kind(pictograms.heart, "♥♡❤"),
    "gear": Kind(pictograms.gear, "⚙"),
    "magnifier": Kind(pictograms.magnifier),
    "phone": Kind(pictograms.phone, "☎✆"),
    "flag": Kind(pictograms.flag, "⚑"),
    "face": Kind(pictograms.face, "☺☹"),
    "cursor": Kind(pictograms.cursor, "", (1.0, 1.35), 0.3, 0.07, False),
    "toggle": Kind(pictograms.toggle, "", (0.6, 1.1), shape=1.8),
    "bar": Kind(pictograms.bar, "", (0.25, 0.8), shape=6.0),
    "stamp": Kind(pictograms.stamp, "", (0.9, 1.4)),
    "house": Kind(pictograms.house, "⌂"),
    "letterbox": Kind(pictograms.letterbox, "✉"),
    "person": Kind(pictograms.person),
    "pin": Kind(pictograms.pin),
    "bell": Kind(pictograms.bell),
    "lock": Kind(pictograms.lock),
    "cart": Kind(pictograms.cart),
    "bin": Kind(pictograms.bin),
    "pencil": Kind(pictograms.pencil, "✎✏"),
    "sign": Kind(pictograms.sign, "⚠"),
    "hint": Kind(pictograms.hint, "ⓘ"),
    "cloud": Kind(pictograms.cloud, "☁"),
    "sun": Kind(pictograms.sun, "☀☼"),
    "moon": Kind(pictograms.moon, "☾"),
    "plus": Kind(pictograms.plus, "⊕"),
    "play": Kind(pictograms.play),
    "stack": Kind(pictograms.stack, "☰≡"),
    "calendar": Kind(pictograms.calendar),
    "clock": Kind(pictograms.clock, "⌚"),
    "camera": Kind(pictograms.camera),
    "eye": Kind(pictograms.eye),
    "picture": Kind(pictograms.picture, "", (0.9, 1.5)),
    "battery": Kind(pictograms.battery),
    "drop": Kind(pictograms.drop),
    "leaf": Kind(pictograms.leaf, "❦"),
    "note": Kind(pictograms.note, "♪♫"),
    "bolt": Kind(pictograms.bolt, "⚡"),
    "sheet": Kind(pictograms.sheet),
    "folder": Kind(pictograms.folder),
    "emblem": Kind(emblems.emblem, "", (0.6, 1.35), turned=True, share=14),
    "scrap": Kind(emblems.scrap, "", (0.2, 0.9), turned=True, share=3),
}
HELD_OUT = (
    "radio", "chevron", "crossed", "heart", "gear", "phone", "toggle", "stamp", "letterbox", "bell", "cart", "sign", "cloud",
    "calendar", "eye", "leaf", "sheet", "unseen character",
)  # fmt: skip
"""The kinds with which no network is trained: on them it is measured."""
_ALL = [chr(c) for first, last in RANGES for c in range(first, last + 1) if chr(c) not in "❛❜❝❞❘❙❚"]
_UNSEEN = [c for c in _ALL if c in LIKE_HELD_OUT or ord(c) % 3 == 0]
_KNOWN = {c for name, kind in KINDS.items() if name not in HELD_OUT for c in kind.characters}
CHARACTERS = "".join(c for c in _ALL if c not in _UNSEEN), "".join(c for c in _UNSEEN if c not in _KNOWN)
"""Those to train with, and those that are held out."""
KINDS["character"] = Kind(emblems.emblem, CHARACTERS[0], (0.5, 1.25), written=1.0, share=12)
KINDS["unseen character"] = Kind(emblems.emblem, CHARACTERS[1], (0.5, 1.25), written=1.0, share=8)


def drawn(
    kind: Kind,
    height: float,
    ink: Colour,
    second: Colour,
    faces: Sequence[FontFace],
    rng: np.random.Generator,
) -> np.ndarray:
    """A symbol of a kind, RGBA uint8 [h, w, 4], `height` px high: with a pen, or in one of the faces."""
    characters = _written(kind.characters, tuple(faces))
    if characters and rng.random() < kind.written:
        own, having = characters[rng.integers(len(characters))]
        return _glyph(own, having[rng.integers(len(having))], height, ink)
    size = (
        max(round(height * kind.shape * float(rng.uniform(0.9, 1.1)) * FINER), FINER),
        round(height * FINER),
    )
    image = Image.new("RGBA", size)
    stroke, filled = float(rng.uniform(0.06, 0.17)), bool(rng.random() < 0.5)
    kind.draw(Pen(ImageDraw.Draw(image), (size[0] - 1, size[1] - 1), ink, second, stroke, filled, rng))
    if kind.turned:
        image = _turned(image, rng)
    return _smaller(np.asarray(image), FINER)


def _turned(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Mirrored or not, and turned by quarters or a little."""
    if rng.random() < 0.5:
        image = ImageOps.mirror(image)
    image = image.rotate(90 * int(rng.integers(4)))
    return (
        image.rotate(float(rng.uniform(-30, 30)), Image.Resampling.BILINEAR) if rng.random() < 0.3 else image
    )


@lru_cache(maxsize=256)
def _written(characters: str, faces: tuple[FontFace, ...]) -> list[tuple[str, list[FontFace]]]:
    """Those of the characters that some of the faces have, with these."""
    lacking = {face: missing(face, characters) for face in faces}
    found = [(own, [face for face in faces if own not in lacking[face]]) for own in characters]
    return [(own, having) for own, having in found if having]


def _glyph(character: str, face: FontFace, height: float, ink: Colour) -> np.ndarray:
    """A character as a symbol of about the height that is wanted."""
    font = load_font(face, 64.0)
    x0, y0, x1, y1 = font.getbbox(character)
    mask = Image.new("L", (int(x1 - x0) + 4, int(y1 - y0) + 4))
    ImageDraw.Draw(mask).text((2 - x0, 2 - y0), character, font=font, fill=255)
    scale = min(height / max(mask.height, mask.width * 0.7), 1.0)
    size = max(round(mask.width * scale), 2), max(round(mask.height * scale), 2)
    alpha = np.asarray(mask.resize(size, Image.Resampling.BOX))
    return np.dstack([np.full((*alpha.shape, 3), ink[:3], np.uint8), alpha])


def _smaller(rgba: np.ndarray, factor: int) -> np.ndarray:
    """The mean of squares of pixels; clear ones have no colour."""
    alpha = rgba[..., 3:].astype(np.float32)
    size = -(-rgba.shape[1] // factor), -(-rgba.shape[0] // factor)
    colour = cv2.resize(rgba[..., :3] * (alpha / 255), size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)[..., None]
    return np.dstack([colour / np.maximum(small / 255, 1e-3), small]).clip(0, 255).astype(np.uint8)
