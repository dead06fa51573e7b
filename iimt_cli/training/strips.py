"""Batches of rendered strips: every stage that trains on pictures draws its data here, on the fly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

import numpy as np

from iimt_cli.config import Preset, Training
from iimt_cli.data.corpora import Corpus, Pair, PairSampler
from iimt_cli.data.fonts import FontFace, choose_faces, split_held_out
from iimt_cli.data.render import Ink, Style, render_ink, sample_style
from iimt_cli.errors import IimtError
from iimt_cli.language.base import Language
from iimt_cli.training.variety import follow, made_up_name, number_line

T = TypeVar("T")
ITEMS = (*(f"{n}." for n in range(1, 13)), *(f"{n})" for n in range(1, 6)), *"–-•·*", "a)", "b)", "c)")
DOMAINS, ENDINGS = ("de", "com", "org", "net", "at", "ch"), ("pdf", "txt", "jpg", "docx", "zip")
# What encloses words; round brackets are as frequent as all the others together.
ENCLOSING = ("()", "()", "()", "()", "()", "()", '""', "„“", "“”", "‘’", "[]", "»«")
OWN_SIGN = 0.4  # share of such texts in which they enclose a letter or a number of its own
BEHIND = ("", "", "", ".", ",", ":", ";", "?", "!")
PAUSES = ("–", "–", "-", "·", "·", "|", "•", "/")


@dataclass(frozen=True)
class Fonts:
    """Faces to train on, and faces never trained on."""

    seen: Sequence[FontFace]
    unseen: Sequence[FontFace]

    @classmethod
    def choose(cls, faces: Sequence[FontFace], training: Training) -> "Fonts":
        """Raises IimtError if none of the preset's fonts is on this machine."""
        seen, unseen = split_held_out(choose_faces(faces, training.fonts), training.held_out_fonts)
        if not seen:
            raise IimtError("no font to train with: the preset holds out all that there are")
        return cls(seen, unseen or seen)  # without any of the held-out families, scores are on the seen ones


class StripSource:
    """Draws texts and styles for strips."""

    def __init__(self, preset: Preset, corpora: Sequence[Corpus], fonts: Fonts) -> None:
        self.preset, self.fonts, self.pack = preset, fonts, preset.languages.packs.source
        self.sampler = PairSampler(corpora)

    def pair(self, rng: np.random.Generator) -> Pair:
        """A random pair whose texts fit a strip.

        Of texts of more than 50 characters 3 in 10 are taken: they cost most time.
        """
        low, high = self.preset.training.min_chars, self.preset.training.max_chars
        while True:
            pair = self.sampler.draw(rng, 1)[0]
            if not all(low <= len(text) <= high for text in pair):
                continue
            if max(map(len, pair)) <= 50 or rng.random() < 0.3:
                return pair

    def text(self, rng: np.random.Generator) -> str:
        """A random text of either language. How often it is changed depends on the preset's `variety`.

        Some texts are in capitals, with figures, or random characters, so that no character is rare. Some are followed
        by another text, or are items of a list, or have words in brackets or quotation marks, so that full stops, dashes and
        these are not rare either.
        """
        chance = rng.random() / max(self.preset.training.variety, 1e-9)
        language = int(rng.integers(2))
        pair = self.pair(rng)
        text = pair[language]
        if chance < 0.08:
            return text.upper()
        if chance < 0.12:
            return text.title()
        if chance < 0.18:
            alphabet = self.preset.characters
            letters = rng.integers(1, len(alphabet), size=int(rng.integers(3, 24)))
            return "".join(alphabet[i] if rng.random() > 0.12 else " " for i in letters).strip() or "x"
        if chance < 0.26:
            words = text.split()
            words.insert(int(rng.integers(len(words) + 1)), figures(rng, self.pack))
            return " ".join(words)
        if chance < 0.29:
            return figures(rng, self.pack)
        if chance < 0.45:
            return follow(pair, [self.pair(rng)], self.preset.training.max_chars)[language]
        if chance < 0.48:
            return f"{rng.choice(ITEMS)} {text}"
        if chance < 0.66:
            paused = chance < 0.52
            more = (
                f"{text} {rng.choice(PAUSES)} {self.pair(rng)[language]}" if paused else enclosed(text, rng)
            )
            return more if len(more) <= self.preset.training.max_chars else text
        return text

    def style(self, rng: np.random.Generator, faces: Sequence[FontFace] | None = None) -> Style:
        low, high = self.preset.training.sizes
        return sample_style(
            faces or self.fonts.seen, rng, height=self.preset.canvas.height, sizes=(low, high)
        )

    def render(self, text: str, style: Style, rng: np.random.Generator) -> Ink:
        canvas = self.preset.canvas
        return render_ink(text, style, height=canvas.height, patch=canvas.patch, rng=rng)


def enclosed(text: str, rng: np.random.Generator) -> str:
    """The text with some of its words in brackets or quotation marks, or with a letter or number in them between its words."""
    words = text.split()
    signs = ENCLOSING[int(rng.integers(len(ENCLOSING)))]
    left, right = signs[0], signs[1]
    behind = BEHIND[int(rng.integers(len(BEHIND)))]
    if rng.random() < OWN_SIGN:
        own = (
            str(rng.choice(list("ABCDEFGHIKLMabcdefghik"))) if rng.random() < 0.6 else str(rng.integers(100))
        )
        words.insert(int(rng.integers(len(words) + 1)), f"{left}{own}{right}{behind}")
        return " ".join(words)
    start = int(rng.integers(len(words)))
    end = start + int(rng.integers(1, 4))
    inner = " ".join(words[start:end])
    kept, stop = (inner[:-1], inner[-1]) if len(inner) > 1 and inner[-1] in ".,;:" else (inner, behind)
    return " ".join([*words[:start], f"{left}{kept}{right}{stop}", *words[end:]])


def figures(rng: np.random.Generator, pack: Language) -> str:
    """A price, a date, an e-mail address or the like: digits, and signs that are rare in sentences."""
    if rng.random() < 0.3:
        return number_line(rng)
    n = [int(x) for x in rng.integers(0, 100, size=5)]
    word, other = (made_up_name(rng, pack.syllables).lower() for _ in range(2))
    forms = (
        f"{1 + n[0] % 12}/{2000 + n[1] % 40}",
        f"{n[0]}/{n[1]}",
        f"{n[0]}{n[1]}/{n[2]}",
        f"{n[0]} / {n[1]}",
        f"{n[0]} km/h",
        f"{n[0] * 17} kJ / {n[0] * 4} kcal",
        f"{n[0]}{n[1]} kJ",
        f"{n[0]},{n[1]:02d} €",
        f"{1 + n[0] % 9}.{n[1]:02d}{n[2] % 10},{n[3]:02d} EUR",
        f"-{n[0]},{n[1]:02d}",
        f"{n[0]},{n[1] % 10} g",
        f"{n[0] % 40},{n[1] % 10} MB",
        f"-{n[0] % 30}°",
        f"{n[0] % 30}° – {n[1] % 40} °C",
        f"0{n[0]}{n[1]} / {n[2]} {n[3]}",
        f"{word}@{other}.{rng.choice(DOMAINS)}",
        f"www.{word}-{other}.{rng.choice(DOMAINS)}",
        f"{word}_{other}",
        f"{word}_{n[0]}.{rng.choice(ENDINGS)}",
        f"#{word}",
        f"({n[0]}{word[0]})",
        f"{word}/{other}",
        f"[{word[0].upper()}/{other[0]}]",
        f"{n[0] % 24:02d}:{n[1] % 60:02d}–{n[2] % 24:02d}:{n[3] % 60:02d}",
        *pack.figures(n),
    )
    return forms[int(rng.integers(len(forms)))]


class Pools(Generic[T]):
    """Batches of items of similar width, so that little of a batch is padding.

    The items of `batches` batches are made together and sorted by width. Batch `step` depends on nothing but the step and the
    seed in `rng_of`.
    """

    def __init__(
        self,
        make: Callable[[np.random.Generator], T],
        width: Callable[[T], int],
        batch: int,
        rng_of: Callable[..., np.random.Generator],
        batches: int = 12,
    ) -> None:
        self._make, self._width, self._size, self._batches, self._rng_of = make, width, batch, batches, rng_of
        self._pool = lru_cache(maxsize=2)(self._make_pool)

    def batch(self, step: int) -> list[T]:
        return self._pool(step // self._batches)[step % self._batches]

    def _make_pool(self, number: int) -> list[list[T]]:
        items = [self._make(self._rng_of(number, i)) for i in range(self._size * self._batches)]
        items.sort(key=self._width)
        order = self._rng_of(number).permutation(self._batches)
        return [items[b * self._size : (b + 1) * self._size] for b in order]
