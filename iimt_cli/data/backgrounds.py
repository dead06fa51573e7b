"""What text stands on: plain colours, gradients, procedural textures, and crops of photos."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import util
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from iimt_cli.errors import IimtError

KINDS = ("plain", "gradient", "texture", "photo")  # those of "mixed", the default
WHITE, SHAPES = "white", "shapes"  # only if they are asked for by name
ALL = (*KINDS, WHITE, SHAPES)

_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
_BUNDLED = {  # photos without text that come inside scikit-image's wheel
    *("astronaut", "brick", "camera", "chelsea", "clock_motion", "coffee", "coins", "grass", "gravel"),
    *("hubble_deep_field", "moon", "motorcycle_left", "motorcycle_right", "rocket"),
}


@dataclass(frozen=True)
class Photo:
    """A photo in memory: `rgb` uint8 [h, w, 3]."""

    name: str
    rgb: np.ndarray


@dataclass(frozen=True)
class Backgrounds:
    """Where backgrounds come from. Without photos the kind "photo" is drawn as a texture."""

    photos: tuple[Photo, ...] = ()
    kinds: tuple[str, ...] = KINDS

    def __post_init__(self) -> None:
        if unknown := [kind for kind in self.kinds if kind not in ALL]:
            raise IimtError(f"no background kind {unknown[0]!r}: choose among {', '.join(ALL)}")
        if not self.kinds:
            raise IimtError(f"no background kind given: choose among {', '.join(KINDS)}")

    def sample(self, height: int, width: int, rng: np.random.Generator) -> tuple[np.ndarray, str]:
        """A fresh background, uint8 [height, width, 3], and its kind."""
        kind = self.kinds[rng.integers(len(self.kinds))]
        if kind == "photo" and not self.photos:
            kind = "texture"
        if kind == WHITE:
            return np.full((height, width, 3), 255, np.uint8), kind
        if kind == "plain":
            return plain(height, width, rng), kind
        if kind == "gradient":
            return gradient(height, width, rng), kind
        if kind == "texture":
            return texture(height, width, rng), kind
        if kind == SHAPES:
            return shapes(height, width, rng), kind
        return crop(self.photos[rng.integers(len(self.photos))].rgb, height, width, rng), kind


def load_photos(
    folders: Sequence[Path] = (), *, bundled: bool = True, longest: int = 1280
) -> tuple[Photo, ...]:
    """The pictures in `folders` (searched to the bottom) and scikit-image's own, sorted by name.

    Each is shrunk so that its longer side is at most `longest` px. Raises IimtError for a folder that is not
    there or holds no picture, and for a picture that cannot be read.
    """
    paths: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise IimtError(f"{folder}: no such folder of photos")
        found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _PICTURES)
        if not found:
            raise IimtError(f"{folder}: no pictures in this folder")
        paths += found
    spec = util.find_spec("skimage") if bundled else None
    for root in (spec.submodule_search_locations or []) if spec else []:
        paths += sorted(
            p for p in Path(root, "data").glob("*.*") if p.stem in _BUNDLED and p.suffix in _PICTURES
        )
    return tuple(_load(path, longest) for path in paths)


def colour(rng: np.random.Generator) -> np.ndarray:
    """A random colour, float32 [3] in 0..255.

    Near-white (3 in 10) and near-black (3 in 20) are common, as in real pictures.
    """
    draw = rng.random()
    if draw < 0.3:
        return (255 - rng.exponential(8) - rng.random(3) * 6).clip(0, 255).astype(np.float32)
    if draw < 0.45:
        return (rng.exponential(14) + rng.random(3) * 10).clip(0, 255).astype(np.float32)
    if draw < 0.55:
        return np.full(3, rng.uniform(0, 255), np.float32)
    saturation = rng.beta(2, 2.5) if rng.random() < 0.7 else rng.uniform(0.7, 1)
    value = colorsys.hsv_to_rgb(rng.random(), saturation, rng.beta(2.5, 1.5))
    return np.array(value, np.float32) * 255


def plain(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """One colour, uint8 [height, width, 3]."""
    return np.broadcast_to(colour(rng), (height, width, 3)).astype(np.uint8)


def gradient(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Two or three colours in a line at any angle or in rings, uint8 [height, width, 3]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    if rng.random() < 0.7:
        angle = rng.uniform(0, 2 * np.pi)
        way = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    else:
        way = np.hypot(x - rng.uniform(0, width), (y - rng.uniform(0, height)) * rng.uniform(0.5, 4))
    way = (way - way.min()) / max(float(np.ptp(way)), 1.0)
    return _blend(way, [colour(rng) for _ in range(rng.integers(2, 4))])


def texture(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Cloudy noise, stripes, checks, dots, paper or grain between two colours, uint8 [height, width, 3]."""
    pattern = _PATTERNS[rng.integers(len(_PATTERNS))](height, width, rng)
    first, second = colour(rng), colour(rng)
    # 0..1: how far the second colour is from the first, mostly little
    strength = np.float32(rng.beta(1.5, 2.5))
    painted = _blend(pattern, [first, first + (second - first) * strength])
    if rng.random() < 0.4:
        noise = rng.standard_normal((height, width, 1), np.float32) * np.float32(rng.uniform(1, 9))
        painted = (painted + noise).clip(0, 255).astype(np.uint8)
    return painted


def shapes(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Discs, stripes and corners in plain colours with sharp edges, as in posters and drawings, uint8 [height, width, 3]."""
    painted = np.ascontiguousarray(plain(height, width, rng))
    palette = [tuple(map(float, colour(rng))) for _ in range(rng.integers(1, 5))]
    fraction = 4  # binary digits of a coordinate behind the point: corners need not lie on whole pixels
    for _ in range(rng.integers(1, 4 + width // height)):
        paint = palette[rng.integers(len(palette))]
        centre = rng.uniform([-0.1 * width, -0.3 * height], [1.1 * width, 1.3 * height])
        size = height * np.exp(rng.uniform(np.log(0.3), np.log(4)))
        if rng.random() < 0.3:
            x, y, radius = np.rint([*centre, size / 2]).astype(int).tolist()
            cv2.circle(painted, (x, y), radius, paint, -1, cv2.LINE_AA)
            continue
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 6)))
        corners = np.column_stack([np.cos(angles), np.sin(angles)]) * rng.uniform(0.2, 1, (len(angles), 1))
        corners = centre + size * corners * rng.uniform(0.3, 2, 2)
        cv2.fillPoly(painted, [np.rint(corners * 2**fraction).astype(np.int32)], paint, cv2.LINE_AA, fraction)
    return painted


def crop(photo: np.ndarray, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """A random piece of a photo at a random scale, mirrored or re-lit at times, uint8 [height, width, 3]."""
    rows, columns = photo.shape[:2]
    largest = min(rows / height, columns / width)
    scale = (
        largest * rng.uniform(0.35, 1.0)
        if largest < 1.5
        else np.exp(rng.uniform(np.log(0.6), np.log(largest)))
    )
    h, w = max(int(height * scale), 1), max(int(width * scale), 1)
    y, x = rng.integers(rows - h + 1), rng.integers(columns - w + 1)
    piece = photo[y : y + h, x : x + w]
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    way = cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
    piece = cv2.resize(np.ascontiguousarray(piece), (width, height), interpolation=way)
    if rng.random() < 0.4:
        gain, shift = rng.uniform(0.4, 1.2), rng.uniform(-40, 60)
        piece = cv2.convertScaleAbs(piece, alpha=gain, beta=max(shift, 0))
    return piece


def clouds(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Noise of several scales, float32 [height, width] in 0..1."""
    total = np.zeros((height, width), np.float32)
    cell, weight = rng.uniform(12, 90), np.float32(1)
    while cell > 2:
        grid = rng.random((int(height / cell) + 2, int(width / cell) + 2), np.float32)
        total += weight * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        cell, weight = cell / 2.2, weight * np.float32(0.55)
    return _spread(total)


def _waves(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(3, 60)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * np.float32(2 * np.pi / period))
    return (wave * rng.choice([1.0, 20.0]) * 0.5 + 0.5).clip(0, 1).astype(np.float32)


def _checks(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    cell, shift = int(rng.integers(4, 40)), int(rng.integers(40))
    return (((y + shift) // cell + (x + shift) // cell) % 2).astype(np.float32)


def _dots(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    period = np.float32(rng.uniform(5, 24))
    radius = np.hypot(y % period - period / 2, x % period - period / 2)
    return (period * np.float32(rng.uniform(0.15, 0.4)) - radius + 0.5).clip(0, 1)


def _paper(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    fibres = rng.random((height, width), np.float32)
    soft = cv2.GaussianBlur(fibres, (0, 0), sigmaX=rng.uniform(0.6, 4), sigmaY=rng.uniform(0.4, 1.5))
    return 0.6 * clouds(height, width, rng) + 0.4 * _spread(soft)


def _grain(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    return rng.random((height, width), np.float32)


_PATTERNS: tuple[Callable[[int, int, np.random.Generator], np.ndarray], ...] = (
    *(clouds, clouds, _waves, _waves),
    *(_checks, _dots, _paper, _paper, _grain),
)


def _spread(values: np.ndarray) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    return (values - np.float32(low)) / np.float32(max(high - low, 1e-6))


def _blend(way: np.ndarray, colours: Sequence[np.ndarray]) -> np.ndarray:
    """Colours along `way` float32 [h, w] in 0..1, evenly spaced: uint8 [h, w, 3]."""
    stops = np.linspace(0, 1, len(colours))
    levels = np.linspace(0, 1, 256)
    table = np.stack([np.interp(levels, stops, [c[i] for c in colours]) for i in range(3)], axis=1)
    return table.clip(0, 255).astype(np.uint8)[(way * 255).clip(0, 255).astype(np.uint8)]


def _load(path: Path, longest: int) -> Photo:
    try:
        with Image.open(path) as picture:
            picture.draft("RGB", (longest, longest))
            picture = picture.convert("RGB")
            picture.thumbnail((longest, longest))
            return Photo(path.stem, np.asarray(picture))
    except OSError as error:
        raise IimtError(f"{path}: not a readable picture ({error})") from error
