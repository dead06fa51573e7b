"""Symbols as they stand in and about lines of text: bullets, check boxes, icons, arrows, faces, cursors. None is a letter.

Each kind is drawn by a function of `pictograms`, or is a character of a font that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw

from iimt_cli.data import pictograms
from iimt_cli.data.fonts import FontFace, load_font, missing
from iimt_cli.data.pictograms import Colour, Pen

FINER = 8  # × as large, symbols are drawn first


@dataclass(frozen=True)
class Kind:
    """A kind of symbol. heights: em; middle: em above the baseline (None: on it); characters: of fonts, that are the same;
    shape: width / height; inside: it may stand between words."""

    draw: Callable[[Pen], None]
    characters: str = ""
    heights: tuple[float, float] = (0.65, 1.25)
    middle: float | None = 0.35
    shape: float = 1.0
    inside: bool = True


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
}
HELD_OUT = (
    "radio", "chevron", "crossed", "heart", "gear", "phone", "toggle", "stamp", "letterbox", "bell", "cart", "sign", "cloud",
    "calendar", "eye", "leaf", "sheet",
)  # fmt: skip
"""The kinds with which no network is trained: on them it is measured."""


def drawn(
    kind: Kind,
    height: float,
    ink: Colour,
    second: Colour,
    faces: Sequence[FontFace],
    rng: np.random.Generator,
) -> np.ndarray:
    """A symbol of a kind, RGBA uint8 [h, w, 4], `height` px high: with a pen, or in one of the faces."""
    characters = [c for c in kind.characters if faces and _having(c, tuple(faces))]
    if characters and rng.random() < 0.4:
        own = characters[rng.integers(len(characters))]
        having = _having(own, tuple(faces))
        return _glyph(own, having[rng.integers(len(having))], height, ink)
    size = (
        max(round(height * kind.shape * float(rng.uniform(0.9, 1.1)) * FINER), FINER),
        round(height * FINER),
    )
    image = Image.new("RGBA", size)
    stroke, filled = float(rng.uniform(0.06, 0.17)), bool(rng.random() < 0.5)
    kind.draw(Pen(ImageDraw.Draw(image), (size[0] - 1, size[1] - 1), ink, second, stroke, filled, rng))
    return _smaller(np.asarray(image), FINER)


@lru_cache(maxsize=256)
def _having(character: str, faces: tuple[FontFace, ...]) -> list[FontFace]:
    return [face for face in faces if not missing(face, character)]


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
