"""What the page gets of a picture: JSON, with small pictures inside it."""

import base64
import io
import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from iimt_cli.page.files.image import Picture
from iimt_cli.translation.result import Block

THUMB = 96  # px of a small picture's longest side; it is shown 48 px large
QUALITY = 82  # of WebP, 0..100


def asset(package: str, name: str) -> str:
    """A file of the page, by the package that it lies in."""
    return (resources.files(package) / name).read_text(encoding="utf-8")


def block_facts(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """The texts as the page shows them. Coordinates are pixels (x, y) of the original.

    `suggestion`: for a text that was kept, the translation that the system was not sure enough of.
    """
    return [
        {
            "id": block.id,
            "polygon": block.polygon or _corners(block.lines),
            "source": block.source,
            "target": block.target,
            "confidence": float(block.confidence),
            "kept": block.action == "kept",
            "reason": block.reason,
            "keep": block.keep,
            "by_hand": block.draft is not None
            and block.action == "translated"
            and block.target != block.draft.target,
            "suggestion": _suggestion(block),
        }
        for block in blocks
    ]


def _corners(lines: Sequence[Sequence[Sequence[float]]]) -> list[list[float]]:
    xs, ys = zip(*(point for line in lines for point in line), strict=True) if lines else ((0,), (0,))
    return [[min(xs), min(ys)], [max(xs), min(ys)], [max(xs), max(ys)], [min(xs), max(ys)]]


def _suggestion(block: Block) -> str:
    if block.action != "kept" or block.draft is None:
        return ""
    pieces = block.draft.pieces
    if all(piece.target is None for piece in pieces):
        return ""
    return " ".join(piece.source if piece.target is None else piece.target for piece in pieces).strip()


def embedded(pixels: NDArray[np.uint8], edge: int) -> str:
    """A data URI (WebP) of a picture, uint8 (H, W, 3 or 4), with no side longer than `edge` px."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=2)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()


def with_alpha(picture: Picture) -> NDArray[np.uint8]:
    """All channels of a picture, uint8 (H, W, 3 or 4)."""
    return picture.rgb if picture.alpha is None else np.dstack([picture.rgb, picture.alpha])


def script_json(value: Any) -> str:
    """JSON for a script element: "<", which could end the element, is escaped.

    Bytes of file names that are not UTF-8 are written as \\udc...
    """
    text = json.dumps(value, ensure_ascii=False, default=float, separators=(",", ":"))
    return text.replace("<", "\\u003c").encode("utf-8", "backslashreplace").decode()
