"""One bad line never fails a picture."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.errors import IimtError
from iimt_cli.page import Page, Picture, classical_separator, page, read_page
from iimt_cli.page.arrays import Colour, Ink
from iimt_cli.page.guard import without_failures
from iimt_cli.page.layout import frames, looks
from iimt_cli.page.rectify import Geometry
from iimt_cli.page.typeset import erase
from iimt_cli.translation.result import Options
from iimt_cli.translation.steps import reading as reader
from iimt_cli.translation.translator import StripTranslator

SHIPPED = Path(__file__).parent.parent / "weights" / "de-en"
WORDS = ("Eingang", "Bitte warten", "Heute geschlossen", "Ausgang")


def picture() -> np.ndarray:
    image = Image.new("RGB", (420, 330), "white")
    for i, text in enumerate(WORDS):  # the second in red
        colour = "red" if i == 1 else "black"
        ImageDraw.Draw(image).text((30, 20 + 80 * i), text, colour, ImageFont.load_default(24))
    return np.asarray(image)


def read(found: Page) -> list[int]:
    """Which of the words are in paragraphs, by their place."""
    return [place(p.lines[0].quad) for p in found.paragraphs]


@given(st.sets(st.integers(0, 20)), st.integers(2, 20))
def test_what_fails_is_found_and_the_rest_is_done(bad: set[int], count: int) -> None:
    calls = 0

    def work(items: list[int]) -> list[int]:
        nonlocal calls
        calls += 1
        if bad & set(items):
            raise ValueError(f"{min(bad & set(items))}\nand more")
        return [10 * item for item in items]

    items = list(range(count))
    if bad.issuperset(items):
        with pytest.raises(ValueError, match="0"):
            without_failures(work, items)
        return
    done, failures = without_failures(work, items)
    assert done == [10 * item for item in items if item not in bad]
    assert [failure.item for failure in failures] == [item for item in items if item in bad]
    assert all(failure.cause == f"ValueError: {failure.item}" for failure in failures)
    assert bad & set(items) or calls == 1


def test_what_only_fails_together_is_done_in_part() -> None:
    def work(items: list[int]) -> list[int]:
        if {1, 2} <= set(items):
            raise ValueError
        return items

    done, failures = without_failures(work, [0, 1, 2, 3])
    assert done == [0, 1] and [failure.item for failure in failures] == [2, 3]


@pytest.mark.parametrize(
    "error", [IimtError("no detector"), MemoryError(), RuntimeError("CUDA out of memory")]
)
def test_what_no_item_can_help_is_raised(error: Exception) -> None:
    def work(items: list[int]) -> None:
        if 1 in items:
            raise error

    with pytest.raises(type(error)):
        without_failures(work, [0, 1, 2])


def place(quad: np.ndarray) -> int:
    """Which of the words stand there."""
    return round((float(quad[:, 1].mean()) - 34) / 80)


def unless_second(real: Callable[..., object], where: Callable[..., int]) -> Callable[..., object]:
    """A function that fails on the second of the words; `where` tells from its arguments on which of them it is called."""

    def broken(*arguments: Any) -> object:
        if where(*arguments) == 1:
            raise ValueError("attempt to get argmax of an empty sequence")
        return real(*arguments)

    return broken


def row(geometry: Geometry) -> int:
    return place(geometry.to_picture([[40.0, 16.0]]))


@pytest.mark.parametrize(
    ("module", "name", "where"),
    [
        (looks, "cut", lambda _, geometry: row(geometry)),
        (looks, "as_measured", lambda line, *_: place(line.quad)),
        (page, "mark_before", lambda _, geometry, __: row(geometry)),
        (frames, "between_rules", lambda strip: 1 if (np.ptp(strip, axis=2) > 90).any() else 0),
        (erase, "add_erased", lambda _, geometry, *__: row(geometry)),
    ],
)
def test_a_line_that_cannot_be_measured_is_left_alone(
    module: ModuleType, name: str, where: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    rgb = picture()
    assert read(read_page(Picture(rgb), classical_separator)) == [0, 1, 2, 3]
    monkeypatch.setattr(module, name, unless_second(getattr(module, name), where))
    found = read_page(Picture(rgb), classical_separator)
    assert read(found) == [0, 2, 3]
    [alone] = found.left_alone
    assert alone.reason == "could not be measured (ValueError: attempt to get argmax of an empty sequence)"
    assert [place(quad) for quad in alone.quads] == [1]
    assert (found.clean[0][95:135] == rgb[95:135]).all(), "it is not erased"


def test_a_line_that_cannot_be_separated_is_left_alone() -> None:
    def separate(strips: list[np.ndarray], colours: Sequence[Colour] | None = None) -> list[Ink]:
        if any((np.ptp(strip, axis=2) > 90).any() for strip in strips):
            raise ValueError("red")
        return classical_separator(strips)

    found = read_page(Picture(picture()), separate)
    assert read(found) == [0, 2, 3] and len(found.left_alone) == 1


def test_a_paragraph_that_cannot_be_drawn_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb = picture()
    found = read_page(Picture(rgb), classical_separator)
    broken = unless_second(page.estimate_style, lambda _, __, geometry, *___: row(geometry))
    monkeypatch.setattr(page, "estimate_style", broken)
    drawn = {i: (strip.ink[:, ::-1].copy(), list(strip.lines)) for i, strip in enumerate(found.strips)}
    out, flows = found.draw(drawn)
    assert set(flows) == {0, 2, 3}
    assert (out[95:135] == rgb[95:135]).all() and (out[175:215] != rgb[175:215]).any()


def test_the_result_says_what_was_left_alone_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    translator = StripTranslator.load(SHIPPED)
    broken = unless_second(reader.mended, lambda reading, *_: int(reading.text.startswith("Bitte")))
    monkeypatch.setattr(reader, "mended", broken)
    monkeypatch.setattr(
        looks, "as_measured", unless_second(looks.as_measured, lambda line, *_: place(line.quad) - 1)
    )
    rgb = picture()
    [result] = translator.translate([rgb], Options(min_confidence=0))
    reasons = {place(np.array(block.polygon)): block.reason for block in result.blocks}
    cause = "(ValueError: attempt to get argmax of an empty sequence)"
    assert reasons[1] == f"could not be translated {cause}" and reasons[2] == f"could not be measured {cause}"
    assert not reasons[0] and not reasons[3]
    assert (result.pixels[95:215] == rgb[95:215]).all() and (result.pixels[:60] != rgb[:60]).any()
