"""Parts of one sentence that are several texts of a page: each is translated by itself, so all are drawn or none.

An icon or a key stands within a sentence, an edge of the ground runs through it, or its lines were not taken for one text.
"""

from collections.abc import Sequence

from iimt_cli.language.base import Language
from iimt_cli.page import Page
from iimt_cli.page.layout.group import in_one_sentence
from iimt_cli.translation.cut import line_texts
from iimt_cli.translation.pieces import Piece

PART = "part of a sentence whose rest is kept"


def with_the_rest(
    page: Page, pieces: Sequence[Sequence[Piece]], doubted: Sequence[bool], pack: Language
) -> list[bool]:
    """Which paragraphs of a page are parts of a sentence that has a doubted part; these themselves are among them.

    pieces: those of each paragraph; doubted: of each paragraph, whether it is kept because its translation may be wrong.
    """
    if not any(doubted):
        return list(doubted)
    owner, texts, ends = list[int](), list[str](), list[bool]()
    for n, (paragraph, parts) in enumerate(zip(page.paragraphs, pieces, strict=True)):
        own = line_texts(paragraph, parts)
        owner += [n] * len(own)
        texts += own
        ends += [i in (0, len(own) - 1) for i in range(len(own))]
    beside = [set[int]() for _ in doubted]
    for i, j in in_one_sentence(page.lines, texts, pack):
        if owner[i] != owner[j] and (ends[i] or ends[j]):
            beside[owner[i]].add(owner[j])
            beside[owner[j]].add(owner[i])
    found, todo = set[int](), [n for n, doubt in enumerate(doubted) if doubt]
    while todo:
        n = todo.pop()
        if n not in found:
            found.add(n)
            todo += beside[n]
    return [n in found for n in range(len(doubted))]
