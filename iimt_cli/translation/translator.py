"""Translates the text in pictures line by line: the system for strips of ink."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from iimt_cli.clock import timed, timing
from iimt_cli.config import Preset
from iimt_cli.data.text import clean
from iimt_cli.language.base import Language
from iimt_cli.language.lexicon import LEXICON, Lexicon
from iimt_cli.model import count_parameters
from iimt_cli.model.checkpoint import load_part, load_system
from iimt_cli.model.decoding import translate_sentences
from iimt_cli.model.device import choose_device
from iimt_cli.model.image_encoder import Reading
from iimt_cli.model.linear import pack
from iimt_cli.model.precision import inference
from iimt_cli.model.separator import Separator as SeparatorNetwork
from iimt_cli.model.strips import stack, stack_pixels
from iimt_cli.model.translatotron import Seen, Translatotron
from iimt_cli.model.vocabulary import Vocabulary
from iimt_cli.page import Page, Picture, join, read_page
from iimt_cli.page.arrays import Colour, Ink
from iimt_cli.page.find import Line, find_lines, reading_order
from iimt_cli.page.guard import without_failures
from iimt_cli.page.two_colours import in_two_colours
from iimt_cli.translation.base import Translator
from iimt_cli.translation.batches import SEPARATOR_ROOM, batches, by_width, room_on, to_patches
from iimt_cli.translation.boundaries import (
    after_ellipsis,
    apart,
    line_pairs,
    named_values,
    names_and_addresses,
    numbered,
    pause_pairs,
    wrapped,
)
from iimt_cli.translation.confidence import Calibration, probability, signs
from iimt_cli.translation.ends import to_their_ends
from iimt_cli.translation.facing import facing
from iimt_cli.translation.job import Job, block_left_alone, block_of
from iimt_cli.translation.language import in_target_language
from iimt_cli.translation.pieces import (
    Piece,
    chain_readings,
    cut,
    firm,
    is_dot,
    line_ink,
    mended,
    origins,
    paragraph_reason,
    strengthened,
)
from iimt_cli.translation.rails import Judgement, after_translation, before_translation, fault, misdrawn
from iimt_cli.translation.result import DEFAULTS, Options, TextTranslation, Translation
from iimt_cli.weights import preset_of

UNSEPARATED = "a part of it cannot be told from the background"
DOUBTFUL = 0.6  # × min_confidence: the least that one sentence of a paragraph must have
AMBIGUOUS = 2.0  # log-probability: a drawing that reads as something else, but hardly rather
LEGIBLE = 0.5  # mean probability per character below which a reading is noise, not text


class StripTranslator(Translator):
    """A trained system for strips on a device."""

    has_text_model: ClassVar[bool] = True

    def __init__(
        self,
        preset: Preset,
        model: Translatotron,
        separator: SeparatorNetwork,
        device: torch.device,
        calibration: Calibration | None = None,
    ) -> None:
        self.preset, self.device, self.calibration = preset, device, calibration
        self.packs = preset.languages.packs
        self.model, self.separator = model.to(device).eval(), separator.to(device).eval()
        self.parameters = count_parameters(dict(model.named_children()) | {"separator": separator})
        if device.type == "cpu":
            pack(self.model)

    @classmethod
    def load(cls, folder: Path, device: str = "auto") -> "StripTranslator":
        folder = Path(folder)
        preset = preset_of(folder)
        source, target = Vocabulary.load(folder / "source.spm"), Vocabulary.load(folder / "target.spm")
        where = choose_device(device)
        meanings = (
            Lexicon.load(folder / LEXICON, preset.languages.source) if (folder / LEXICON).exists() else None
        )
        model = Translatotron(preset, source, target, meanings)
        separator = SeparatorNetwork(preset.separator)
        load_system(folder, model)
        load_part(folder / "separator.safetensors", separator)
        return cls(preset, model, separator, where, Calibration.load(folder))

    @inference
    def translate_texts(self, texts: Sequence[str], options: Options | None = None) -> list[TextTranslation]:
        """The text pivot alone, with what the guards say of each text."""
        options = options or self.defaults
        model, cleaned = self.model, [clean(text) for text in texts]
        said = translate_sentences(
            model, model.source, model.target, cleaned, options.beam,
            lexicon=model.meanings, packs=self.packs,
            terms=options.terms, localise=options.numbers == "localise",
        )  # fmt: skip
        results = []
        for source, sentence in zip(cleaned, said, strict=True):
            confidence = self._confidence(source, sentence.text, sentence.score, sentence.lowest)
            judgement = after_translation(
                source, sentence.text, confidence, options.min_confidence, self.packs
            )
            refused = "" if judgement.harmless else judgement.reason
            results.append(TextTranslation(source, sentence.text, confidence, refused))
        return results

    def _confidence(self, source: str, target: str, mean: float, lowest: float) -> float:
        found = signs(source, target, mean, lowest, self.model.meanings, self.packs.source)
        return probability(self.calibration, found)

    @inference
    def separate(self, strips: list[np.ndarray], colours: Sequence[Colour] | None = None) -> list[Ink]:
        """`page.Separator`: the ink of uint8 (32, W, 3) strips.

        The network sees those that show more than letters of one colour on another.
        """
        results = [in_two_colours(strip) for strip in strips]
        rest = [i for i, known in enumerate(results) if known is None]
        room = room_on(self.device, SEPARATOR_ROOM)
        for some in by_width([strips[i].shape[1] for i in rest], 16, room):
            chosen = [rest[i] for i in some]
            rgb, mask = stack_pixels([strips[i] for i in chosen], self.separator.multiple)
            known = None
            if colours is not None:
                known = torch.tensor([colours[i] for i in chosen], device=self.device) / 255
            found = self.separator(rgb.to(self.device), mask.to(self.device), known)
            masks = found.sigmoid().float().cpu().numpy()
            for i, (ink, erase) in zip(chosen, masks, strict=True):
                width = strips[i].shape[1]
                results[i] = Ink(ink[:, :width], erase[:, :width])
        return [r for r in results if r is not None]

    @inference
    def read(self, inks: Sequence[np.ndarray], batch: int = 32, lexicon: bool = True) -> list[Reading]:
        """The OCR head on ink strips, float32 (32, W): in the source language, or letter by letter."""
        readings: list[Reading | None] = [None] * len(inks)
        for chosen, strips in batches(inks, self.preset.canvas.patch, batch, self.device):
            for i, reading in zip(
                chosen, self.model.read(strips.ink, strips.mask, lexicon).readings, strict=True
            ):
                readings[i] = mended(reading, inks[i], self.packs.source)
        return [r for r in readings if r is not None]

    @inference
    def reconstruct(self, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Pictures whose ink went through the image tokenizer and back: the ceiling that it sets."""
        patch = self.preset.canvas.patch
        results = []
        for rgb in pictures:
            page = read_page(Picture(rgb), self.separate)
            drawn = {}
            for i, strip in enumerate(page.strips):
                batch = stack([to_patches(strip.ink, patch)], patch).to(self.device)
                [ink] = self.model.image_tokenizer.decode(self.model.image_tokenizer.encode(batch.ink))
                drawn[i] = (ink.float().cpu().numpy(), list(strip.lines))
            results.append(page.draw(drawn)[0])
        return results

    def open(self, picture: Picture, options: Options = DEFAULTS) -> Job:
        """Finds the lines, separates their ink and measures it."""
        find = timing("find", _whole_picture if options.whole else find_lines)
        separate = timing("separate", self.separate)
        read = timing("encode", self.read)

        def find_upright(rgb: np.ndarray) -> list[Line]:
            lines = _where_it_works(lambda some: facing(some, rgb, separate, read), find(rgb))
            return _where_it_works(lambda some: to_their_ends(some, rgb, separate, read), lines)

        with timed("page"):
            page = read_page(picture, separate, find_upright)
        return Job(page, page)

    @inference
    def translate_jobs(self, jobs: Sequence[Job], options: Options = DEFAULTS) -> None:
        """A paragraph with which it fails is left alone."""
        numbers = [(n, i) for n, job in enumerate(jobs) for i in range(len(job.found.paragraphs))]

        def translated(some: list[tuple[int, int]]) -> list[Job]:
            pages = [job.found.only([i for m, i in some if m == n]) for n, job in enumerate(jobs)]
            tried = [Job(page, page) for page in pages]
            self._translate_jobs(tried, options)
            return tried

        done, failures = without_failures(translated, numbers)
        for job, result in zip(jobs, done, strict=True):
            job.page, job.pieces, job.reasons = result.page, result.pieces, result.reasons
        for failure in failures:
            n, i = failure.item
            lines = jobs[n].found.paragraphs[i].lines
            jobs[n].page = jobs[n].page.leaving(lines, f"could not be translated ({failure.cause})")

    def _translate_jobs(self, jobs: Sequence[Job], options: Options) -> None:
        lone = self._divide(jobs, options)
        read: list[tuple[list[Piece], Seen]] = []
        alone = list(self._read([parts[0].ink for parts in lone], options))
        items = _items(
            jobs,
            {id(lone[i]): r for chosen, seen in alone for i, r in zip(chosen, seen.readings, strict=True)},
            self.packs.source,
        )
        for chosen, seen in alone:
            whole = []
            for row, (i, reading) in enumerate(zip(chosen, seen.readings, strict=True)):
                lone[i][:] = self._cut(lone[i][0].ink, reading, items.get(id(lone[i]), []))
                if len(lone[i]) == 1:
                    whole.append(row)
            read.append(_heard([lone[chosen[row]][0] for row in whole], seen.select(whole)))
        pieces = [p for job in jobs for parts in job.pieces for p in parts]
        rest = [p for p in pieces if not p.heard]
        for chosen, seen in self._read([p.ink for p in rest], options):
            read.append(_heard([rest[i] for i in chosen], seen))
        for job in jobs:
            self._judge([p for parts in job.pieces for p in parts], options)
        for chosen_pieces, seen in read:
            self._translate_batch(chosen_pieces, seen, options)
        self._check_drawings([p for p in pieces if p.drawn is not None], options)
        for job in jobs:
            job.reasons = [
                UNSEPARATED
                if any(line.partial for line in p.lines)
                else paragraph_reason(parts, options.min_confidence)
                for p, parts in zip(job.page.paragraphs, job.pieces, strict=True)
            ]

    def _divide(self, jobs: Sequence[Job], options: Options) -> list[list[Piece]]:
        """Reads the lines of paragraphs: where an item ends so does its paragraph, where a sentence ends so does a piece.

        Returns the lines that stand alone: they are read in the batch in which they are translated, and cut there.
        """
        pages = self._rejoined(jobs, options)
        blocks = [p for page in pages for p in page.paragraphs if len(p.lines) > 1]
        lines = [line for p in blocks for line in p.lines]
        with timed("encode"):
            heard = self.read(list(map(line_ink, lines)), options.batch)
        readings = dict(zip(map(id, lines), heard, strict=True))
        lone = []
        for job, page in zip(jobs, pages, strict=True):
            texts = {
                i: [readings[id(line)].text for line in p.lines]
                for i, p in enumerate(page.paragraphs)
                if len(p.lines) > 1
            }
            # A justified line is full: that it ends there tells nothing.
            ragged = {i: lines for i, lines in texts.items() if page.paragraphs[i].alignment != "justified"}
            starts = self._starts(ragged)
            job.page, job.pieces = page.split(texts, starts, self.packs.source), []
            for paragraph, strip in zip(job.page.paragraphs, job.page.strips, strict=True):
                if id(paragraph.lines[0]) in readings:
                    read = [readings[id(line)] for line in paragraph.lines]
                    reading = chain_readings(paragraph.lines, read, strip)
                    job.pieces.append(self._cut(strip.ink, reading))
                else:
                    job.pieces.append([Piece(strip.ink)])
                    lone.append(job.pieces[-1])
        return lone

    def _rejoined(self, jobs: Sequence[Job], options: Options) -> list[Page]:
        """The pages, with lines under each other as one text where the layout takes them for several, but not their words."""
        lines = [
            [[line for i in column for line in job.found.paragraphs[i].lines] for column in job.found.columns]
            for job in jobs
        ]
        with timed("encode"):
            heard = iter(
                self.read(
                    [line_ink(line) for page in lines for column in page for line in column], options.batch
                )
            )
        texts = [[next(heard).text for _ in column] for page in lines for column in page]
        one = iter(wrapped(self.model, texts))
        pages = []
        for job in jobs:
            columns = [column for column in job.found.columns if next(one)]
            pages.append(job.found.joined(columns, self.separate) if columns else job.found)
        return pages

    def _starts(self, texts: Mapping[int, list[str]]) -> dict[int, set[int]]:
        """The lines, by paragraph, that begin a text of their own although nothing but their words tells."""
        pack = self.packs.source
        pairs = {(i, n): pair for i, lines in texts.items() for n, pair in line_pairs(lines, pack).items()}
        starts = {
            i: after_ellipsis(lines) | named_values(lines) | names_and_addresses(lines, pack)
            for i, lines in texts.items()
        }
        for (i, n), two in zip(pairs, apart(self.model, list(pairs.values())), strict=True):
            if two:
                starts[i].add(n)
        return starts

    def _cut(self, ink: np.ndarray, reading: Reading, starts: Sequence[int] = ()) -> list[Piece]:
        """A paragraph's strip in pieces: its sentences, texts with a dash between them, and what starts at `starts`."""
        pairs = pause_pairs(reading.text, self.packs.source)
        asked = zip(pairs, apart(self.model, list(pairs.values())), strict=True)
        starts = [*starts, *(place for places, two in asked if two for place in places)]
        parts = [
            Piece(ink[:, a:b], start=a) for a, b in cut(ink, reading, self._limit, self.packs.source, starts)
        ]
        return [replace(p, source="·", confidence=1.0, heard=True) if is_dot(p.ink) else p for p in parts]

    def _read(
        self, inks: Sequence[np.ndarray], options: Options, lexicon: bool = True
    ) -> Iterator[tuple[list[int], Seen]]:
        """Batches: which of the strips, and what the lower half of the image encoder makes of them."""
        for chosen, strips in batches(inks, self.preset.canvas.patch, options.batch, self.device):
            with timed("encode"):
                seen = self.model.read(strips.ink, strips.mask, lexicon)
            readings = [
                mended(r, inks[i], self.packs.source) for i, r in zip(chosen, seen.readings, strict=True)
            ]
            yield chosen, replace(seen, readings=readings)

    def _judge(self, page: Sequence[Piece], options: Options) -> None:
        """What the readings of a whole picture decide."""
        for piece in page:
            found = options.terms(piece.source)
            piece.terms = tuple(one.term for one in found)
            piece.judgement = before_translation(piece.source, piece.confidence, LEGIBLE, self.packs.source)
            if piece.judgement.harmless and any(
                one.fill != piece.source[one.start : one.end] for one in found
            ):
                piece.judgement = Judgement()  # a name that the glossary translates
        worded = [piece for piece in page if not piece.judgement.keep]
        settled = in_target_language(
            [piece.source for piece in worded], self.preset.languages, self.model.source, self.model.target
        )
        for piece, there in zip(worded, settled, strict=True):
            if there:
                piece.judgement = Judgement("already in the target language", harmless=True)

    def _translate_batch(self, pieces: list[Piece], seen: Seen, options: Options) -> None:
        """Fills the pieces that are not to be kept as they are."""
        rows = [row for row, piece in enumerate(pieces) if not piece.judgement.keep]
        if not rows:
            return
        pieces, seen = [pieces[row] for row in rows], seen.select(rows)
        said = self.model.say(
            seen,
            options.beam,
            fits=lambda source, target: not fault(source, target, self.packs),
            terms=options.terms,
            localise=options.numbers == "localise",
        )
        least = DOUBTFUL * options.min_confidence
        for piece, text, mean, lowest in zip(pieces, said.texts, said.scores, said.lowest, strict=True):
            sure = self._confidence(piece.source, text, mean, lowest)
            piece.target, piece.confidence = text, min(piece.confidence, sure)
            piece.judgement = after_translation(piece.source, text, sure, least, self.packs)
        rows = [row for row, piece in enumerate(pieces) if not piece.judgement.keep]
        thin = {row: ink for row in rows if (ink := strengthened(pieces[row].ink)) is not pieces[row].ink}
        rest = [row for row in rows if row not in thin]
        looks = [(rest, seen.select(rest))] if rest else []
        for chosen, look in self._read(list(thin.values()), options, lexicon=False):
            looks.append(([list(thin)[i] for i in chosen], look))
        for some, look in looks:
            words = said.select(some)
            for row, strip in zip(some, self.model.draw(look, words.texts, words.states), strict=True):
                pieces[row].drawn = firm(strip)

    def _check_drawings(self, drawn: list[Piece], options: Options) -> None:
        """Second rail: a drawn strip must say what the text decoder said.

        Where it does not, it is drawn again without the decoder's states, and left alone if that does not help.
        """
        wrong = [piece for piece, _ in self._illegible(drawn, options)]
        for chosen, seen in self._read([strengthened(p.ink) for p in wrong], options, lexicon=False):
            again = self.model.draw(seen, [wrong[i].target for i in chosen], None)
            for i, strip in zip(chosen, again, strict=True):
                wrong[i].drawn = firm(strip)
        for piece, read in self._illegible(wrong, options):
            piece.judgement = Judgement(f"could not be drawn legibly (reads as {read!r})")

    def _illegible(self, drawn: list[Piece], options: Options) -> list[tuple[Piece, str]]:
        """The pieces whose drawing does not read as their text, and what it reads as.

        Where no figure is at stake, it may read as the text almost as well.
        """
        with timed("check"):
            inks = [p.drawn.ink for p in drawn if p.drawn is not None]
            readings = self.read(inks, options.batch, lexicon=False)
            wrong = [
                (i, reading.text)
                for i, (piece, reading) in enumerate(zip(drawn, readings, strict=True))
                if misdrawn(reading.text, piece.target, options.max_mismatch)
            ]
            unsure = [(i, text) for i, text in wrong if text and not re.search(r"\d", drawn[i].target)]
            legible = set()
            strips = [inks[i] for i, _ in unsure]
            for chosen, batch in batches(strips, self.preset.canvas.patch, options.batch, self.device):
                numbers, read = zip(*(unsure[k] for k in chosen), strict=True)
                wanted = [drawn[i].target for i in numbers]
                rather = self.model.preference(batch.ink, batch.mask, list(read), wanted)
                legible |= {i for i, more in zip(numbers, rather, strict=True) if more < AMBIGUOUS}
        return [(drawn[i], text) for i, text in wrong if i not in legible]

    @property
    def _limit(self) -> int:
        """The widest piece that the networks take, px."""
        return self.preset.canvas.max_width - self.preset.canvas.patch

    def close(self, job: Job) -> Translation:
        """Sets the new words into the picture."""
        with timed("compose"):
            return self._compose(job)

    def _compose(self, job: Job) -> Translation:
        reasons = list(job.reasons)
        drawn = {i: join([p.words for p in parts]) for i, parts in enumerate(job.pieces) if not reasons[i]}
        came_from = {i: origins(job.pieces[i], words) for i, (_, words) in drawn.items()}
        pixels, flows = job.page.draw(drawn, came_from)
        squeezed = [i for i, flow in flows.items() if not flow.readable]
        if squeezed:
            for i in squeezed:
                reasons[i] = "the translation is too long for its place"
            drawn = {i: d for i, d in drawn.items() if i not in squeezed}
            pixels, flows = job.page.draw(drawn, came_from)
        for i in drawn.keys() - flows.keys():
            reasons[i] = "could not be drawn"
        blocks = [block_of(*block) for block in zip(job.page.paragraphs, job.pieces, reasons, strict=True)]
        left = [block_left_alone(alone) for alone in job.page.left_alone]
        return Translation(job.page.picture, pixels, blocks + left)


def _where_it_works(step: Callable[[list[Line]], list[Line]], lines: list[Line]) -> list[Line]:
    """What a step makes of the lines of a picture; those with which it fails stay as they are."""
    changed, failures = without_failures(step, lines)
    return reading_order([*changed, *(failure.item for failure in failures)]) if failures else changed


def _items(jobs: Sequence[Job], readings: Mapping[int, Reading], pack: Language) -> dict[int, list[int]]:
    """Where texts begin after the number of an item, by the id of their pieces, from the readings of what stands alone."""
    starts: dict[int, list[int]] = {}
    for job in jobs:
        alone = [parts for parts in job.pieces if id(parts) in readings]
        places = numbered([readings[id(parts)].text for parts in alone], pack)
        starts |= {id(alone[i]): [place] for i, place in places.items()}
    return starts


def _heard(pieces: list[Piece], seen: Seen) -> tuple[list[Piece], Seen]:
    for piece, reading in zip(pieces, seen.readings, strict=True):
        piece.source, piece.confidence, piece.heard = reading.text, math.exp(reading.score), True
    return pieces, seen


def _whole_picture(rgb: np.ndarray) -> list[Line]:
    height, width = rgb.shape[:2]
    corners = [[0, 0], [width, 0], [width, height], [0, height]]
    return [Line(np.array(corners, np.float32), 1.0)]
