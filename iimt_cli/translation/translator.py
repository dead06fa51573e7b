"""The translator for strips of ink: finds the lines of a picture and translates them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from iimt_cli.clock import timed, timing
from iimt_cli.config import Languages, Preset
from iimt_cli.data.text import clean
from iimt_cli.errors import IimtError
from iimt_cli.language import language
from iimt_cli.language.known import AMBIGUOUS, KnownTexts
from iimt_cli.language.lexicon import Lexicon
from iimt_cli.memory import give_back
from iimt_cli.model import count_parameters
from iimt_cli.model.appraisal import Appraisal
from iimt_cli.model.checkpoint import Unfilled, load_estimator, load_part, load_symbols, load_system
from iimt_cli.model.decoding import translate_sentences
from iimt_cli.model.device import choose_device
from iimt_cli.model.image_encoder import Reading
from iimt_cli.model.linear import pack
from iimt_cli.model.precision import inference
from iimt_cli.model.reverse import load_reverse
from iimt_cli.model.separator import Separator as SeparatorNetwork
from iimt_cli.model.strips import stack, stack_pixels
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.model.vocabulary import Vocabulary
from iimt_cli.page import Page, Picture, read_page
from iimt_cli.page.arrays import Colour, Ink, Span
from iimt_cli.page.guard import without_failures
from iimt_cli.page.ink.two_colours import Memory, in_two_colours
from iimt_cli.page.layout.find import TILE, find_lines
from iimt_cli.page.layout.line import Line, turned, where_it_works
from iimt_cli.page.layout.symbols import Read
from iimt_cli.page.page import LeftAlone
from iimt_cli.page.rectify import corners
from iimt_cli.translation.base import Translator
from iimt_cli.translation.batches import SEPARATOR_ROOM, by_width, room_on, to_patches
from iimt_cli.translation.confidence import Calibration, probability, signs
from iimt_cli.translation.ends import to_their_ends
from iimt_cli.translation.facing import MIRRORED, WayUp, facing, way_up
from iimt_cli.translation.job import Redrawn
from iimt_cli.translation.letters import with_spaced_letters
from iimt_cli.translation.pieces import Piece
from iimt_cli.translation.rails import after_translation
from iimt_cli.translation.result import Options, Texts, TextTranslation, Translation
from iimt_cli.translation.steps.compose import compose
from iimt_cli.translation.steps.correct import corrected
from iimt_cli.translation.steps.divide import DividedPage, divide
from iimt_cli.translation.steps.draw import Say, check, translate_and_draw, translated, worded
from iimt_cli.translation.steps.judge import judge, reasons
from iimt_cli.translation.steps.pieces import by_paragraph, read_pieces
from iimt_cli.translation.steps.reading import Reader
from iimt_cli.translation.steps.recall import (
    Places,
    changes,
    draft_reasons,
    recall,
    repeated,
    terms_of,
    without_refused,
)
from iimt_cli.translation.steps.styles import wearing, with_looks
from iimt_cli.translation.steps.wording import Wording
from iimt_cli.weights import language_code, preset_of

SEPARATOR_BATCH = 16  # strips that the separator gets at once, at most


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
        preset = preset_of(folder)
        source, target = Vocabulary.load(folder / "source.spm"), Vocabulary.load(folder / "target.spm")
        where = choose_device(device)
        with Unfilled():
            reverse = partial(load_reverse, folder, preset, source, target, where)
            lexicon = partial(Lexicon.beside, folder, preset.languages.source)
            known = partial(KnownTexts.beside, folder)
            model = Translatotron(preset, source, target, lexicon, reverse, known)
            separator = SeparatorNetwork(preset.separator)
        load_system(folder, model)
        load_part(folder / "separator.safetensors", separator)
        model.estimator = load_estimator(folder, preset.text_decoder.dim, preset.text_encoder.dim)
        model.symbols = load_symbols(folder, preset.image_encoder.dim)
        return cls(preset, model, separator, where, Calibration.load(folder))

    @inference
    def translate_texts(self, texts: Sequence[str], options: Options | None = None) -> list[TextTranslation]:
        """Translates texts without a picture, with the rails' judgement. With another text model the confidence is 1."""
        options = self._settled(options or self.defaults)
        model, cleaned = self.model, [clean(text) for text in texts]
        if options.text_model is not None:
            told = self._wording(options).texts(cleaned)
            return [
                TextTranslation(source, text, 1.0, "" if judgement.harmless else judgement.reason)
                for source, (text, judgement) in zip(cleaned, told, strict=True)
            ]
        said = translate_sentences(
            model, model.source, model.target, cleaned, options.beam,
            lexicon=model.meanings, packs=self.packs,
            terms=options.terms, localise=options.numbers == "localise", memory=model.known,
        )  # fmt: skip
        results = []
        for source, sentence in zip(cleaned, said, strict=True):
            confidence = self._confidence(source, sentence.text, sentence.appraisal)
            judgement = after_translation(source, sentence.text, confidence, options.least, self.packs)
            refused = "" if judgement.harmless else judgement.reason
            results.append(TextTranslation(source, sentence.text, confidence, refused))
        return results

    def _settled(self, options: Options) -> Options:
        """The options with their languages filled in. Raises IimtError if these languages need another text model."""
        own, model = self.preset.languages, options.text_model
        source = options.source or getattr(model, "source", "")
        target = options.target or getattr(model, "target", "")
        asked = Languages(
            language_code(source) if source else own.source, language_code(target) if target else own.target
        )
        if model is None and asked != own:
            pair = f"{asked.source} → {asked.target}"
            raise IimtError(f"these weights translate {own.source} → {own.target}; {pair} needs a text_model")
        return replace(options, source=asked.source, target=asked.target)

    def _wording(self, options: Options) -> Wording:
        """How the text model of the options is asked; these must be `_settled`."""
        assert options.text_model is not None
        packs, lexicon = Languages(options.source, options.target).packs, self._lexicon(options)
        return Wording(options.text_model, packs, options, self.preset.characters, lexicon)

    def _lexicon(self, options: Options) -> Lexicon | None:
        """The lexicon of the language that is read; None without one. The options must be `_settled`."""
        return self.model.meanings if options.source == self.preset.languages.source else None

    def _confidence(self, source: str, target: str, appraisal: Appraisal) -> float:
        if appraisal.known:
            return appraisal.known
        found = signs(source, target, appraisal, self.model.meanings, self.packs.source)
        return min(probability(self.calibration, found), AMBIGUOUS if self.model.ambiguous(source) else 1.0)

    @inference
    def separate(
        self, strips: list[np.ndarray], colours: Sequence[Colour] | None = None, memory: Memory | None = None
    ) -> list[Ink]:
        """The ink of strips, uint8 (32, W, 3); a `page.Separator`. `memory`: the ink of strips of this picture seen before.

        Strips with letters of one colour on another need arithmetic only. All others go through the network.
        """
        if colours is not None:  # strips are seen with the colours of their letters once
            memory = None
        plain = in_two_colours if memory is None else memory.plain
        results = [plain(strip) for strip in strips]
        rest = [i for i, known in enumerate(results) if known is None]
        busy = [strips[i] for i in rest]
        own = None if colours is None else [colours[i] for i in rest]
        found = self._separated(busy, own) if memory is None else memory.busy(busy, self._separated)
        for i, ink in zip(rest, found, strict=True):
            results[i] = ink
        return [r for r in results if r is not None]

    def _separated(self, strips: Sequence[np.ndarray], colours: Sequence[Colour] | None = None) -> list[Ink]:
        """The ink of strips by the network."""
        results: dict[int, Ink] = {}
        room = room_on(self.device, SEPARATOR_ROOM)
        for chosen in by_width([strip.shape[1] for strip in strips], SEPARATOR_BATCH, room):
            rgb, mask = stack_pixels([strips[i] for i in chosen], self.separator.multiple)
            known = None
            if colours is not None:
                known = torch.tensor([colours[i] for i in chosen], device=self.device) / 255
            found = self.separator(rgb.to(self.device), mask.to(self.device), known)
            masks = found.sigmoid().float().cpu().numpy()
            for i, (ink, erase) in zip(chosen, masks, strict=True):
                width = strips[i].shape[1]
                results[i] = Ink(ink[:, :width], erase[:, :width])
        return [results[i] for i in range(len(strips))]

    @inference
    def read(
        self, inks: Sequence[np.ndarray], options: Options | None = None, lexicon: bool = True
    ) -> list[Reading]:
        """Reads ink strips, float32 (32, W), with the words of the source language or, without `lexicon`, letter by letter."""
        return self._reader(options or self.defaults).readings(inks, lexicon)

    @inference
    def read_within(self, inks: Sequence[np.ndarray], spans: Sequence[Sequence[Span]]) -> list[list[Read]]:
        """What is read in some columns of each of some ink strips, float32 (32, W); a `page.layout.symbols.Letters`."""
        return self._reader(self.defaults).within(inks, spans)

    def _reader(self, options: Options) -> Reader:
        own = self.preset.languages.source
        source = options.source or own
        return Reader(self.model, language(source), self.device, options.batch, familiar=source == own)

    @inference
    def reconstruct(self, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Pictures whose ink went through the image tokenizer and back: no drawing can be better than that."""
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

    def open(self, picture: Picture, options: Options) -> Page:
        """First step: finds the lines of a picture, separates their ink and measures it."""
        letters = timing("encode", self.read_within)
        if options.lines is not None:
            known = [Line(np.array(box, np.float32), 1.0) for box in options.lines]
            with timed("page"):
                return read_page(picture, timing("separate", self.separate), lambda _: known, letters=letters)
        memory = Memory()
        find = timing("find", _whole_picture if options.whole else find_lines)
        separate = timing("separate", partial(self.separate, memory=memory))
        options = replace(self._settled(options), batch=self.defaults.batch)
        read, lexicon = timing("encode", partial(self.read, options=options)), partial(self._lexicon, options)

        with timed("page"):
            view = picture.views[0]
            lines, way = find(view), WayUp()
            if max(view.shape) > TILE:  # what the detector needed would be kept beside a large picture
                give_back()
            if not options.whole:
                lines = where_it_works(
                    lambda some: with_spaced_letters(some, view, separate, read, lexicon, memory.plain), lines
                )
                way, _ = without_failures(lambda some: way_up(some, view, separate, read), lines)
            if way.quarters:
                lines = turned(lines, way.quarters, view.shape[1::-1])
            if way.mirrored:
                page = read_page(picture, separate, lambda _: [], way.quarters)
                return replace(page, left_alone=tuple(LeftAlone((line.quad,), MIRRORED) for line in lines))

            def to_its_ends(rgb: np.ndarray) -> list[Line]:
                found = where_it_works(
                    lambda some: facing(some, rgb, separate, read, every=not way.sure), lines
                )
                return where_it_works(
                    lambda some: to_their_ends(some, rgb, separate, read, memory.plain), found
                )

            return read_page(picture, separate, to_its_ends, way.quarters, letters)

    @inference
    def translate_jobs(self, jobs: Sequence[Page], options: Options) -> list[Redrawn]:
        """Second step. The strips of all pages share batches. A paragraph on which it fails is left alone."""
        options = self._settled(options)
        return self._where_it_works(jobs, lambda pages: self._translated(pages, options))

    @inference
    def redraw_jobs(self, jobs: Sequence[Page], texts: Sequence[Texts], options: Options) -> list[Redrawn]:
        """Second step with given texts. Pictures translated by the same text model share batches, as they did before."""
        plain = replace(options, glossary=None)
        applied = [replace(self._settled(own.applied(plain)), lines=None) for own in texts]
        redrawn: dict[int, Redrawn] = {}
        for kind in dict.fromkeys(applied):
            rows = [n for n, one in enumerate(applied) if one == kind]
            some = [texts[n] for n in rows]
            redrawn |= zip(rows, self._redrawn_alike([jobs[n] for n in rows], some, kind), strict=True)
        return [redrawn[n] for n in range(len(texts))]

    def _redrawn_alike(self, jobs: Sequence[Page], texts: Sequence[Texts], options: Options) -> list[Redrawn]:
        options = replace(options, glossary=terms_of(texts, language(options.source)))
        done = self._where_it_works(
            jobs, lambda pages: self._redrawn(self._divided(pages, options), texts, options)
        )
        for job, own in zip(done, texts, strict=True):
            Places.of(job.page, own).check(own)
        return done

    def _where_it_works(
        self, jobs: Sequence[Page], work: Callable[[list[Page]], list[Redrawn]]
    ) -> list[Redrawn]:
        """`work(jobs)`, in which paragraphs on which it fails are left alone."""
        numbers = [(n, i) for n, page in enumerate(jobs) for i in range(len(page.paragraphs))]
        done, failures = without_failures(
            lambda some: work([page.only([i for m, i in some if m == n]) for n, page in enumerate(jobs)]),
            numbers,
        )
        for failure in failures:
            n, i = failure.item
            reason = f"could not be translated ({failure.cause})"
            done[n] = replace(done[n], page=done[n].page.leaving(jobs[n].paragraphs[i].lines, reason))
        return done

    def _translated(self, jobs: Sequence[Page], options: Options) -> list[Redrawn]:
        languages, reader = Languages(options.source, options.target), self._reader(options)

        def judged(_number: int, _page: Page, parts: list[list[Piece]]) -> list[Piece]:
            pieces = judge([piece for some in parts for piece in some], reader, languages, options)
            return pieces if options.text_model is None else self._wording(options).pieces(pieces)

        say: Say = worded
        if options.text_model is None:
            say = partial(translated, model=self.model, options=options, confidence=self._confidence)
        return [
            Redrawn(page, parts, reasons(page, parts, options, self._lexicon(options)), options)
            for page, parts in self._worded(self._divided(jobs, options), options, judged, say)
        ]

    @inference
    def correct(
        self, picture: Picture, base: np.ndarray, texts: Texts, options: Options
    ) -> Translation | None:
        applied = texts.applied(replace(options, batch=texts.options.get("batch", options.batch)))
        options = replace(self._settled(replace(applied, glossary=None)), lines=None)
        options = replace(options, glossary=terms_of([texts], language(options.source)))

        def redraw(page: DividedPage, own: Texts) -> Redrawn:
            return self._redrawn([page], [own], options, whole=False)[0]

        return corrected(picture, base, texts, self.separate, self._reader(options), redraw, options)

    def _divided(self, pages: Sequence[Page], options: Options) -> list[DividedPage]:
        return divide(pages, self._reader(options), self.separate)

    def _redrawn(
        self, jobs: Sequence[DividedPage], texts: Sequence[Texts], options: Options, whole: bool = True
    ) -> list[Redrawn]:
        def recalled(number: int, page: Page, parts: list[list[Piece]]) -> list[Piece]:
            pieces = recall(page, parts, texts[number], whole)
            return pieces if options.text_model is None else without_refused(pieces)

        say: Say = worded
        if options.text_model is None:
            say = partial(repeated, model=self.model, options=options)
        reader, redrawn = self._reader(options), []
        drafts = self._worded(jobs, options, recalled, say)
        for (page, parts), own in zip(drafts, texts, strict=True):
            why = draft_reasons(page, parts, own)
            changed = changes(page, parts, why, own, reader, options)
            redrawn.append(Redrawn(page, parts, why, options, own, changed))
        return redrawn

    def _worded(
        self,
        pages: Sequence[DividedPage],
        options: Options,
        judged: Callable[[int, Page, list[list[Piece]]], list[Piece]],
        say: Say,
    ) -> list[tuple[Page, list[list[Piece]]]]:
        """Pages and the pieces of each paragraph, translated and drawn.

        judged: a function of (number of the page, page, pieces of each paragraph) that returns the page's pieces in order,
        with their judgements before translation. say: see `draw.Say`.
        """
        reader, languages = self._reader(options), self.preset.languages
        own = (options.source, options.target) == (languages.source, languages.target)
        read = read_pieces(pages, reader)
        by_page = by_paragraph(pages, read.pieces, read.places)
        pieces = [
            piece
            for n, (page, parts) in enumerate(zip(pages, by_page, strict=True))
            for piece in judged(n, page.page, parts)
        ]
        pieces = read.in_batches(pieces, lambda some, seen: translate_and_draw(some, seen, reader, say))
        if own:
            by_page = by_paragraph(pages, pieces, read.places)
            looks = (with_looks(page.page, parts) for page, parts in zip(pages, by_page, strict=True))
            pieces = [piece for parts in looks for some in parts for piece in some]
            pieces = read.in_batches(pieces, lambda some, seen: wearing(some, seen, self.model, options))
        sorted_in = by_paragraph(pages, check(pieces, reader, options), read.places)
        return [(page.page, parts) for page, parts in zip(pages, sorted_in, strict=True)]

    def close(self, job: Redrawn) -> Translation:
        """Third step: sets the new words into the picture."""
        with timed("compose"):
            return compose(job)


def _whole_picture(rgb: np.ndarray) -> list[Line]:
    return [Line(corners(0, 0, *rgb.shape[1::-1]).astype(np.float32), 1.0)]
