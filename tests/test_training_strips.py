"""Texts of training strips: what the drawer and the reader see often enough."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from iimt_cli.training.strips import BEHIND, ENCLOSING, enclosed

WORDS = st.lists(st.text("abcdeABC.,:", min_size=1, max_size=6), min_size=1, max_size=6)


@given(WORDS, st.integers(0, 10**6))
def test_words_in_brackets_are_the_words_of_the_text(words: list[str], seed: int) -> None:
    text = enclosed(" ".join(words), np.random.default_rng(seed))
    signs = "".join({*"".join(ENCLOSING)})
    assert sum(text.count(sign) for sign in signs) == 2
    assert text == text.strip() and "  " not in text
    kept = "".join(c for c in text if c not in signs + "".join(BEHIND) + " ")
    given = "".join(c for c in " ".join(words) if c not in "".join(BEHIND) + " ")
    own = range(len(given) + 1)
    # The letters in their order, with at most one letter or two figures of their own between them.
    assert any(kept == given[:i] + kept[i : i + n] + given[i:] for i in own for n in (0, 1, 2))
