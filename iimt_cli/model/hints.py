"""Putting a lexicon's hints between the pieces of a text: each stands behind the word that it belongs to."""

from collections.abc import Iterator, Sequence

from iimt_cli.language.lexicon import Hint
from iimt_cli.model.vocabulary import END, UNKNOWN, Vocabulary


def hinted(
    source: Vocabulary, target: Vocabulary, numbers: Sequence[int], ends: Sequence[int], hints: Sequence[Hint]
) -> Iterator[tuple[int, int]]:
    """The pieces of a text and its hints: (piece, its index in `numbers`, or -1 for a piece of a hint).

    `ends`: the characters at which the pieces end. A hint stands behind the piece in which its word ends. It consists of the
    target pieces of each meaning, each followed by an end mark; their numbers begin at the size of the source vocabulary
    (see `TextEncoder`).
    """
    waiting = sorted(hints, key=lambda hint: hint.end)
    at = 0
    for place, (number, end) in enumerate(zip(numbers, ends, strict=True)):
        yield number, place
        while at < len(waiting) and waiting[at].end <= end:
            for meaning in waiting[at].meanings:
                for piece in [*target.encode(meaning), END]:
                    yield piece + len(source), -1
            at += 1


def placed(
    source: Vocabulary, target: Vocabulary, text: str, hints: Sequence[Hint]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """(the result of `hinted` for a text; the characters [begin, end) of each of its own pieces)."""
    numbers, ranges = source.spans(text)
    return list(hinted(source, target, numbers, [end for _, end in ranges], hints)), ranges


def piece_ends(source: Vocabulary, numbers: Sequence[int], text: str) -> list[int]:
    """The characters of `text` at which the pieces end. A piece unknown to the vocabulary ends where the next begins."""
    surfaces = source.surfaces
    if UNKNOWN in numbers:
        return [end for _, end in source.spans(text)[1]] if list(source.encode(text)) == list(numbers) else []
    ends, length = [], -1  # -1, because the first piece begins with a space that is not in the text
    for number in numbers:
        length += len(surfaces[number])
        ends.append(length)
    return ends


def with_hints(
    source: Vocabulary, target: Vocabulary, text: str, numbers: Sequence[int], hints: Sequence[Hint]
) -> list[int]:
    """Piece numbers of a text, its hints and the end."""
    ends = piece_ends(source, numbers, text) if hints else []
    if not ends:
        return [*numbers, END]
    return [*(number for number, _ in hinted(source, target, numbers, ends, hints)), END]
