"""Texts → their translations by another text model than the weights' own (`Options.text_model`), and the rails' judgement.

The model gets a text with its figures, addresses and terms in it, since a model that does not know placeholders translates
that better. If one of them is missing in the translation, it gets the text again with placeholders, ⟨1⟩, ⟨2⟩ …
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from iimt_cli.clock import timed
from iimt_cli.data.text import capitals_of, clean, is_capital
from iimt_cli.errors import IimtError
from iimt_cli.language.base import Packs
from iimt_cli.language.lexicon import Lexicon
from iimt_cli.language.names import copy_names
from iimt_cli.language.protected import Masked, mask, opened, recopied, restore, settled
from iimt_cli.model.decoding import small
from iimt_cli.translation.pieces import Piece
from iimt_cli.translation.rails import Judgement, after_translation, undrawable
from iimt_cli.translation.result import Options
from iimt_cli.translation.steps.compose import TOO_LONG
from iimt_cli.translation.words import Answer, NoAnswer, TextModel, answers

# A translation longer than STRETCH times its source plus MORE characters is refused. Abbreviations grow most: "EG" becomes
# "ground floor".
STRETCH = 4
MORE = 60


@dataclass(frozen=True)
class _Told:
    """The model's answer to a text, and the copied parts (figures, addresses, terms) that are missing in it."""

    answer: Answer
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wording:
    """How a text model is asked. `alphabet`: the characters that can be drawn. `lexicon`: of the source language, or None."""

    model: TextModel
    packs: Packs
    options: Options
    alphabet: str
    lexicon: Lexicon | None = None

    def pieces(self, pieces: Sequence[Piece]) -> list[Piece]:
        """The pieces of a picture, with the translations of those that are not kept, or a reason to keep them after all.

        The confidence stays that of the reading. Raises IimtError if the text model fails with every piece.
        """
        rows = [n for n, piece in enumerate(pieces) if not piece.judgement.keep]
        done = list(pieces)
        for n, (text, judgement) in zip(rows, self.texts([pieces[n].source for n in rows]), strict=True):
            done[n] = replace(pieces[n], target=text, wording=text, judgement=judgement)
        return done

    def texts(self, sources: Sequence[str]) -> list[tuple[str, Judgement]]:
        """For each text its translation, "" if there is none, and the judgement of the rails."""
        (source, target), localise = self.packs, self.options.numbers == "localise"
        masked = [mask(text, source, self.options.terms(text), target, localise) for text in sources]
        with timed("text"):
            told = self._told(sources, masked)
        return [self._judged(*each) for each in zip(sources, told, strict=True)]

    def _told(self, sources: Sequence[str], masked: Sequence[Masked]) -> list[_Told]:
        known = [settled(one) for one in masked]
        told = {n: _Told(text) for n, text in enumerate(known) if text is not None}
        shown = {n: _shown(sources[n], masked[n], self.lexicon) for n in range(len(masked)) if n not in told}
        asked = {n: _one_line(opened(text, masked[n])) for n, text in shown.items()}
        first = answers(self.model, list(asked.values()))
        told |= {n: self._copied(sources[n], first[text], masked[n]) for n, text in asked.items()}
        lossy = {n: _one_line(shown[n]) for n in asked if told[n].lost}
        try:
            second = answers(self.model, list(lossy.values()))
        except IimtError:  # the model fails with every text that has placeholders
            second = {}
        for n, text in lossy.items():
            answer = second.get(text, "")
            whole = restore(clean(answer), masked[n]) if isinstance(answer, str) else None
            if whole is not None:
                told[n] = _Told(whole)
        return [told[n] for n in range(len(masked))]

    def _copied(self, source: str, answer: Answer, masked: Masked) -> _Told:
        if isinstance(answer, NoAnswer):
            return _Told(answer)
        text = clean(answer)
        if not text or _too_long(source, text):
            return _Told(text)
        text, lost = recopied(text, masked, self.packs.target)
        return _Told(text, tuple(lost))

    def _judged(self, source: str, told: _Told) -> tuple[str, Judgement]:
        if isinstance(told.answer, NoAnswer):
            return "", Judgement(f"could not be translated ({told.answer})")
        if _too_long(source, told.answer):
            return "", Judgement(TOO_LONG)
        text = capitals_of(source, copy_names(source, told.answer, self.packs))
        judgement = after_translation(source, text, 1.0, 0.0, self.packs)
        if not judgement.keep and told.lost:
            judgement = Judgement(f"{', '.join(told.lost)} would be lost")
        return text, judgement if judgement.keep else Judgement(undrawable(text, self.alphabet, source))


def _shown(source: str, masked: Masked, lexicon: Lexicon | None) -> str:
    """The text as the model gets it: a text in capitals as the lexicon writes it, or else in small letters."""
    return small(masked.text, lexicon)[0] if is_capital(source) else masked.text


def _one_line(text: str) -> str:
    """The text without characters that a program may take for the end of a line."""
    return " ".join(text.split())


def _too_long(source: str, target: str) -> bool:
    return len(target) > STRETCH * len(source) + MORE
