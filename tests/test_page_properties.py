"""Whatever the ink: measuring, separating, cutting and setting words raise nothing and stay within their bounds."""

import math
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iimt_cli.page import classical_separator, join, pieces
from iimt_cli.page.arrays import Ink
from iimt_cli.page.ink.measure import STEEPEST, measure, slope
from iimt_cli.page.ink.separate import own_letters
from iimt_cli.page.ink.style import ink_colour
from iimt_cli.page.ink.two_colours import in_two_colours
from iimt_cli.page.layout.justify import Row, Stretch, in_pieces, stretches
from iimt_cli.page.layout.line import Line
from iimt_cli.page.layout.marks import ticks
from iimt_cli.page.layout.parts import columns, far_apart, typewriter_pitch
from iimt_cli.page.layout.rules import (
    between_rules,
    colour_edges,
    flat_rows,
    key_line,
    label,
    label_edges,
    rules,
    underline,
)
from iimt_cli.page.layout.symbols import groups, suspects, symbols_of
from iimt_cli.page.paragraphs import stem
from iimt_cli.page.rectify import (
    BASELINE,
    EM,
    HEIGHT,
    MARGIN,
    Geometry,
    cut,
    from_baseline,
    from_quad,
    inside,
    picture_box,
)
from iimt_cli.page.runs import gaps, inked_columns, letter_gap, runs, word_gaps
from iimt_cli.page.typeset.reflow import MIN_SCALE, Slot, reflow
from iimt_cli.page.typeset.unroll import EDGE, chain

WIDTHS = st.integers(1, 90)


@st.composite
def inks(draw: st.DrawFn, widths: st.SearchStrategy[int] = WIDTHS) -> np.ndarray:
    """Ink (32, W): nothing, all of it, a row, a column, a box, letters, or noise."""
    width = draw(widths)
    ink = np.zeros((HEIGHT, width), np.float32)
    kind = draw(st.sampled_from(["nothing", "all", "rows", "columns", "boxes", "noise", "faint"]))
    if kind == "all":
        ink[:] = 1
    elif kind == "rows":
        top = draw(st.integers(0, HEIGHT - 1))
        ink[top : top + draw(st.integers(1, 12))] = draw(st.floats(0.2, 1))
    elif kind == "columns":
        left = draw(st.integers(0, width - 1))
        ink[:, left : left + draw(st.integers(1, 12))] = draw(st.floats(0.2, 1))
    elif kind == "boxes":
        for _ in range(draw(st.integers(1, 9))):
            x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, HEIGHT - 1))
            ink[y : y + draw(st.integers(1, 20)), x : x + draw(st.integers(1, 20))] = draw(st.floats(0, 1))
    elif kind in ("noise", "faint"):
        random = np.random.default_rng(draw(st.integers(0, 1 << 16)))
        ink[:] = random.random(ink.shape) ** draw(st.integers(1, 9)) * (1 if kind == "noise" else 0.4)
    return ink


@st.composite
def strips(draw: st.DrawFn, widths: st.SearchStrategy[int] = WIDTHS) -> tuple[np.ndarray, np.ndarray]:
    """A strip (32, W, 3) and its ink, drawn in one colour on another, and sometimes on noise."""
    ink = draw(inks(widths))
    colours = st.tuples(*[st.integers(0, 255)] * 3)
    letters, ground = (np.array(draw(colours), np.float32) for _ in range(2))
    pixels = ground + ink[..., None] * (letters - ground)
    noise = draw(st.sampled_from([0, 0, 3, 60]))
    random = np.random.default_rng(draw(st.integers(0, 1 << 16)))
    pixels = pixels + noise * (random.random(pixels.shape) - 0.5)
    return np.clip(pixels, 0, 255).astype(np.uint8), ink


LINES = st.tuples(
    st.floats(9, 31), st.floats(0.6 * EM, 1.45 * EM)
)  # baseline and type size, as they are measured
WIDE = st.integers(int(2 * MARGIN) + 1, 120)  # a strip is never narrower than its margins


def within(found: slice | None, width: int) -> bool:
    return found is None or 0 <= found.start < found.stop <= width + 1


@given(inks())
def test_what_is_measured_lies_in_the_strip(ink: np.ndarray) -> None:
    found = measure(ink)
    if found is not None:
        assert 0 <= found.x0 < found.x1 <= ink.shape[1]
        assert 0 < found.baseline <= HEIGHT and 0.6 * EM <= found.em <= 1.45 * EM
        assert all(math.isfinite(choice) and choice > 0 for choice in found.choices)
    assert abs(slope(ink)) <= STEEPEST + 1e-6
    assert math.isfinite(stem(ink))


def test_ink_in_the_top_rows_alone_is_no_line() -> None:
    for bottom in range(HEIGHT):
        ink = np.zeros((HEIGHT, 60), np.float32)
        ink[:bottom, 10:50:3] = 1
        assert bottom > 7 or measure(ink) is None


@given(inks(), inks(), LINES, st.data())
def test_a_line_s_own_letters_are_a_part_of_the_ink(
    ink: np.ndarray, erase: np.ndarray, line: tuple[float, float], data: st.DataObject
) -> None:
    width = min(ink.shape[1], erase.shape[1])
    ink, erase = ink[:, :width], erase[:, :width]
    span = (data.draw(st.floats(0, width)), data.draw(st.floats(0, width)))
    own = own_letters(Ink(ink, erase), span, *line)
    assert own.ink.shape == own.erase.shape == ink.shape
    assert (own.ink <= ink).all() and (own.erase <= np.maximum(ink, erase)).all()


@given(strips(WIDE))
def test_separators_find_coverage(strip: tuple[np.ndarray, np.ndarray]) -> None:
    pixels, _ = strip
    for found in [*classical_separator([pixels]), in_two_colours(pixels)]:
        for part in (found.ink, found.erase) if found is not None else ():
            assert part.shape == pixels.shape[:2] and part.dtype == np.float32
            assert part.min() >= 0 and part.max() <= 1


@given(strips())
def test_straight_lines_are_looked_for_in_any_strip(strip: tuple[np.ndarray, np.ndarray]) -> None:
    pixels, ink = strip
    width = ink.shape[1]
    assert rules(pixels).shape == colour_edges(pixels).shape == label_edges(pixels, ink).shape == (width,)
    own, rows = label(pixels), between_rules(pixels)
    assert own.start >= 0 and own.stop <= width and rows[0] < rows[1]
    assert flat_rows(ink).shape == ink.shape
    for found in (underline(pixels, ink, (0, width)), key_line(pixels, ink, (0, width))):
        if found is not None:
            assert 0 <= found.rows.start < found.rows.stop <= HEIGHT and found.columns.shape == (width,)
    assert all(0 <= level <= 255 for level in ink_colour(pixels, ink))


@given(strips(), LINES)
def test_symbols_are_columns_of_the_strip(
    strip: tuple[np.ndarray, np.ndarray], line: tuple[float, float]
) -> None:
    (pixels, ink), (baseline, em) = strip, line
    width = ink.shape[1]
    found = groups(pixels, ink, baseline, em)
    assert all(0 <= left < right <= width for left, right in found.columns)
    assert all(one[1] <= two[0] for one, two in pairwise(found.columns))
    assert np.isfinite(found.patches).all() and np.isfinite(found.features).all()
    [symbols] = symbols_of([suspects(pixels, ink, baseline, em)], [ink], None)
    assert symbols.shape == ticks(ink, inked_columns(ink), em).shape == (width,)


@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4, inks(), LINES), max_size=12), st.floats(1, 8))
def test_pieces_of_justified_lines_are_each_in_one_line(
    boxes: list[tuple[int, int, int, int, np.ndarray, tuple[float, float]]], size: float
) -> None:
    found, rows = [], []
    for x, y, width, height, ink, (baseline, em) in boxes:
        x0, y0, x1, y1 = (size * side for side in (x, y, x + width, y + max(height, 1)))
        quad = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)
        found.append(Line(quad, 1.0))
        rows.append(Row(from_quad(quad), ink, baseline, em))
    pieces = [piece for group in in_pieces(found, rows) for piece in group]
    assert len(pieces) == len(set(pieces))
    stretched = stretches(found, rows)
    assert len(stretched) == len(found)
    assert all(one.justified for one in stretched if one.alike)


@given(inks(), LINES, st.booleans(), st.data())
def test_parts_of_a_line_hold_all_of_its_ink(
    ink: np.ndarray, line: tuple[float, float], justified: bool, data: st.DataObject
) -> None:
    width = ink.shape[1]
    parted = np.array(data.draw(st.lists(st.booleans(), min_size=width, max_size=width)))
    parts = columns(ink, line[1], parted, Stretch(justified, alike=data.draw(st.booleans())))
    assert parts[0][0] == 0 and parts[-1][1] == width
    filled, inside = inked_columns(ink), np.zeros(width, bool)
    for a, b in parts:
        inside[a:b] = True
    assert not (filled & ~inside).any()
    pitch = typewriter_pitch(ink, line[1])
    assert pitch is None or 0.5 * line[1] <= pitch <= 0.7 * line[1]


@given(st.lists(st.floats(0.1, 5), max_size=12))
def test_gaps_that_part_are_the_widest(widths: list[float]) -> None:
    far = far_apart(np.array(widths))
    chosen = [w for w, wide in zip(widths, far, strict=True) if wide]
    left = [w for w, wide in zip(widths, far, strict=True) if not wide]
    assert not chosen or not left or max(left) <= min(chosen)


@given(st.lists(st.booleans(), max_size=60), st.floats(0, 9))
def test_runs_and_gaps_make_up_the_whole(filled: list[bool], apart: float) -> None:
    row = np.array(filled, bool)
    found = runs(row, apart)
    rebuilt = np.zeros(len(row), bool)
    for a, b in found:
        assert row[a] and row[b - 1]
        rebuilt[a:b] = True
    assert (rebuilt | ~row).all()
    assert all(b - a > apart for a, b in gaps(row, apart))
    assert all(not row[a:b].any() for a, b in gaps(row, apart))
    assert letter_gap(row) >= 0


@given(inks(st.integers(1, 400)), st.integers(30, 120))
def test_pieces_fit_and_join_again(ink: np.ndarray, limit: int) -> None:
    parts = pieces(ink, limit)
    assert parts[0][0] == 0 and parts[-1][1] == ink.shape[1]
    assert all(0 < b - a <= limit for a, b in parts)
    assert all(one[1] == two[0] for one, two in pairwise(parts))
    assert all(0 <= a < b <= ink.shape[1] for a, b in word_gaps(ink))
    strip = chain([ink[:, a:b] for a, b in parts])
    assert [b - a for a, b in strip.lines] == [b - a for a, b in parts]
    joined, words = join([(ink[:, a:b], [(0, b - a)]) for a, b in parts])
    assert len(words) == len(parts) and words[0][0] == EDGE and words[-1][1] + EDGE == joined.shape[1]


PLACES = st.floats(-500, 2500)


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    angle, em = draw(st.floats(-math.pi, math.pi)), draw(st.floats(4, 90))
    start = (draw(PLACES), draw(PLACES))
    return from_baseline(start, (math.cos(angle), math.sin(angle)), em, draw(st.floats(0, 300)))


@given(geometries(), st.lists(st.tuples(PLACES, PLACES), min_size=1, max_size=5))
def test_a_strip_s_geometry_goes_both_ways(geometry: Geometry, points: list[tuple[float, float]]) -> None:
    back = geometry.to_picture(geometry.to_strip(points))
    assert np.allclose(back, points, atol=1e-4)
    assert np.linalg.norm(geometry.direction) == pytest.approx(1)
    assert geometry.finer(3).scale == pytest.approx(geometry.scale / 3, rel=1e-3)
    level = geometry.turned(0.05).turned(-0.05)
    assert np.allclose(level.to_picture([[5, BASELINE]]), geometry.to_picture([[5, BASELINE]]), atol=1e-6)


@given(geometries(), st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_strips_are_cut_from_any_place(geometry: Geometry, shape: tuple[int, int]) -> None:
    picture = np.arange(shape[0] * shape[1] * 3).reshape(*shape, 3).astype(np.uint8)
    x0, y0, x1, y1 = picture_box(geometry, picture.shape)
    assert 0 <= x0 < x1 <= shape[1] and 0 <= y0 < y1 <= shape[0]
    assert cut(picture, geometry).shape == (HEIGHT, geometry.width, 3)
    assert inside(geometry, picture.shape).shape == (HEIGHT, geometry.width)


@given(PLACES, PLACES, st.floats(1, 900), st.floats(1, 90))
def test_the_middle_of_a_box_is_the_middle_of_its_strip(
    x: float, y: float, width: float, height: float
) -> None:
    quad = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)
    geometry = from_quad(quad)
    middle = geometry.to_strip(quad.mean(axis=0)[None])[0]
    assert middle[1] == pytest.approx(HEIGHT / 2, abs=0.2)
    assert geometry.width >= 2 * MARGIN


@st.composite
def slots(draw: st.DrawFn) -> list[Slot]:
    found = []
    for n in range(draw(st.integers(1, 4))):
        left, width = draw(st.floats(0, 50)), draw(st.floats(5, 400))
        before, after = draw(st.floats(0, 60)), draw(st.floats(0, 60))
        geometry = from_baseline((0, 40 * n), (1, 0), EM, 500)
        found.append(Slot(geometry, left, left + width, left - before, left + width + after))
    return found


@given(
    st.lists(st.tuples(st.integers(1, 160), st.integers(0, 20)), max_size=12),
    slots(),
    slots(),
    st.sampled_from(["left", "center", "right", "justified"]),
    st.booleans(),
)
def test_words_flow_in_order_and_within_their_lines(
    lengths: list[tuple[int, int]], own: list[Slot], extra: list[Slot], alignment: str, more: bool
) -> None:
    words, x = [], EDGE
    for length, gap in lengths:
        words.append((x, x + length))
        x += length + gap
    flow = reflow(words, own, alignment, extra if more else ())  # type: ignore[arg-type]
    assert MIN_SCALE <= flow.scale <= 1 and 0 < flow.squeeze <= 1
    drawn = [p.span for p in flow.placements]
    assert drawn == sorted(drawn)
    if flow.placements:
        assert drawn[0][0] == words[0][0] and drawn[-1][1] == words[-1][1]
    for placement in flow.placements:
        slot = next(s for s in [*own, *extra] if s.geometry is placement.geometry)
        assert placement.x >= slot.min_left - 1 and placement.right <= slot.max_right + 1


@given(
    st.lists(st.integers(5, 120), min_size=1, max_size=9),
    st.integers(1, 4),
    st.integers(100, 260),
    st.sets(st.integers(0, 7)),
    st.sampled_from(["left", "center", "right", "justified"]),
)
def test_no_other_breaks_are_less_ragged(
    lengths: list[int], lines: int, width: int, tied: set[int], alignment: str
) -> None:
    """Beside all ways to break so few words into as many lines."""
    words, x = [], EDGE
    for length in lengths:
        words.append((x, x + length))
        x += length + 7
    room = [Slot(from_baseline((0, 40 * n), (1, 0), EM, 500), 0, width, 0, width) for n in range(lines)]
    flow = reflow(words, room, alignment, (), tied)  # type: ignore[arg-type]
    if flow.squeeze < 1:
        return
    numbers = {id(slot.geometry): n for n, slot in enumerate(room)}
    ends = [0] * lines
    for p in flow.placements:
        n = numbers[id(p.geometry)]
        ends[n] = max(ends[n], sum(b <= p.span[1] for _, b in words))
    count = sum(end > 0 for end in ends)

    def cost(breaks: tuple[int, ...]) -> float:
        total = 0.0
        for n, (first, after) in enumerate(pairwise((0, *breaks, len(words)))):
            length = (words[after - 1][1] - words[first][0]) * flow.scale * flow.squeeze
            if length > width + 0.5:
                return np.inf
            free = after == len(words) and alignment != "center"
            total += 0 if free else (1 - length / (width + 0.5)) ** 2
            total += n < len(breaks) and after - 1 in tied
        return total

    best = min(cost(breaks) for breaks in combinations(range(1, len(words)), count - 1))
    assert cost(tuple(ends[: count - 1])) == pytest.approx(best)
