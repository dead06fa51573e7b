"""Subword and character vocabularies: what goes in comes out, and segmentations vary with the generator alone."""

import numpy as np
import pytest

from iimt_cli.model.vocabulary import Vocabulary

SENTENCES = [
    "Der Wagen steht am Bahnhof.",
    "Die Wagen stehen am Bahnhof.",
    "Am Bahnhof steht ein Wagen.",
] * 20


@pytest.mark.parametrize("kind", ["unigram", "characters"])
def test_texts_come_back_however_they_are_cut(kind: str) -> None:
    vocabulary = Vocabulary.train(SENTENCES, 220, kind)
    rng = np.random.default_rng(3)
    for text in SENTENCES[:3]:
        assert vocabulary.decode(vocabulary.encode(text)) == text
        assert vocabulary.decode(vocabulary.encode(text, rng)) == text


def test_words_are_cut_in_several_ways_and_the_same_way_for_the_same_generator() -> None:
    vocabulary = Vocabulary.train(SENTENCES, 220)

    def cuts(seed: int) -> list[list[int]]:
        rng = np.random.default_rng(seed)
        return [vocabulary.encode(SENTENCES[0], rng) for _ in range(12)]

    assert cuts(1) == cuts(1)
    assert len({tuple(cut) for cut in cuts(1)}) > 1


def test_letters_alone_can_be_cut_in_one_way_only() -> None:
    vocabulary = Vocabulary.train(SENTENCES, 0, "characters")
    assert vocabulary.encode("Wagen", np.random.default_rng(1)) == vocabulary.encode("Wagen")
    assert len(vocabulary.encode("Wagen")) >= 5
