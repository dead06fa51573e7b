"""Pieces → their translations, drawn. A drawing that does not read as its text is made again."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from iimt_cli.clock import timed
from iimt_cli.errors import shortened
from iimt_cli.model.appraisal import Appraisal
from iimt_cli.model.handover import Said
from iimt_cli.model.seen import Seen
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.translation.own_ink import with_own_ink
from iimt_cli.translation.pieces import Piece, firm, strengthened
from iimt_cli.translation.rails import Judgement, after_translation, fault, misdrawn
from iimt_cli.translation.result import Options
from iimt_cli.translation.steps.reading import Reader, SeenBatch

DOUBTFUL = 0.6  # × min_confidence: the confidence that each sentence of a paragraph must have
# nats: a misread drawing passes if its text is at most so much less likely than what was read in it
AMBIGUOUS = 2.0

Confidence = Callable[[str, str, Appraisal], float]
"""Source, target, what the text model tells of the target → how likely the translation is right, 0..1."""


Say = Callable[[Sequence[Piece], Seen], tuple[list[Piece], Said]]
"""Pieces, as they were seen → the same with their translations, and what the text decoder makes of them."""


def translate_and_draw(pieces: Sequence[Piece], seen: Seen, reader: Reader, say: Say) -> list[Piece]:
    """The pieces of a batch with translations and drawings; some are kept, with a reason. `seen`: their encoder states."""
    rows = [row for row, piece in enumerate(pieces) if not piece.judgement.keep]
    if not rows:
        return list(pieces)
    chosen, seen = [pieces[row] for row in rows], seen.select(rows)
    translated, said = say(chosen, seen)
    done = dict(zip(rows, _drawn(translated, seen, said, reader), strict=True))
    return [done.get(row, piece) for row, piece in enumerate(pieces)]


def translated(
    pieces: Sequence[Piece], seen: Seen, *, model: Translatotron, options: Options, confidence: Confidence
) -> tuple[list[Piece], Said]:
    """A `Say` that asks the text decoder."""
    packs = model.packs
    said = model.say(
        seen,
        options.beam,
        fits=lambda source, target: not fault(source, target, packs),
        terms=options.terms,
        localise=options.numbers == "localise",
        genres=[piece.genre for piece in pieces],
    )
    least = DOUBTFUL * options.least
    done = []
    for piece, text, wording, hints, appraisal in zip(
        pieces, said.texts, said.wordings, said.hints, said.appraisals, strict=True
    ):
        sure = confidence(piece.source, text, appraisal)
        judgement = after_translation(piece.source, text, sure, least, packs)
        sure = min(piece.confidence, sure)
        done.append(
            replace(piece, target=text, wording=wording, hints=hints, confidence=sure, judgement=judgement)
        )
    return done, said


def worded(pieces: Sequence[Piece], seen: Seen) -> tuple[list[Piece], Said]:
    """A `Say` for pieces that have their targets already. The drawer gets no states of the text decoder."""
    texts = [piece.target for piece in pieces]
    return list(pieces), Said(texts, texts, [()] * len(texts), [Appraisal()] * len(texts), None)


def _drawn(pieces: Sequence[Piece], seen: Seen, said: Said, reader: Reader) -> list[Piece]:
    """Draws the pieces that are not kept. The image encoder sees thin ink thickened, else drawn hairlines break into dots."""
    rows = [row for row, piece in enumerate(pieces) if not piece.judgement.keep]
    stronger = {row: strengthened(pieces[row].ink) for row in rows}
    thin = [row for row in rows if stronger[row] is not pieces[row].ink]
    rest = [row for row in rows if row not in thin]
    looks = [SeenBatch(rest, seen.select(rest))] if rest else []
    for batch in reader.seen([stronger[row] for row in thin], lexicon=False):
        looks.append(SeenBatch([thin[k] for k in batch.numbers], batch.seen))
    drawn = list(pieces)
    for look in looks:
        words = said.select(look.numbers)
        strips = reader.model.draw(look.seen, words.texts, words.states)
        for row, strip in zip(look.numbers, strips, strict=True):
            drawn[row] = replace(drawn[row], drawn=with_own_ink(firm(strip), drawn[row], reader.packs))
    return drawn


def check(pieces: Sequence[Piece], reader: Reader, options: Options) -> list[Piece]:
    """Reads each drawing. One that does not read as its text is drawn again, without the decoder's states.

    If that does not help, the piece is kept.
    """
    checked = list(pieces)
    drawn = [n for n, piece in enumerate(checked) if piece.drawn is not None]
    wrong = [drawn[k] for k in illegible([checked[n] for n in drawn], reader, options)]
    for batch in reader.seen([strengthened(checked[n].ink) for n in wrong], lexicon=False):
        numbers = [wrong[k] for k in batch.numbers]
        again = reader.model.draw(batch.seen, [checked[n].target for n in numbers], None)
        for n, strip in zip(numbers, again, strict=True):
            checked[n] = replace(checked[n], drawn=with_own_ink(firm(strip), checked[n], reader.packs))
    for k, read in illegible([checked[n] for n in wrong], reader, options).items():
        reason = f"could not be drawn legibly (reads as {shortened(read)!r})"
        checked[wrong[k]] = replace(checked[wrong[k]], judgement=Judgement(reason))
    return checked


def illegible(drawn: Sequence[Piece], reader: Reader, options: Options) -> dict[int, str]:
    """By number the pieces whose drawing is not legible, with what was read in it.

    A text without figures is legible, too, if it is nearly as likely as what was read (AMBIGUOUS).
    """
    with timed("check"):
        inks = [piece.drawn.ink for piece in drawn if piece.drawn is not None]
        readings = reader.readings(inks, lexicon=False)
        wrong = {
            n: reading.text
            for n, (piece, reading) in enumerate(zip(drawn, readings, strict=True))
            if misdrawn(reading.text, piece.target, options.max_mismatch)
        }
        unsure = [n for n, text in wrong.items() if text and not re.search(r"\d", drawn[n].target)]
        legible = set()
        for chosen, batch in reader.batches([inks[n] for n in unsure]):
            numbers = [unsure[k] for k in chosen]
            read, wanted = [wrong[n] for n in numbers], [drawn[n].target for n in numbers]
            rather = reader.model.preference(batch.ink, batch.mask, read, wanted)
            legible |= {n for n, more in zip(numbers, rather, strict=True) if more < AMBIGUOUS}
    return {n: text for n, text in wrong.items() if n not in legible}
