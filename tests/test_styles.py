"""Words that look otherwise, text on two grounds, and what cannot be read in the finished picture."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.config import Transformer
from iimt_cli.model.alignment import Aligned
from iimt_cli.model.text import TextDecoder
from iimt_cli.page import Page, Picture, classical_separator, read_page
from iimt_cli.page.page import Drawn
from iimt_cli.page.typeset.legible import OVER_SOMETHING, UNSEEN
from iimt_cli.page.typeset.words import Look
from iimt_cli.translation.pieces import Piece, origins
from iimt_cli.translation.steps.styles import worn_looks

BLACK, RED, BLUE, WHITE = (20, 20, 20), (220, 20, 30), (20, 50, 200), (255, 255, 255)
Run = tuple[str, tuple[int, int, int]]


def written(*runs: Run, stroke: int = 0, underline: int | None = None) -> np.ndarray:
    """A line of words in colours; one of them, by number, in bolder strokes or underlined."""
    image = Image.new("RGB", (640, 100), WHITE)
    draw, font, x = ImageDraw.Draw(image), ImageFont.load_default(28), 30.0
    for n, (text, colour) in enumerate(runs):
        draw.text((x, 30), text, font=font, fill=colour, stroke_width=stroke if n == 1 else 0)
        end = x + font.getlength(text)
        if underline == n:
            draw.rectangle((x, 60, end, 61), fill=colour)
        x = end + font.getlength(" ")
    return np.asarray(image)


def page_of(rgb: np.ndarray) -> Page:
    page = read_page(Picture(rgb), classical_separator)
    assert len(page.paragraphs) == 1
    return page


def as_it_was(page: Page) -> dict[int, Drawn]:
    ink = page.strips[0].ink
    return {0: (ink, [(4, ink.shape[1] - 4)])}


@pytest.mark.parametrize("colour", [RED, BLUE])
def test_a_coloured_word_has_another_look(colour: tuple[int, int, int]) -> None:
    looks = page_of(written(("Please close", BLACK), ("the door", colour), ("behind you", BLACK))).looks(0)
    assert [number for _, number in looks] == [0, 1, 0]
    (_, end), (start, stop), (begin, _) = (span for span, _ in looks)
    assert end < start < stop < begin


def test_a_bold_word_has_another_look() -> None:
    runs = (("Please close", BLACK), ("always", BLACK), ("the green door", BLACK))
    assert page_of(written(*runs)).looks(0) == []
    assert [number for _, number in page_of(written(*runs, stroke=1)).looks(0)] == [0, 1, 0]


def test_an_italic_word_has_another_look_and_what_translates_it_leans() -> None:
    upright = written(("Please close ", BLACK), ("immediately ", BLACK), ("the green door", BLACK))
    font = ImageFont.load_default(28)
    start = round(30 + font.getlength("Please close  "))
    word = slice(start - 2, start + round(font.getlength("immediately")) + 4)
    italic = upright.copy()
    along = np.array([[1, -0.2, 0.2 * 56], [0, 1, 0]])
    size = (word.stop - word.start, 100)
    italic[:, word] = cv2.warpAffine(upright[:, word], along, size, flags=cv2.INTER_CUBIC, borderValue=WHITE)
    page = page_of(italic)
    looks = page.looks(0)
    assert [number for _, number in looks] == [0, 1, 0]
    ink = page_of(upright).strips[0].ink
    spans = [span for span, _ in looks]
    pixels, flows = page.draw({0: (ink, spans)}, {0: [(span, (span,)) for span in spans]})
    assert flows[0].fault == ""
    assert [number for _, number in page_of(pixels).looks(0)] == [0, 1, 0]
    pixels, _ = page.draw({0: (ink, spans)})
    assert page_of(pixels).looks(0) == []


def test_words_that_look_alike_have_no_looks() -> None:
    for colour in (BLACK, RED, (190, 190, 190)):
        assert page_of(written(("Please close the door behind you!", colour))).looks(0) == []


def test_the_words_that_look_most_at_a_look_wear_it() -> None:
    text = "The works begin on Monday"
    looks: list[Look] = [((0, 40), 0), ((50, 90), 1), ((100, 200), 0), ((210, 260), 2)]
    shares = {"The": (0.4, 0.5), "works": (0.2, 0.7), "begin": (0.4, 0.4), "on": (0.9, 0), "Monday": (0.2, 0)}
    rows = np.zeros((len(text), 4), np.float32)
    for word, (main, first) in shares.items():
        start = text.index(word)
        rows[start : start + len(word)] = [main, first, 0, 1 - main - first]
    aligned = Aligned(text, rows, np.array([20, 70, 150, 230], np.float32))
    # Before the word that looks most at a look another needs to be sure, behind it less so.
    assert worn_looks(aligned, looks) == (0, 1, 1, 0, 2)


def test_where_no_word_is_sure_all_have_the_main_look() -> None:
    aligned = Aligned("One two", np.full((7, 2), (0.8, 0.2), np.float32), np.array([10, 60], np.float32))
    assert worn_looks(aligned, [((0, 40), 0), ((50, 90), 1)]) == (0, 0)


def test_words_come_from_the_words_whose_look_they_wear() -> None:
    ink = np.zeros((32, 100), np.float32)
    for a in (4, 40, 76):
        ink[10:22, a : a + 16] = 1
    piece = Piece(ink, start=50, looks=(((4, 20), 0), ((40, 56), 1), ((76, 92), 0)))
    words = [(0, 10), (20, 30), (40, 50)]
    assert origins([piece], words) == [((0, 50), ((50, 150),))]
    assert origins([replace(piece, worn=(1, 0, 0))], words) == [
        ((0, 10), ((90, 106),)),
        ((20, 50), ((54, 70), (126, 142))),
    ]


def test_attention_is_shared_out_among_the_places() -> None:
    torch.manual_seed(0)
    decoder = TextDecoder(30, Transformer(16, 2, 2, 32), 16).eval()
    context, there = torch.randn(2, 7, 16), torch.ones(2, 7, dtype=torch.bool)
    there[1, 5:] = False
    looks = decoder.looks(torch.randint(4, 30, (2, 5)), context, there)
    assert looks.shape == (2, 4, 7)
    assert torch.allclose(looks.sum(-1), torch.ones(2, 4), atol=1e-5) and (looks[1, :, 5:] == 0).all()


# Grounds


def on_two_grounds(at: int) -> np.ndarray:
    """White on blue and blue on white, meeting at column `at`."""
    size = (500, 120)
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).text((60, 35), "Open on Sundays", font=ImageFont.load_default(44), fill=255)
    ground, ink = Image.new("RGB", size, BLUE), Image.new("RGB", size, WHITE)
    ImageDraw.Draw(ground).rectangle((at, 0, *size), fill=WHITE)
    ImageDraw.Draw(ink).rectangle((at, 0, *size), fill=BLUE)
    ground.paste(ink, (0, 0), mask)
    return np.asarray(ground)


def page_on_two_grounds(at: int) -> Page:
    """The page of it, whose ink the classical separator sees where there is one ground alone."""
    clean = np.empty((120, 500, 3), np.uint8)
    clean[:, :at], clean[:, at:] = BLUE, WHITE
    return replace(page_of(on_two_grounds(0)), picture=Picture(on_two_grounds(at)), clean=(clean,))


@pytest.mark.parametrize("at", [170, 240, 330])
def test_letters_on_two_grounds_have_the_ink_of_each(at: int) -> None:
    page = page_on_two_grounds(at)
    out, flows = page.draw(as_it_was(page))
    assert flows[0].fault == ""
    assert np.abs(out.astype(int) - on_two_grounds(at)).mean() < 4


def test_text_that_goes_with_no_ground_has_one_ink() -> None:
    page = page_of(written(("Please close the door", BLACK)))
    assert page.style(0, page.picture.views[0], page.clean[0]).grounds is None


# What cannot stay as it was drawn


def test_what_cannot_be_read_is_told() -> None:
    page = page_of(written(("Please close the door", BLACK)))
    clean = page.clean[0].copy()
    assert page.draw(as_it_was(page))[1][0].fault == ""
    clean[:, 150:] = BLACK  # as if a wrong ground had been put behind it
    assert replace(page, clean=(clean,)).draw(as_it_was(page))[1][0].fault == UNSEEN


def test_faint_text_may_stay_faint() -> None:
    page = page_of(written(("Please close the door", (200, 200, 200))))
    assert page.draw(as_it_was(page))[1][0].fault == ""


def test_no_letter_is_drawn_over_a_shape_beside_the_text() -> None:
    rgb = written(("Please close", BLACK))
    page = page_of(rgb)
    line = page.paragraphs[0].lines[0]
    right = int(line.ends[1, 0])
    with_shape, clean = rgb.copy(), page.clean[0].copy()
    for picture in (with_shape, clean):
        picture[35:65, right - 40 : right + 20] = (250, 200, 50)
    short = replace(line, ink=np.where(np.arange(line.ink.shape[1]) < line.x1 - 60, line.ink, 0))
    page = replace(
        page,
        picture=Picture(with_shape),
        clean=(clean,),
        paragraphs=(replace(page.paragraphs[0], lines=(short,)),),
    )
    whole = as_it_was(page_of(rgb))
    assert page.draw(whole)[1][0].fault == OVER_SOMETHING
