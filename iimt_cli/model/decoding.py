"""Search for the target text: greedy and beam, batched, with cached keys and values; finished strips leave the batch."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from iimt_cli.data.text import capitals_of, is_capital, lower_case
from iimt_cli.language.base import NEUTRAL_PACKS, Packs, Span
from iimt_cli.language.lexicon import Hint, Lexicon, unsaid
from iimt_cli.language.names import copy_names
from iimt_cli.language.protected import mask, restore, settled
from iimt_cli.model.hints import with_hints
from iimt_cli.model.quality import Evidence, QualityEstimator
from iimt_cli.model.text import TextDecoder, TextEncoder, pad
from iimt_cli.model.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary

FEW = 8  # texts whose logits are held at once: 64 of 60 pieces are 120 MB
NO_TEXT = [PAD, UNKNOWN, BEGIN]  # pieces that no text has
ENOUGH = 2  # texts that ended before a search may; 1 costs 0.2 BLEU, 4 gain nothing
# Log-probability per piece that a text must be likelier by for each hint that it does not say. Of 0.05, 0.1, 0.2 and 0.4 the
# last two were best: 0.3 BLEU more on the texts of the development pages and on written text.
UNSAID = 0.2


@dataclass(frozen=True)
class Decoded:
    """Target pieces without begin and end, and their mean log-probability per piece (end included)."""

    pieces: list[int]
    score: float


@dataclass(frozen=True)
class Slots:
    """Placeholders: row b of a batch has the first `counts`[b] of them, and its translation must have each of these once."""

    pieces: dict[int, int]  # those that write a placeholder: which one, from 0
    counts: Sequence[int]

    def close(self, steps: Tensor, said: Tensor, rows: Tensor) -> None:
        """Rules out in the next step's log-probabilities (R, V) what may not follow the pieces `said` (R, L) so far: a
        placeholder that is said already or not a row's, and the end while one is missing. `rows` (R,) are those of the batch.
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

    `beam` 1 is greedy. Scores of hypotheses of different length compare as log-probability / length**penalty.
    `once` (vocabulary,) marks the pieces that never follow themselves: a short source tempts a decoder to say it twice.
    `limit` is the most pieces of a text, the end included; by default twice the length of its context and 10.
    `slots` are the placeholders that each text must have. `hints` (B, S) are those of the context, as of `TextEncoder`.
    `worth` (row, pieces) is added to the score of each text that a beam brings to its end; minus infinity: that text will not
    do. If none will, the likeliest counts.
    """
    batch = context.shape[0]
    device = context.device
    # No sentence doubles in length: guards against endless repetition.
    limits = context_mask.sum(1) * 2 + 10 if limit is None else torch.full((batch,), limit, device=device)
    context = context.repeat_interleave(beam, 0)
    context_mask = context_mask.repeat_interleave(beam, 0)
    if hints is None:
        hints = torch.full((batch, context.shape[1]), PAD, device=device)
    hints = hints.repeat_interleave(beam, 0)
    if beam == 1:
        return _greedy(decoder, context, context_mask, hints, limits, once, slots)
    owner = torch.arange(batch, device=device)  # which input each live group of `beam` rows belongs to
    tokens = torch.full((batch * beam, 1), BEGIN, dtype=torch.long, device=device)
    totals = torch.full((batch, beam), float("-inf"), device=device)
    totals[:, 0] = 0.0
    cache = decoder.empty_cache()
    finished: list[list[tuple[float, list[int], float]]] = [[] for _ in range(batch)]

    while len(owner):
        states = decoder(tokens[:, -1:], context, context_mask, cache)
        steps = decoder.log_probs(states, tokens[:, -1:], context, hints, NO_TEXT)[:, -1]
        if once is not None:
            said = once[tokens[:, -1]].nonzero().flatten()
            steps[said, tokens[said, -1]] = float("-inf")
            steps[said] = steps[said].log_softmax(-1)
        if slots is not None:
            slots.close(steps, tokens, owner.repeat_interleave(beam))
        steps = steps.view(len(owner), beam, -1)
        length = tokens.shape[1]
        size = steps.shape[-1]
        candidates = (totals[:, :, None] + steps).view(len(owner), -1)
        best, index = candidates.topk(2 * beam)
        from_beam, piece = index // size, index % size
        rows, keep_groups, new_totals, new_pieces = [], [], [], []
        for group in range(len(owner)):
            who = int(owner[group])
            alive: list[tuple[float, int, int]] = []
            likeliest = zip(
                best[group].tolist(), from_beam[group].tolist(), piece[group].tolist(), strict=True
            )
            for rank, (value, source, token) in enumerate(likeliest):
                row = group * beam + source
                if token == END:
                    if rank < beam:  # an end among the others is noise: "Breakfas"
                        finished[who].append(
                            (value / length**length_penalty, tokens[row, 1:].tolist(), value / length)
                        )
                elif len(alive) < beam:
                    alive.append((value, row, token))
            enough = (
                len(finished[who]) >= ENOUGH and max(finished[who])[0] >= alive[0][0] / length**length_penalty
            )
            done = enough or length >= int(limits[who])
            if length >= int(limits[who]) and not finished[who]:
                value, row, token = alive[0]
                finished[who].append(
                    (value / length**length_penalty, [*tokens[row, 1:].tolist(), token], value / length)
                )
            if not done:
                keep_groups.append(group)
                rows += [row for _, row, _ in alive]
                new_totals.append([value for value, _, _ in alive])
                new_pieces += [token for _, _, token in alive]
        if not keep_groups:
            break
        selected = torch.tensor(rows, device=device)
        tokens = torch.cat([tokens[selected], torch.tensor(new_pieces, device=device)[:, None]], 1)
        fewer = len(keep_groups) < len(owner)
        for layer in cache:
            layer.select(selected, contexts=fewer)
        if fewer:
            context_mask, context, hints = context_mask[selected], context[selected], hints[selected]
        owner = owner[torch.tensor(keep_groups, device=device)]
        totals = torch.tensor(new_totals, device=device)
    results = []
    for row, hypotheses in enumerate(finished):
        ranked = sorted(hypotheses, reverse=True)
        _, found, score = max(ranked, key=lambda one: one[0] + worth(row, one[1]))
        results.append(Decoded(found, score))
    return results


def _greedy(
    decoder: TextDecoder,
    context: Tensor,
    mask: Tensor,
    hints: Tensor,
    limits: Tensor,
    once: Tensor | None,
    slots: Slots | None,
) -> list[Decoded]:
    """`decode_text` with a beam of 1: the likeliest piece at every step, without a loop over the rows."""
    batch = len(limits)
    longest = int(limits.max())
    pieces = torch.zeros(batch, longest, dtype=torch.long, device=context.device)
    totals = torch.zeros(batch, device=context.device)
    lengths = torch.zeros_like(limits)
    live = torch.arange(batch, device=context.device)
    previous = torch.full_like(live, BEGIN)
    cache = decoder.empty_cache()
    for step in range(longest):
        states = decoder(previous[:, None], context, mask, cache)
        steps = decoder.log_probs(states, previous[:, None], context, hints, NO_TEXT)[:, -1]
        if once is not None:
            said = once[previous].nonzero().flatten()
            steps[said, previous[said]] = float("-inf")
            steps[said] = steps[said].log_softmax(-1)
        if slots is not None:
            slots.close(steps, pieces[live, :step], live)
        best, previous = steps.max(-1)
        pieces[live, step] = previous
        totals[live] += best
        lengths[live] += 1
        going = ((previous != END) & (lengths[live] < limits[live])).nonzero().flatten()
        if len(going) == len(live):
            continue
        if not len(going):
            break
        live, previous = live[going], previous[going]
        context, mask, hints = context[going], mask[going], hints[going]
        for layer in cache:
            layer.select(going)
    rows = zip(pieces.tolist(), lengths.tolist(), (totals / lengths).tolist(), strict=True)
    return [Decoded([p for p in row[:length] if p != END], score) for row, length, score in rows]


@dataclass(frozen=True)
class Appraisal:
    """What the text model itself tells of a translation: log-probabilities, the mean per piece (end included) and that of the
    `lowest` piece, and the log-odds that it is right by `QualityEstimator`, 0 without one.
    """

    mean: float = 0.0
    lowest: float = 0.0
    quality: float = 0.0


@torch.inference_mode()
def appraise(
    decoder: TextDecoder,
    estimator: QualityEstimator | None,
    decoded: Sequence[Decoded],
    context: Tensor,
    mask: Tensor,
    hints: Tensor,
) -> list[Appraisal]:
    """Of texts that `decode_text` found in `context` (B, S, D) with `mask` (B, S) and `hints` (B, S)."""
    found = evidence(decoder, [d.pieces for d in decoded], context, mask, hints)
    quality = torch.zeros(len(decoded)) if estimator is None else estimator(found)
    rows = zip(decoded, found.scores.amin(-1).tolist(), quality.tolist(), strict=True)
    return [Appraisal(d.score, lowest, odds) for d, lowest, odds in rows]


@torch.inference_mode()
def evidence(
    decoder: TextDecoder, pieces: Sequence[list[int]], context: Tensor, mask: Tensor, hints: Tensor
) -> Evidence:
    """What the text model has to say of translations in target pieces, without begin and end; the rest as of `appraise`."""
    inputs = pad([[BEGIN, *row] for row in pieces]).to(context.device)
    wanted = pad([[*row, END] for row in pieces]).to(context.device)
    states, said = decoder(inputs, context, mask), wanted != PAD
    parts = (side.split(FEW) for side in (states, inputs, context, hints, wanted))
    scores = torch.cat(
        [
            decoder.log_probs(some, written, seen, told, []).gather(-1, piece[..., None])[..., 0]
            for some, written, seen, told, piece in zip(*parts, strict=True)
        ]
    ).masked_fill(~said, 0.0)
    return Evidence(states, decoder.embedding(wanted), scores, said, context, mask)


def preference(text: str | None, hints: Sequence[Hint]) -> float:
    """What a text is `worth` to `decode_text`: less for each hint that it does not say; None will not do."""
    return -math.inf if text is None else -UNSAID * unsaid(hints, text)


class TextModel(Protocol):
    """Anything that holds the text pivot."""

    text_encoder: TextEncoder
    text_decoder: TextDecoder
    estimator: QualityEstimator | None


@dataclass(frozen=True)
class Sentence:
    """A translated sentence, and what the text model tells of it."""

    text: str
    appraisal: Appraisal = Appraisal()


def small(text: str, lexicon: Lexicon | None) -> tuple[str, list[int]]:
    """A text in capitals as the lexicon would write it, else in small letters; and where in `text` each character began."""
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
) -> list[Sentence]:
    """Translations of plain sentences, in their order: the text pivot without pictures, as `Translatotron.say` has it.

    What is all in capitals is translated as it is usually written, and raised again; what starts with a capital still does.
    Names are copied. Numbers, codes and the like are placeholders meanwhile; a text that loses one is empty.
    """
    masked = [mask(s, packs.source, terms(s), packs.target, localise) for s in sentences]
    shown = [
        small(m.text, lexicon)[0] if is_capital(s) else m.text for s, m in zip(sentences, masked, strict=True)
    ]
    told = [lexicon.hints(s) if lexicon else [] for s in shown]
    rows = [
        with_hints(source, target, s, source.encode(s), hints) for s, hints in zip(shown, told, strict=True)
    ]
    known = [settled(m) for m in masked]
    order = sorted((i for i in range(len(rows)) if shown[i] and known[i] is None), key=lambda i: len(rows[i]))
    device = model.text_decoder.embedding.weight.device
    outputs = [Sentence(text or "") for text in known]
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
        appraisals = appraise(model.text_decoder, model.estimator, decoded, context, pieces != PAD, hints)
        for row, (i, found) in enumerate(zip(chosen, decoded, strict=True)):
            text = copy_names(sentences[i], filled(row, found.pieces) or "", packs)
            outputs[i] = Sentence(capitals_of(sentences[i], text), appraisals[row])
    return outputs
