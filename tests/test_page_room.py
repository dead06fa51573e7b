"""Where new text may go: faint bubbles, what stands beside it, what a lone line is aligned to."""

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page import Page, Picture, classical_separator, read_page
from iimt_cli.page.rectify import EM, MARGIN, from_baseline
from iimt_cli.page.runs import word_gaps
from iimt_cli.page.typeset.room import lone_alignment
from iimt_cli.page.typeset.unroll import Strip, chain

Colour = tuple[int, int, int]


def words(strip: Strip) -> list[tuple[int, int]]:
    columns = np.flatnonzero(strip.ink.max(axis=0) > 0.2)
    gaps = word_gaps(strip.ink)
    starts, ends = [columns[0], *(b for _, b in gaps)], [*(a for a, _ in gaps), columns[-1] + 1]
    return [(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


def repeated(page: Page, number: int, times: int | Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The picture after paragraph `number` was drawn again, its words repeated or picked; and what changed."""
    strip = page.strips[number]
    chosen = (
        words(strip) * times
        if isinstance(times, int)
        else [words(strip)[i % len(words(strip))] for i in times]
    )
    new = chain([strip.ink[:, a:b] for a, b in chosen])
    out, _ = page.draw({number: (new.ink, list(new.lines))})
    return out, (out != page.picture.rgb).any(axis=2)


def bubbles(back: Colour, bubble: Colour, ink: Colour, stamp: bool) -> tuple[Page, np.ndarray]:
    """Three bubbles with a line each, and where the middle one is."""
    image = Image.new("RGB", (640, 330), back)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(24)
    inside = np.zeros((330, 640), bool)
    for i, text in enumerate(
        ("See you again tomorrow then", "Thank you, until later", "Have you been there")
    ):
        right = 30 + 24 + draw.textlength(text, font=font) + (90 if stamp else 24)
        draw.rounded_rectangle((30, 20 + 100 * i, right, 86 + 100 * i), 18, fill=bubble)
        draw.text((54, 36 + 100 * i), text, font=font, fill=ink)
        if stamp:
            draw.text((right - 60, 56 + 100 * i), "17:4" + str(i), font=ImageFont.load_default(16), fill=ink)
        if i == 1:
            inside[120:187, 30 : int(right) + 1] = True
    page = read_page(Picture(np.asarray(image)), classical_separator)
    return page, inside


@pytest.mark.parametrize("stamp", [False, True])
@pytest.mark.parametrize(
    ("back", "bubble", "ink"),
    [
        ((18, 20, 26), (42, 47, 58), (240, 240, 240)),
        ((30, 34, 42), (38, 43, 52), (240, 240, 240)),
        ((255, 255, 255), (244, 245, 247), (20, 20, 20)),
    ],
)
def test_the_edge_of_a_faint_bubble_is_a_wall(back: Colour, bubble: Colour, ink: Colour, stamp: bool) -> None:
    page, inside = bubbles(back, bubble, ink, stamp)
    number = next(
        i
        for i, p in enumerate(page.paragraphs)
        if 120 < p.lines[0].quad[:, 1].mean() < 187 and len(words(page.strips[i])) > 2
    )
    _, changed = repeated(page, number, [0, 1, 2, 3, 0, 1, 2])
    assert changed.any() and not (changed & ~inside).any()


def test_text_beside_other_text_in_a_bubble_stays_at_its_left() -> None:
    page, _ = bubbles((18, 20, 26), (42, 47, 58), (240, 240, 240), stamp=True)
    number = next(
        i
        for i, p in enumerate(page.paragraphs)
        if 120 < p.lines[0].quad[:, 1].mean() < 187 and len(words(page.strips[i])) > 2
    )
    out, _ = repeated(page, number, [1, 3])
    light = np.flatnonzero((out[125:180, 40:330] > 150).all(axis=2).any(axis=0)) + 40
    assert light[0] < 60


def test_links_in_a_row_keep_their_left_ends() -> None:
    image = Image.new("RGB", (900, 120), "white")
    draw, font, x, starts = ImageDraw.Draw(image), ImageFont.load_default(20), 60.0, []
    for text in ("Our products", "The prices", "About the firm", "Write to us"):
        starts.append(x)
        draw.text((x, 50), text, font=font, fill="black")
        x += draw.textlength(text, font=font) + 60
    page = read_page(Picture(np.asarray(image)), classical_separator)
    assert len(page.paragraphs) == 4
    for number in (1, 2):
        out, _ = repeated(page, number, [1])
        row = np.flatnonzero(
            (out[:, int(starts[number]) - 20 : int(starts[number]) + 40] < 190).all(axis=2).any(axis=0)
        )
        assert abs(row[0] - 20) < 5


def test_a_line_at_the_right_edge_grows_to_the_left() -> None:
    image = Image.new("RGB", (800, 160), "white")
    font = ImageFont.load_default(18)
    ImageDraw.Draw(image).text((770, 120), "Internal use", font=font, fill="black", anchor="rs")
    page = read_page(Picture(np.asarray(image)), classical_separator)
    _, changed = repeated(page, 0, 2)
    columns = np.flatnonzero(changed.any(axis=0))
    assert 762 < columns[-1] < 776


def test_two_lines_that_share_their_left_end_keep_it_in_a_frame_that_they_fill() -> None:
    image = Image.new("RGB", (460, 160), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(16)
    lines = [
        "Please hold the shelf at the wall, mark the holes",
        "and screw it on with the angles that came with it.",
    ]
    left, right = 40, 40 + max(draw.textlength(line, font=font) for line in lines)
    draw.rectangle((left - 16, 40, right + 16, 120), outline="black", width=2)
    for n, line in enumerate(lines):
        draw.text((left, 58 + 21 * n), line, font=font, fill="black")
    page = read_page(Picture(np.asarray(image)), classical_separator)
    [paragraph] = page.paragraphs
    assert len(paragraph.lines) == 2 and page.alignment(0) == "left"


def test_a_title_that_happens_to_end_where_another_line_does_keeps_its_left_end() -> None:
    image = Image.new("RGB", (800, 260), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(22)
    draw.text((30, 40), "Registration for summer", font=font, fill="black")
    end = 30 + draw.textlength("Registration for summer", font=font)
    draw.text((end, 110), "A child", font=ImageFont.load_default(16), fill="black", anchor="ra")
    draw.text((500, 160), "Something else on this page", font=ImageFont.load_default(16), fill="black")
    page = read_page(Picture(np.asarray(image)), classical_separator)
    out, _ = repeated(page, 0, [0])
    row = np.flatnonzero((out[30:70] < 128).all(axis=2).any(axis=0))
    assert 28 < row[0] < 36


def test_a_heading_over_a_list_is_not_centred_over_items_that_happen_to_have_its_middle() -> None:
    ends = [(90, 634), (90, 632), (90, 495), (90, 480)]
    items = [np.array([[a, 132 + 60 * n], [b, 132 + 60 * n]]) for n, (a, b) in enumerate(ends)]
    geometry = from_baseline((40, 70), (1, 0), 40, 500)
    x0, x1 = MARGIN, MARGIN + 500 * EM / 40
    assert lone_alignment(geometry, x0, x1, (None, None), items, (520, 900, 3)) == "left"
    centred = [
        np.array([[290 - w, 132 + 60 * n], [290 + w, 132 + 60 * n]]) for n, w in enumerate((290, 150, 205))
    ]
    assert lone_alignment(geometry, x0, x1, (None, None), centred, (520, 900, 3)) == "center"


def test_a_button_stays_centred_though_other_lines_begin_nearly_where_it_does() -> None:
    geometry = from_baseline((130, 70), (1, 0), 16, 120)
    x0, x1 = MARGIN, MARGIN + 120 * EM / 16
    column = [np.array([[128, 132 + 30 * n], [230 + 17 * n, 132 + 30 * n]]) for n in range(4)]
    wall = 1.2 * EM
    assert lone_alignment(geometry, x0, x1, (wall, wall + 0.5), column, (520, 900, 3)) == "center"
    exactly = [np.add(ends, [2, 0]) for ends in column]
    assert lone_alignment(geometry, x0, x1, (wall, wall + 6), exactly, (520, 900, 3)) == "left"


def test_a_table_head_keeps_the_end_of_its_column_and_not_a_left_end_of_other_things() -> None:
    geometry = from_baseline((509, 300), (1, 0), 16, 49)
    x0, x1 = MARGIN, MARGIN + 49 * EM / 16
    above = [np.array([[507, 60 + 25 * n], [640 - 9 * n, 60 + 25 * n]]) for n in range(4)]
    below = [np.array([[558 - w, 330 + 30 * n], [558, 330 + 30 * n]]) for n, w in enumerate((40, 61, 35, 66))]
    assert lone_alignment(geometry, x0, x1, (None, None), [*above, *below], (900, 860, 3)) == "right"


def test_labels_under_a_chart_stay_under_their_bars() -> None:
    rows = [
        np.array([[middle - w, 300], [middle + w, 300]]) for middle, w in ((150, 48), (250, 36), (350, 41))
    ]
    for n, own in enumerate(rows):
        geometry = from_baseline(own[0], (1, 0), 14, own[1, 0] - own[0, 0])
        x1 = MARGIN + (own[1, 0] - own[0, 0]) * EM / 14
        others = [row for row in rows if row is not own]
        assert lone_alignment(geometry, MARGIN, x1, (None, None), others, (600, 1000, 3)) == "center", n


def test_values_at_the_right_of_their_names_keep_their_right_ends() -> None:
    image = Image.new("RGB", (700, 220), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(22)
    for i, (name, value) in enumerate(
        (("Monday to Friday", "from 9 to 18"), ("Saturday", "from 10 to 14 or so"))
    ):
        draw.text((90, 50 + 40 * i), name, font=font, fill="black")
        draw.text((600, 50 + 40 * i), value, font=font, fill="black", anchor="ra")
    page = read_page(Picture(np.asarray(image)), classical_separator)
    values = [i for i, p in enumerate(page.paragraphs) if p.lines[0].quad[0, 0] > 320]
    assert len(values) == 2
    for number in values:
        out, _ = repeated(page, number, [0])
        y = int(page.paragraphs[number].lines[0].quad[:, 1].mean())
        columns = np.flatnonzero((out[y - 8 : y + 8, 320:] < 128).all(axis=2).any(axis=0)) + 320
        assert 590 < columns[-1] < 604


def dialogue(centred: bool) -> Page:
    """Two lines of speech with a dash before each, centred at column 350 or flush left from column 60 on."""
    image = Image.new("RGB", (700, 160), "#203050")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(28)
    for y, text in ((60, "Did you find the old key"), (104, "No there is nothing in the drawer")):
        x = 350 - (draw.textlength(text, font=font) + 22) / 2 if centred else 60
        draw.rectangle((x, y - 10, x + 13, y - 8), fill="white")
        draw.text((x + 22, y), text, "white", font, anchor="ls")
    return read_page(Picture(np.asarray(image)), classical_separator)


def test_a_dash_moves_with_the_centred_words_that_are_spoken() -> None:
    page = dialogue(centred=True)
    out, _ = repeated(page, 0, [0, 1, 2, 3])
    columns = np.flatnonzero((out[35:70] > 180).all(axis=2).any(axis=0))
    assert np.ptp(columns) < 250
    assert columns[[0, -1]].mean() == pytest.approx(350, abs=6)


def test_dashes_of_a_list_stay_where_they_were() -> None:
    page = dialogue(centred=False)
    out, changed = repeated(page, 0, [0, 1, 2])
    assert changed.any()
    assert not changed[:, :75].any()
    assert (out[45:55, 60:74] > 180).all(axis=2).any()


@pytest.mark.parametrize(("end", "kept"), [(800, "right"), (760, "left")])
def test_a_date_at_the_right_margin_of_a_letter_keeps_its_right_end(end: int, kept: str) -> None:
    """The right margin is as wide as the left one, 100 px of 900; 60 px more are no margin."""
    em, x0 = 18.0, MARGIN
    geometry = from_baseline([end - 230.0, 170.0], [1, 0], em, 230.0)
    letter = [np.array([[100.0, y], [100.0 + width, y]]) for y, width in ((310, 420), (350, 105), (870, 180))]
    x1 = x0 + 230 / geometry.scale
    assert lone_alignment(geometry, x0, x1, (None, None), letter, (1200, 900, 3)) == kept
