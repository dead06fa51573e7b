"""Stage `text`: source text encoder and target text decoder on parallel text alone, with noise like a reader's.

Translation is learned here: parallel text is cheap, pictures are not.
"""

import itertools
import multiprocessing
import os
import re
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import sacrebleu
import torch
from torch import Tensor, nn

from iimt_cli.config import Preset
from iimt_cli.data.corpora import Corpus, Pair, PairSampler
from iimt_cli.errors import IimtError
from iimt_cli.language.base import Span
from iimt_cli.language.lexicon import LEXICON, Hint, Lexicon
from iimt_cli.language.protected import mask_pair
from iimt_cli.model.checkpoint import load_part, save_part
from iimt_cli.model.decoding import translate_sentences
from iimt_cli.model.hints import with_hints
from iimt_cli.model.text import TextTranslator, pad
from iimt_cli.model.vocabulary import BEGIN, END, PAD, Vocabulary
from iimt_cli.training.stage import Evaluation, Share, Stage
from iimt_cli.training.variety import disturb, vary

Row = tuple[list[int], list[int]]  # (source pieces with END, target pieces from BEGIN to END) of one text
Batch = tuple[np.ndarray, np.ndarray]  # the rows of B texts, int32 (B, S) and (B, T), padded on the right
POOL = 50  # batches that are drawn together and sorted by length, so that little of a batch is padding
POOL_TEXTS = 32_000  # texts: a pool of large batches has fewer batches, so that no process waits long for it
MASKED = 0.9  # share of the texts with placeholders for numbers and codes; the others teach to copy figures
NOISY = 0.2  # share of the texts with a reader's mistakes
TERMS, MOST_TERMS = 0.06, 2  # share of the texts with placeholders for some words, too; words, at most
UNTOLD = 0.08  # share of the texts without hints
# Times in one epoch: for each text one of these is drawn, and words that are rarer have hints. See `lexicon.RARE`.
RARES = (40, 150, 500)
# Shares of the hints: left out, given the meanings of another word, given the meanings of a compound's parts
DROPPED, FALSE, SPLIT = 0.1, 0.02, 0.2
# share of the words with a right hint that become words that do not exist, so that only the hint tells them
STRANGE = 0.25
KEPT_ENDING = 2  # letters at its end that such a word keeps, because they may be an inflection


class TextStage(Stage):
    name = "text"

    def __init__(
        self, preset: Preset, run: Path, seed: int, corpora: Sequence[Corpus], valid: Sequence[Pair]
    ) -> None:
        super().__init__(preset, run, seed)
        self._valid = list(valid)
        self.source, self.target = vocabularies(preset, run, corpora)
        lexicon = run / LEXICON
        self.lexicon = Lexicon.load(lexicon, preset.languages.source) if lexicon.exists() else None
        self.packs = preset.languages.packs
        self.translator = TextTranslator(
            len(self.source),
            len(self.target),
            preset.text_encoder,
            preset.text_decoder,
            preset.image_encoder.dim,
            copies=preset.lexicon,
        )
        part = run / "text.safetensors"
        if part.exists():  # a longer second training starts from the first one's weights
            load_part(part, self.translator)
        maker = PoolMaker(preset, seed, PairSampler(corpora), self.source, self.target, self.lexicon)
        self._pools, self._pool_size = Pools(maker, self.settings.workers), maker.batches

    @property
    def module(self) -> nn.Module:
        return self.translator

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        number, place = divmod(step, self._pool_size)
        source, target = (share_of(side, share) for side in self._pools[number][place])
        count = int((target[:, 1:] != PAD).sum())
        device = next(self.translator.parameters()).device
        mean = self.translator(
            on_device(source, device), on_device(target, device), self.settings.label_smoothing
        )
        return mean * count, count, {}

    def evaluate(self) -> Evaluation:
        sources = [pair.source for pair in self._valid]
        said = translate_sentences(
            self.translator, self.source, self.target, sources, lexicon=self.lexicon, packs=self.packs
        )
        outputs = [sentence.text for sentence in said]
        references = [p.target for p in self._valid]
        return Evaluation({
            "bleu": sacrebleu.corpus_bleu(outputs, [references]).score,
            "chrf": sacrebleu.corpus_chrf(outputs, [references]).score,
        })  # fmt: skip

    def save(self) -> None:
        save_part(self.run / "text.safetensors", self.translator)

    def close(self) -> None:
        self._pools.close()


@dataclass(frozen=True)
class PoolMaker:
    """Makes a pool of batches, a function of (seed, number) alone. It has no network: other processes get a copy."""

    preset: Preset
    seed: int
    sampler: PairSampler
    source: Vocabulary
    target: Vocabulary
    lexicon: Lexicon | None

    @property
    def batches(self) -> int:
        """How many batches a pool has."""
        return min(POOL, max(1, POOL_TEXTS // self.preset.training.text.batch))

    def __call__(self, number: int, wanted: Callable[[], bool] = lambda: True) -> list[Batch]:
        """Pool `number`; unfinished and empty as soon as it is no longer `wanted`."""
        rng = np.random.default_rng((self.seed, number))
        training, pack = self.preset.training, self.preset.languages.packs.source
        rows = []
        for pair in self.sampler.draw(rng, self.batches * training.text.batch):
            if not wanted():
                return []
            pair = vary(pair, self.sampler, rng, pack, training.variety, training.text_chars)
            rows.append(self._row(pair, rng))
        rows.sort(key=lambda row: (max(len(row[0]), len(row[1])), len(row[0])))
        batches = of_one_size(rows, self.batches)
        rng.shuffle(batches)
        return [(padded([s for s, _ in batch]), padded([t for _, t in batch])) for batch in batches]

    def _row(self, pair: Pair, rng: np.random.Generator) -> Row:
        """Piece numbers of both sides, as the networks get them."""
        packs = self.preset.languages.packs
        if rng.random() < MASKED:
            pair = Pair(*mask_pair(*pair, packs, self._terms(pair) if rng.random() < TERMS else ()))
        lookalikes = packs.source.misreadings.lookalikes
        noisy = disturb(pair.source, rng, NOISY * self.preset.training.variety, lookalikes)
        hints = self._hints(noisy, rng) if self.lexicon else []
        noisy, hints = self._estrange(noisy, hints, pair.target, rng)
        numbers = self.source.encode(noisy, rng)
        source = with_hints(self.source, self.target, noisy, numbers, hints)
        return source, [BEGIN, *self.target.encode(pair.target), END]

    def _terms(self, pair: Pair) -> list[tuple[Span, Span]]:
        """Words whose translation the target has once, as a user's glossary names them: placeholders, too."""
        found: list[tuple[Span, Span]] = []
        for hint in self.lexicon.hints(pair.source) if self.lexicon else []:
            for meaning in hint.meanings:
                places = list(re.finditer(rf"\b{re.escape(meaning)}\b", pair.target, re.IGNORECASE))
                if len(places) == 1 and len(found) < MOST_TERMS:
                    start, end = places[0].span()
                    if all(end <= theirs.start or start >= theirs.end for _, theirs in found):
                        ours = Span(hint.end - len(hint.word), hint.end, meaning)
                        found.append((ours, Span(start, end, meaning)))
                        break
        return found

    def _hints(self, text: str, rng: np.random.Generator) -> list[Hint]:
        """The hints of a text, made worse at random: none at all (UNTOLD), one left out (DROPPED), one with the meanings of
        another (FALSE), one with the meanings of a compound's parts (SPLIT).

        The network learns not to rely on every hint: later, some words have no entry, and some mean something else.
        """
        assert self.lexicon is not None
        if rng.random() < UNTOLD:
            return []
        hints: list[Hint] = []
        for hint in self.lexicon.hints(text, RARES[int(rng.integers(len(RARES)))]):
            chance = rng.random()
            if chance < DROPPED:
                continue
            if chance < DROPPED + FALSE and hints:
                hint = replace(hint, meanings=hints[-1].meanings)
            elif chance < DROPPED + FALSE + SPLIT:
                hint = replace(hint, meanings=self.lexicon.parts(hint.word) or hint.meanings)
            hints.append(hint)
        return hints

    def _estrange(
        self, text: str, hints: Sequence[Hint], target: str, rng: np.random.Generator
    ) -> tuple[str, list[Hint]]:
        """Replaces some source words, whose hint is right, by words that do not exist. They keep the hint.

        The network soon knows a word of few texts by heart. It then learns to ignore the hint. Of a word that does not exist
        only the hint says what it means.
        """
        said = target.casefold()
        changed, begin, shifted = "", 0, []
        for hint in hints:
            start = hint.end - len(hint.word)
            right = any(meaning.casefold() in said for meaning in hint.meanings)
            if right and hint.word not in hint.meanings and rng.random() < STRANGE:
                strange = self._strange_word(hint.word, rng)
                changed += text[begin:start] + strange
                begin, hint = hint.end, replace(hint, word=strange, end=len(changed))
            else:
                hint = replace(hint, end=len(changed) + hint.end - begin)
            shifted.append(hint)
        return changed + text[begin:], shifted

    def _strange_word(self, word: str, rng: np.random.Generator) -> str:
        """A third of one word of the lexicon, a third of another, and the ending of `word`."""
        assert self.lexicon is not None
        words = self.lexicon.words
        front, rear = (words[int(rng.integers(len(words)))] for _ in range(2))
        strange = front[: len(front) // 3 + 1] + rear[2 * len(rear) // 3 :] + word[-KEPT_ENDING:]
        return strange.capitalize() if word[:1].isupper() else strange


# In a worker process: the maker of its pools, and the event that tells it to stop.
_maker: PoolMaker
_closing: Event


class Pools:
    """Pools by their numbers. With `workers`, that many processes make them, up to `workers` + 2 pools ahead of their use.

    With 0 workers a pool is made when it is asked for. `close` ends the processes.
    """

    def __init__(self, maker: PoolMaker, workers: int) -> None:
        self._made_here, self._workers = lru_cache(maxsize=2)(maker), workers
        self._coming: dict[int, Future[list[Batch]]] = {}
        if not workers:
            return
        # A process that uses CUDA must not be forked. The fork server does not use it: it has imported this module alone.
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        context = multiprocessing.get_context(method)
        context.set_forkserver_preload([__name__])
        self._closing = context.Event()
        self._executor = ProcessPoolExecutor(workers, context, _start_worker, (maker, self._closing))
        for _ in range(
            workers
        ):  # a process starts with a task: all load their copies before the first pool is wanted
            self._executor.submit(os.getpid)

    def __getitem__(self, number: int) -> list[Batch]:
        if not self._workers:
            return self._made_here(number)
        ahead = range(number, number + self._workers + 2)
        try:
            self._coming = {n: self._coming.get(n) or self._executor.submit(_make, n) for n in ahead}
            return self._coming[number].result()
        except BrokenProcessPool as error:
            raise IimtError(
                "a process that makes batches has ended (no memory left?): lower training.text.workers"
            ) from error

    def close(self) -> None:
        if self._workers:
            self._closing.set()
            self._executor.shutdown(cancel_futures=True)


def _start_worker(maker: PoolMaker, closing: Event) -> None:
    """Keeps the maker in a new process. Ctrl-C does not end the process: `close` does, or the end of its parent."""
    global _maker, _closing
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _maker, _closing = maker, closing


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _make(number: int) -> list[Batch]:
    return _maker(number, lambda: not _closing.is_set())


def share_of(side: np.ndarray, share: Share) -> np.ndarray:
    """The rows of a process's share of one side of a batch, as long as the longest of them."""
    rows = side[share.rank :: share.world]
    return np.ascontiguousarray(rows[:, : int((rows != PAD).any(axis=0).sum())])


def padded(rows: list[list[int]]) -> np.ndarray:
    """Ragged rows of piece numbers → int32 (B, longest), padded on the right."""
    return pad(rows).numpy().astype(np.int32)


def on_device(pieces: np.ndarray, device: torch.device) -> Tensor:
    """Piece numbers as the networks take them. A GPU fetches them while it computes."""
    tensor = torch.from_numpy(pieces)
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True).long()


def vocabularies(preset: Preset, run: Path, corpora: Sequence[Corpus]) -> tuple[Vocabulary, Vocabulary]:
    """The run's two vocabularies, trained on the corpora if the run has none yet."""
    made = []
    for side, size in (("source", preset.vocabulary.source), ("target", preset.vocabulary.target)):
        path = run / f"{side}.spm"
        if not path.exists():
            texts = (getattr(pair, side) for corpus in corpora for pair in corpus.pairs)
            Vocabulary.train(texts, size, preset.vocabulary.kind, preset.characters).save(path)
        made.append(Vocabulary.load(path))
    return made[0], made[1]


def of_one_size(rows: list[Row], count: int) -> list[list[Row]]:
    """Sorted rows in `count` batches of about as many pieces each: a long text counts as much as several short ones."""
    ends = np.cumsum([len(source) + len(target) for source, target in rows])
    cuts = np.searchsorted(ends, np.linspace(0, ends[-1], count + 1)[1:-1])
    bounds = [0, *np.maximum(cuts, np.arange(1, count)).tolist(), len(rows)]
    return [rows[a:b] for a, b in itertools.pairwise(bounds)]
