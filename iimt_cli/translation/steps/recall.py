"""Drawing the texts of a sidecar: the system's draft is drawn again, then what a person changed.

Unchanged paragraphs must get the same pixels, to the bit. So all strips are read and drawn in the same batches as the first
time, with the draft's texts from the sidecar. Only then the changed paragraphs are drawn, each in a batch of its own.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from iimt_cli.data.text import clean
from iimt_cli.errors import IimtError, shortened
from iimt_cli.language.base import Language
from iimt_cli.language.glossary import Glossary, Term
from iimt_cli.model.draw import DrawnStrip
from iimt_cli.model.handover import Said
from iimt_cli.model.seen import Seen
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.page import Page
from iimt_cli.translation.job import Change
from iimt_cli.translation.own_ink import with_own_ink
from iimt_cli.translation.pieces import Piece, firm, strengthened
from iimt_cli.translation.rails import Judgement, undrawable
from iimt_cli.translation.result import Block, DraftPiece, Options, Texts
from iimt_cli.translation.steps.draw import illegible
from iimt_cli.translation.steps.reading import Reader

SAME_PLACE = 1.0  # px by which the corners of the same line may differ, since a sidecar rounds them
KEPT = Judgement("kept", harmless=True)
NO_DRAFT = "it is not known what the system made of it"
BY_HAND = "kept by hand"


@dataclass(frozen=True)
class Places:
    """Which paragraph of a page each block of the texts is. paragraphs: ids of blocks → numbers of paragraphs.

    left: the ids of blocks that are among the lines left alone → why; these cannot be drawn.
    """

    paragraphs: dict[int, int]
    left: dict[int, str]

    @classmethod
    def of(cls, page: Page, texts: Texts) -> "Places":
        paragraphs: dict[int, int] = {}
        left: dict[int, str] = {}
        there = [
            np.stack([page.in_picture(line.quad) for line in paragraph.lines])
            for paragraph in page.paragraphs
        ]
        there += [np.stack([page.in_picture(quad) for quad in one.quads]) for one in page.left_alone]
        starts = np.array([quads[0, 0] for quads in there]).reshape(-1, 2)
        for block in texts.blocks:
            lines = np.array(block.lines, np.float64).reshape(-1, 4, 2)
            first = lines[0, 0] if len(lines) else np.full(2, np.inf)
            near = np.flatnonzero(np.abs(starts - first).max(axis=1) <= SAME_PLACE)
            number = next((int(i) for i in near if _same(lines, there[i])), None)
            if number is not None and number < len(page.paragraphs):
                paragraphs[block.id] = number
            elif number is not None:
                left[block.id] = page.left_alone[number - len(page.paragraphs)].reason
        return cls(paragraphs, left)

    def check(self, texts: Texts) -> None:
        """Raises IimtError if a block is not on the page."""
        for block in texts.blocks:
            if block.id not in self.paragraphs and block.id not in self.left:
                raise IimtError(
                    f"{texts.name}: block {block.id} ({_short(block.source)}) is not found in the picture"
                )


def _same(lines: np.ndarray, quads: np.ndarray) -> bool:
    return lines.shape == quads.shape and bool(np.abs(lines - quads).max() <= SAME_PLACE)


def _short(text: str) -> str:
    return repr(text if len(text) < 40 else f"{text[:39]}…")


def recall(page: Page, parts: Sequence[Sequence[Piece]], texts: Texts, whole: bool = True) -> list[Piece]:
    """The pieces of a page, in order, with their targets of the draft. parts: the pieces of each paragraph.

    Pieces that the draft does not know are kept. So are, without `whole`, those whose draft would only be replaced.
    """
    blocks = _by_paragraph(page, texts)
    recalled: list[Piece] = []
    for i, some in enumerate(parts):
        known = _draft_of(blocks.get(i), some)
        replaced = set() if whole or not known else _replaced(blocks[i], known)
        if replaced and page.looks(i):  # which words of the new text look otherwise is told by the draft
            replaced = set()
        for n, piece in enumerate(some):
            draft = known[n] if known else None
            if n in replaced:
                recalled.append(replace(piece, judgement=KEPT, recalled=draft))
            elif draft is None or draft.target is None:
                recalled.append(replace(piece, judgement=KEPT))
            else:
                recalled.append(replace(piece, target=draft.target, wording=draft.wording, recalled=draft))
    return recalled


def repeated(
    pieces: Sequence[Piece], seen: Seen, *, model: Translatotron, options: Options
) -> tuple[list[Piece], Said]:
    """A `draw.Say` for a draft of the weights' own text model. Refused texts were in its batches, so they are here, too."""
    said = model.repeat(
        seen,
        [piece.wording or "" for piece in pieces],
        [piece.recalled.hints if piece.recalled is not None else None for piece in pieces],
        terms=options.terms,
        localise=options.numbers == "localise",
    )
    refused = [piece.recalled is not None and not piece.recalled.drawn for piece in pieces]
    return [
        replace(piece, target=text, judgement=KEPT if no else Judgement())
        for piece, text, no in zip(pieces, said.texts, refused, strict=True)
    ], said


def without_refused(pieces: Sequence[Piece]) -> list[Piece]:
    """Recalled pieces for `draw.worded`. Words of another text model that were refused were in no batch, so they are kept."""
    return [
        replace(piece, judgement=KEPT) if piece.recalled is not None and not piece.recalled.drawn else piece
        for piece in pieces
    ]


def terms_of(texts: Sequence[Texts], pack: Language) -> Glossary | None:
    """A glossary of the terms that texts had when they were translated, so that these are found again.

    pack: of the language that is read. None if they had no terms.
    """
    found = {term["source"]: term["target"] for own in texts for block in own.blocks for term in block.terms}
    terms = [Term(source, target) for source, target in found.items()]
    return Glossary(terms, pack.inflection) if terms else None


def draft_reasons(page: Page, parts: Sequence[Sequence[Piece]], texts: Texts) -> list[str]:
    """For each paragraph why the draft kept it, or ""."""
    blocks = _by_paragraph(page, texts)
    reasons = []
    for i, some in enumerate(parts):
        block = blocks.get(i)
        if block is not None and block.draft is not None and _draft_of(block, some) is not None:
            reasons.append(block.draft.reason)
        else:
            reasons.append(block.reason if block is not None and block.reason else NO_DRAFT)
    return reasons


def changes(
    page: Page,
    parts: Sequence[Sequence[Piece]],
    reasons: Sequence[str],
    texts: Texts,
    reader: Reader,
    options: Options,
) -> dict[int, Change]:
    """By number the paragraphs for which `texts` say something else than their draft, with what becomes of them."""
    found: dict[int, Change] = {}
    for i, block in _by_paragraph(page, texts).items():
        drawn = "" if reasons[i] else " ".join(part.text for part in parts[i]).strip()
        wanted = "" if block.keep else clean(block.target)
        if wanted == clean(drawn):
            continue
        unknown = undrawable(wanted, reader.model.preset.characters, block.source)
        if not wanted:
            found[i] = Change([], BY_HAND)
        elif unknown:
            found[i] = Change([], unknown)
        else:
            found[i] = _change(parts[i], wanted, reader, options)
    return found


def _change(parts: Sequence[Piece], wanted: str, reader: Reader, options: Options) -> Change:
    """Draws a text in place of a paragraph's pieces. Pieces whose words stay the same keep their drawings."""
    words = share(wanted, [_present(part) for part in parts])
    pieces = [_reworded(part, text) for part, text in zip(parts, words, strict=True)]
    todo = [n for n, piece in enumerate(pieces) if piece.drawn is None and not piece.judgement.keep]
    for batch in reader.seen([strengthened(pieces[n].ink) for n in todo], lexicon=False):
        numbers = [todo[k] for k in batch.numbers]
        strips = reader.model.draw(batch.seen, [pieces[n].target for n in numbers], None)
        for n, strip in zip(numbers, strips, strict=True):
            pieces[n] = replace(pieces[n], drawn=with_own_ink(firm(strip), pieces[n], reader.packs))
    for read in illegible([pieces[n] for n in todo], reader, options).values():
        return Change([], f"could not be drawn legibly (reads as {shortened(read)!r})")
    return Change(pieces)


def _replaced(block: Block, known: Sequence[DraftPiece]) -> set[int]:
    """The numbers of the pieces of a block that get other words."""
    words = [one.target or "" if one.drawn else one.source for one in known]
    wanted = share("" if block.keep else clean(block.target), words)
    return {n for n, (old, new) in enumerate(zip(words, wanted, strict=True)) if old != new}


def _present(piece: Piece) -> str:
    """The words of a piece's ink: its target if it was drawn, or would be if it were not replaced; else its source."""
    if piece.drawn is None and piece.recalled is not None and piece.recalled.drawn:
        return piece.recalled.target or ""
    return piece.source if piece.drawn is None else piece.target


def _reworded(piece: Piece, text: str) -> Piece:
    """The piece with another text, which is not drawn yet; or as it is, if that is its text already."""
    if text == _present(piece):
        return replace(piece, judgement=Judgement() if piece.drawn is not None else KEPT)
    empty = DrawnStrip(piece.ink[:, :0], np.zeros(1))
    return replace(piece, target=text, judgement=Judgement(), drawn=None if text else empty)


def share(text: str, parts: Sequence[str]) -> list[str]:
    """The words of a new text shared out among parts with other words; words that are in a part already stay there."""
    words, new = " ".join(parts).split(), text.split()
    same = difflib.SequenceMatcher(None, words, new, autojunk=False).get_opcodes()

    def moved(place: int) -> int:
        for kind, a, b, start, stop in same:
            if a < place < b or (kind == "equal" and a <= place <= b):
                step = 1.0 if kind == "equal" else (stop - start) / (b - a)
                return round(start + (place - a) * step)
        return 0 if place == 0 else len(new)

    counts = [len(part.split()) for part in parts]
    cuts = [moved(sum(counts[: n + 1])) for n in range(len(parts) - 1)]
    return [" ".join(new[a:b]) for a, b in pairwise([0, *cuts, len(new)])]


def _by_paragraph(page: Page, texts: Texts) -> dict[int, Block]:
    blocks = {block.id: block for block in texts.blocks}
    return {number: blocks[id_] for id_, number in Places.of(page, texts).paragraphs.items()}


def _draft_of(block: Block | None, pieces: Sequence[Piece]) -> Sequence[DraftPiece] | None:
    """The draft of each piece; None if there is none, or if it was made for other pieces."""
    if block is None or block.draft is None:
        return None
    known = block.draft.pieces
    return known if [one.source for one in known] == [one.source for one in pieces] else None
