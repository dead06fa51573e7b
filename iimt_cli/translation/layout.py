"""How a block stands in the picture and what is drawn of it now, as the sidecar holds it (docs/sidecar.md).

With it a corrected block can be drawn again without a look at the rest of the picture.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, get_args

import numpy as np

from iimt_cli.page import Page
from iimt_cli.page.arrays import Box, Floats, Halo, Stroke
from iimt_cli.page.paragraphs import Alignment, Paragraph, TextLine
from iimt_cli.page.rectify import HEIGHT, Geometry
from iimt_cli.page.typeset.reflow import Flow
from iimt_cli.page.typeset.slots import places

CORNERS = 4  # of a quadrilateral, and the sides of a box
FARTHEST = 1e6  # px: no picture is so wide
UNSEEN = np.zeros((HEIGHT, 1), np.float32)  # the ink of a line that was not cut yet


@dataclass(frozen=True)
class Layout:
    """paragraph: its lines without their ink; None if that is not known. text: what is drawn; "" if nothing is.

    runs: the places of the drawn words, (4, 2) picture px each. boxes: round the drawn ink. stroke: how the system's draft was
    drawn; None if it was not.
    """

    paragraph: Paragraph | None
    text: str
    runs: tuple[Floats, ...]
    boxes: tuple[Box, ...]
    stroke: Stroke | None


def layout_row(
    page: Page, number: int, text: str, flow: Flow | None, stroke: Stroke | None
) -> dict[str, Any]:
    """The layout of a paragraph of an upright page. text, flow: what is drawn; flow is None if nothing is.

    stroke: how the system's draft was drawn; None if it was not.
    """
    row: dict[str, Any] = {}
    paragraph = page.paragraphs[number]
    if paragraph.initial is None:
        row |= {"alignment": page.alignment(number), "pitch": float(paragraph.pitch)}
        row |= {"lines": [_line_row(line) for line in paragraph.lines]}
    row["text"] = text if flow is not None else ""
    if flow is not None:
        row |= {
            "runs": [place.quad.tolist() for place in places(flow)],
            "boxes": [list(box) for box in flow.boxes],
        }
    return row | ({} if stroke is None else {"stroke": asdict(stroke)})


def _line_row(line: TextLine) -> dict[str, Any]:
    (ux, _, x), (uy, _, y), _ = line.geometry.matrix.tolist()
    row = {
        "quad": [[float(str(x)) for x in corner] for corner in line.quad],
        "origin": [x, y],
        "right": [ux, uy],
        "width": line.geometry.width,
        "span": list(line.span),
        "colour": [float(level) for level in line.colour],
    }
    return row if line.halo is None else row | {"halo": asdict(line.halo)}


def layout_of(row: Mapping[str, Any]) -> Layout:
    """A layout as `layout_row` wrote it. Raises ValueError, TypeError or LookupError if it is anything else."""
    paragraph = None
    if "lines" in row:
        if row["alignment"] not in get_args(Alignment):
            raise ValueError("no alignment")
        lines = tuple(_line_of(line) for line in row["lines"])
        paragraph = Paragraph(lines, row["alignment"], float(_numbers(row["pitch"], ())))
    boxes = _numbers(row.get("boxes", []), (-1, CORNERS)).astype(int).tolist()
    runs = tuple(_numbers(row.get("runs", []), (-1, CORNERS, 2)))
    stroke = (
        Stroke(**{name: float(_numbers(x, ())) for name, x in row["stroke"].items()})
        if "stroke" in row
        else None
    )
    if not isinstance(row["text"], str) or min((min(box) for box in boxes), default=0) < 0:
        raise ValueError("no text, or a box outside of the picture")
    return Layout(paragraph, row["text"], runs, tuple((a, b, c, d) for a, b, c, d in boxes), stroke)


def _line_of(row: Mapping[str, Any]) -> TextLine:
    (x, y), (ux, uy) = _numbers(row["origin"], (2,)), _numbers(row["right"], (2,))
    matrix = np.array([[ux, -uy, x], [uy, ux, y], [0, 0, 1.0]])
    width = int(_numbers(row["width"], ()))
    if width < 1 or not (ux or uy):
        raise ValueError("no strip")
    first, last = _numbers(row["span"], (2,))
    red, green, blue = _numbers(row["colour"], (3,))
    halo = None
    if "halo" in row:
        own = row["halo"]
        colour, shift = (
            tuple(map(float, _numbers(own[name], (n,)))) for name, n in (("colour", 3), ("shift", 2))
        )
        blur, gain, visible = (float(_numbers(own[name], ())) for name in ("blur", "gain", "visible"))
        halo = Halo(colour, blur, shift, gain, visible)  # type: ignore[arg-type]  # of three and two numbers
    return TextLine(
        _numbers(row["quad"], (CORNERS, 2)).astype(np.float32), 1.0, Geometry(matrix, width), UNSEEN, UNSEEN, 0.0, 0.0, 0.0,
        (float(red), float(green), float(blue)), halo=halo, span=(float(first), float(last)),
    )  # fmt: skip


def _numbers(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    found = np.array(value, np.float64).reshape(shape)
    if not (np.abs(found) <= FARTHEST).all():
        raise ValueError("a number is too large, or none")
    return found
