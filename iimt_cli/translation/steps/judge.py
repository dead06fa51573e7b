"""Which pieces stay as they are, and why, before translation; and which paragraphs stay as they are in the end."""

import math
from collections.abc import Sequence
from dataclasses import replace

from iimt_cli.config import Languages
from iimt_cli.language import language
from iimt_cli.language.base import Language
from iimt_cli.language.lexicon import Lexicon
from iimt_cli.language.names import changed, towns_on_page
from iimt_cli.page import Page
from iimt_cli.translation.cut import CUT_OFF, is_cut_off
from iimt_cli.translation.facing import NOT_UPRIGHT, not_upright
from iimt_cli.translation.language import in_target_language
from iimt_cli.translation.letters import are_words
from iimt_cli.translation.pieces import Piece, harmless, paragraph_reason
from iimt_cli.translation.rails import Judgement, before_translation
from iimt_cli.translation.result import Options
from iimt_cli.translation.sentence import PART, with_the_rest
from iimt_cli.translation.steps.reading import Reader

LEGIBLE = 0.5  # mean probability per character below which a reading is noise, not text
DOUBTFUL = 0.8  # mean probability per character below which text may be upside down or mirrored
NO_WORD = "spaced letters that are no word"
UNSEPARATED = "a part of it cannot be told from the background"


def judge(pieces: Sequence[Piece], reader: Reader, languages: Languages, options: Options) -> list[Piece]:
    """The pieces of one page with its genre, the judgement of their readings, and the glossary's terms that they have."""
    if options.text_model is None:
        genre = reader.model.genre(piece.source for piece in pieces)
        pieces = [replace(piece, genre=genre) for piece in pieces]
    judged = _without_reversed([_judged(piece, reader.pack, options) for piece in pieces], reader)
    worded = [n for n, piece in enumerate(judged) if not piece.judgement.keep]
    model = reader.model
    vocabularies = (model.source, model.target) if languages == model.preset.languages else (None, None)
    there = in_target_language([judged[n].source for n in worded], languages, *vocabularies)
    settled = Judgement("already in the target language", harmless=True)
    for n, known in zip(worded, there, strict=True):
        if known:
            judged[n] = replace(judged[n], judgement=settled)
    return judged


def _judged(piece: Piece, pack: Language, options: Options) -> Piece:
    found = options.terms(piece.source)
    judgement = before_translation(piece.source, piece.confidence, LEGIBLE, pack)
    if judgement.harmless and any(one.fill != piece.source[one.start : one.end] for one in found):
        judgement = Judgement()  # a name that the glossary translates is not kept
    return replace(piece, terms=tuple(one.term for one in found), judgement=judgement)


def _without_reversed(pieces: list[Piece], reader: Reader) -> list[Piece]:
    """The pieces, of which those are kept that are read with less doubt upside down or mirrored."""
    doubtful = [n for n, p in enumerate(pieces) if not p.judgement.keep and p.confidence < DOUBTFUL]
    if not doubtful:
        return pieces
    result = list(pieces)
    scores = [math.log(pieces[n].confidence) for n in doubtful]
    for n, reverse in zip(
        doubtful, not_upright([pieces[n].ink for n in doubtful], scores, reader.readings), strict=True
    ):
        if reverse:
            result[n] = replace(pieces[n], judgement=Judgement(NOT_UPRIGHT))
    return result


def reasons(
    page: Page, pieces: Sequence[Sequence[Piece]], options: Options, lexicon: Lexicon | None
) -> list[str]:
    """For each paragraph of a page why it is kept, or "". pieces: those of each paragraph. lexicon: of the language read."""
    judged = "translation" if options.text_model is None else "reading"
    towns = towns_on_page((piece.source for parts in pieces for piece in parts), language(options.source))
    # "Essen" is a word, too. Without a lexicon nothing tells.
    names = [town for town in towns if lexicon is not None and town.lower() not in lexicon]
    found = []
    for paragraph, parts in zip(page.paragraphs, pieces, strict=True):
        reason = paragraph_reason(parts, options.least, judged)
        if any(line.partial for line in paragraph.lines):
            reason = UNSEPARATED
        elif not reason and paragraph.spacing and not are_words(" ".join(p.source for p in parts), lexicon):
            reason = NO_WORD
        elif not (reason or options.whole or lexicon is None) and is_cut_off(page, paragraph, parts, lexicon):
            reason = CUT_OFF
        elif not reason:
            name = changed(names, " ".join(p.source for p in parts), " ".join(p.text for p in parts))
            reason = f"a name was changed ({name})" if name else ""
        found.append(reason)
    doubted = [bool(reason) and not harmless(parts) for reason, parts in zip(found, pieces, strict=True)]
    parts_of_them = with_the_rest(page, pieces, doubted, language(options.source))
    return [reason or PART * part for reason, part in zip(found, parts_of_them, strict=True)]
