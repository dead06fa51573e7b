"""Training of the quality estimator on judged translations. The text model is finished and stays as it is."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from iimt_cli.data.formats import text_lines
from iimt_cli.data.text import is_capital
from iimt_cli.errors import IimtError
from iimt_cli.language.protected import PLACEHOLDERS, Masked, mask
from iimt_cli.model.appraisal import forced
from iimt_cli.model.decoding import small
from iimt_cli.model.hints import with_hints
from iimt_cli.model.quality import Evidence, Forced, QualityEstimator
from iimt_cli.model.text import pad
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.model.vocabulary import PAD

BATCH = 64  # translations, of about the same length
EPOCHS = 4
LEARNING_RATE = 1e-3  # of AdamW, falling to zero
WARMUP = 30  # steps
WEIGHT_DECAY = 0.05
DROPOUT = 0.4
SPREAD = 6.0  # pieces: how far lengths are mixed, so that batches differ from epoch to epoch


@dataclass(frozen=True)
class Judged:
    """A judged translation: its log-probabilities by the text model, and the verdict of someone who knows both languages.

    The verdict is 1 (acceptable) or 0.
    """

    source: str
    target: str
    mean: float
    lowest: float
    right: float


def read_judged(path: Path) -> list[Judged]:
    """Lines of source, translation, mean and lowest log-probability, and verdict, separated by tabs; gzipped or not.

    Raises IimtError with the number of a line that is not like that.
    """
    found = []
    for number, line in enumerate(text_lines(path), 1):
        try:
            source, target, mean, lowest, right = line.split("\t")
            found.append(Judged(source, target, float(mean), float(lowest), float(right)))
        except ValueError as error:
            wanted = "source, translation, two log-probabilities and a verdict"
            raise IimtError(f"{path}, line {number}: not {wanted}, separated by tabs") from error
    return found


@torch.inference_mode()
def judged_evidence(model: Translatotron, judged: Sequence[Judged]) -> list[Evidence]:
    """The estimator's input for each translation: a batch of one, in half precision, without padding."""
    found: list[Evidence | None] = [None] * len(judged)
    order = sorted(range(len(judged)), key=lambda i: len(judged[i].source))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        both = [_pieces(model, judged[i]) for i in chosen]
        rows, said = [source for source, _ in both], [target for _, target in both]
        pieces = pad(rows).to(model.text_decoder.embedding.weight.device)
        context = model.text_encoder(pieces, model.text_decoder.embedding.weight)
        hints, there = model.text_encoder.hints(pieces), pieces != PAD
        target = forced(model.text_decoder, said, context, there, hints)
        back = None
        if model.reverse is not None:
            back = model.reverse.forced(
                [judged[i].source for i in chosen], [judged[i].target for i in chosen]
            )
        batch = Evidence(target, context, there, back)
        for row, i in enumerate(chosen):
            found[i] = _alone(batch, row)
    return [one for one in found if one is not None]


def _pieces(model: Translatotron, one: Judged) -> tuple[list[int], list[int]]:
    """(the text encoder's input for the source, the decoder's pieces): with placeholders, and capitals as usually written."""
    masked = mask(one.source, model.packs.source, (), model.packs.target)
    shown = small(masked.text, model.meanings)[0] if is_capital(one.source) else masked.text
    hints = model.meanings.hints(shown) if model.meanings else []
    target = small(one.target, None)[0] if is_capital(one.source) else one.target
    rows = with_hints(model.source, model.target, shown, model.source.encode(shown), hints)
    return rows, model.target.encode(_masked(target, masked))


def _masked(text: str, masked: Masked) -> str:
    """A finished translation with placeholders put back in."""
    text = text.removeprefix(masked.before).removesuffix(masked.after)
    for span, placeholder in zip(masked.spans, PLACEHOLDERS, strict=False):
        text = text.replace(span.fill, placeholder, 1)
    return text


def _alone(batch: Evidence, row: int) -> Evidence:
    """One row of a batch, in half precision and without padding."""

    def cut(forced: Forced) -> Forced:
        length = int(forced.said[row].sum())
        states, pieces, scores = (
            side[row : row + 1, :length].half().clone()
            for side in (forced.states, forced.pieces, forced.scores)
        )
        return Forced(states, pieces, scores, forced.said[row : row + 1, :length].clone())

    source = int(batch.there[row].sum())
    return Evidence(
        cut(batch.target),
        batch.context[row : row + 1, :source].half().clone(),
        batch.there[row : row + 1, :source].clone(),
        batch.back and cut(batch.back),
    )


def _together(some: Sequence[Evidence]) -> Evidence:
    """A padded batch in single precision."""

    def padded(tensors: list[Tensor]) -> Tensor:
        longest = max(t.shape[1] for t in tensors)
        room = [[0] * (2 * (t.dim() - 2)) + [0, longest - t.shape[1]] for t in tensors]
        rows = torch.cat([F.pad(t, shape) for t, shape in zip(tensors, room, strict=True)])
        return rows if rows.dtype == torch.bool else rows.float()

    def joined(parts: Sequence[Forced]) -> Forced:
        return Forced(**{f.name: padded([getattr(one, f.name) for one in parts]) for f in fields(Forced)})

    backs = [one.back for one in some if one.back is not None]
    return Evidence(
        joined([one.target for one in some]),
        padded([one.context for one in some]),
        padded([one.there for one in some]),
        joined(backs) if backs else None,
    )


def train_estimator(evidence: Sequence[Evidence], right: Sequence[float], seed: int = 0) -> QualityEstimator:
    """An estimator, trained to tell which translations are `right` (0 or 1), in half a minute per 1,000 of them."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    first = evidence[0]
    estimator = QualityEstimator(
        first.target.states.shape[-1], first.context.shape[-1], DROPOUT, first.back is not None
    )
    optimiser = torch.optim.AdamW(estimator.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps, step = EPOCHS * math.ceil(len(evidence) / BATCH), 0
    for _ in range(EPOCHS):
        for chosen in _batches(evidence, random):
            for group in optimiser.param_groups:
                group["lr"] = LEARNING_RATE * min(1.0, (step + 1) / WARMUP) * (1 - step / steps)
            odds = estimator(_together([evidence[i] for i in chosen]))
            loss = F.binary_cross_entropy_with_logits(odds, torch.tensor([right[i] for i in chosen]))
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(estimator.parameters(), 1.0)
            optimiser.step()
            step += 1
    return estimator.eval()


def _batches(evidence: Sequence[Evidence], random: np.random.Generator) -> Iterator[list[int]]:
    """All of them, in batches of similar length and in random order."""
    lengths = [one.context.shape[1] + SPREAD * random.random() for one in evidence]
    order = np.argsort(lengths).tolist()
    starts = list(range(0, len(order), BATCH))
    for start in random.permutation(starts).tolist():
        yield order[start : start + BATCH]


@torch.inference_mode()
def estimates(estimator: QualityEstimator, evidence: Sequence[Evidence]) -> list[float]:
    """The log-odds that each of several translations is right."""
    order = sorted(range(len(evidence)), key=lambda i: evidence[i].context.shape[1])
    found = [0.0] * len(evidence)
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        for i, odds in zip(chosen, estimator(_together([evidence[i] for i in chosen])).tolist(), strict=True):
            found[i] = odds
    return found
