"""The three steps of a translation, with networks that learnt nothing but read and draw something."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from iimt_cli.clock import Stopwatch
from iimt_cli.config import load_preset
from iimt_cli.data.text import upper_case
from iimt_cli.language.protected import PLACEHOLDER
from iimt_cli.model import translatotron
from iimt_cli.model.decoding import Decoded, decode_text
from iimt_cli.model.draw import DrawnStrip
from iimt_cli.model.image_encoder import Reading
from iimt_cli.model.separator import Separator
from iimt_cli.model.strips import stack
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.model.vocabulary import Vocabulary
from iimt_cli.page import classical_separator, read_picture
from iimt_cli.translation.pieces import Piece
from iimt_cli.translation.rails import Judgement
from iimt_cli.translation.result import Options, Translation
from iimt_cli.translation.steps import draw, judge
from iimt_cli.translation.steps.reading import Reader
from iimt_cli.translation.translator import StripTranslator

# Whatever random networks read is good enough.
OPTIONS = Options(min_confidence=0, max_mismatch=100, batch=4)


@pytest.fixture(scope="module")
def translator() -> StripTranslator:
    torch.manual_seed(5)
    preset = load_preset("tiny")
    words = [f"{a}{b}{c}" for a in "bdgkmpt" for b in "aeiou" for c in "lnrs"]
    vocabulary = Vocabulary.train(words, 200)
    model = Translatotron(preset, vocabulary, vocabulary)
    with torch.no_grad():
        model.image_encoder.ocr.weight.normal_()  # not the same letter everywhere
    return StripTranslator(preset, model, Separator(preset.separator), torch.device("cpu"))


@pytest.fixture(autouse=True)
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    def few_words(*args, **kwargs):
        return [Decoded(d.pieces[:3], d.score) for d in decode_text(*args, **kwargs)]

    monkeypatch.setattr(translatotron, "decode_text", few_words)
    # Random networks say placeholders that stand for nothing.
    monkeypatch.setattr(translatotron, "restore", lambda text, spans: PLACEHOLDER.sub("", text) or "b")
    monkeypatch.setattr(judge, "LEGIBLE", 0)
    monkeypatch.setattr(draw, "after_translation", lambda *_: Judgement())
    monkeypatch.setattr(
        StripTranslator, "separate", lambda _, strips, *__, **___: classical_separator(strips)
    )


def same(one: Translation, other: Translation) -> bool:
    return np.array_equal(one.pixels, other.pixels) and one.blocks == other.blocks


def test_translate_is_its_three_steps_and_a_repeated_step_starts_over(translator, german_page):
    picture = read_picture(german_page)
    [wanted] = translator.translate([picture], OPTIONS)
    assert any(b.action == "translated" for b in wanted.blocks), wanted.blocks
    assert not np.array_equal(wanted.pixels, picture.rgb)
    page = translator.open(picture, OPTIONS)
    translator.translate_jobs([page], OPTIONS)
    [job] = translator.translate_jobs([page], OPTIONS)
    assert same(translator.close(job), wanted)


def test_given_texts_are_drawn_as_they_were_without_a_search(translator, german_page, monkeypatch):
    picture = read_picture(german_page)
    [first] = translator.translate([picture], OPTIONS)
    monkeypatch.setattr(Translatotron, "say", None)  # nothing is translated
    [again] = translator.translate([picture], OPTIONS, [first.texts])
    assert same(again, first) and not again.warnings
    drawn = next(block for block in first.blocks if block.action == "translated")
    other = translator.translate(picture, OPTIONS, first.texts.edited({drawn.id: "Hello"}))
    assert next(block for block in other.blocks if block.id == drawn.id).action == "translated"
    assert not np.array_equal(other.pixels, first.pixels)


@pytest.mark.slow
def test_the_steps_run_side_by_side_in_threads(translator, german_page):
    picture = read_picture(german_page)
    [wanted] = translator.translate([picture], OPTIONS)
    rounds = 6
    with (
        ThreadPoolExecutor(2) as openers,
        ThreadPoolExecutor(2) as translators,
        ThreadPoolExecutor(2) as closers,
    ):
        opened = [openers.submit(translator.open, picture, OPTIONS) for _ in range(rounds)]

        def work(opening):
            [job] = translator.translate_jobs([opening.result()], OPTIONS)
            return closers.submit(translator.close, job)

        closing = [translators.submit(work, opening) for opening in opened]
        results = [c.result().result() for c in closing]
    assert all(same(result, wanted) for result in results)


def test_a_lone_line_is_read_once_and_a_kept_one_is_not_translated(translator, german_page, monkeypatch):
    picture = read_picture(german_page)
    page = translator.open(picture, OPTIONS)
    strips = {"read": 0, "say": 0}
    for step in strips:
        original = getattr(Translatotron, step)

        def counting(self, first, *rest, step=step, original=original):
            strips[step] += len(getattr(first, "readings", first))
            return original(self, first, *rest)

        monkeypatch.setattr(Translatotron, step, counting)
    monkeypatch.setattr(judge, "before_translation", lambda *_: Judgement("no"))
    [job] = translator.translate_jobs([page], OPTIONS)
    pieces = sum(map(len, job.pieces))
    lines = sum(len(p.lines) for p in page.paragraphs if len(p.lines) > 1)
    assert strips == {"read": lines + pieces, "say": 0}


def test_a_stopwatch_sees_every_stage_once(translator, german_page):
    with Stopwatch() as watch:
        translator.translate([read_picture(german_page)], OPTIONS)
    stages = {"find", "separate", "page", "encode", "text", "image tokens", "VQ decode", "check", "compose"}
    assert set(watch.seconds) == stages
    assert all(seconds > 0 for seconds in watch.seconds.values())
    before = dict(watch.seconds)
    translator.translate([read_picture(german_page)], OPTIONS)
    assert watch.seconds == before


def test_text_in_the_target_language_keeps_its_pixels(translator, german_page, monkeypatch):
    asked = []

    def english(texts, languages, source, target):
        asked.append((texts, languages))
        return [True] * len(texts)

    monkeypatch.setattr(judge, "before_translation", lambda *_: Judgement())
    monkeypatch.setattr(judge, "in_target_language", english)
    picture = read_picture(german_page)
    [result] = translator.translate([picture], OPTIONS)
    assert {(b.action, b.reason) for b in result.blocks} == {("kept", "already in the target language")}
    assert (result.pixels == picture.rgb).all()
    [(texts, languages)] = asked  # once, for the whole picture
    assert len(texts) >= len(result.blocks) and languages == translator.preset.languages


def test_capitals_are_translated_as_small_letters_and_raised_again(translator, german_page):
    sentences = ["Das ist ein Fuß", "Heute geöffnet", "Wo ist Tom"]
    small = [one.target for one in translator.translate_texts([s.lower() for s in sentences])]
    capitals = ["DAS IST EIN FUß", "HEUTE GEÖFFNET", "WO IST TOM"]
    said = [one.target for one in translator.translate_texts(capitals)]
    assert said == [s.upper() for s in small]
    page = translator.open(read_picture(german_page), OPTIONS)
    batch = stack([strip.ink for strip in page.strips], translator.preset.canvas.patch)
    seen = translator.model.read(batch.ink, batch.mask)
    low, high = (
        replace(seen, readings=[replace(r, text=case("x" + r.text)) for r in seen.readings])
        for case in (str.lower, upper_case)
    )
    low, high = (
        replace(s, readings=[replace(r, frames=[(0, 1), *r.frames]) for r in s.readings]) for s in (low, high)
    )
    assert translator.model.say(high).texts == [t.upper() for t in translator.model.say(low).texts]


def test_a_text_that_was_seen_in_part_stays_as_it_is(translator, german_page):
    picture = read_picture(german_page)
    page = translator.open(picture, OPTIONS)
    paragraphs = tuple(
        replace(p, lines=tuple(replace(line, partial=True) for line in p.lines)) for p in page.paragraphs
    )
    [job] = translator.translate_jobs([replace(page, paragraphs=paragraphs)], OPTIONS)
    result = translator.close(job)
    assert {b.reason for b in result.blocks} == {judge.UNSEPARATED}
    assert (result.pixels == picture.rgb).all()


@pytest.mark.parametrize(
    ("wanted", "rather", "legible"),
    [("Edit", 1.5, True), ("Edit", 5.0, False), ("Edit 4", 1.5, False), ("Sedimentations", torch.inf, False)],
)
def test_a_drawing_that_reads_almost_as_well_as_it_should_is_legible(
    translator, monkeypatch, wanted, rather, legible
):
    piece = Piece(
        np.zeros((32, 48), np.float32), target=wanted, drawn=DrawnStrip(np.ones((32, 48)), np.zeros(9))
    )
    monkeypatch.setattr(Reader, "readings", lambda *_, **__: [Reading("Eit", [], 0.0)])
    monkeypatch.setattr(Translatotron, "preference", lambda *_: [rather])
    reader = Reader(translator.model, translator.packs.source, translator.device, 4)
    found = draw.illegible([piece], reader, replace(OPTIONS, max_mismatch=0.2))
    assert found == ({} if legible else {0: "Eit"})


def test_a_strip_prefers_what_it_reads_and_never_what_it_has_no_room_for(translator):
    torch.manual_seed(3)
    ink, mask = torch.rand(1, 32, 64), torch.ones(1, 8, dtype=torch.bool)
    [reading] = translator.model.read(ink, mask, lexicon=False).readings
    assert reading.text
    [more], [none], [never] = (
        translator.model.preference(ink, mask, [reading.text], [other])
        for other in (reading.text + "x", reading.text, "far too long" * 9)
    )
    assert more > 0 and none == 0 and never == torch.inf
