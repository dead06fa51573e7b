"""What the text stage makes of its pairs: labels side by side, names that stay, several sentences in a strip."""

from pathlib import Path

import numpy as np

from iimt_cli.data.corpora import Corpus, Pair, PairSampler
from iimt_cli.language import language
from iimt_cli.training.variety import is_label, line_up, vary

LABELS = [Pair("Gießkanne", "watering can"), Pair("Spaten", "spade"), Pair("rote Farbe", "red paint")]
SENTENCES = [
    Pair("Sabine kam spät.", "Sabine came late."),
    Pair("Wir warten auf Paul.", "We are waiting for Paul."),
]


def sampler(*pairs: Pair) -> PairSampler:
    return PairSampler([Corpus(Path("corpus.tsv"), tuple(pairs))])


def test_labels_are_words_without_marks_and_figures() -> None:
    assert all(map(is_label, LABELS))
    assert not any(map(is_label, [*SENTENCES, Pair("Zimmer 12", "Room 12"), Pair("z. B. Rot", "e.g. red")]))


def test_labels_side_by_side_are_in_the_same_order_in_both_languages() -> None:
    known = dict(LABELS)
    for seed in range(20):
        both = line_up(LABELS[0], [*SENTENCES, *LABELS[1:]], np.random.default_rng(seed))
        mark = both.source.removeprefix("Gießkanne")[:3]
        mark = ", " if mark.startswith(", ") else ": " if mark.startswith(": ") else mark
        assert [known[word] for word in both.source.split(mark)] == both.target.split(mark)
        assert 2 <= len(both.source.split(mark)) <= 3


def test_labels_meet_others_now_and_then_and_sentences_follow_each_other() -> None:
    rng = np.random.default_rng(5)
    labels = [vary(LABELS[0], sampler(*LABELS), rng, language("de")) for _ in range(400)]
    together = [
        pair for pair in labels if "Gießkanne" in pair.source and len(pair.source) > len("Gießkanne") + 3
    ]
    assert 40 < len(together) < 160
    sentences = [vary(SENTENCES[0], sampler(*SENTENCES), rng, language("de")) for _ in range(400)]
    assert 10 < sum(pair.source.count(".") > 1 for pair in sentences) < 80


def test_names_that_both_sides_share_are_exchanged_in_both() -> None:
    rng = np.random.default_rng(8)
    varied = [vary(SENTENCES[0], sampler(*SENTENCES), rng, language("de")) for _ in range(600)]
    capital = [p for p in varied if p.source.endswith(" kam spät.") and p.source[0].isupper()]
    renamed = [p for p in capital if "Sabine" not in p.source]
    assert len(renamed) > 10
    assert all(p.target == p.source.removesuffix(" kam spät.") + " came late." for p in renamed)
