"""Translatotron-V: the modules wired (section 3.1). Ink strips in one language → ink strips in the other.

image encoder (reads: OCR head, lexicon) → pieces of source text with the pooled states of their characters → text encoder →
target text decoder → characters laid out → image decoder (gated fusion) → image tokens → image tokenizer's decoder.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor, nn

from iimt_cli.clock import timed
from iimt_cli.config import Preset
from iimt_cli.data.text import capitals_of, is_capital
from iimt_cli.language.alphabet import on_the_line
from iimt_cli.language.base import Span
from iimt_cli.language.genres import NO_GENRE, Genre
from iimt_cli.language.known import Answer, KnownTexts
from iimt_cli.language.lexicon import Hint
from iimt_cli.language.lexicon import Lexicon as BilingualLexicon
from iimt_cli.language.names import copy_names
from iimt_cli.language.protected import Masked, mask, restore, settled
from iimt_cli.model.appraisal import Appraisal, LooksBack, appraise
from iimt_cli.model.decoding import Slots, decode_text, looked_back, preference
from iimt_cli.model.draw import DrawnStrip, draw
from iimt_cli.model.handover import Given, Said, owners_of, shown_to_the_text_encoder, states_under
from iimt_cli.model.hints import placed, with_hints
from iimt_cli.model.image_decoder import ImageDecoder
from iimt_cli.model.image_encoder import (
    FRAMES,
    STRIDE,
    ImageEncoder,
    Reading,
    ctc_loss,
    read_best_path,
)
from iimt_cli.model.image_tokenizer import ImageTokenizer
from iimt_cli.model.lexicon import Lexicon, read_with_lexicon
from iimt_cli.model.quality import QualityEstimator
from iimt_cli.model.seen import Seen, together
from iimt_cli.model.strips import alike
from iimt_cli.model.symbols import SymbolEstimator, told
from iimt_cli.model.text import TextDecoder, TextEncoder, pad
from iimt_cli.model.vocabulary import BEGIN, END, PAD, Vocabulary


@dataclass(frozen=True)
class TranslatedStrip:
    """A strip read, translated and drawn. Scores are mean log-probabilities: per character read, and per target piece."""

    source: str
    reading_score: float
    target: str
    target_score: float
    drawn: DrawnStrip | None


class Translatotron(nn.Module):
    """The whole system, except the image tokenizer's encoder, which only training needs."""

    def __init__(
        self,
        preset: Preset,
        source: Vocabulary,
        target: Vocabulary,
        meanings: Callable[[], BilingualLexicon | None] = lambda: None,
        reverse: Callable[[], LooksBack | None] = lambda: None,
        known: Callable[[], KnownTexts | None] = lambda: None,
    ) -> None:
        """`meanings` loads the lexicon, `reverse` the reverse model and `known` the translation memory when they are first
        needed: drawing needs none of them."""
        super().__init__()
        self.preset, self.source, self.target = preset, source, target
        self._load_meanings, self._load_reverse, self._load_known = meanings, reverse, known
        self.packs, alphabet = preset.languages.packs, preset.characters
        # only finished weights have these: see `load_estimator`, `load_symbols`
        self.estimator: QualityEstimator | None = None
        self.symbols: SymbolEstimator | None = None
        visual = preset.image_encoder.dim
        self.image_encoder = ImageEncoder(preset.image_encoder, preset.canvas, alphabet)
        self.text_encoder = TextEncoder(len(source), preset.text_encoder, visual)
        self.text_decoder = TextDecoder(
            len(target), preset.text_decoder, preset.text_encoder.dim, copies=preset.lexicon
        )
        self.image_tokenizer = ImageTokenizer(preset.image_tokenizer, preset.canvas)
        self.image_decoder = ImageDecoder(
            preset.image_decoder,
            self.image_tokenizer.digits,
            visual,
            preset.text_decoder.dim,
            preset.canvas.patch,
            alphabet,
        )

    @cached_property
    def meanings(self) -> BilingualLexicon | None:
        """The lexicon; None without one."""
        return self._load_meanings()

    @cached_property
    def reverse(self) -> LooksBack | None:
        """The reverse model; None without one."""
        return self._load_reverse()

    @cached_property
    def _known(self) -> KnownTexts | None:
        return self._load_known()

    def known(
        self, text: str, masked: Masked, localise: bool = False, genre: Genre = NO_GENRE
    ) -> Answer | None:
        """The translation of a whole text in a picture of a genre, if the translation memory knows it."""
        return None if self._known is None else self._known.answer(text, masked, self.packs, localise, genre)

    def ambiguous(self, text: str) -> bool:
        """Whether the translation memory has several senses of a whole text."""
        return self._known is not None and self._known.ambiguous(text)

    def genre(self, texts: Iterable[str]) -> Genre:
        """The genre of a picture with these texts."""
        return NO_GENRE if self._known is None else self._known.genre(texts)

    def hints(self, text: str) -> list[Hint]:
        """What the lexicon says of a source text."""
        return self.meanings.hints(text) if self.meanings else []

    def pieces(
        self, readings: Sequence[Reading], states: Tensor, hints: Sequence[Sequence[Hint]] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The hand-over: CTC's best path, segmented by the source vocabulary → (pieces (B, S), visual (B, S, V)).

        A piece's visual part is the mean of the reading states (B, F, V) under its characters, so gradients of the translation
        reach the picture (Gaido et al. 2021, arXiv 2102.01578, compress CTC states in the same way). Pieces of hints have no
        visual part. `hints`: those of each reading; None asks the lexicon.
        """
        if hints is None:
            hints = [self.hints(reading.text) for reading in readings]
        rows, pools = [], torch.zeros(0)
        spans: list[list[tuple[int, int]]] = []
        for reading, own in zip(readings, hints, strict=True):
            told, ranges = placed(self.source, self.target, reading.text, own)
            rows.append([*(number for number, _ in told), END])
            states_of = [states_under(reading, *ranges[at]) if at >= 0 else (0, 0) for _, at in told]
            spans.append([*states_of, (0, 0)])
        pieces = pad(rows).to(states.device)
        weights = torch.zeros(len(rows), pieces.shape[1], states.shape[1])
        for b, row in enumerate(spans):
            for s, (start, end) in enumerate(row):
                weights[b, s, start:end] = 1.0 / max(1, end - start)
        pools = torch.bmm(weights.to(states.device, states.dtype), states)
        return pieces, pools

    def told(self, text: str) -> list[int]:
        """The text encoder's input for a text without a picture: pieces, with placeholders and hints, and the end."""
        shown = mask(text, self.packs.source).text
        return with_hints(self.source, self.target, shown, self.source.encode(shown), self.hints(shown))

    @torch.inference_mode()
    def translate(
        self, ink: Tensor, mask: Tensor, beam: int = 1, temperature: float = 0.0
    ) -> list[TranslatedStrip]:
        """`read`, `say` and `draw` in a row: ink 0..1 (B, H, W) with column mask (B, N) → one result per strip.

        A strip in which nothing is read is not drawn.
        """
        seen = self.read(ink, mask)
        results = [TranslatedStrip(r.text, r.score, "", 0.0, None) for r in seen.readings]
        live = [i for i, r in enumerate(seen.readings) if r.text.strip()]
        if not live:
            return results
        seen = seen.select(live)
        said = self.say(seen, beam)
        drawn = self.draw(seen, said.texts, said.states, temperature)
        rows = zip(live, seen.readings, said.texts, said.appraisals, drawn, strict=True)
        for i, r, text, appraisal, strip in rows:
            results[i] = TranslatedStrip(r.text, r.score, text, appraisal.mean, strip if text else None)
        return results

    @torch.inference_mode()
    def read(self, ink: Tensor, mask: Tensor, lexicon: bool = True) -> Seen:
        """Reads strips with the lower half of the image encoder, helped by the source vocabulary if `lexicon`."""
        patch = ink.shape[2] // mask.shape[1]
        parts = alike(mask, patch)
        seen = [self._read(ink[rows], mask[rows], patch, lexicon) for rows in parts]
        return seen[0] if len(seen) == 1 else together(seen, parts)

    def _read(self, ink: Tensor, mask: Tensor, patch: int, lexicon: bool) -> Seen:
        columns = int(mask.sum(1).max())
        stem, states, frames, logits = self.image_encoder.read(
            ink[:, :, : columns * patch], mask[:, :columns]
        )
        readings = (
            read_with_lexicon(logits, frames, self.lexicon)
            if lexicon
            else read_best_path(logits, frames, self.image_encoder.alphabet)
        )
        return Seen(readings, stem, states, frames)

    @torch.inference_mode()
    def preference(self, ink: Tensor, mask: Tensor, one: list[str], other: list[str]) -> list[float]:
        """For each strip (B, H, W) log-probability of reading it as `one` text minus that of the `other`, letter by letter."""
        _, _, frames, logits = self.image_encoder.read(ink, mask)
        read, missed = (
            ctc_loss(logits, frames, list(map(on_the_line, texts)), self.image_encoder.alphabet).cpu()
            * torch.tensor([max(1, len(text)) for text in texts])
            for texts in (one, other)
        )
        missed[missed == 0] = torch.inf  # torch gives 0 for a text that is too long for the strip
        return (missed - read).tolist()

    @torch.inference_mode()
    def read_within(
        self, ink: Tensor, mask: Tensor, spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[tuple[list[Reading], Tensor]]:
        """Of each strip (B, H, W) its reading, letter by letter, with the score of what is in each of its `spans`, px.

        And what the reader's states say of each span: `symbols.told`, (N, D).
        """
        stem, states, frames, logits = self.image_encoder.read(ink, mask)
        best = logits.float().log_softmax(-1).amax(-1).cpu()
        found = []
        for n, reading in enumerate(read_best_path(logits, frames, self.image_encoder.alphabet)):
            scores = [best[n, a * FRAMES // STRIDE : -(-b * FRAMES // STRIDE)].sum() for a, b in spans[n]]
            readings = [replace(reading, score=float(score)) for score in scores]
            found.append((readings, told(stem[n], states[n], logits[n], spans[n])))
        return found

    @cached_property
    def lexicon(self) -> Lexicon:
        """The words of the source language that help to read."""
        return Lexicon(self.source, self.packs.source, self.image_encoder.alphabet)

    @torch.inference_mode()
    def say(
        self,
        seen: Seen,
        beam: int = 1,
        fits: Callable[[str, str], bool] = lambda source, target: True,
        terms: Callable[[str], Sequence[Span]] = lambda source: (),
        localise: bool = False,
        genres: Sequence[Genre] = (),
    ) -> Said:
        """Translates what was read. Something must have been read in every strip.

        Of a beam's texts the likeliest one that `fits` (source, target) is taken; if none fits, the likeliest of all. Each
        hint of the lexicon that a text does not use makes it less likely.
        Names are copied from the source letter by letter. Numbers, codes and the `terms` of a source are placeholders during
        the search; if one of them is lost or comes twice, the text is empty.
        A source in capitals is translated as it is usually written, because training has far more of such text, and its
        translation is put in capitals again. A translation begins with a capital if its source does.
        A text without terms that the translation memory has comes from there; `genres`: those of the strips' pictures.
        """
        with timed("text"):
            given, sources = self.encoded(seen, terms, localise), [r.text for r in seen.readings]
            known = [
                None if terms(text) else self.known(text, masked, localise, genre)
                for text, masked, genre in zip(
                    sources, given.masked, genres or [NO_GENRE] * len(sources), strict=True
                )
            ]
            sure = [k.text if k else settled(m) for k, m in zip(known, given.masked, strict=True)]
            found = [
                (copy_names(source, text or "", self.packs), Appraisal(known=k.right if k else 0.0))
                for source, text, k in zip(sources, sure, known, strict=True)
            ]
            if rows := [n for n, text in enumerate(sure) if text is None]:
                some = self._searched([sources[n] for n in rows], given.select(rows), beam, fits)
                for n, one in zip(rows, some, strict=True):
                    found[n] = one
            return self._said(seen.readings, [text for text, _ in found], given, [one for _, one in found])

    def _searched(
        self, sources: Sequence[str], given: Given, beam: int, fits: Callable[[str, str], bool]
    ) -> list[tuple[str, Appraisal]]:
        """The translations of sources that the text decoder finds, as `say` says."""

        def filled(row: int, found: list[int]) -> str | None:
            return restore(self.target.decode(found), given.masked[row])

        def worth(row: int, found: list[int]) -> float:
            text = filled(row, found)
            will_do = text is not None and fits(sources[row], text)
            return preference(text if will_do else None, given.hints[row])

        slots = Slots(self.target.placeholders, [len(m.spans) for m in given.masked])
        once = self.target.words.to(given.context.device)
        decoded = decode_text(
            self.text_decoder, given.context, given.there, beam,
            once=once, slots=slots, hints=given.pieces, worth=worth,
        )  # fmt: skip
        texts = [
            copy_names(source, filled(row, d.pieces) or "", self.packs)
            for row, (source, d) in enumerate(zip(sources, decoded, strict=True))
        ]
        appraisals = appraise(
            self.text_decoder, self.estimator, [d.pieces for d in decoded], [d.score for d in decoded],
            given.context, given.there, given.pieces, looked_back(self, sources, texts),
        )  # fmt: skip
        return list(zip(texts, appraisals, strict=True))

    @torch.inference_mode()
    def repeat(
        self,
        seen: Seen,
        wordings: Sequence[str],
        hints: Sequence[Sequence[Hint] | None],
        terms: Callable[[str], Sequence[Span]] = lambda source: (),
        localise: bool = False,
    ) -> Said:
        """The texts and states that `say` returned with these `wordings` and `hints`, without a search and without appraisals.

        If the hints of a strip are None, the lexicon is asked again.
        """
        with timed("text"):
            given = self.encoded(seen, terms, localise, hints)
            return self._said(seen.readings, wordings, given, [Appraisal()] * len(wordings))

    def encoded(
        self,
        seen: Seen,
        terms: Callable[[str], Sequence[Span]],
        localise: bool,
        known: Sequence[Sequence[Hint] | None] | None = None,
    ) -> Given:
        """The encoded sources for the text decoder. `known`: the hints of each source; None asks the lexicon."""
        source, target = self.packs
        masked = [mask(r.text, source, terms(r.text), target, localise) for r in seen.readings]
        shown = [
            shown_to_the_text_encoder(r, m, self.meanings if is_capital(r.text) else None)
            for r, m in zip(seen.readings, masked, strict=True)
        ]
        told: list[Sequence[Hint]] = [
            self.hints(r.text) if own is None else own
            for r, own in zip(shown, known or [None] * len(shown), strict=True)
        ]
        pieces, visual = self.pieces(shown, seen.states, told)
        context = self.text_encoder(pieces, self.text_decoder.embedding.weight, visual)
        return Given(masked, shown, told, context, pieces != PAD, self.text_encoder.hints(pieces))

    def _said(
        self,
        readings: Sequence[Reading],
        wordings: Sequence[str],
        given: Given,
        appraisals: list[Appraisal],
    ) -> Said:
        written = [self.target.encode(on_the_line(wording)) for wording in wordings]
        texts = [self.target.decode(row) for row in written]
        states = self.text_states(written, texts, given.context, given.there)
        texts = [
            wording if on_the_line(wording) == text else text
            for wording, text in zip(wordings, texts, strict=True)
        ]
        texts = [
            text if one.known else capitals_of(reading.text, text)  # the memory has seen to them
            for reading, text, one in zip(readings, texts, appraisals, strict=True)
        ]
        return Said(texts, list(wordings), given.hints, appraisals, states)

    @torch.inference_mode()
    def draw(
        self, seen: Seen, texts: Sequence[str], states: Tensor | None, temperature: float = 0.0
    ) -> list[DrawnStrip]:
        """Draws texts: the upper half of the image encoder, the image decoder, the image tokenizer's decoder."""
        drawn: dict[int, DrawnStrip] = {}
        for rows in alike(seen.mask, STRIDE) if self.image_decoder.parallel else [list(range(len(texts)))]:
            part = seen.select(rows).trimmed
            with timed("encode"):
                visual = self.image_encoder.look(part.stem, part.states, part.mask)
            strips = draw(
                self.image_decoder,
                self.image_tokenizer,
                [on_the_line(texts[row]) for row in rows],
                None if states is None else states[rows],
                visual,
                part.mask,
                temperature,
            )
            drawn |= zip(rows, strips, strict=True)
        return [drawn[row] for row in range(len(texts))]

    def text_states(
        self, pieces: Sequence[list[int]], texts: Sequence[str], context: Tensor, mask: Tensor
    ) -> Tensor:
        """The text decoder's state of the piece that each character of `texts` belongs to, (B, C, T)."""
        inputs = pad([[BEGIN, *(row or [END])] for row in pieces]).to(context.device)
        states = self.text_decoder(inputs, context, mask)[:, 1:]
        return self.spread(states, pieces, texts)

    def spread(self, states: Tensor, pieces: Sequence[list[int]], texts: Sequence[str]) -> Tensor:
        """Piece states (B, P, T) → character states (B, C, T)."""
        index = [
            owners_of([self.target.surfaces[p] for p in row], text or " ")
            for row, text in zip(pieces, texts, strict=True)
        ]
        owners = pad(index).to(states.device)
        return states.gather(1, owners[..., None].expand(-1, -1, states.shape[-1]))
