"""Numbers, codes and addresses keep the ink of the picture."""

import numpy as np

from iimt_cli.language import language
from iimt_cli.language.base import Packs
from iimt_cli.model.draw import DrawnStrip
from iimt_cli.translation.own_ink import with_own_ink
from iimt_cli.translation.pieces import Piece

PACKS = Packs(language("de"), language("en"))
LETTER, GAP = 6, 4  # px; thick enough not to be strengthened


def strip(text: str, ink: float, touching: str = "") -> np.ndarray:
    """Every character but spaces as a bar; those of `touching` have no gap behind them."""
    columns = [np.zeros(GAP)]
    for char in text:
        columns.append(np.full(LETTER, 0.0 if char == " " else ink))
        columns.append(np.full(GAP, ink if char in touching else 0.0))
    return np.tile(np.concatenate(columns).astype(np.float32), (32, 1))


def piece(source: str, target: str, touching: str = "") -> Piece:
    frames = [(x // 2 + 1, x // 2 + 2) for x in range(GAP, GAP + len(source) * (LETTER + GAP), LETTER + GAP)]
    return Piece(strip(source, 1.0, touching), source=source, target=target, frames=frames)


def drawn(text: str) -> DrawnStrip:
    edges = [GAP / 2 + n * (LETTER + GAP) for n in range(len(text) + 1)]
    return DrawnStrip(strip(text, 0.5), np.array(edges, np.float32))


def moved(source: str, target: str, touching: str = "") -> str:
    """The target with a star for each character that has the ink of the source."""
    result = with_own_ink(drawn(target), piece(source, target, touching), PACKS)
    middles = [round(float(a + b) / 2) for a, b in zip(result.edges, result.edges[1:], strict=False)]
    assert result.ink.shape[1] >= result.edges[-1]
    return "".join("*" if result.ink[0, x] > 0.9 else c for c, x in zip(target, middles, strict=True))


def test_what_was_copied_is_moved() -> None:
    assert moved("Mail: a@b.de.", "Email: a@b.de.") == "Email* ******."
    assert moved("Ab 3,50 €", "3,50 € and up") == "**** * and up"
    assert moved("Zimmer 4 und 12", "Rooms 4 and 12") == "Rooms * and **"


def test_of_a_time_and_of_a_localised_number_the_figures_are_moved() -> None:
    assert moved("um 8.30 Uhr", "at 8:30") == "at *:**"
    assert moved("um 8 Uhr", "at 8:00") == "at *:00"
    assert moved("1.250,50 kg", "1,250.50 kg") == "*,***.** kg"


def test_of_a_large_amount_all_but_the_word_is_moved() -> None:
    assert moved("438,5 Mio. €", "438,5 million €") == "***** million *"
    assert moved("ab $5 Millionen", "from $5 million") == "from ** million"
    assert moved("3,2 Mrd. €", "3.2 billion €") == "*.* billion *"


def test_a_mark_that_is_read_late_is_no_part_of_what_is_moved() -> None:
    late = piece("am 3.5.", "on 3.5.")
    late.frames[-1] = (late.frames[-1][1] + 3, late.frames[-1][1] + 4)  # behind its ink
    result = with_own_ink(drawn("on 3.5."), late, PACKS)
    assert [result.ink[0, round(x) + 5] for x in result.edges[:-1:3]] == [0.5, 1.0, 0.5]


def test_what_is_no_copy_or_touches_its_neighbours_stays_as_drawn() -> None:
    assert moved("Zwei Äpfel", "Two apples") == "Two apples"
    assert moved("Nr. 12.", "No. 12.", touching="2") == "No. 12."
    kerned = piece("Ab 6,00 kg", "From 6.00 kg", touching="6")
    kerned.frames[4] = (
        kerned.frames[5][0] - 2,
        kerned.frames[5][0] - 1,
    )  # the comma is read where its gap is
    assert with_own_ink(drawn("From 6.00 kg"), kerned, PACKS).ink.max() == 0.5
    strip = drawn("No. 3")
    assert with_own_ink(strip, Piece(strip.ink, source="Nr. 3", target="No. 3"), PACKS) is strip


def test_marks_behind_words_are_moved_if_there_are_as_many() -> None:
    assert moved("Nicht öffnen!", "Do not open!") == "Do not open*"
    assert moved("Preis: 3", "Price: 3") == "Price* *"
    assert moved("Achtung!", "Look out! Careful!") == "Look out! Careful!"
    assert moved("Wann?", "When?", touching="n") == "When?"


def test_signs_between_words_are_moved_if_there_are_as_many() -> None:
    assert moved("Neu – ab Mai", "New – from May") == "New * from May"
    assert moved("A – B – C", "A – B, C") == "A – B, C"
    assert moved("Start » Garten", 'Home " garden') == 'Home " garden'


def test_brackets_go_with_the_figures_that_they_touch() -> None:
    assert moved("Korb (2)", "Basket (2)") == "Basket ***"
    assert moved("gut (12 Stimmen)", "good (12 votes)") == "good *** votes)"
    assert moved("Korb (2)", "Basket [2]") == "Basket [*]"
