"""Pixel values that 8-bit RGB and alpha cannot hold: more than 8 bits, CMYK, a palette, one bit.

A picture is translated in 8-bit RGB. In the output, pixels that did not change have the values of the source file. The
changed pixels are converted to the source's kind of pixel.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from iimt_cli.page.arrays import Mask, Pixels
from iimt_cli.page.colours import largest

MIDDLE = 128  # levels: when a pixel becomes one bit, a darker one becomes black
BETWEEN = (64, 192)  # levels between which a grey is neither dark nor light
FULL_PALETTE = 256  # colours
# levels, of the changed pixel that is farthest off: so much nobody sees. A mean hides it: it was below 3 on a page with an
# amber line that became red.
SEEN = 8
LARGEST_16_BIT = 65535.0  # level
CHUNK = 4096  # colours that are compared with a palette at once; memory grows with this number
EIGHT, TWELVE, SIXTEEN = 8, 12, 16  # bits of a level
CHANNELS = 4  # of a colour: red, green, blue, alpha
GREYS = ("I", "I;16", "F")  # modes of one channel with more than 8 bits
MANY_BITS = "more than 16 bits per channel"
NAMES = {"1": "1 bit per pixel", "P": "palette", "CMYK": "CMYK", "I": MANY_BITS, "F": MANY_BITS}


@dataclass(frozen=True)
class Own:
    """Values of a file, (H, W) or (H, W, channels), upright.

    mode: Pillow's "1" (values 0 and 255), "P", "CMYK", "I", "F", "I;16", or "LA;16", "RGB;16", "RGBA;16", "CMYK;16".
    top: the value of white, where there are more than 8 bits. palette: of "P", uint8 (colours, 4): RGB and alpha.
    """

    mode: str
    values: NDArray[np.generic]
    top: float = LARGEST_16_BIT
    palette: NDArray[np.uint8] | None = None

    @property
    def name(self) -> str:
        """The name of this kind of pixel in messages that it was not kept."""
        return NAMES.get(self.mode, "16 bits per channel")

    @property
    def has_alpha(self) -> bool:
        if self.palette is not None:
            return bool((self.palette[:, 3] < 255).any())
        return self.mode in ("LA;16", "RGBA;16")


def own_of(image: Image.Image, bits: int | None = None) -> Own | None:
    """The values of an image that 8-bit RGB and alpha cannot hold; None if they can. bits: per channel, if known."""
    if image.mode == "1":
        return Own("1", np.asarray(image.convert("L")))
    if image.mode == "CMYK":
        return Own("CMYK", np.asarray(image))
    if image.mode == "P":
        return Own("P", np.asarray(image), palette=_palette(image))
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        if image.mode.startswith("I;16"):
            deep = values.astype(np.uint16)
            return Own("I;16", _from_12_bits(deep) if bits == TWELVE else deep)
        return Own(image.mode, values, _top(values))
    return None


def _from_12_bits(values: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """12-bit levels stretched to 16 bits: the upper four bits are repeated in the lower four, so that white stays white."""
    room = SIXTEEN - TWELVE
    return (values << room | values >> (TWELVE - room)).astype(np.uint16)


def with_colour_key(own: Own, key: object) -> Own:
    """Values of 16 bits with an alpha channel in which the colour `key`, as Pillow gives it, is transparent."""
    if own.mode not in ("I;16", "RGB;16") or not isinstance(key, int | tuple):
        return own
    values = own.values if own.values.ndim == 3 else own.values[..., None]
    seen = (values != np.reshape(key, (-1,))).any(axis=2, keepdims=True)
    alpha = np.where(seen, round(own.top), 0).astype(values.dtype)
    mode = "LA;16" if own.mode == "I;16" else "RGBA;16"
    return replace(own, mode=mode, values=np.concatenate([values, alpha], axis=2))


def in_8_bits(own: Own) -> Image.Image:
    """Greys of more bits as an image of 8; what is not a number is black."""
    values = np.nan_to_num(own.values.astype(np.float64), nan=0.0, posinf=own.top, neginf=0.0)
    return Image.fromarray(np.rint(np.clip(values / own.top, 0, 1) * 255).astype(np.uint8))


def changed_own(
    own: Own, before: Pixels, after: Pixels, alpha: NDArray[np.uint8] | None, icc: bytes | None
) -> Own | None:
    """The values of a file with the new pixels. None if this kind of pixel cannot hold the new colours.

    before, after: 8-bit RGB, or RGBA after; alpha: before. icc: the profile of CMYK.
    """
    rgb = after[..., :3]
    changed = largest(rgb != before)
    new_alpha = after[..., 3] if after.shape[2] == CHANNELS else alpha
    if new_alpha is not None and alpha is not None:
        changed |= new_alpha != alpha
    if not changed.any():
        return own
    colours = rgb[changed]
    if own.mode == "P":
        opaque = np.full(len(colours), 255, np.uint8)
        shown = np.column_stack([colours, opaque if new_alpha is None else new_alpha[changed]])
        return _with_colours(own, changed, shown)
    values = own.values.copy()
    if own.mode == "1":
        values[changed] = _in_one_bit(values, changed, colours)
    elif own.mode == "CMYK":
        values[changed] = _in_cmyk(colours, icc)
    elif own.mode == "CMYK;16":
        values[changed] = _deep(_in_cmyk(colours, icc), own)
    elif own.mode in GREYS or own.mode == "LA;16":
        if (colours != colours[:, :1]).any():
            return _in_colour(own, changed, colours, new_alpha)
        grey = _deep(colours[:, :1], own)
        values[changed] = grey[:, 0] if values.ndim == 2 else _beside(grey, values, changed, new_alpha, own)
    else:
        values[changed] = _beside(_deep(colours, own), values, changed, new_alpha, own)
    return replace(own, values=values)


def _beside(
    colours: NDArray[np.generic], values: NDArray[np.generic], changed: Mask,
    alpha: NDArray[np.uint8] | None, own: Own,
) -> NDArray[np.generic]:  # fmt: skip
    """The values of changed pixels: colours and, if the file has alpha, the new alpha, or the old where `alpha` is None."""
    if values.shape[2] == colours.shape[1]:
        return colours
    old = values[changed][:, -1:]
    return np.hstack([colours, old if alpha is None else _deep(alpha[changed][:, None], own)])


def _in_colour(own: Own, changed: Mask, colours: Pixels, alpha: NDArray[np.uint8] | None) -> Own | None:
    """A grey picture of 16 bits as RGB, because something was drawn in colour; None for other kinds of grey."""
    if own.mode not in ("I;16", "LA;16"):
        return None
    grey = own.values if own.values.ndim == 3 else own.values[..., None]
    values = np.concatenate([grey[..., :1].repeat(3, axis=2), grey[..., 1:]], axis=2)
    values[changed] = _beside(_deep(colours, own), values, changed, alpha, own)
    return replace(own, mode="RGB;16" if own.mode == "I;16" else "RGBA;16", values=values)


def _deep(levels: NDArray[np.uint8], own: Own) -> NDArray[np.generic]:
    values = levels / 255 * own.top
    return values.astype(np.float32) if own.mode == "F" else np.rint(values).astype(own.values.dtype)


def _top(values: NDArray[np.generic]) -> float:
    """A guess of the value of white, for files that do not say it."""
    if values.dtype.kind != "f":
        return max(LARGEST_16_BIT, float(values.max()))
    finite = values[np.isfinite(values)]
    top = float(finite.max()) if finite.size else 1.0
    return 1.0 if top <= 1 else 255.0 if top <= 255 else top


def _palette(image: Image.Image) -> NDArray[np.uint8]:
    colours = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
    palette = np.zeros((max(len(colours), int(np.asarray(image).max(initial=0)) + 1), CHANNELS), np.uint8)
    palette[:, 3] = 255
    palette[: len(colours), :3] = colours
    see_through = image.info.get("transparency")
    if isinstance(see_through, bytes):
        alpha = np.frombuffer(see_through, np.uint8)[: len(palette)]
        palette[: len(alpha), 3] = alpha
    elif isinstance(see_through, int) and see_through < len(palette):
        palette[see_through, 3] = 0
    return palette


def _in_one_bit(before: NDArray[np.generic], changed: Mask, colours: Pixels) -> NDArray[np.uint8]:
    """Changed pixels as 0 or 255. If most are neither dark nor light, black and white dots (dithering) stand for grey."""
    grey = before.astype(np.uint8)
    grey[changed] = colours.mean(axis=1)
    between = (grey[changed] > BETWEEN[0]) & (grey[changed] < BETWEEN[1])
    if between.mean() > 0.5:
        return np.asarray(Image.fromarray(grey).convert("1").convert("L"))[changed]
    return np.where(grey[changed] < MIDDLE, 0, 255).astype(np.uint8)


def _with_colours(own: Own, changed: Mask, shown: NDArray[np.uint8]) -> Own | None:
    """The picture with its new colours in the palette: in free entries, or in place of colours that no pixel has.

    If the new colours are more than the places, similar colours share one. None if a viewer would notice (SEEN).
    """
    assert own.palette is not None
    values = own.values.copy()
    used = np.bincount(values[~changed].ravel(), minlength=FULL_PALETTE)[:FULL_PALETTE] > 0
    places = np.flatnonzero(~used)  # entries behind the end of the palette are taken first
    places = np.concatenate([places[places >= len(own.palette)], places[places < len(own.palette)]])
    old = own.palette[used[: len(own.palette)]]
    wanted, which = np.unique(_codes(shown), return_inverse=True)
    new = _most_needed(shown[~np.isin(_codes(shown), _codes(old))], len(places))
    palette = np.zeros((FULL_PALETTE, CHANNELS), np.uint8)
    palette[: len(own.palette)] = own.palette
    palette[places[: len(new)]] = new
    entries = np.concatenate([np.flatnonzero(used[: len(own.palette)]), places[: len(new)]])
    nearest, error = _nearest(_colours(wanted), palette[entries])
    if error.max() > SEEN:
        return None
    values[changed] = entries[nearest][which].astype(values.dtype)
    count = max(len(own.palette), int(entries.max()) + 1)
    return replace(own, values=values, palette=palette[:count])


def _codes(colours: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """A number for each colour, (N, 4)."""
    return np.ascontiguousarray(colours).view(np.uint32)[:, 0]


def _colours(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(codes)[:, None].view(np.uint8)


def _most_needed(colours: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """The different colours of pixels, (N, 4); if they are more than `most`, so many that are near to all of them."""
    different = _colours(np.unique(_codes(colours)))
    if len(different) <= most or not most:
        return different[:most]
    image = Image.frombytes("RGBA", (len(colours), 1), colours.tobytes())
    opaque = bool((colours[:, 3] == 255).all())
    if opaque:
        image = image.convert("RGB")
    found = image.quantize(most, Image.Quantize.MEDIANCUT if opaque else Image.Quantize.FASTOCTREE)
    return np.unique(np.asarray(found.convert("RGBA"))[0], axis=0)[:most]


def _nearest(
    colours: NDArray[np.uint8], palette: NDArray[np.uint8]
) -> tuple[NDArray[np.intp], NDArray[np.int16]]:
    """For each colour, (N, 4), the index of the nearest in a palette, and their distance, levels in the worst channel."""
    nearest, error = np.empty(len(colours), np.intp), np.empty(len(colours), np.int16)
    for at in range(0, len(colours), CHUNK):
        some = colours[at : at + CHUNK]
        far = largest(np.abs(some[:, None].astype(np.int16) - palette))
        nearest[at : at + CHUNK] = far.argmin(axis=1)
        error[at : at + CHUNK] = far.min(axis=1)
    return nearest, error


def in_rgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """CMYK and LAB → sRGB, CMYK by its profile if that is usable. Premultiplied alpha → plain alpha. Others unchanged."""
    if image.mode == "CMYK":
        return _converted(image, icc, "RGB") or image.convert("RGB")
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
    return image.convert(image.mode.upper()) if image.mode in ("La", "RGBa") else image


def _in_cmyk(colours: Pixels, icc: bytes | None) -> NDArray[np.uint8]:
    """RGB, (N, 3) → CMYK, (N, 4). Without a profile a grey is black ink only: Pillow reads that back as the same grey."""
    converted = _converted(Image.fromarray(colours[None]), icc, "CMYK")
    if converted is None:
        light = colours.max(axis=1, keepdims=True).astype(np.float64)
        inks = np.hstack([255 * (1 - colours / np.maximum(light, 1)) * (light > 0), 255 - light])
        found: NDArray[np.uint8] = np.rint(inks).astype(np.uint8)
        return found
    found = np.asarray(converted)[0]
    return found


def _converted(image: Image.Image, icc: bytes | None, mode: str) -> Image.Image | None:
    """CMYK with this profile → sRGB (mode "RGB"), or sRGB → CMYK (mode "CMYK"); None if the profile is not usable."""
    if not icc:
        return None
    try:
        own, srgb = ImageCms.ImageCmsProfile(io.BytesIO(icc)), ImageCms.createProfile("sRGB")
        source, target = (own, srgb) if mode == "RGB" else (srgb, own)
        return ImageCms.profileToProfile(image, source, target, outputMode=mode)
    except (ImageCms.PyCMSError, OSError):
        return None
