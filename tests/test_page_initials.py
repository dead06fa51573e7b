"""Drop capitals: they belong to their words; icons and numbers before texts are none."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page.files.image import Picture
from iimt_cli.page.ink.separate import classical_separator
from iimt_cli.page.layout.line import Line
from iimt_cli.page.page import Page, read_page
from iimt_cli.page.typeset.initials import begun
from iimt_cli.page.typeset.reflow import Slot
from iimt_cli.page.typeset.unroll import unroll

GROUND, RED = (250, 246, 234), (150, 20, 20)
TEXTS = ("in alter Mann ging jeden Tag", "in den Wald. Dort sammelte er", "Holz für den langen Winter")


def picture(
    letter: str, below: int = 24, mark: bool = False, box: tuple[int, int, int] = GROUND
) -> tuple[np.ndarray, list[Line]]:
    """A large letter on a box (or a mark) beside three lines, and one at x = `below` under them; all lines' boxes."""
    image = Image.new("RGB", (470, 170), GROUND)
    draw = ImageDraw.Draw(image)
    font, large = ImageFont.load_default(20), ImageFont.load_default(104)
    draw.rectangle([18, 22, 100, 108], box)
    if mark:
        draw.rounded_rectangle([24, 30, 92, 100], 12, RED)
        draw.polygon([(45, 45), (45, 85), (80, 65)], GROUND)
    else:
        draw.text((24, 102), letter, RED, large, anchor="ls")
    boxes = []
    for i, text in enumerate((*TEXTS, "und wartete zu Hause auf ihn")):
        x, y = (110 if i < 3 else below), 44 + 29 * i
        draw.text((x, y), text, (30, 30, 30), font, anchor="ls")
        right = x + font.getlength(text)
        boxes.append(
            np.array([[x - 4, y - 19], [right + 4, y - 19], [right + 4, y + 7], [x - 4, y + 7]], np.float32)
        )
    return np.asarray(image), [Line(box, 0.9) for box in boxes]


def divided(pixels: np.ndarray, lines: list[Line]) -> Page:
    page = read_page(Picture(pixels), classical_separator, lambda _: lines)
    return page.divided([""] * len(page.lines), classical_separator)[0]


def test_a_drop_capital_begins_its_text_and_goes_with_it() -> None:
    page = divided(*picture("E"))
    [paragraph] = page.paragraphs
    assert paragraph.initial is not None and len(paragraph.lines) == 4
    plain = unroll(replace(paragraph, initial=None))
    assert page.strips[0].ink.shape[1] > plain.ink.shape[1]
    assert [b - a for a, b in page.strips[0].lines] == [b - a for a, b in plain.lines]
    assert np.abs(page.clean[0].astype(int) - GROUND).max() < 12


def test_the_new_first_letter_is_as_large_and_as_red() -> None:
    page = divided(*picture("E"))
    ink = page.strips[0].ink
    words = [(int(np.argmax(ink.any(axis=0))), 60), (70, 140), (150, 260), (270, 400)]
    drawn, flows = page.draw({0: (ink, words)})
    assert flows[0].placements[0].geometry.scale > 3 * flows[0].placements[1].geometry.scale
    large = drawn[30:104, 20:100].astype(int)
    red = (large[..., 0] - large[..., 1] > 80).sum()
    assert red > 500
    assert not (drawn[:, 108:].astype(int)[..., 0] - drawn[:, 108:].astype(int)[..., 1] > 80).any()


@pytest.mark.parametrize("mark", [False, True])
def test_what_no_text_goes_round_is_no_drop_capital(mark: bool) -> None:
    page = divided(*picture("E", below=110, mark=mark))
    assert all(paragraph.initial is None for paragraph in page.paragraphs)


@pytest.mark.parametrize("box", [(250, 210, 90), (60, 110, 170)])
def test_a_letter_on_a_box_stays_with_its_box(box: tuple[int, int, int]) -> None:
    assert all(paragraph.initial is None for paragraph in divided(*picture("E", box=box)).paragraphs)


def test_a_wide_first_letter_does_not_reach_the_text_beside_it() -> None:
    page = divided(*picture("F"))
    [paragraph] = page.paragraphs
    assert paragraph.initial is not None
    ink = np.zeros((32, 400), np.float32)
    ink[7:24, :18] = ink[7:24, 22:60] = ink[12:24, 70:140] = 1  # a letter as wide as an M, and more
    _, flows = page.draw({0: (ink, [(0, 60), (70, 140)])})
    large = flows[0].placements[0]
    start = large.geometry.to_picture([[large.right, 16]])[0, 0]
    assert large.squeeze < 1 and start < paragraph.lines[0].ends[0, 0]
    narrow = replace(paragraph.initial, x1=paragraph.initial.x0 + 4)
    alone = replace(paragraph, initial=narrow)
    slots = [Slot(line.geometry, line.x0, line.x1, line.x0, 400) for line in alone.lines]
    flow = begun(alone, (ink, [(0, 60), (70, 140)]), slots, "left", [], ())
    assert all(p.geometry is not narrow.geometry for p in flow.placements), "too wide: it stays in its word"
