"""What screenshots show besides text: rules of tables, bars of links, check boxes, small times, pictures above captions."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page import Page, Picture, classical_separator, read_page
from iimt_cli.page.arrays import Colour, Ink
from iimt_cli.page.ink.separate import Separator
from iimt_cli.page.layout.looks import looker
from iimt_cli.page.layout.marks import mark_before
from iimt_cli.page.layout.rules import label, rules, underline
from iimt_cli.page.paragraphs import TextLine
from iimt_cli.page.rectify import Geometry, from_baseline
from iimt_cli.page.runs import word_gaps
from iimt_cli.page.typeset.erase import fill

WHITE, BLACK = (255, 255, 255), (20, 20, 20)


def canvas(width: int = 700, height: int = 120) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (width, height), WHITE)
    return image, ImageDraw.Draw(image)


def write(draw: ImageDraw.ImageDraw, x: float, y: float, text: str, em: int = 17) -> None:
    draw.text((x, y), text, font=ImageFont.load_default(em), fill=BLACK)


def page_of(image: Image.Image) -> tuple[np.ndarray, Page]:
    rgb = np.asarray(image)
    return rgb, read_page(Picture(rgb), classical_separator)


def starts(page: Page) -> list[int]:
    """Where the first line of each paragraph starts, picture px."""
    return [
        round(float(p.lines[0].geometry.to_picture(np.array([[p.lines[0].x0, 16.0]]))[0, 0]))
        for p in page.paragraphs
    ]


def test_the_rules_of_a_table_stay_and_part_its_cells() -> None:
    image, draw = canvas()
    for x in (20, 190, 360):
        draw.line((x, 20, x, 90), fill=(90, 90, 90))
    for y in (20, 55, 90):
        draw.line((20, y, 360, y), fill=(90, 90, 90))
    for x, y, text in ((32, 28, "My telephone"), (198, 28, "yesterday at noon"), (32, 63, "The office")):
        write(draw, x, y, text)
    rgb, page = page_of(image)
    assert len(page.paragraphs) == 3
    assert np.allclose(sorted(starts(page)), [32, 32, 198], atol=3)
    for x in (20, 190, 360):
        assert (page.clean[0][20:91, x] == rgb[20:91, x]).all(), "a rule was erased"


def test_a_rule_in_a_framed_row_parts_cells_though_a_letter_touches_it() -> None:
    image, draw = canvas()
    draw.rectangle((20, 30, 400, 53), outline=(210, 210, 210))
    draw.line((133, 30, 133, 53), fill=(210, 210, 210))
    write(draw, 28, 32, "Direction of")  # cut off by the next column
    draw.rectangle((134, 31, 399, 52), fill=WHITE)
    write(draw, 140, 32, "Remote file")
    assert np.allclose(sorted(starts(page_of(image)[1])), [28, 140], atol=3)


def test_entries_of_a_bar_are_parted_by_gaps_that_differ_by_a_rounding() -> None:
    image, draw = canvas()
    x = 20.0
    for number, text in enumerate(("File", "Edit", "Search", "Go to", "Project", "Help")):
        write(draw, x, 40, text)
        x += ImageFont.load_default(17).getlength(text) + (17, 20)[number % 2]
    assert len(page_of(image)[1].paragraphs) == 6


@pytest.mark.parametrize(
    ("gap", "parts"), [(14, ["Imprint", "Privacy", "Shipping", "Contact us", "Subscribe now"]), (5, [""])]
)
def test_links_of_a_bar_are_texts_of_their_own(gap: int, parts: list[str]) -> None:
    image, draw = canvas()
    x = 30.0
    for text in ("Imprint", "Privacy", "Shipping", "Contact us", "Subscribe now"):
        write(draw, x, 40, text)
        x += ImageFont.load_default(17).getlength(text) + gap
    assert len(page_of(image)[1].paragraphs) == len(parts)


def test_the_edges_of_buttons_part_their_texts() -> None:
    image = Image.new("RGB", (200, 32), WHITE)
    for x, right in ((4, 96), (104, 196)):
        ImageDraw.Draw(image).rounded_rectangle((x, 2, right, 29), 3, (233, 233, 237), (143, 143, 157))
    strip = np.array(image)
    strip[8:24, 40:43] = strip[8:24, 140:143] = 20  # letters
    found = rules(strip)
    assert found[[96, 104]].all() and not found[8:90].any() and not found[112:190].any()


def test_what_seems_to_be_ink_at_the_end_of_a_label_is_its_edge() -> None:
    strip = np.full((32, 140, 3), 255, np.uint8)
    for x in range(24, 115, 8):
        strip[8:24, x : x + 3] = 20
    assert label(strip) == slice(0, 140), "letters are not so high"
    strip[1:31, 16:126] = np.where(strip[1:31, 16:126] == 20, 250, (220, 50, 60))
    own = label(strip)
    assert abs(own.start - 17) <= 2 and abs(own.stop - 125) <= 2

    def separate(strips: list[np.ndarray], colours: Sequence[Colour] | None = None) -> list[Ink]:
        ink = (strips[0][..., 1] > 150).astype(np.float32)
        ink[:, :14] = ink[:, 124:] = ink[0] = ink[31] = 0
        ink[:, 14:16] *= 0.6
        return [Ink(ink, ink)]

    [seen] = looker(strip, separate)([Geometry(np.eye(3), 140)])
    assert not seen.ink[:, :17].any() and not seen.erase[:, :17].any() and seen.ink[8:24, 24:27].all()


def test_an_icon_in_one_piece_before_a_line_stays() -> None:
    image, draw = canvas()
    draw.arc((30, 42, 42, 54), 0, 360, fill=BLACK, width=2)
    draw.line((40, 52, 46, 58), fill=BLACK, width=2)  # a magnifying glass
    write(draw, 58, 40, "Search in the settings")
    write(draw, 30, 80, "I see the settings")
    rgb, page = page_of(image)
    assert np.allclose(sorted(starts(page)), [30, 58], atol=3)
    assert (page.clean[0][40:60, 25:50] == rgb[40:60, 25:50]).all(), "the icon was erased"


def justify(draw: ImageDraw.ImageDraw, y: int, text: str, left: float = 40, right: float = 370) -> None:
    """Writes a line whose words are spread from `left` to `right` px."""
    font, words = ImageFont.load_default(17), text.split()
    room = right - left - sum(font.getlength(word) for word in words)
    for word in words:
        draw.text((left, y), word, font=font, fill=BLACK)
        left += font.getlength(word) + room / (len(words) - 1)


def test_words_of_a_justified_line_are_no_entries_of_a_bar() -> None:
    image, draw = canvas()
    justify(draw, 30, "There is much to see and to do")
    justify(draw, 54, "Nobody knows the reasons yet")
    assert [len(p.lines) for p in page_of(image)[1].paragraphs] == [2]


def test_a_justified_line_under_a_picture_is_as_wide_as_lines_farther_off() -> None:
    image, draw = canvas(height=260)
    justify(draw, 30, "Nobody knows the reasons yet and")
    justify(draw, 200, "Many go for a swim on warm days")
    assert [len(p.lines) for p in page_of(image)[1].paragraphs] == [1, 1]


@pytest.mark.parametrize("wide", ["Late in the summer", "Towards nightfall", "Rain and some fog"])
def test_wide_spaces_in_a_narrow_justified_column_part_nothing(wide: str) -> None:
    """The first line is indented, the third one has wide spaces, since the long word below had no room; the detector makes
    pieces of both."""
    image, draw = canvas(400, 150)
    justify(draw, 12, "In the narrow columns", left=52, right=250)
    justify(draw, 36, "of a paper the words stand", right=250)
    justify(draw, 60, wide, right=250)
    justify(draw, 84, "unquestionably far apart", right=250)
    write(draw, 40, 108, "from each other.")
    lines = page_of(image)[1].lines
    assert len(lines) == 5
    assert np.allclose([line.quad[:, 0].max() for line in lines[:4]], 250, atol=4)


def test_values_at_the_right_edge_of_a_table_stay_values() -> None:
    image, draw = canvas(400, 150)
    for y, name, value in (
        (12, "Administration", "12.00"),
        (36, "Underwriting", "14.50"),
        (60, "Rent", "900.00"),
    ):
        write(draw, 40, y, name)
        draw.text((250, y), value, font=ImageFont.load_default(17), fill=BLACK, anchor="ra")
    justify(draw, 96, "All of these are due monthly", right=250)
    texts = [line.quad[:, 0].max() - line.quad[:, 0].min() for line in page_of(image)[1].lines]
    assert len(texts) == 7 and sorted(texts)[-2] < 140


@pytest.mark.parametrize("shape", ["rectangle", "ellipse"])
def test_an_empty_check_box_is_no_letter(shape: str) -> None:
    image, draw = canvas()
    getattr(draw, shape)((30, 41, 43, 54), outline=(110, 110, 110))
    write(draw, 53, 38, "Send a summary every week")
    rgb, page = page_of(image)
    assert np.allclose(starts(page), [53], atol=3)
    assert (page.clean[0][:, :48] == rgb[:, :48]).all()


def test_a_time_in_small_type_is_not_the_end_of_the_message_above() -> None:
    image, draw = canvas()
    write(draw, 30, 30, "Shall we bring anything along?")
    write(draw, 30, 52, "10:15", em=12)
    _, page = page_of(image)
    assert [len(p.lines) for p in page.paragraphs] == [1, 1]
    assert page.paragraphs[1].em == pytest.approx(12, rel=0.12)


def test_a_caption_right_under_a_picture_is_erased_without_a_smear() -> None:
    image, draw = canvas()
    draw.rectangle((40, 0, 400, 40), fill=(200, 220, 240))
    bare = np.asarray(image).copy()
    write(draw, 42, 38, "Walking boots for the winter")
    rgb = np.asarray(image)
    mask = np.abs(rgb.astype(int) - bare).max(2) > 0
    mask = np.pad(mask, 2)
    grown = np.zeros_like(mask)
    for dy in range(-2, 3):
        for dx in range(-2, 3):
            grown |= np.roll(mask, (dy, dx), (0, 1))
    assert (fill(rgb, grown[2:-2, 2:-2]) == bare).all()


def test_a_frame_near_the_letters_leaves_no_trace_in_what_is_filled() -> None:
    image, draw = canvas(height=60)
    draw.rounded_rectangle((20, 21, 112, 42), 4, (233, 233, 237), (143, 143, 157))
    bare = np.array(image)
    font = ImageFont.load_default(17)
    layer = Image.new("L", image.size)
    for target, ink in ((draw, BLACK), (ImageDraw.Draw(layer), 255)):
        target.text((26, 20), "Reset all", font=font, fill=ink)
    mask = cv2.dilate((np.asarray(layer) > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert (fill(np.array(image), mask) == bare).all()


def test_rules_are_thin_and_reach_from_top_to_bottom() -> None:
    strip = np.full((32, 120, 3), 240, np.uint8)
    strip[6:24, 20:23] = 30  # an l
    strip[:, 60:120] = 180  # the edge of a field
    assert not rules(strip).any()
    strip[:, 40:42] = 120
    assert set(np.flatnonzero(rules(strip))) >= {40, 41} and not rules(strip)[46:].any()
    strip[0, 40:42] = 190  # in the outermost row there is half of the line above
    assert rules(strip)[40:42].all()
    striped = np.full((32, 120, 3), 240, np.uint8)
    striped[:, 10::12] = striped[:, 11::12] = 100
    assert not rules(striped).any(), "stripes are what the text stands on"
    bricks = np.full((32, 160, 3), 90, np.uint8)
    bricks[:, 77:84] = 140
    bricks[13:22, 70:92] = 250
    assert not rules(bricks).any(), "a letter stands on the joint"
    bricks[:, 77:80] = bricks[:, 82:84] = 90
    bricks[13:22, 70:78] = 250
    bricks[13:22, 78:92] = 90
    bricks[:, 80:82] = 140
    assert rules(bricks)[80:82].all(), "a thin rule, and a letter that touches it"


@pytest.mark.parametrize("mark", ["dot", "pale dot", "triangle", "dash", "long dash", "box", "icon"])
def test_bullets_stay_and_part_items(mark: str) -> None:
    image, draw = canvas(height=160)
    for i, text in enumerate(
        ("Win new customers in Austria this year", "Answer the questions of customers in", "Hire three")
    ):
        y = 30 + 26 * i
        if mark.endswith("dot"):
            x, fill = (24, (170, 170, 170)) if mark == "pale dot" else (30, BLACK)
            draw.ellipse((x, y + 8, x + 5, y + 13), fill=fill)
        elif mark == "triangle":
            draw.polygon([(30, y + 6), (30, y + 14), (36, y + 10)], fill=BLACK)
        elif mark == "box":
            draw.rectangle((22, y + 4, 36, y + 18), outline=BLACK, width=2)
        elif mark == "icon":  # of three parts
            for up in (4, 9, 14):
                draw.line((20, y + up, 36, y + up), fill=(0, 90, 160), width=2)
        else:
            draw.line((38 - (8 if mark == "dash" else 13), y + 11, 38, y + 11), fill=BLACK, width=2)
        write(draw, 46, y, text)
    rgb, page = page_of(image)
    assert [len(p.lines) for p in page.paragraphs] == [1, 1, 1]
    assert np.allclose(
        starts(page)[:2], 46, atol=3
    )  # nobody reads here, so an H may be taken for a part of a mark
    assert (page.clean[0][:, :43] == rgb[:, :43]).all()


@pytest.mark.parametrize(("middle", "own"), [(42, True), (55, False), (29, False)])
def test_an_icon_begins_the_line_that_it_stands_beside(middle: int, own: bool) -> None:
    """The icon of a text of two lines stands beside both, and begins neither of them."""
    image, draw = canvas(height=110)
    draw.ellipse((50, middle - 11, 72, middle + 11), fill=(0, 90, 160))
    line = from_baseline(np.array([84.0, 50.0]), np.array([1.0, 0.0]), 20.0, 100.0)
    assert mark_before(np.asarray(image), line) == own


def test_the_stop_at_the_end_of_the_column_before_is_no_mark() -> None:
    image, draw = canvas(height=80)
    draw.ellipse((60, 40, 65, 45), fill=BLACK)
    line = from_baseline(np.array([84.0, 50.0]), np.array([1.0, 0.0]), 20.0, 100.0)
    before = np.array([[10, 30], [66, 30], [66, 54], [10, 54]], np.float32)
    assert mark_before(np.asarray(image), line)
    assert mark_before(np.asarray(image), line, [before + np.array([0, 40], np.float32)])
    assert not mark_before(np.asarray(image), line, [before])


@pytest.mark.parametrize(
    "arrow",
    [
        "triangle",
        pytest.param("low triangle", marks=pytest.mark.xfail(reason="the network takes it for a letter")),
        "chevron",
        "right",
    ],
)
def test_the_arrow_of_a_list_stays_where_it_is(arrow: str) -> None:
    image, draw = canvas()
    write(draw, 40, 40, "Choose language", 20)
    x = 40 + ImageFont.load_default(20).getlength("Choose language") + 8
    if arrow == "triangle":
        draw.polygon([(x, 50), (x + 9, 50), (x + 4.5, 55)], fill=BLACK)
    elif arrow == "low triangle":  # as in some fonts: it ends where the letters stand
        draw.polygon([(x, 52), (x + 9, 52), (x + 4.5, 59)], fill=BLACK)
    elif arrow == "chevron":
        draw.line([(x, 49), (x + 5, 54), (x + 10, 49)], fill=BLACK, width=2)
    else:
        draw.line([(x, 47), (x + 5, 52), (x, 57)], fill=BLACK, width=2)
    rgb, page = page_of(image)
    [paragraph] = page.paragraphs
    [line] = paragraph.lines
    end = float(line.geometry.to_picture(np.array([[line.x1, 16.0]]))[0, 0])
    assert end < x - 2, "the arrow is no letter"
    assert (page.clean[0][:, int(x) - 1 : int(x) + 14] == rgb[:, int(x) - 1 : int(x) + 14]).all()


def test_a_line_of_which_the_separator_misses_a_part_is_known_as_such() -> None:
    image, draw = canvas()
    write(draw, 30, 40, "There is a spider in the shower today")
    rgb = np.asarray(image)

    def blind(strips: list[np.ndarray], colours: Sequence[Colour] | None = None) -> list[Ink]:
        masks = classical_separator(strips)
        for mask in masks:
            third = mask.ink.shape[1] // 3
            mask.ink[:, :third] = mask.erase[:, :third] = 0
        return masks

    def sees_what_it_knows(strips: list[np.ndarray], colours: Sequence[Colour] | None = None) -> list[Ink]:
        told.extend(colours or ())
        return classical_separator(strips) if colours else blind(strips)

    def lines(separate: Separator) -> list[TextLine]:
        return [line for p in read_page(Picture(rgb), separate).paragraphs for line in p.lines]

    told: list[Colour] = []
    [whole], [part], [found] = map(lines, (classical_separator, blind, sees_what_it_knows))
    assert not whole.partial and part.partial and not found.partial
    assert found.x1 - found.x0 == pytest.approx(whole.x1 - whole.x0, abs=2)
    assert all(max(colour) < 60 for colour in told)  # written in black


@pytest.mark.parametrize("gap", [4, 9])
def test_a_dot_in_another_colour_is_no_letter(gap: int) -> None:
    image, draw = canvas()
    draw.ellipse((30, 42, 41, 53), fill=(200, 20, 20))
    write(draw, 41 + gap, 38, "Town hall and market")
    rgb, page = page_of(image)
    assert np.allclose(starts(page), [41 + gap], atol=3)
    assert (page.clean[0][:, :42] == rgb[:, :42]).all()
    assert page.style(0, rgb, page.clean[0]).colour == pytest.approx(BLACK, abs=25)


def test_a_ticked_box_is_no_letter() -> None:
    image, draw = canvas()
    draw.rectangle((30, 41, 43, 54), outline=BLACK)
    draw.line([(33, 47), (36, 51), (41, 44)], fill=BLACK, width=2)
    write(draw, 50, 38, "Keep me signed in")
    rgb, page = page_of(image)
    assert np.allclose(starts(page), [50], atol=3)
    assert (page.clean[0][:, :46] == rgb[:, :46]).all()


@pytest.mark.parametrize("rim", [0, 2])
def test_a_letter_far_from_the_next_is_no_box(rim: int) -> None:
    image, draw = canvas(height=80)
    font, x = ImageFont.load_default(26), 30.0
    for char in "DU BIST DA":  # as far from each other as on a typewriter
        draw.text((x, 30), char, font=font, fill=BLACK, stroke_width=rim, stroke_fill=(120, 150, 200))
        x += font.getlength(char) + 6
    _, page = page_of(image)
    assert np.allclose(starts(page)[:1], [30], atol=4)


def test_the_line_under_a_link_goes_and_comes_again_under_the_new_words() -> None:
    image, draw = canvas()
    text = "Read all the news about it"
    write(draw, 30, 38, text)
    length = round(ImageFont.load_default(17).getlength(text))
    draw.line((30, 56, 30 + length, 56), fill=BLACK)
    _, page = page_of(image)
    assert (page.clean[0] == WHITE).all(), "a part of the line is left"
    ink = page.strips[0].ink
    half = ink[:, : ink.shape[1] // 2]
    out, _ = page.draw({0: (half, [(0, half.shape[1])])})
    under = np.flatnonzero((out[55:59] < 128).all(axis=2).any(axis=0))
    assert abs(under[0] - 30) <= 3 and 0.35 * length < len(under) < 0.65 * length
    assert (np.diff(under) == 1).all()


def test_a_line_close_to_the_letters_does_not_count_as_their_feet() -> None:
    image, draw = canvas()
    text, font = "Read all the news about it", ImageFont.load_default(15)
    for y in (20, 70):
        draw.text((30, y + 13), text, font=font, fill=BLACK, anchor="ls")
    draw.line((30, 20 + 14, 30 + font.getlength(text), 20 + 14), fill=BLACK)  # none is free between
    _, page = page_of(image)
    [linked, plain] = [line for p in page.paragraphs for line in p.lines]
    assert linked.underline is not None and plain.underline is None
    assert linked.em == pytest.approx(plain.em, rel=0.06)
    assert np.abs(linked.ink.sum() / plain.ink.sum() - 1) < 0.12


def test_each_of_two_links_in_a_line_is_underlined() -> None:
    strip = np.full((32, 300, 3), 255, np.uint8)
    ink = np.zeros((32, 300), np.float32)
    for x in range(14, 280, 8):
        ink[11:24, x : x + 3] = 1
    strip[ink > 0] = 30
    assert underline(strip, ink, (14, 281)) is None
    links = np.zeros(300, bool)
    links[70:150] = links[180:270] = True
    strip[26, links] = (10, 20, 230)
    found = underline(strip, ink, (14, 281))
    assert found is not None and found.rows == slice(26, 27) and (found.columns == links).all()


def test_serifs_side_by_side_are_no_line_under_words() -> None:
    ink = np.zeros((32, 300), np.float32)
    for x in range(14, 280, 8):
        ink[11:24, x + 2 : x + 5] = 1
        ink[24, x : x + 8] = (0.5, 0.8, 1, 1, 1, 0.8, 0.5, 0.4)
    strip = np.repeat(255 - np.round(225 * ink).astype(np.uint8)[..., None], 3, axis=2)
    assert underline(strip, ink, (14, 281)) is None
    strip[24, 14:280] = 30
    assert underline(strip, ink, (14, 281)) is not None


def test_a_line_that_is_not_level_is_a_line_under_words() -> None:
    ink = np.zeros((32, 300), np.float32)
    for x in range(14, 280, 8):
        ink[11:24, x : x + 3] = 1
    drawn = ink.copy()
    drawn[26, 14:280], drawn[27, 14:280] = (
        np.linspace(1, 0, 266),
        np.linspace(0, 1, 266),
    )  # from one row to the next
    strip = np.repeat(255 - np.round(225 * drawn).astype(np.uint8)[..., None], 3, axis=2)
    assert underline(strip, ink, (14, 281)) is not None


def test_parts_of_a_text_keep_their_colour_and_their_line() -> None:
    image, draw = canvas()
    font, blue = ImageFont.load_default(17), (10, 20, 230)
    write(draw, 30, 38, "You will find more of that")
    x = 30 + font.getlength("You will find more of that ")
    draw.text((x, 38), "here in this shop", font=font, fill=blue)
    draw.line((x, 56, x + font.getlength("here in this shop"), 56), fill=blue)
    _, page = page_of(image)
    [strip] = page.strips
    middle = int(strip.ink.shape[1] * (x - 30) / (x - 30 + font.getlength("here in this shop")))
    gap = next(g for g in word_gaps(strip.ink) if abs(g[0] - middle) < 20)
    spans = [(0, gap[0] + 1), (gap[0] + 1, strip.ink.shape[1])]
    out, _ = page.draw({0: (strip.ink, spans)}, {0: list(zip(spans, spans, strict=True))})
    under = np.flatnonzero((out[55:58].astype(int).min(axis=0) < 150).any(axis=1))
    assert abs(int(under[0]) - x) < 6 and len(under) > 0.8 * font.getlength("here in this shop")
    assert (out[55:58, under].min(axis=0)[:, 2] > 180).mean() > 0.8, "the line is blue"


def test_a_rule_under_a_heading_is_not_the_line_under_its_words() -> None:
    image, draw = canvas()
    write(draw, 30, 38, "The young nobility")
    y = 57  # through the legs of y and g
    draw.line((0, y, 699, y), fill=(120, 120, 120))
    _, page = page_of(image)
    assert page.paragraphs[0].lines[0].underline is None
    assert (page.clean[0][y] == (120, 120, 120)).all()
    assert (page.clean[0][y - 5 : y] == WHITE).all() and (page.clean[0][y + 1 : y + 5] == WHITE).all()


def test_a_label_and_what_is_in_the_field_below_it_are_two_texts() -> None:
    image, draw = canvas()
    write(draw, 30, 20, "Your last name or")
    write(draw, 34, 44, "Johnson and Smith")
    draw.rectangle((30, 41, 400, 68), outline=(150, 150, 150))
    _, page = page_of(image)
    assert [len(p.lines) for p in page.paragraphs] == [1, 1]
