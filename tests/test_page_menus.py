"""What menus, side bars and dialogs show: icons before entries, the line under a key, labels beside each other, one size."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.language import language
from iimt_cli.model.image_encoder import Reading
from iimt_cli.page import Page, Picture, classical_separator, read_page
from iimt_cli.page.layout.rules import is_whole, key_line, underline
from iimt_cli.page.paragraphs import TextLine
from iimt_cli.page.rectify import BASELINE, EM
from iimt_cli.page.runs import LETTER_EDGE, columns_of
from iimt_cli.translation.misread import mended

WHITE, BLACK, BLUE = (255, 255, 255), (20, 20, 20), (40, 110, 200)
FONT = ImageFont.load_default(17)
ENTRIES = ("Scale the image", "Crop to the content", "Merge all of them", "Rotate to the left")


def canvas(height: int = 180) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (600, height), WHITE)
    return image, ImageDraw.Draw(image)


def page_of(image: Image.Image) -> tuple[np.ndarray, Page]:
    rgb = np.asarray(image)
    return rgb, read_page(Picture(rgb), classical_separator)


def lines_of(page: Page) -> list[TextLine]:
    return [line for p in page.paragraphs for line in p.lines]


def starts(page: Page) -> list[float]:
    return [line.geometry.to_picture(np.array([[line.x0, BASELINE]]))[0, 0] for line in lines_of(page)]


def icon(draw: ImageDraw.ImageDraw, x: int, baseline: int, below: int = 0) -> None:
    """A folder, as wide and as high as a capital, `below` px lower than the letters."""
    low, high = baseline - 1 + below, baseline - 13
    points = [
        (x, low),
        (x, high),
        (x + 5, high),
        (x + 7, high + 3),
        (x + 14, high + 3),
        (x + 14, low),
        (x, low),
    ]
    draw.line(points, fill=BLACK, width=1)


def ink_of(text: str) -> np.ndarray:
    """In a standard strip."""
    scale = 4
    font = ImageFont.load_default(int(EM * scale))
    layer = Image.new("L", (int(font.getlength(text)) + 28 * scale, 32 * scale))
    ImageDraw.Draw(layer).text((14 * scale, 23.5 * scale), text, 255, font, anchor="ls")
    return np.asarray(layer.resize((layer.width // scale, 32), Image.Resampling.BOX), np.float32) / 255


def on_white(ink: np.ndarray) -> np.ndarray:
    return np.repeat((255 - 235 * ink[..., None]).astype(np.uint8), 3, axis=2)


def test_icons_in_the_column_of_a_menu_stay() -> None:
    image, draw = canvas()
    for i, text in enumerate(ENTRIES):
        if i != 1:
            icon(draw, 40, 40 + 34 * i)
        draw.text((60, 40 + 34 * i), text, font=FONT, fill=BLACK, anchor="ls")
    rgb, page = page_of(image)
    assert np.allclose(starts(page), 60, atol=3)
    assert (page.clean[0][:, :56] == rgb[:, :56]).all(), "an icon was erased"


def test_an_icon_lower_than_the_letters_stays_without_any_entry_beside_it() -> None:
    image, draw = canvas()
    icon(draw, 40, 80, below=3)
    draw.text((60, 80), ENTRIES[0], font=FONT, fill=BLACK, anchor="ls")
    rgb, page = page_of(image)
    assert np.allclose(starts(page), [60], atol=3)
    assert (page.clean[0][:, :56] == rgb[:, :56]).all()


@pytest.mark.parametrize("gap", [0, 1, 2])
def test_the_line_under_a_key_is_neither_read_nor_left(gap: int) -> None:
    """A whole one below the letter, or a faint one that touches it."""
    image, draw = canvas()
    draw.text((60, 80), "Save the page", font=FONT, fill=BLACK, anchor="ls")
    _, plain = page_of(image)
    left, right = (60 + FONT.getlength(part) for part in ("S", "Sa"))
    draw.line((left, 80 + gap, right - 1, 80 + gap), fill=BLACK if gap else (140, 140, 140))
    _, page = page_of(image)
    assert (page.clean[0] == WHITE).all(), "the line is left"
    assert lines_of(page)[0].em == pytest.approx(lines_of(plain)[0].em, rel=0.03)
    assert np.abs(page.strips[0].ink.sum() / plain.strips[0].ink.sum() - 1) < 0.03


@pytest.mark.parametrize("text, whole", [("2 l", True), ("zur", True), ("8:30", True), ("Save", False)])
def test_the_line_under_a_short_link_is_under_its_words_and_under_no_key(text: str, whole: bool) -> None:
    ink = ink_of(text)
    found = columns_of(ink, LETTER_EDGE)
    assert found is not None
    strip = on_white(ink)
    strip[26, found[0] : found[1] if whole else found[0] + 10] = 0
    span = (float(found[0]), float(found[1]))
    line = underline(strip, ink, span) or key_line(strip, ink, span)
    assert line is not None and is_whole(line, span) == whole


@pytest.mark.parametrize("text", ["going by", "jungle", "pay_day", "Quay"])
def test_what_letters_have_below_the_line_is_no_key(text: str) -> None:
    ink = ink_of(text)
    assert key_line(on_white(ink), ink, (14, ink.shape[1] - 14)) is None


def test_a_shadow_is_no_line_under_words() -> None:
    strip, ink = np.full((32, 300, 3), BLUE, np.uint8), np.zeros((32, 300), np.float32)
    for x in range(14, 280, 8):
        ink[11:24, x : x + 5] = 1
    strip[25, 14:280] = (20, 40, 90)
    strip[ink > 0] = WHITE
    assert underline(strip, ink, (14, 281)) is None
    strip[25, 14:280] = WHITE
    assert underline(strip, ink, (14, 281)) is not None


def test_labels_on_grounds_of_different_colour_are_two_texts() -> None:
    image, draw = canvas()
    end = 60 + FONT.getlength("Single page")
    draw.rectangle((54, 60, end + 3, 90), fill=BLUE)
    draw.text((60, 80), "Single page", font=FONT, fill=WHITE, anchor="ls")
    draw.text((end + 9, 80), "Double page", font=FONT, fill=BLACK, anchor="ls")
    assert len(page_of(image)[1].paragraphs) == 2


def test_entries_of_a_menu_have_one_size() -> None:
    image, draw = canvas(220)
    for i, text in enumerate(("moon", "Sun and wind", "use as rain…", "Fog", "AUTO", "our sea")):
        draw.text((60, 40 + 30 * i), text, font=FONT, fill=BLACK, anchor="ls")
    sizes = [line.em for line in lines_of(page_of(image)[1])]
    assert len(sizes) == 6 and max(sizes) / min(sizes) < 1.02, sizes


@pytest.mark.parametrize(
    ("shown", "read", "result"),
    [
        ("Save as...", "Save as.", "Save as…"),
        ("Save as ...", "Save as ..", "Save as …"),
        ("Save as...", "Save as…", "Save as…"),
        ("Save it.", "Save it.", "Save it."),
        ("Save it", "Save it.", "Save it."),
    ],
)
def test_three_dots_stay_three(shown: str, read: str, result: str) -> None:
    reading = Reading(read, [(2 * i, 2 * i + 1) for i in range(len(read))], -0.1)
    found = mended(reading, ink_of(shown), language("de"))
    assert found.text == result and len(found.frames) == len(result)
    assert found.frames[-1][1] == reading.frames[-1][1]


@pytest.mark.parametrize(
    ("read", "result"),
    [
        ("You know,, who I am,, or?", "You know, who I am, or?"),
        ("Tom saßß there", "Tom saß there"),
        ("Liebe Eltern,. um 9:: Uhr:. nüchtern", "Liebe Eltern, um 9: Uhr: nüchtern"),
        ("Wasser 9 %,. Salz usw., Tee", "Wasser 9 %, Salz usw., Tee"),
        ("heute  und morgen", "heute und morgen"),
        ("„das Doppelte““, sagt er", "„das Doppelte“, sagt er"),
        ("ch bin da", "Ich bin da"),  # the I was not seen
        (" ch bin da", "Ich bin da"),
        ("chaos", "chaos"),
        (",,Come in", ",,Come in"),  # how a typewriter begins a quotation
        ("std::vector", "std::vector"),
        ('„Come in", he said.', "„Come in“, he said."),
        ("„I know' said Tom.", "„I know“ said Tom."),
        ("„It's Tom's“, he said.", "„It's Tom's“, he said."),
        ('a 5" screen', 'a 5" screen'),
    ],
)
def test_no_mark_is_read_twice_and_quotations_end_as_they_began(read: str, result: str) -> None:
    reading = Reading(read, [(2 * i, 2 * i + 1) for i in range(len(read))], -0.1)
    found = mended(reading, ink_of("It"), language("de"))
    assert found.text == result and len(found.frames) == len(result)
    assert found.frames[0][0] == 0 and found.frames[-1] == (reading.frames[-1][0], reading.frames[-1][1])


def test_icons_part_the_entries_of_a_bar() -> None:
    image, draw = canvas()
    x = 40.0
    for text in ("Output", "Search", "Project", "Settings"):
        icon(draw, round(x), 80)
        draw.text((x + 20, 80), text, font=FONT, fill=BLACK, anchor="ls")
        x += 20 + FONT.getlength(text) + 12
    rgb, page = page_of(image)
    assert len(page.paragraphs) == 4
    places = [round(start) for start in sorted(starts(page))]
    for place in places:
        assert (page.clean[0][:, place - 20 : place - 5] == rgb[:, place - 20 : place - 5]).all()


def test_the_tick_of_an_axis_is_no_dash() -> None:
    image, draw = canvas()
    font = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf", 17)
    draw.text((60, 80), "very happy", font=font, fill=BLACK, anchor="ls")
    end = round(60 + font.getlength("very happy"))
    _, plain = page_of(image)
    draw.line((end + 5, 75, end + 10, 75), fill=BLACK)
    _, dashed = page_of(image)
    draw.line((end + 11, 20, end + 11, 150), fill=BLACK)
    rgb, page = page_of(image)
    [line], [wanted], [longer] = lines_of(page), lines_of(plain), lines_of(dashed)
    assert (line.x1 - line.x0) * line.em == pytest.approx((wanted.x1 - wanted.x0) * wanted.em, rel=0.02)
    assert (longer.x1 - longer.x0) * longer.em > 1.05 * (wanted.x1 - wanted.x0) * wanted.em
    assert (page.clean[0][:, end + 4 :] == rgb[:, end + 4 :]).all()


@pytest.mark.parametrize("end", ["first", "last"])
def test_a_text_cursor_is_no_letter(end: str) -> None:
    image, draw = canvas()
    draw.text((60, 80), "Insert a name", font=FONT, fill=BLACK, anchor="ls")
    _, plain = page_of(image)
    x = 58 if end == "first" else round(62 + FONT.getlength("Insert a name"))
    draw.line((x, 64, x, 84), fill=BLACK)
    _, page = page_of(image)
    [line], [wanted] = lines_of(page), lines_of(plain)
    assert starts(page) == pytest.approx(starts(plain), abs=1)
    assert line.em == pytest.approx(wanted.em, rel=0.08)
    assert (line.x1 - line.x0) * line.em == pytest.approx((wanted.x1 - wanted.x0) * wanted.em, rel=0.02)
