"""Hints of a lexicon between the pieces of a text, behind the words that they belong to."""

from collections.abc import Iterator, Sequence

from iimt_cli.language.lexicon import Hint
from iimt_cli.model.vocabulary import END, UNKNOWN, Vocabulary


def hinted(
    source: Vocabulary, target: Vocabulary, numbers: Sequence[int], ends: Sequence[int], hints: Sequence[Hint]
) -> Iterator[tuple[int, int]]:
    """The pieces of a text with its hints, each with its place in `numbers`, or -1 if it belongs to a hint.

    `ends` are the characters at which the pieces end. A hint stands behind the piece in which its word ends: the target
    pieces of each meaning and an end mark, numbered from the size of the source vocabulary (see `TextEncoder`).
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
    """The pieces of a text with its hints, as `hinted` has them, and the characters [begin, end) of those that are its own."""
    numbers, ranges = source.spans(text)
    return list(hinted(source, target, numbers, [end for _, end in ranges], hints)), ranges


def piece_ends(source: Vocabulary, numbers: Sequence[int], text: str) -> list[int]:
    """The characters of `text` at which the pieces end. What is unknown to the vocabulary ends where the next begins."""
    surfaces = source.surfaces
    if UNKNOWN in numbers:
        return [end for _, end in source.spans(text)[1]] if list(source.encode(text)) == list(numbers) else []
    ends, length = [], -1  # the first piece has a space before it that the text has not
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
