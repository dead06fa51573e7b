"""Correct and redraw with the shipped weights: what is not corrected keeps its pixels, to the last bit."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iimt_cli import Block, IimtError, Options, Texts, Translation, Translator, load, read_texts, write_texts

ROOT = Path(__file__).parent.parent
SIGN, DIALOG = ROOT / "examples" / "sign.png", ROOT / "examples" / "dialog.png"
BEYOND = 3  # px by which the edges of letters may reach beyond the box of a line

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def translator() -> Translator:
    return load(ROOT / "weights" / "de-en", "cpu")


@pytest.fixture(scope="module")
def first(translator: Translator) -> Translation:
    return translator.translate(SIGN)


@pytest.fixture(scope="module")
def texts(first: Translation, tmp_path_factory: pytest.TempPathFactory) -> Texts:
    """Through a file, as the command line has them."""
    path = tmp_path_factory.mktemp("texts") / "sign.png.json"
    write_texts(first.texts, path)
    return read_texts(path)


def block(result: Translation, source: str) -> Block:
    return next(block for block in result.blocks if block.source == source)


def only_in(block: Block, before: np.ndarray, after: np.ndarray) -> bool:
    """Whether some pixels are other ones, all of them in the box of the block."""
    rows, columns = np.nonzero((before != after).any(axis=-1))
    (left, top), _, (right, bottom), _ = block.polygon
    return bool(
        len(rows)
        and left - BEYOND <= columns.min() <= columns.max() <= right + BEYOND
        and top - BEYOND <= rows.min() <= rows.max() <= bottom + BEYOND
    )


def test_texts_that_were_not_corrected_are_drawn_as_before(
    translator: Translator, first: Translation, texts: Texts
) -> None:
    again = translator.translate(SIGN, texts=texts)
    assert np.array_equal(again.pixels, first.pixels) and not again.warnings
    assert again.blocks == first.blocks
    assert again.texts.edited({}).blocks == texts.blocks


def test_one_word_changes_the_pixels_of_its_block_alone(
    translator: Translator, first: Translation, texts: Texts
) -> None:
    edited = block(first, "Unsere Öffnungszeiten")
    assert edited.target == "Our opening hours"
    result = translator.translate(SIGN, texts=texts.edited({edited.id: "Our business hours"}))
    assert not result.warnings and only_in(edited, first.pixels, result.pixels)
    # Old sidecars do not tell where lines are, nor what the lexicon said: both is looked up again.
    drafts = [
        replace(one.draft, pieces=tuple(replace(piece, hints=None) for piece in one.draft.pieces))
        for one in texts.blocks
        if one.draft is not None
    ]
    old = [replace(one, draft=draft) for one, draft in zip(texts.blocks, drafts, strict=True)]
    before = replace(texts, blocks=old, found=None).edited({edited.id: "Our business hours"})
    assert np.array_equal(translator.translate(SIGN, texts=before).pixels, result.pixels)
    said = block(translator.translate(result.pixels, Options(min_confidence=1)), "Our business hours")
    assert said.action == "kept"  # what was drawn can be read
    # A second correction leaves the first as it is.
    other = block(first, "Sonntag")
    more = translator.translate(SIGN, texts=result.texts.edited({other.id: "Sundays"}))
    assert only_in(other, result.pixels, more.pixels)


def corrected(translator: Translator, first: Translation, texts: Texts) -> Translation | None:
    """A correction that begins with the pixels of a translation."""
    return translator.correct(first.picture, first.pixels, texts, translator.defaults)


def test_a_correction_of_what_was_drawn_is_the_same_as_when_all_is_drawn_again(
    translator: Translator, first: Translation, texts: Texts
) -> None:
    edited, other = block(first, "Unsere Öffnungszeiten"), block(first, "Sonntag")
    hours = next(one for one in first.blocks if one.target == "10:00 to 14:00")
    for targets, keep in (
        ({edited.id: "Our business hours"}, []),
        ({edited.id: "When we are open for all of you", other.id: "Sundays"}, []),
        ({hours.id: "10:00 until 14:00"}, []),  # figures keep the picture's own ink
        ({}, [edited.id]),
    ):
        changed = texts.edited(targets, keep)
        done, whole = corrected(translator, first, changed), translator.translate(SIGN, texts=changed)
        assert done is not None and np.array_equal(done.pixels, whole.pixels)
        assert done.texts == whole.texts and done.warnings == whole.warnings


def test_corrections_follow_each_other(translator: Translator, first: Translation, texts: Texts) -> None:
    edited, other = block(first, "Unsere Öffnungszeiten"), block(first, "Sonntag")
    one = corrected(translator, first, texts.edited({edited.id: "Business"}))
    assert one is not None and only_in(edited, first.pixels, one.pixels)
    same = corrected(translator, one, one.texts)
    assert same is not None and np.array_equal(same.pixels, one.pixels) and same.texts == one.texts
    two = corrected(translator, one, one.texts.edited({other.id: "Sundays"}))
    assert two is not None and only_in(other, one.pixels, two.pixels)
    three = corrected(translator, two, two.texts.edited({edited.id: "Our hours"}))
    assert three is not None and only_in(edited, two.pixels, three.pixels)
    gone = corrected(translator, three, three.texts.edited({edited.id: ""}))
    assert gone is not None and only_in(edited, three.pixels, gone.pixels)
    (left, top), _, (right, bottom), _ = np.array(edited.polygon, int)
    assert (gone.pixels == first.picture.rgb)[top:bottom, left:right].all()


def test_a_word_that_cannot_be_drawn_leaves_its_block_as_in_the_picture(
    translator: Translator, first: Translation, texts: Texts
) -> None:
    edited = block(first, "Sonntag")
    done = corrected(translator, first, texts.edited({edited.id: "日"}))
    assert done is not None and done.warnings == (f"block {edited.id} is left as it was: 日 cannot be drawn",)
    assert only_in(edited, first.pixels, done.pixels)
    again = corrected(translator, done, done.texts.edited({edited.id: "Sundays"}))
    assert again is not None and block(again, "Sonntag").action == "translated"
    assert only_in(edited, done.pixels, again.pixels)


def test_what_is_not_known_is_drawn_as_a_whole(
    translator: Translator, first: Translation, texts: Texts
) -> None:
    changed = texts.edited({block(first, "Sonntag").id: "Sundays"})
    assert corrected(translator, first, replace(changed, blocks=changed.blocks[1:])) is None
    bare = [replace(one, layout=None) for one in changed.blocks]
    assert corrected(translator, first, replace(changed, blocks=bare)) is None
    done = corrected(translator, first, changed)
    assert done is not None
    back = done.texts.edited({block(first, "Sonntag").id: block(first, "Sonntag").target})
    assert corrected(translator, done, back) is None  # the draft is the same to the bit only in its batch


def test_only_what_a_correction_needs_is_loaded(first: Translation, tmp_path: Path) -> None:
    """Neither the detector nor the lexicon: they take as long as all the rest."""
    write_texts(first.texts.edited({2: "Our business hours"}), tmp_path / "a.json")
    code = (
        "import sys; from iimt_cli import load, read_texts\n"
        f"translator = load({str(ROOT / 'weights' / 'de-en')!r}, 'cpu')\n"
        f"done = translator.translate({str(SIGN)!r}, texts=read_texts({str(tmp_path / 'a.json')!r}))\n"
        "print(len(done.warnings), 'rapidocr' in sys.modules, 'meanings' in vars(translator.model))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert said.stdout.split() == ["0", "False", "False"]


def test_a_block_is_left_as_it_was_or_was_left_and_is_drawn(translator: Translator, texts: Texts) -> None:
    german = translator.translate(SIGN, Options(min_confidence=1.0))
    assert {one.action for one in german.blocks} == {"kept"}
    closed = block(german, "geschlossen")
    drawn = translator.translate(SIGN, texts=german.texts.edited({closed.id: "closed"}))
    assert only_in(closed, german.picture.rgb, drawn.pixels)
    assert [one.id for one in drawn.blocks if one.action == "translated"] == [closed.id]
    everything = [one.id for one in texts.blocks]
    kept = translator.translate(SIGN, texts=texts.edited({}, keep=everything))
    assert np.array_equal(kept.pixels, german.picture.rgb) and not kept.warnings
    assert {one.reason for one in kept.blocks} == {"kept by hand"}


def test_what_cannot_be_drawn_is_left_with_a_warning(
    translator: Translator, first: Translation, texts: Texts
) -> None:
    sunday, closed = block(first, "Sonntag"), block(first, "geschlossen")
    long = "closed because of a celebration that nobody wants to miss, " * 5
    result = translator.translate(SIGN, texts=texts.edited({sunday.id: "日曜日 only", closed.id: long}))
    reasons = {one.id: one.reason for one in result.blocks if one.action == "kept"}
    assert reasons == {
        sunday.id: "日 曜 cannot be drawn",
        closed.id: "the translation is too long for its place",
    }
    assert [warning.split(" is ")[0] for warning in result.warnings] == [
        f"block {sunday.id}", f"block {closed.id}",
    ]  # fmt: skip
    (left, top), _, (right, bottom), _ = (tuple(map(int, corner)) for corner in sunday.polygon)
    box = slice(top, bottom), slice(left, right)
    assert np.array_equal(result.pixels[box], first.picture.rgb[box])


def test_a_block_whose_draft_cannot_be_repeated_is_left_with_a_warning(
    translator: Translator, first: Translation, texts: Texts
) -> None:
    closed = block(first, "geschlossen")
    assert closed.draft is not None
    broken = replace(
        closed.draft.pieces[0], target="clo\nsed", wording="clo\nsed"
    )  # by an editor's "replace all"
    draft = replace(closed.draft, target="clo\nsed", pieces=(broken,))
    blocks = [
        replace(one, target="clo\nsed", draft=draft) if one.id == closed.id else one for one in texts.blocks
    ]
    result = translator.translate(SIGN, texts=replace(texts, blocks=blocks))
    [left] = [one for one in result.blocks if one.action == "kept"]
    assert left.id == closed.id and left.reason.startswith("could not be translated (")
    assert result.warnings == (f"block {closed.id} is left as it was: {left.reason}",)


def test_a_sidecar_without_a_draft_is_drawn_by_hand(translator: Translator, texts: Texts) -> None:
    bare = replace(texts, blocks=[replace(one, draft=None) for one in texts.blocks], sha256="", options={})
    result = translator.translate(SIGN, texts=bare)
    assert [one.action for one in result.blocks] == ["translated"] * len(texts.blocks)
    one = replace(texts.blocks[0], lines=[[[1.0, 1.0], [9.0, 1.0], [9.0, 9.0], [1.0, 9.0]]])
    with pytest.raises(IimtError, match=r"block 1 .*is not found in the picture"):
        translator.translate(SIGN, texts=replace(texts, blocks=[one, *texts.blocks[1:]]))
    fewer = translator.translate(SIGN, texts=replace(texts, blocks=texts.blocks[:2]))
    assert [block.id for block in fewer.blocks] == [1, 2]


def test_several_sentences_numbers_and_a_glossary(translator: Translator, tmp_path: Path) -> None:
    """Of a paragraph of several sentences, only those that were corrected are drawn anew."""
    path = tmp_path / "terms.tsv"
    path.write_text("Datei\tdocument\n", "utf-8")
    from iimt_cli.language.glossary import Glossary

    terms = Glossary.load([path], translator.preset.languages.packs.source.inflection)
    before = translator.translate(DIALOG, Options(min_confidence=0, numbers="localise", glossary=terms))
    assert any(one.terms for one in before.blocks)
    write_texts(before.texts, tmp_path / "a.json")
    texts = read_texts(tmp_path / "a.json")
    assert texts.options["numbers"] == "localise"
    assert np.array_equal(translator.translate(DIALOG, texts=texts).pixels, before.pixels)
