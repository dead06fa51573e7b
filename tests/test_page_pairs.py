"""Which line goes on in which: what the network is told, and made-up pages of which it is known."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from iimt_cli.data.documents import KINDS, TextPool, document
from iimt_cli.data.fonts import find_fonts
from iimt_cli.language import language
from iimt_cli.page.layout.pairs import NAMES, Layout, chains, chances, pairs
from iimt_cli.page.paragraphs import Facts

EN = language("en")
POOL = TextPool.of(
    [
        *("Opening hours", "Car park", "Save the file", "Soup of the day", "Total", "Delivery address"),
        *("The museum is closed on Mondays.", "Please bring your own towel, and do not run beside the pool."),
    ]
)


def line(
    x: float, y: float, text: str, em: float = 20.0, colour: tuple[float, float, float] = (0, 0, 0)
) -> Facts:
    """A line as wide as its text, its baseline from (x, y) in the picture."""
    words, width = text.split(), 0.5 * em * len(text)
    ends = np.array([[x, y], [x + width, y]])
    first = 0.5 * len(words[0])
    return Facts(
        ends, np.array([1.0, 0.0]), em, 1.25 * em, 2.5, colour, first, first + 0.3, False, False, text
    )


def test_a_page_without_lines_has_no_texts() -> None:
    assert chains(Layout([])) == []
    assert chains(Layout([line(10, 30, "Total")])) == [[0]]


def test_a_wrapped_sentence_is_one_text_and_a_menu_is_not() -> None:
    prose = [
        "The museum is closed on Mondays and",
        "on public holidays. Guided tours start",
        "at the main gate.",
    ]
    assert chains(Layout([line(50, 100 + 26 * i, text) for i, text in enumerate(prose)], EN)) == [[0, 1, 2]]
    menu = ["Home", "Products", "Prices", "Contact"]
    assert chains(Layout([line(50, 100 + 30 * i, text) for i, text in enumerate(menu)], EN)) == [
        [0],
        [1],
        [2],
        [3],
    ]


def test_an_italic_line_below_an_upright_one_is_another_text() -> None:
    prose = ["Roast beef with fried onions and", "with home-made noodles and gravy"]
    upright, below = (replace(line(50, 100 + 26 * i, text), lean=0.0) for i, text in enumerate(prose))
    assert chains(Layout([upright, below], EN)) == [[0, 1]]
    assert chains(Layout([upright, replace(below, lean=0.2)], EN)) == [[0], [1]]


def test_lines_of_another_column_do_not_come_between() -> None:
    left = ["The museum is closed on", "Mondays and on all public", "holidays of the year."]
    right = ["Please bring your towel,", "and do not run beside the", "pool when it is wet."]
    lines = [line(x, 100 + 26 * i, texts[i]) for i in range(3) for x, texts in ((40, left), (400, right))]
    assert chains(Layout(lines, EN)) == [[0, 2, 4], [1, 3, 5]]


@pytest.mark.parametrize(
    ("chance", "says", "texts", "asked"),
    [(0.3, True, 1, 1), (0.3, False, 2, 1), (0.1, True, 2, 0), (0.7, False, 1, 0)],
)
def test_words_decide_what_the_layout_leaves_in_doubt(
    chance: float, says: bool, texts: int, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout([line(50, 100, "Bags of 40"), line(50, 126, "litres")], EN)
    monkeypatch.setattr("iimt_cli.page.layout.pairs.chances", lambda features: np.full(len(features), chance))
    heard: list[tuple[str, str]] = []

    def one_text(pairs: Sequence[tuple[str, str]]) -> list[bool]:
        heard.extend(pairs)
        return [says] * len(pairs)

    assert len(chains(layout, one_text)) == texts
    assert heard == [("Bags of 40", "litres")] * asked


def test_every_feature_has_a_name_and_weights() -> None:
    found = pairs(Layout([line(50, 100, "The museum is"), line(50, 126, "closed on Mondays.")], EN))
    assert found.numbers.tolist() == [[0, 1]] and found.features.shape == (1, len(NAMES))
    assert chances(found.features)[0] > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_a_made_up_page_knows_its_lines(kind: str) -> None:
    face = find_fonts()[0]
    page = document(kind, POOL, [(face, face)], np.random.default_rng(3))
    same = document(kind, POOL, [(face, face)], np.random.default_rng(3), draw=False)
    assert page.lines and [o.text for o in page.lines] == [o.text for o in same.lines]
    assert all(len(o.edges) == len(o.text) + 1 and (np.diff(o.edges) >= 0).all() for o in page.lines)
    assert all(o.box[1] >= 0 and o.box[3] <= len(page.rgb) for o in page.lines)
    for one, two in zip(page.lines, page.lines[1:], strict=False):
        if one.block == two.block:
            assert two.baseline > one.baseline
