"""Names and values beside each other, cards of a shop: what belongs together in columns, and what does not."""

from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.language import language
from iimt_cli.page import Page, Picture, classical_separator, read_page
from iimt_cli.page.ink.measure import measure
from iimt_cli.page.layout.find import find_lines
from iimt_cli.page.layout.line import Line
from iimt_cli.page.layout.looks import first_look, looker
from iimt_cli.page.layout.parts import Row, columns, in_cells
from iimt_cli.page.layout.rules import between_rules
from iimt_cli.page.rectify import BASELINE, EM, from_baseline

FONT, BOLD = ImageFont.load_default(17), ImageFont.load_default(21)
GREY, RED = (110, 110, 110), (190, 0, 20)


def ink_of(*words: tuple[int, str], face: ImageFont.FreeTypeFont | None = None) -> np.ndarray:
    """Words that begin at columns of a standard strip."""
    scale = 4
    font = face.font_variant(size=EM * scale) if face else ImageFont.load_default(int(EM * scale))
    end = max(x + font.getlength(text) / scale for x, text in words)
    layer = Image.new("L", (int(end + 14) * scale, 32 * scale))
    for x, text in words:
        ImageDraw.Draw(layer).text((x * scale, BASELINE * scale), text, 255, font, anchor="ls")
    return np.asarray(layer.resize((layer.width // scale, 32), Image.Resampling.BOX), np.float32) / 255


def row(number: int, *words: tuple[int, str]) -> Row:
    """The line of that number on a page of strips."""
    ink = ink_of(*words)
    start = np.array([200.0, 100 + 32.0 * number])
    return Row(from_baseline(start, np.array([1.0, 0.0]), EM, ink.shape[1] - 24), ink, BASELINE, EM)


def cells_of(rows: list[Row], apart: int = 3) -> list[int]:
    """How many parts each row has; the first `apart` ones were cut before column 150."""
    spans = [
        [(0, 140), (140, r.ink.shape[1])] if i < apart else [(0, r.ink.shape[1])] for i, r in enumerate(rows)
    ]
    return [len(parts) for parts in in_cells(rows, spans)]


NAMES = [row(0, (12, "Ort"), (150, "Lindau")), row(1, (12, "Höhe"), (150, "41 Meter"))]
NAMES.append(row(2, (12, "Länge"), (150, "9 km")))


def test_a_value_is_cut_from_the_name_before_it_where_other_values_begin() -> None:
    assert cells_of([*NAMES, row(3, (12, "Baumaterial"), (150, "Sandstein"))]) == [2, 2, 2, 2]


@pytest.mark.parametrize(
    "words",
    [
        ((12, "Baumaterial"), (160, "Sandstein")),  # at no edge
        ((40, "Baumstoff"), (150, "Sandstein")),  # begins elsewhere
    ],
)
def test_words_that_only_happen_to_stand_so_stay_together(words: tuple[tuple[int, str], ...]) -> None:
    assert cells_of([*NAMES, row(3, *words)]) == [2, 2, 2, 1]


def test_words_as_far_apart_as_a_typewriters_are_no_cells() -> None:
    font = ImageFont.load_default(int(EM * 4))
    second = int(150 - 12 - font.getlength("aus Stein") / 4)
    first = int(second - 12 - font.getlength("Bau") / 4)
    rows = [row(i, (first, "Ort"), (150, "Lindau")) for i in range(3)]
    rows.append(row(3, (first, "Bau"), (second, "aus Stein"), (150, "von hier")))
    assert cells_of(rows) == [2, 2, 2, 1]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Es bediente Sie: Frau Keil", 1),  # every gap is as wide as those between the entries of a bar
        ("2 x Roggenbrötchen         1,30 A", 2),
        ("Nr. 20817     14.03.2025", 2),
    ],
)
def test_the_words_of_a_typewriter_stand_far_apart(text: str, parts: int) -> None:
    face = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSansMono.ttf")
    ink = ink_of((12, text), face=face)
    assert len(columns(ink, EM, np.zeros(ink.shape[1], bool))) == parts


def test_one_other_row_is_no_table() -> None:
    rows = [NAMES[0], row(1, (12, "Baumaterial"), (150, "Sandstein"))]
    assert cells_of(rows, apart=1) == [2, 1]


def measured(text: str, face: ImageFont.FreeTypeFont) -> float:
    found = measure(ink_of((12, text), face=face))
    assert found is not None
    return found.em


def page_of(image: Image.Image) -> Page:
    return read_page(Picture(np.asarray(image)), classical_separator)


@pytest.mark.xfail(
    reason="the left one is taken for two texts (probability 0.4 that it goes on)", strict=True
)
def test_the_last_lines_of_cards_side_by_side_are_no_rows_of_a_table() -> None:
    image = Image.new("RGB", (760, 190), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    for x, lines in (
        (30, ("Ships within four or", "five working days")),
        (400, ("Tell me when it is", "back in stock.")),
    ):
        for i, line in enumerate(lines):
            draw.text((x, 40 + 22 * i), line, GREY, FONT, anchor="ls")
        draw.text((x, 100), "79,00", RED, BOLD, anchor="ls")
    page = page_of(image)
    said = {
        (30, 40): "Ships within four or",
        (30, 62): "five working days",
        (400, 40): "Tell me when it is",
        (400, 62): "back in stock.",
    }
    texts = [
        next((text for at, text in said.items() if np.abs(line.ends[0] - at).max() < 4), "79,00")
        for line in page.lines
    ]
    divided, _ = page.divided(texts, classical_separator, language("en"))
    assert sorted(len(p.lines) for p in divided.paragraphs) == [1, 1, 2, 2]


@pytest.mark.parametrize(
    "text", ["Über den Bergen ist es still", "die Äpfel sind reif", "Hunde in Österreich"]
)
def test_dots_over_a_capital_do_not_make_the_type_larger(text: str, font: ImageFont.FreeTypeFont) -> None:
    bare = text.translate(str.maketrans("ÄÖÜ", "AOU"))
    sizes = [measured(t, font) for t in (text, bare)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.03)


def test_letters_without_high_ones_are_no_capitals_with_dots(font: ImageFont.FreeTypeFont) -> None:
    assert measured("nur an uns war wenig zu verneinen", font) == pytest.approx(EM, rel=0.06)
    assert measured("ÜBER GRÜNE ÄCKER", font) == pytest.approx(EM, rel=0.06)


@pytest.mark.parametrize("text", ["79104 Freiburg", "01067 Dresden"])
def test_figures_are_as_high_as_capitals_whatever_hangs_down_above_them(
    text: str, font: ImageFont.FreeTypeFont
) -> None:
    ink = ink_of((12, text), face=font)
    ink[0:3, 60:66] = 1  # the end of a g in the line above
    found = measure(ink)
    assert found is not None and found.em == pytest.approx(EM, rel=0.08)


def test_strokes_of_one_type_are_equal_whatever_the_detectors_boxes(font: ImageFont.FreeTypeFont) -> None:
    image = Image.new("RGB", (520, 150), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    for i, text in enumerate(
        ("Über junge Äpfel (hängt)", "nur an uns war wenig zu sehen", "wer zu uns kam, war nur so")
    ):
        draw.text((30, 40 + 45 * i), text, (20, 20, 20), font.font_variant(size=17), anchor="ls")
    view = np.asarray(image)
    stems = [line.stem for line in first_look(find_lines(view), looker(view, classical_separator))]
    assert len(stems) == 3
    assert max(stems) < 1.1 * min(stems)


def test_letters_that_stay_lose_nothing_to_a_text_close_to_them() -> None:
    """Whatever the separator takes for the glow of a text, it is not the letters beside it."""
    image = Image.new("RGB", (420, 80), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    draw.text((30, 40), "My pages stay", (20, 20, 20), FONT, anchor="ls")
    draw.text((30, 59), "the value goes", RED, FONT, anchor="ls")
    page = page_of(image)
    assert len(page.paragraphs) == 2
    value = page.paragraphs[1]
    wide = tuple(replace(line, erase=np.ones_like(line.erase)) for line in value.lines)
    reaching = replace(page, paragraphs=(page.paragraphs[0], replace(value, lines=wide)))
    strip = page.strips[1]
    out, _ = reaching.draw({1: (strip.ink, list(strip.lines))})
    dark = (np.asarray(image) < 120).all(axis=2)
    assert (out[dark] == np.asarray(image)[dark]).all()


@pytest.mark.parametrize("gap", [1, 2, 3])
def test_the_frame_of_a_field_close_to_letters_stays_whole(gap: int) -> None:
    image = Image.new("RGB", (420, 90), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    draw.text((30, 60), "Bitte lies das hier", RED, FONT, anchor="ls")
    top = draw.textbbox((30, 60), "Bitte lies das hier", FONT, anchor="ls")[1]
    draw.line((10, top - gap - 1, 400, top - gap - 1), fill=(140, 140, 160))
    rgb, page = np.asarray(image), page_of(image)
    assert (page.clean[0][: top - gap] == rgb[: top - gap]).all()
    assert (page.clean[0][top + 2 :] > 200).all(), "letters are left"


def test_the_line_under_long_words_is_no_frame() -> None:
    strip = np.full((32, 900, 3), 255, np.uint8)
    strip[26:28, 12:888] = 60
    assert between_rules(strip) == (-np.inf, np.inf)
    strip[26:28] = 60
    assert between_rules(strip) == (-np.inf, 26)
    rows, columns = np.indices((32, 900)) // 5
    strip[:] = np.where((rows + columns) % 2, 255, 180)[..., None]
    assert between_rules(strip) == (-np.inf, np.inf), "a chessboard has no rules"
    strip[:] = np.where(rows % 2, 255, 180)[..., None]
    assert between_rules(strip) == (-np.inf, np.inf), "nor have stripes"


def test_amounts_far_apart_in_one_box_hide_nothing_on_bare_ground() -> None:
    image = Image.new("RGB", (480, 70), (250, 250, 250))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(24)
    draw.text((20, 20), "1,8 Mrd. €", font=font, fill=(0, 90, 0))
    draw.text((300, 20), "60 Tsd. €", font=font, fill=(0, 90, 0))
    box = Line(np.array([(16, 16), (420, 16), (420, 52), (16, 52)], np.float32), 1.0)
    lines = first_look([box], looker(np.asarray(image), classical_separator))
    assert len(lines) == 2 and not any(line.partial for line in lines)
