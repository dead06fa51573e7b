"""Another text model in place of the weights' own: texts in, translations out. Nothing here needs torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from iimt_cli.errors import IimtError, is_out_of_memory, shortened

PROBES = 3  # texts: a model that fails with all of them, one by one, is broken


class TextModel(Protocol):
    """What words texts: a function from texts, each without a line break, to as many translations, in their order.

    An attribute `name` tells how sidecars and messages call it, `source` and `target` tell the ISO 639-1 codes of its
    languages; it needs none of them. An exception leaves alone the texts with which it is raised, an IimtError the picture.
    """

    def __call__(self, texts: Sequence[str], /) -> Sequence[str]: ...


class NoAnswer(Exception):
    """Why there is no translation, as the reason in a sidecar tells it."""


@dataclass(frozen=True)
class Recorded:
    """The text model that a sidecar names: what it said is known, and it cannot be asked."""

    name: str

    def __call__(self, texts: Sequence[str], /) -> Sequence[str]:
        raise IimtError(f"{self.name}: is a name in a sidecar, and no text model")


Answer: TypeAlias = str | NoAnswer


def name_of(model: TextModel) -> str:
    """How sidecars and messages call a text model."""
    return str(getattr(model, "name", "") or getattr(model, "__name__", type(model).__name__))


def answers(model: TextModel, texts: Sequence[str]) -> dict[str, Answer]:
    """The translation of each of several texts, or why there is none.

    Where the model fails with all at once, the texts to blame are found: it is asked for halves, halves of these, and so on.
    Raises IimtError if it fails with every text, with each of the first `PROBES`, or if it raises one itself.
    """
    texts = list(dict.fromkeys(texts))
    found: dict[str, Answer] = {}
    try:
        return _asked(model, texts)
    except Exception as error:
        _raise_if_general(error)
    for text in texts[:PROBES]:
        found |= _sieved(model, [text])
    if not any(isinstance(answer, str) for answer in found.values()):
        raise IimtError(f"{shortened(name_of(model))}: {found[texts[0]]}")
    return found | _sieved(model, texts[PROBES:])


def _sieved(model: TextModel, texts: list[str]) -> dict[str, Answer]:
    try:
        return _asked(model, texts)
    except Exception as error:
        _raise_if_general(error)
        if len(texts) == 1:
            return {texts[0]: _reason(error)}
    half = len(texts) // 2
    return _sieved(model, texts[:half]) | _sieved(model, texts[half:])


def _asked(model: TextModel, texts: list[str]) -> dict[str, Answer]:
    if not texts:
        return {}
    said = model(texts)
    if isinstance(said, str) or not all(isinstance(text, str) for text in said):
        raise NoAnswer("the text model gives no list of texts")
    if len(said) != len(texts):
        raise NoAnswer(f"{len(said)} translations of {len(texts)} texts")
    return dict(zip(texts, said, strict=True))


def _raise_if_general(error: Exception) -> None:
    """Raises what has nothing to do with one text."""
    if isinstance(error, IimtError) or (is_out_of_memory(error) and not isinstance(error, NoAnswer)):
        raise error


def _reason(error: Exception) -> NoAnswer:
    if isinstance(error, NoAnswer):
        return error
    lines = str(error).split("\n")
    return NoAnswer(shortened(f"{type(error).__name__}: {lines[0]}".rstrip(": "), 200))
