"""The text model alone: `iimt evaluate --pairs`."""

from pathlib import Path

import pytest

from iimt_cli.data.corpora import Pair, load_corpora
from iimt_cli.errors import IimtError
from iimt_cli.evaluation.texts import score_texts
from iimt_cli.translation.result import TextTranslation

PAIRS = [
    Pair("Guten Morgen", "Good morning"),
    Pair("Zimmer 12 ist im dritten Stock", "Room 12 is on the third floor"),
]


def test_scores_by_length_with_what_is_refused_and_miscopied() -> None:
    outputs = [
        TextTranslation(PAIRS[0].source, "Good morning", 0.9, ""),
        TextTranslation(
            PAIRS[1].source, "Room 13 is on the third floor", 0.2, "translation too uncertain (0.20)"
        ),
    ]
    report = score_texts(PAIRS, outputs, samples=0)
    assert (report.count, report.refused, report.copied, report.miscopied) == (2, 0.5, 1, 1)
    assert [(b.low, b.count, b.refused) for b in report.buckets if b.count] == [(1, 1, 0.0), (5, 1, 1.0)]
    assert report.bleu.value < 100 and report.chrf.value > 80


def test_a_mix_names_files_and_weights(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("Das ist ein Haus aus Stein.\tThis is a house of stone.\nJa.\tYes.\n")
    (tmp_path / "mix.toml").write_text('[corpora]\n"a.tsv" = 2.5\n')
    [corpus] = load_corpora([str(tmp_path / "mix.toml")])
    assert (corpus.weight, len(corpus.pairs)) == (2.5, 2)


def test_no_held_out_sentence_is_trained_on(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("Das ist ein Haus aus Stein.\tThis is a house of stone.\nJa.\tYes.\n")
    held = [Pair("Das ist ein Haus aus Stein", "It is a stone house."), Pair("Ja.", "Yes.")]
    [corpus] = load_corpora([str(tmp_path / "a.tsv")], held_out=held)
    assert corpus.pairs == (Pair("Ja.", "Yes."),)  # short texts are no secret


@pytest.mark.parametrize("text", ["", "[corpora", '[corpora]\n"a.tsv" = "often"', "corpora = 3"])
def test_a_mix_that_is_none_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "mix.toml").write_text(text)
    with pytest.raises(IimtError, match=r"mix\.toml"):
        load_corpora([str(tmp_path / "mix.toml")])


DEV = Path(__file__).parent.parent.parent / "shared" / "dev"


ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(not DEV.exists(), reason="the development sets are not part of the repository")
@pytest.mark.parametrize(
    "name",
    [
        *(f"corpora/{n}.de-en.tsv.gz" for n in ("written", "written-more", "labels", "senses")),
        "weights/de-en/known.tsv.gz",
    ],
)
def test_our_own_corpora_have_no_sentence_of_the_development_sets(name: str) -> None:
    from iimt_cli.data.corpora import load_corpus

    held = [pair for path in sorted(DEV.glob("*.tsv")) for pair in load_corpus(path, max_chars=2000).pairs]
    path = ROOT / name
    [kept] = load_corpora([str(path)], held_out=held)
    assert len(kept.pairs) == len(load_corpus(path).pairs)


def test_labels_have_no_line_of_the_everyday_test_set() -> None:
    from iimt_cli.data.corpora import load_corpus

    def letters(text: str) -> str:
        return "".join(filter(str.isalnum, text)).casefold()

    held = {letters(pair.source) for pair in load_corpus(ROOT / "recipes" / "everyday.tsv").pairs}
    labels = load_corpus(ROOT / "corpora" / "labels.de-en.tsv.gz").pairs
    assert len(held) > 100 and not [pair for pair in labels if letters(pair.source) in held]
