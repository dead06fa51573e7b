"""Search for the target text: greedy and beam, batched, with cached keys and values; finished strips leave the batch."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from iimt_cli.data.text import capitals_of, is_capital, lower_case
from iimt_cli.language.base import NEUTRAL_PACKS, Packs, Span
from iimt_cli.language.known import Answer
from iimt_cli.language.lexicon import Hint, Lexicon, unsaid
from iimt_cli.language.names import copy_names
from iimt_cli.language.protected import Masked, mask, restore, settled
from iimt_cli.model.appraisal import Appraisal, LooksBack, appraise
from iimt_cli.model.attention import LayerCache
from iimt_cli.model.hints import with_hints
from iimt_cli.model.quality import Forced, QualityEstimator
from iimt_cli.model.text import TextDecoder, TextEncoder, pad
from iimt_cli.model.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary

NO_TEXT = [PAD, UNKNOWN, BEGIN]  # pieces that are never written
ENOUGH = 2  # texts of a beam that must have ended before its search stops. 1 costs 0.2 BLEU, 4 gain nothing
# nats per piece: is subtracted from the score of a text for each hint that it does not use. Of 0.05, 0.1, 0.2 and 0.4 the last
# two were best: 0.3 BLEU more on the texts of the development pages and on written text.
UNSAID = 0.2


@dataclass(frozen=True)
class Decoded:
    """Target pieces without begin and end, and their mean log-probability per piece (end included)."""

    pieces: list[int]
    score: float


@dataclass(frozen=True)
class Slots:
    """The placeholders of a batch: the translation of row b must have each of the first `counts[b]` placeholders once."""

    pieces: dict[int, int]  # pieces that write a placeholder → its number, from 0
    counts: Sequence[int]

    def close(self, steps: Tensor, said: Tensor, rows: Tensor) -> None:
        """Rules out, in place, pieces in the next step's log-probabilities (R, V); `said` (R, L) are the pieces so far.

        They are placeholders that were said already or do not belong to the row, and the end while a placeholder is missing.
        `rows` (R,): the rows of the batch.
        """
        if not any(self.counts):
            return
        pieces, numbers = (
            torch.tensor(side, device=steps.device) for side in zip(*self.pieces.items(), strict=True)
        )
        counts = torch.tensor(self.counts, device=steps.device)[rows]
        missing = torch.arange(int(numbers.max()) + 1, device=steps.device) < counts[:, None]
        there = (said[:, :, None] == pieces).any(1)
        row, which = there.nonzero(as_tuple=True)
        missing[row, numbers[which]] = False
        steps[:, pieces] = steps[:, pieces].masked_fill(~missing[:, numbers], float("-inf"))
        steps[missing.any(1), END] = float("-inf")


@dataclass(frozen=True)
class _Source:
    """The encoded sources of the rows of a batch: states (R, S, D), their mask (R, S), hints that can be copied (R, S)."""

    states: Tensor
    mask: Tensor
    hints: Tensor

    def rows(self, chosen: Tensor) -> "_Source":
        return _Source(self.states[chosen], self.mask[chosen], self.hints[chosen])


@dataclass(frozen=True)
class _Rules:
    """Rules for the next piece. `once` and `slots` as in `decode_text`."""

    once: Tensor | None
    slots: Slots | None

    def close(self, steps: Tensor, said: Tensor, rows: Tensor) -> None:
        """Rules out, in place, pieces in the next step's log-probabilities (R, V); `said` (R, L) starts with BEGIN.

        `rows` (R,): the rows of the batch.
        """
        if self.once is not None:
            last = said[:, -1]
            again = self.once[last].nonzero().flatten()
            steps[again, last[again]] = float("-inf")
            steps[again] = steps[again].log_softmax(-1)
        if self.slots is not None:
            self.slots.close(steps, said, rows)


@dataclass(frozen=True)
class _Next:
    """A candidate for the next piece: log-probability of the text with it, row of the text so far, the piece."""

    total: float
    row: int
    piece: int


@dataclass(frozen=True, order=True)
class _Ended:
    """A text that has ended: its score in the ranking, its pieces, its mean log-probability per piece."""

    rank: float
    pieces: list[int]
    score: float


@torch.inference_mode()
def decode_text(
    decoder: TextDecoder,
    context: Tensor,
    context_mask: Tensor,
    beam: int = 1,
    length_penalty: float = 1.0,
    once: Tensor | None = None,
    limit: int | None = None,
    worth: Callable[[int, list[int]], float] = lambda row, pieces: 0.0,
    slots: Slots | None = None,
    hints: Tensor | None = None,
) -> list[Decoded]:
    """The likeliest target text of every row of `context` (B, S, D) with `context_mask` (B, S).

    `beam`: texts that are followed at once; 1 is greedy, the likeliest piece at every step. Texts are ranked by
    log-probability / length**`length_penalty`.
    `once` (vocabulary,): pieces that may not follow themselves, since a decoder tends to say a short source twice.
    `limit`: pieces of a text, at most, the end included; by default twice the length of its context plus 10.
    `slots`: the placeholders that each text must have. `hints` (B, S): those of the context, as in `TextEncoder`.
    `worth` (row, pieces): is added to the rank of each text that has ended. Minus infinity rejects it; if all texts are
    rejected, the likeliest is taken.
    """
    batch, device = len(context), context.device
    # A translation is never twice as long as its source, so this limit only stops endless repetition.
    limits = context_mask.sum(1) * 2 + 10 if limit is None else torch.full((batch,), limit, device=device)
    if hints is None:
        hints = torch.full((batch, context.shape[1]), PAD, device=device)
    source = _Source(context, context_mask, hints)
    rules = _Rules(once, slots)
    if beam == 1:
        return _greedy(decoder, source, limits, rules)
    found = []
    for row, texts in enumerate(_beams(decoder, source, limits, rules, beam, length_penalty)):
        best = max(sorted(texts, reverse=True), key=lambda one: one.rank + worth(row, one.pieces))
        found.append(Decoded(best.pieces, best.score))
    return found


def _next_scores(
    decoder: TextDecoder, source: _Source, said: Tensor, rows: Tensor, cache: list[LayerCache], rules: _Rules
) -> Tensor:
    """Log-probabilities (R, V) of the piece behind `said` (R, L); the cache has all but the last piece of `said`."""
    last = said[:, -1:]
    states = decoder(last, source.states, source.mask, cache)
    steps = decoder.log_probs(states, last, source.states, source.hints, NO_TEXT)[:, -1]
    rules.close(steps, said, rows)
    return steps


def _greedy(decoder: TextDecoder, source: _Source, limits: Tensor, rules: _Rules) -> list[Decoded]:
    """`decode_text` with a beam of 1, without a loop over the rows. `limits` (B,): pieces of each text, at most."""
    batch, device = len(limits), limits.device
    longest = int(limits.max())
    said = torch.zeros(batch, 1 + longest, dtype=torch.long, device=device)
    said[:, 0] = BEGIN
    totals = torch.zeros(batch, device=device)
    lengths = torch.zeros_like(limits)
    live = torch.arange(batch, device=device)  # the rows of the batch that have not ended
    cache = decoder.empty_cache()
    for step in range(1, 1 + longest):
        best, piece = _next_scores(decoder, source, said[live, :step], live, cache, rules).max(-1)
        said[live, step] = piece
        totals[live] += best
        lengths[live] += 1
        going = ((piece != END) & (lengths[live] < limits[live])).nonzero().flatten()
        if len(going) == len(live):
            continue
        if not len(going):
            break
        live, source = live[going], source.rows(going)
        for layer in cache:
            layer.select(going)
    rows = zip(said[:, 1:].tolist(), lengths.tolist(), (totals / lengths).tolist(), strict=True)
    return [Decoded([p for p in row[:length] if p != END], score) for row, length, score in rows]


def _beams(
    decoder: TextDecoder, source: _Source, limits: Tensor, rules: _Rules, beam: int, length_penalty: float
) -> list[list[_Ended]]:
    """For each row of the batch the texts that have ended, at least one.

    Each row that is not done has `beam` unfinished texts, in consecutive rows of `said`.
    """
    device, most = limits.device, limits.tolist()
    live = list(range(len(most)))  # the rows of the batch that are not done
    source = source.rows(torch.tensor(live, device=device).repeat_interleave(beam))
    said = torch.full((len(live) * beam, 1), BEGIN, dtype=torch.long, device=device)
    totals = torch.full((len(live), beam), float("-inf"), device=device)
    totals[:, 0] = 0.0  # at the start all texts of a beam are the same one
    cache = decoder.empty_cache()
    ended: list[list[_Ended]] = [[] for _ in most]
    while live:
        owners = torch.tensor(live, device=device).repeat_interleave(beam)
        steps = _next_scores(decoder, source, said, owners, cache, rules)
        length = said.shape[1]  # length of the texts with their next piece, BEGIN not counted
        penalty = length**length_penalty
        going, chosen = [], []
        for who, likeliest in zip(live, _likeliest(totals, steps), strict=True):
            alive = [one for one in likeliest if one.piece != END][:beam]
            # An END in the less likely half of the candidates is ignored: it cut "Breakfast" to "Breakfas".
            for end in (one for one in likeliest[:beam] if one.piece == END):
                ended[who].append(_Ended(end.total / penalty, said[end.row, 1:].tolist(), end.total / length))
            best = alive[0]
            if length >= most[who]:
                if not ended[who]:
                    cut = [*said[best.row, 1:].tolist(), best.piece]
                    ended[who].append(_Ended(best.total / penalty, cut, best.total / length))
            elif len(ended[who]) < ENOUGH or max(ended[who]).rank < best.total / penalty:
                going.append(who)
                chosen += alive
        if not going:
            break
        rows = torch.tensor([one.row for one in chosen], device=device)
        pieces = torch.tensor([one.piece for one in chosen], device=device)
        said = torch.cat([said[rows], pieces[:, None]], 1)
        totals = torch.tensor([one.total for one in chosen], device=device).view(len(going), beam)
        fewer = len(going) < len(live)  # if no row is done, the contexts stay where they are
        for layer in cache:
            layer.select(rows, contexts=fewer)
        if fewer:
            source = source.rows(rows)
        live = going
    return ended


def _likeliest(totals: Tensor, steps: Tensor) -> list[list[_Next]]:
    """The 2·beam likeliest next pieces of each group of texts, the likeliest first.

    `totals` (groups, beam): log-probabilities of the texts; `steps` (groups · beam, V): of their next pieces.
    """
    groups, beam = totals.shape
    size = steps.shape[-1]
    best, index = (totals[:, :, None] + steps.view(groups, beam, size)).view(groups, -1).topk(2 * beam)
    return [
        [_Next(total, group * beam + i // size, i % size) for total, i in zip(values, places, strict=True)]
        for group, (values, places) in enumerate(zip(best.tolist(), index.tolist(), strict=True))
    ]


def preference(text: str | None, hints: Sequence[Hint]) -> float:
    """The `worth` of a text for `decode_text`: UNSAID less for each hint that it does not use; None is rejected."""
    return -math.inf if text is None else -UNSAID * unsaid(hints, text)


class TextModel(Protocol):
    """Anything with a text encoder and a text decoder. The estimator may need the reverse model."""

    text_encoder: TextEncoder
    text_decoder: TextDecoder
    estimator: QualityEstimator | None

    @property
    def reverse(self) -> LooksBack | None:
        """The reverse model; None without one."""


def looked_back(model: TextModel, sources: Sequence[str], translations: Sequence[str]) -> Forced | None:
    """What the reverse model thinks of sources, given their translations; None if the estimator does not need it."""
    if model.estimator is None or not model.estimator.looks_back or model.reverse is None:
        return None
    return model.reverse.forced(sources, translations)


@dataclass(frozen=True)
class Sentence:
    """A translated sentence, and how sure the text model is of it."""

    text: str
    appraisal: Appraisal = field(default_factory=Appraisal)


def small(text: str, lexicon: Lexicon | None) -> tuple[str, list[int]]:
    """(a text in capitals as the lexicon writes it, else in small letters; where each of its characters begins in `text`)."""
    return lexicon.from_capitals(text) if lexicon else (lower_case(text), list(range(len(text))))


@torch.inference_mode()
def translate_sentences(
    model: TextModel,
    source: Vocabulary,
    target: Vocabulary,
    sentences: Sequence[str],
    beam: int = 1,
    batch: int = 64,
    lexicon: Lexicon | None = None,
    packs: Packs = NEUTRAL_PACKS,
    terms: Callable[[str], Sequence[Span]] = lambda source: (),
    localise: bool = False,
    memory: Callable[[str, Masked, bool], Answer | None] = lambda source, masked, localise: None,
) -> list[Sentence]:
    """Translations of sentences, in their order: the text model without pictures, with the rules of `Translatotron.say`.

    A sentence in capitals is translated as it is usually written, and put in capitals again. One that starts with a capital
    still does. Names are copied. Numbers, codes and the like are placeholders during the search; if a text loses one, it
    is empty. `memory`: the translation of a whole text without terms, also given with its placeholders, if it is known.
    """
    masked = [mask(s, packs.source, terms(s), packs.target, localise) for s in sentences]
    shown = [
        small(m.text, lexicon)[0] if is_capital(s) else m.text for s, m in zip(sentences, masked, strict=True)
    ]
    told = [lexicon.hints(s) if lexicon else [] for s in shown]
    rows = [
        with_hints(source, target, s, source.encode(s), hints) for s, hints in zip(shown, told, strict=True)
    ]
    known = [None if terms(s) else memory(s, m, localise) for s, m in zip(sentences, masked, strict=True)]
    sure = [k.text if k else settled(m) for k, m in zip(known, masked, strict=True)]
    order = sorted((i for i in range(len(rows)) if shown[i] and sure[i] is None), key=lambda i: len(rows[i]))
    device = model.text_decoder.embedding.weight.device
    outputs = [
        Sentence(text or "", Appraisal(known=k.right if k else 0.0))
        for text, k in zip(sure, known, strict=True)
    ]
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]

        def filled(row: int, found: list[int], chosen: Sequence[int] = chosen) -> str | None:
            return restore(target.decode(found), masked[chosen[row]])

        def worth(
            row: int, found: list[int], filled: Callable = filled, chosen: Sequence[int] = chosen
        ) -> float:
            return preference(filled(row, found), told[chosen[row]])

        pieces = pad([rows[i] for i in chosen]).to(device)
        context = model.text_encoder(pieces, model.text_decoder.embedding.weight)
        hints = model.text_encoder.hints(pieces)
        decoded = decode_text(
            model.text_decoder,
            context,
            pieces != PAD,
            beam,
            once=target.words.to(device),
            worth=worth,
            slots=Slots(target.placeholders, [len(masked[i].spans) for i in chosen]),
            hints=hints,
        )
        texts = [
            copy_names(sentences[i], filled(row, found.pieces) or "", packs)
            for row, (i, found) in enumerate(zip(chosen, decoded, strict=True))
        ]
        back = looked_back(model, [sentences[i] for i in chosen], texts)
        appraisals = appraise(
            model.text_decoder,
            model.estimator,
            [d.pieces for d in decoded],
            [d.score for d in decoded],
            context,
            pieces != PAD,
            hints,
            back,
        )
        for i, text, appraisal in zip(chosen, texts, appraisals, strict=True):
            outputs[i] = Sentence(capitals_of(sentences[i], text), appraisal)
    return outputs
