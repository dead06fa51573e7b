"""The interface of another text model in place of the weights' own: texts in, translations out. Nothing here needs torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from iimt_cli.errors import IimtError, is_out_of_memory, shortened

PROBES = 3  # texts: a model that fails with each of the first ones, one by one, counts as broken


class TextModel(Protocol):
    """A function from texts, each without a line break, to as many translations in the same order.

    It may have the attributes `name`, for sidecars and messages, and `source` and `target`, the ISO 639-1 codes of its
    languages. If it raises an exception, the texts that cause it are left alone; an IimtError fails the whole picture.
    """

    def __call__(self, texts: Sequence[str], /) -> Sequence[str]: ...


class NoAnswer(Exception):
    """Raised if there is no translation. Its text becomes the reason in a sidecar."""


@dataclass(frozen=True)
class Recorded:
    """A text model that is only named in a sidecar: its translations are known, but it cannot be asked again."""

    name: str

    def __call__(self, texts: Sequence[str], /) -> Sequence[str]:
        raise IimtError(f"{self.name}: is a name in a sidecar, and no text model")


Answer: TypeAlias = str | NoAnswer


def name_of(model: TextModel) -> str:
    """The name of a text model in sidecars and messages."""
    return str(getattr(model, "name", "") or getattr(model, "__name__", type(model).__name__))


def answers(model: TextModel, texts: Sequence[str]) -> dict[str, Answer]:
    """For each text its translation, or why there is none.

    If the model fails with all texts at once, it gets halves of them, halves of these, and so on, to find the ones to blame.
    Raises IimtError if the model raises one itself, or fails with each of the first `PROBES` texts, one by one.
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
    """Raises the exceptions that are not about a single text."""
    if isinstance(error, IimtError) or (is_out_of_memory(error) and not isinstance(error, NoAnswer)):
        raise error


def _reason(error: Exception) -> NoAnswer:
    if isinstance(error, NoAnswer):
        return error
    lines = str(error).split("\n")
    return NoAnswer(shortened(f"{type(error).__name__}: {lines[0]}".rstrip(": "), 200))
