"""Paragraphs, unrolling, reflow: geometry without a detector."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.language import language
from iimt_cli.model.draw import DrawnStrip
from iimt_cli.page import Page, Picture, classical_separator, read_page
from iimt_cli.page.ink.measure import measure
from iimt_cli.page.layout.group import group, paragraph, regroup
from iimt_cli.page.layout.justify import Row, in_pieces
from iimt_cli.page.layout.line import Line
from iimt_cli.page.paragraphs import Paragraph, TextLine
from iimt_cli.page.rectify import BASELINE, EM, MARGIN, Geometry, cut, from_baseline, from_quad
from iimt_cli.page.runs import word_gaps
from iimt_cli.page.typeset.reflow import CONDENSED, MIN_SCALE, Slot, reflow
from iimt_cli.page.typeset.unroll import chain, join, pieces, unroll
from iimt_cli.translation.pieces import Piece, ties

GAP = 7


def line(
    x: float, y: float, words: list[int], em: float = EM, colour: tuple[float, float, float] = (0, 0, 0)
) -> TextLine:
    """A line whose words are solid bars of the given widths (strip px), its baseline from (x, y) in the picture."""
    width = sum(words) + GAP * (len(words) - 1)
    ink = np.zeros((32, int(width + 2 * MARGIN)), np.float32)
    at = int(MARGIN)
    for w in words:
        ink[10:24, at : at + w] = 1
        at += w + GAP
    geometry = from_baseline(np.array([x, y]), np.array([1.0, 0.0]), em, width * em / EM)
    quad = np.array(
        [[x, y - em], [x + width, y - em], [x + width, y + 0.3 * em], [x, y + 0.3 * em]], np.float32
    )
    return TextLine(quad, 0.9, geometry, ink, ink, MARGIN, MARGIN + width, em, colour)


def sizes(lines: list[TextLine], *texts: str) -> list[int]:
    """How many lines each text has, by the layout, or by what was read in the lines, too."""
    if texts:
        return [len(numbers) for numbers in regroup(lines, texts, language("en"))]
    return [len(p.lines) for p in group(lines)]


FULL = [60, 80, 70, 90, 60]  # 388 px


def test_wrapped_sentence_is_one_paragraph() -> None:
    lines = [line(50, 100, FULL), line(50, 130, [75, 65, 85, 95, 30]), line(50, 160, [90, 60])]
    (found,) = group(lines)
    assert found.alignment == "left" and abs(found.pitch - 30) < 0.1


def test_list_of_short_items_is_not() -> None:
    short = [line(50, 100 + 30 * i, [w]) for i, w in enumerate((60, 90, 70, 80))]
    assert sizes(short, "Home", "Products", "Prices", "Contact") == [1, 1, 1, 1]
    longer = [line(50, 100 + 30 * i, [60, w]) for i, w in enumerate((60, 190, 70, 130))]
    assert sizes(longer, "New file", "Open downloads", "Save copy", "Print page") == [1, 1, 1, 1]


def test_sentence_that_ends_early_ends_the_paragraph() -> None:
    words = FULL, [75, 40], [90, 60, 80, 70, 50], [60, 60]
    lines = [line(50, 100 + 30 * i, some) for i, some in enumerate(words)]
    texts = "The shop stays closed all", "day today.", "Please come again when we", "are back."
    assert sizes(lines, *texts) == [2, 2]


def test_bullets_begin_items() -> None:
    lines = [line(50, y, words) for y, words in ((100, FULL), (130, [75, 65]), (160, FULL), (190, FULL))]
    texts = (
        "Bring warm clothes for the",
        "night walk",
        "Two towels and a bag for it",
        "No more than ten euros each",
    )
    assert sizes([replace(o, item=i != 1) for i, o in enumerate(lines)], *texts) == [2, 1, 1]


@pytest.mark.parametrize(
    "second",
    [
        line(50, 130, FULL, em=EM * 1.6),
        line(50, 130, FULL, colour=(255, 0, 0)),
        line(50, 160, FULL),
        line(110, 130, FULL),
    ],
    ids=["size", "colour", "distance", "edge"],
)
def test_what_differs_is_not_joined(second: TextLine) -> None:
    assert sizes([line(50, 100, FULL), second]) == [1, 1]


def test_centred_and_right_aligned() -> None:
    centred = [line(100, 100, FULL), line(130, 130, [75, 65, 85, 82])]
    assert [p.alignment for p in group(centred)] == ["center"]
    right = [line(100, 100, FULL), line(100 + 388 - 328, 130, [75, 65, 85, 82])]
    assert paragraph(right).alignment == "right"


def test_an_indented_first_line_does_not_make_a_column_flush_right() -> None:
    lines = [line(70, 100, [60, 80, 70, 70, 60]), line(50, 130, FULL), line(50, 160, FULL)]
    assert paragraph(lines).alignment == "justified"


def test_two_equal_ends_are_chance_unless_spaces_are_stretched() -> None:
    ragged = [line(50, 100, FULL), line(50, 130, [90, 60, 75, 65, 70]), line(50, 160, [90, 60])]
    assert paragraph(ragged).alignment == "left"
    ink = np.zeros_like(ragged[1].ink)
    for at, width in ((12, 90), (126, 60), (210, 75), (309, 91)):  # four words over the same length
        ink[10:24, at : at + width] = 1
    assert paragraph([ragged[0], replace(ragged[1], ink=ink), ragged[2]]).alignment == "justified"


def test_an_indented_line_begins_a_paragraph() -> None:
    first = [line(70, 100, [60, 80, 70, 70, 60]), line(50, 130, [75, 65, 85])]
    second = [
        line(70, 160, [60, 80, 70, 70, 60]),
        line(50, 190, FULL),
        line(50, 220, FULL),
        line(50, 250, [90]),
    ]
    texts = (
        *("The old mill stood on the", "river for years."),
        *(
            "In spring the water rose again",
            "and the wheel went round as fast",
            "as nobody had ever seen it",
            "before.",
        ),
    )
    assert sizes([*first, *second], *texts) == [2, 4]
    assert (paragraph(first).alignment, paragraph(second).alignment) == ("left", "justified")


def test_a_title_does_not_take_the_first_line_of_its_text_along() -> None:
    title = line(50, 100, [70, 90, 80])
    text = [line(50, y, FULL) for y in (128, 150, 172)]
    for one, stem in zip((title, *text), (4.5, 3.7, 3.7, 3.7), strict=True):
        one.__dict__["stem"] = stem  # as if it were bold
    assert sizes([title, *text]) == [1, 3]


def test_new_words_keep_the_indent_of_a_justified_paragraph() -> None:
    first, *others = (line(50, 100 + 30 * i, FULL) for i in range(3))
    lines = (replace(first, x0=MARGIN + 20), *others)
    white = np.full((300, 600, 3), 255, np.uint8)
    page = Page(Picture(white), (Paragraph(lines, "justified", 30),), (white,))
    _, flows = page.draw({0: new_words(*[55] * 15)})
    starts = [
        min(p.x for p in flows[0].placements if p.geometry is one.geometry) - MARGIN for one in lines[:2]
    ]
    assert starts == [20, 0]


def test_words_do_not_run_into_what_stands_beside_a_short_last_line() -> None:
    lines = (line(50, 100, FULL), line(50, 130, [75, 65]))
    beside = line(230, 130, [60, 60])
    white = np.full((300, 600, 3), 255, np.uint8)
    page = Page(Picture(white), (Paragraph(lines, "left", 30), Paragraph((beside,))), (white,))
    _, flows = page.draw({0: new_words(*[55] * 11)})
    right = max(p.right for p in flows[0].placements if p.geometry is lines[1].geometry)
    assert right + 50 - MARGIN < 230 and flows[0].readable


def new_words(*widths: int) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """New ink with words of those widths, and where they stand."""
    spans = words_of(*widths)
    ink = np.zeros((32, spans[-1][1] + GAP), np.float32)
    for a, b in spans:
        ink[10:24, a:b] = 1
    return ink, spans


def test_prices_are_a_table() -> None:
    rows = [(100, FULL, 400), (130, [75, 65, 85, 95, 40], 400)]
    lines = [part for y, words, x in rows for part in (line(50, y, words), line(50 + x + 60, y, [40]))]
    texts = "Soup of the day with bread", "5.40", "Roast beef with onions", "18.90"
    assert sizes(lines, *texts) == [1, 1, 1, 1]


def test_entries_of_a_menu_with_keys_in_paler_letters_are_no_text() -> None:
    entries = [line(50, 100 + 30 * i, [90, 60 + 60 * (i % 2)]) for i in range(5)]
    keys = [line(300, 100, [50], colour=(150, 150, 150)), line(290, 220, [60], colour=(150, 150, 150))]
    lines = [entries[0], keys[0], *entries[1:4], entries[4], keys[1]]
    texts = "Open file", "Ctrl+O", "Open recent", "Save file", "Save as", "Print page", "Ctrl+P"
    assert sizes(lines, *texts) == [1] * 7


def test_the_last_words_of_messages_with_their_times_are_no_entries() -> None:
    def message(y: float, colour: tuple[float, float, float]) -> list[TextLine]:
        words = [line(50, y, FULL), line(50, y + 30, [90]), line(390, y + 30, [48], colour=(150, 150, 150))]
        return [*words[:1], replace(words[1], colour=colour), words[2]]

    assert sizes(message(100, (0, 0, 0)) + message(190, (0, 0, 0))) == [2, 1, 2, 1]


def test_unroll_keeps_ink_and_says_where_lines_are() -> None:
    lines = (line(50, 100, FULL), line(50, 130, [75, 65]))
    strip = unroll(Paragraph(lines, "left", 30))
    assert strip.ink.shape[0] == 32 and len(strip.lines) == 2
    assert strip.ink.sum() == sum(o.ink.sum() for o in lines)
    (a0, a1), (b0, b1) = strip.lines
    assert (a1 - a0, b1 - b0) == (388, 147) and b0 - a1 == GAP
    assert len(word_gaps(strip.ink)) == 6


def test_a_divided_word_is_joined_without_its_hyphen() -> None:
    first, second = line(50, 100, FULL), line(50, 130, [75, 65])
    end = int(first.x1)
    divided = replace(first, ink=np.pad(first.ink, ((0, 0), (0, 10))), x1=first.x1 + 9)
    divided.ink[16:19, end + 2 : end + 9] = 1
    strip = unroll(Paragraph((divided, second), "left", 30))
    (_, a1), (b0, _) = strip.lines
    assert b0 - a1 == 2 and strip.ink.sum() == first.ink.sum() + second.ink.sum()
    divided.ink[21:24, end : end + 4] = 1  # the foot of an l reaches under the hyphen
    strip = unroll(Paragraph((divided, second), "left", 30))
    assert strip.lines[1][0] - strip.lines[0][1] == 2
    assert strip.ink.sum() == first.ink.sum() + second.ink.sum() + 12
    divided.ink[21:24, end : end + 4] = 0
    dash = replace(divided, ink=np.roll(divided.ink, 0))
    dash.ink[16:19, end + 2 : end + 9] = 0
    dash.ink[20:23, end + 2 : end + 5] = 1  # a full stop
    assert unroll(Paragraph((replace(dash, x1=first.x1 + 5), second), "left", 30)).lines[0][1] == 4 + 388 + 5


def test_pieces_fit_and_cut_only_in_gaps() -> None:
    strip = chain([line(0, 0, FULL).ink[:, 12:-12] for _ in range(6)])
    width = strip.ink.shape[1]
    assert pieces(strip.ink, width) == [(0, width)]
    cut_up = pieces(strip.ink, 700)
    assert cut_up[0][0] == 0 and cut_up[-1][1] == width
    assert all(b - a <= 700 for a, b in cut_up)
    assert all(a[1] == b[0] and strip.ink[:, a[1]].max() == 0 for a, b in pairwise(cut_up))
    end = strip.lines[3][1]
    assert any(abs(b - end) < GAP + 2 for _, b in pieces(strip.ink, 1600, ends=[end]))
    assert all(b - a <= 100 for a, b in pieces(np.ones((32, 950), np.float32), 100))


def test_join_undoes_pieces() -> None:
    ink = line(0, 0, FULL).ink
    words = [(12, 72), (79, 159)]
    joined, spans = join([(ink, words), (ink, []), (ink, words)])
    assert len(spans) == 4 and spans[2][0] - spans[1][1] == GAP
    assert all(joined[10:24, a:b].min() == 1 for a, b in spans)


def slots(count: int, left: float, right: float, low: float, high: float) -> list[Slot]:
    return [
        Slot(
            from_baseline(np.array([20.0, 50 + 30.0 * i]), np.array([1.0, 0.0]), EM, 400),
            left,
            right,
            low,
            high,
        )
        for i in range(count)
    ]


def words_of(*widths: int) -> list[tuple[int, int]]:
    spans, x = [], 4
    for w in widths:
        spans.append((x, x + w))
        x += w + GAP
    return spans


@pytest.mark.parametrize("alignment", ["left", "center", "right", "justified"])
@pytest.mark.parametrize("seed", range(12))
def test_reflow_never_overlaps_and_stays_inside(alignment: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    words = words_of(*random.integers(10, 160, random.integers(1, 22)))
    room = slots(int(random.integers(1, 4)), 12, 200, 12, 260)
    extra = slots(int(random.integers(0, 3)), 12, 200, 12, 260)
    flow = reflow(words, room, alignment, extra)  # type: ignore[arg-type]
    assert MIN_SCALE <= flow.scale <= 1 and flow.squeeze <= 1
    assert flow.squeeze >= CONDENSED or flow.scale == MIN_SCALE
    covered = [i for p in flow.placements for i in range(*p.span)]
    assert covered == sorted(set(covered))
    assert {i for a, b in words for i in range(a, b)} <= set(covered)
    rows: dict[int, float] = {}
    for p in flow.placements:
        assert p.x >= 12 - 0.51 and p.right <= 260 + 0.51
        assert p.x > rows.get(id(p.geometry), -1) - 1e-6
        rows[id(p.geometry)] = p.right


def test_reflow_order_of_remedies() -> None:
    same = reflow(words_of(100, 80), slots(1, 12, 199, 12, 199), "left")
    assert same.scale == 1 and len(same.placements) == 1 and same.placements[0].x == 12
    wider = reflow(words_of(100, 80, 90), slots(1, 12, 199, 12, 400), "left")
    assert wider.scale == 1 and wider.placements[-1].right > 199
    smaller = reflow(words_of(100, 80, 24), slots(1, 12, 199, 12, 199), "left", slots(1, 12, 199, 12, 199))
    assert smaller.scale * smaller.squeeze == pytest.approx(0.85) and smaller.squeeze == CONDENSED
    below = reflow(words_of(100, 80, 90), slots(1, 12, 199, 12, 199), "left", slots(1, 12, 199, 12, 199))
    assert below.scale == 1 and len(below.placements) == 2
    tiny = reflow(words_of(100, 80, 90), slots(1, 12, 199, 12, 199), "left")
    assert tiny.scale * tiny.squeeze == pytest.approx(0.65)
    squeezed = reflow(words_of(100, 80, 290), slots(1, 12, 199, 12, 199), "left")
    assert squeezed.scale == MIN_SCALE and squeezed.squeeze < 1
    assert reflow([], slots(1, 12, 199, 12, 199), "left").placements == ()


def test_a_line_that_is_a_little_too_long_gets_narrower_and_no_lower() -> None:
    slightly = reflow(words_of(100, 92), slots(1, 12, 206, 12, 206), "left")
    assert slightly.scale == 1 and CONDENSED <= slightly.squeeze < 1
    assert slightly.placements[-1].right <= 206.5


def test_words_that_belong_together_stay_on_one_line() -> None:
    words, room = words_of(90, 40, 40, 60), slots(3, 12, 212, 12, 212)
    torn, whole = reflow(words, room, "left"), reflow(words, room, "left", ties=[2])
    ends = [
        [words.index(next(w for w in words if w[1] == p.span[1])) for p in f.placements]
        for f in (torn, whole)
    ]
    assert ends == [[2, 3], [1, 3]]


def test_numbers_and_initials_end_no_line() -> None:
    def tied(text: str) -> set[str]:
        piece = Piece(np.zeros((32, 9), np.float32), target=text)
        edges = np.arange(len(text) + 1, dtype=np.float32)
        piece = replace(piece, drawn=DrawnStrip(np.zeros((32, len(text) + 1), np.float32), edges))
        return {text.split()[i] for i in ties([piece, piece]) if i < len(text.split())}

    assert tied("Pay by 15 April, see § 7 of 2025, J. Smith") == {"15", "§", "7", "J."}
    assert tied("12 x 4 metres for 19.90 euros") == {"12", "x", "4", "19.90"}
    assert tied("Fitters for Main Street 5, Room 7b") == {"Street", "Room"}


def test_alignment_is_kept() -> None:
    words = words_of(60)
    room = slots(1, 12, 212, 12, 212)
    assert reflow(words, room, "right").placements[0].right == pytest.approx(212)
    centred = reflow(words, room, "center").placements[0]
    assert centred.x + centred.right == pytest.approx(224)
    justified = reflow(words_of(60, 60, 60, 60), slots(2, 12, 212, 12, 212), "justified").placements
    assert justified[2].right == pytest.approx(212, abs=1) and justified[-1].x == 12


def test_strip_geometry_round_trip() -> None:
    quad = np.array([[50, 40], [350, 82], [346, 112], [46, 70]], np.float32)
    geometry = from_quad(quad)
    points = np.array([[0.0, 0], [40, 20], [100, 31]])
    assert np.allclose(geometry.to_strip(geometry.to_picture(points)), points)
    assert np.allclose(geometry.direction, [300, 42] / np.hypot(300, 42), atol=0.02)
    strip = cut(np.full((200, 400, 3), 77, np.uint8), geometry)
    assert strip.shape == (32, geometry.width, 3) and (strip == 77).all()


def test_measure() -> None:
    ink = np.zeros((32, 200), np.float32)
    assert measure(ink) is None
    ink[12:24, 20:180:2] = 1  # x
    ink[7:24, 40] = ink[7:24, 100] = 1  # l
    found = measure(ink)
    assert found is not None
    assert abs(found.baseline - 24) < 0.6 and abs(found.em - 23) < 3 and found.x0 == 20
    assert BASELINE == 23.5


def test_another_hue_is_another_paragraph_and_paler_letters_are_not() -> None:
    grey, violet, pale = (130, 137, 151), (198, 120, 221), (170, 172, 178)
    both = [line(50, 100, FULL, colour=grey), line(50, 130, FULL, colour=violet)]
    assert sizes(both, "The prices of our rooms in summer", "Breakfast is always included here") == [1, 1]
    both = [line(50, 100, FULL, colour=grey), line(50, 130, FULL, colour=pale)]
    assert sizes(both, "The prices of our rooms in", "summer are not yet known to us.") == [2]


def test_menu_entries_far_apart_are_items() -> None:
    lines = [line(50, 100, [60, 12]), line(50, 140, [90, 50, 12])]
    assert sizes(lines) == [1, 1]


def test_what_is_joined_shares_one_frame_unless_an_edge_is_between() -> None:
    image = Image.new("RGB", (360, 160), "white")
    font = ImageFont.load_default(22)
    for i, text in enumerate(("We are closed", "on Mondays")):
        ImageDraw.Draw(image).text((40, 40 + 30 * i), text, font=font, fill="black")
    page = alone(read_page(Picture(np.asarray(image)), classical_separator))
    texts = ["We are closed", "on Mondays"]
    joined, numbers = page.divided(texts, classical_separator, language("en"))
    [whole] = joined.paragraphs
    assert numbers == [None] and len({round(o.geometry.scale, 6) for o in whole.lines}) == 1
    assert 28 < whole.pitch * whole.lines[0].geometry.scale < 32
    ImageDraw.Draw(image).line((20, 70, 340, 70), fill="black")
    ruled = alone(read_page(Picture(np.asarray(image)), classical_separator))
    assert [len(p.lines) for p in ruled.divided(texts, classical_separator)[0].paragraphs] == [1, 1]


def alone(page: Page) -> Page:
    """A page whose lines are a paragraph each."""
    return replace(page, paragraphs=tuple(p.part([o]) for p in page.paragraphs for o in p.lines))


@pytest.mark.parametrize("wrong", [1.0, 0.75, 1.4])
def test_a_justified_line_in_pieces_is_one_though_a_piece_has_a_wrong_type_size(wrong: float) -> None:
    """ "vor" has no ascender: alone its type seems to be larger or smaller than that of its line."""
    font, em, width = ImageFont.load_default(16), 16.0, 280.0

    def row(text: str, x: float, y: float, size: float = em) -> tuple[Line, Row]:
        own = font.getlength(text)
        ink = Image.new("L", (int(own) + 24, 32))
        ImageDraw.Draw(ink).text((12, 23), text, 255, font, anchor="ls")
        box = np.array([(x, y - 12), (x + own, y - 12), (x + own, y + 4), (x, y + 4)], np.float32)
        geometry = Geometry(np.array([[1, 0, x - 12], [0, 1, y - 23], [0, 0, 1.0]]), ink.width)
        return Line(box, 1.0), Row(geometry, np.asarray(ink, np.float32) / 255, 23.0, size)

    words = ("Noch", "vor", "zweihundert", "Jahren")
    gap = (width - sum(font.getlength(word) for word in words)) / 3
    x, found = 40.0, []
    for word in words:
        found.append(row(word, x, 100.0, em * wrong if word == "vor" else em))
        x += font.getlength(word) + gap
    for n, text in enumerate(("rauchtenhierwiederMeiler", "unddiehohenErzöfenbisspät")):
        stretched = row(text, 40.0, 122.0 + 22 * n)
        quad = stretched[0].quad.copy()
        quad[1:3, 0] = 40.0 + width
        found.append((Line(quad, 1.0), stretched[1]))
    lines, rows = zip(*found, strict=True)
    assert in_pieces(lines, rows) == [[0, 1, 2, 3]]
