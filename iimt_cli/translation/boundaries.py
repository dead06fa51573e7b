"""Where one text ends and the next begins when neither a full stop nor the layout tells: the text decoder's opinion.

Lines of a poster, of an address, of a signature stand under each other as those of a sentence do; a mail's subject is
followed by a dash and by its first words. Translated together they come out wrong, or not at all.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

import torch

from iimt_cli.language.alphabet import CAPITAL, SMALL
from iimt_cli.language.base import Language, found
from iimt_cli.language.names import is_address, is_name
from iimt_cli.language.sentences import abbreviated, sentence_ends
from iimt_cli.model.decoding import decode_text
from iimt_cli.model.text import pad
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.model.vocabulary import PAD

MARGIN = 0.75  # of 400 held-out sentences, cut before a capital, 1 in 30 is above; of 400 pairs of texts two in three are
LONGEST = 60  # characters on either side: lines of running text are sentences that go on
MOST_LINES = 5
SIGN_LINES = 3
# A dot between two texts is small, and often not seen at all: then a wide gap is.
_PAUSE = re.compile(rf"(?<=\w)(?: [-–—~] (?=[\"„»]?[{CAPITAL}])| {{2,}}(?=\w))")
# A faint dot may be read as a cross, a bar as an I; beside a dot a space may be too narrow to be seen.
_DOT = re.compile(rf"(?<=\S)(?: [·•] ?|[·•] | [|+] )(?=\S)|(?<=\w) I (?=[{CAPITAL}])")
_SENTENCE_MARK = re.compile(rf"(?<=\w\w)(?:[.;!?](?=\s|$)|,(?= [{SMALL}]|$))")
_NUMBERED = re.compile(rf"(?P<number>\d{{1,2}})\. ?(?P<word>[{CAPITAL}]\w+)")
_STOP = re.compile(r"[.!?]$")
_MORE = re.compile(r"…$|\.\.$|\w [.…]+$")  # of a small "…" after a space one dot may be left
# A colon over figures may be read as a dot.
_NAMED = re.compile(rf"[{CAPITAL}][\w-]{{2,}}(?: [\w-]+)?(?::|\.(?= ?\d)) ?\S")


def dots(text: str) -> list[int]:
    """Before and after each dot or bar that stands between texts: "2 hours · easy" is never one."""
    return [place for m in _DOT.finditer(text) for place in (m.start() + (m.group()[0] == " "), m.end())]


def apart(model: Translatotron | None, pairs: Sequence[tuple[str, str]]) -> list[bool]:
    """For texts that follow each other whether they are two: likelier translated one by one than as one.

    Without a text model that knows the language they are taken for one.
    """
    return [gain > MARGIN for gain in _gains(model, pairs)] if model else [False] * len(pairs)


@torch.inference_mode()
def _gains(model: Translatotron, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """By how much the translations of two texts are likelier than that of both as one, in log-probability."""
    if not pairs:
        return []
    texts = list(dict.fromkeys(text for a, b in pairs for text in (a, b, f"{a} {b}")))
    device = model.text_decoder.embedding.weight.device
    pieces = pad([model.told(text) for text in texts]).to(device)
    context = model.text_encoder(pieces, model.text_decoder.embedding.weight)
    hints = model.text_encoder.hints(pieces)
    decoded = decode_text(
        model.text_decoder, context, pieces != PAD, once=model.target.words.to(device), hints=hints
    )
    chance = {t: d.score * (len(d.pieces) + 1) for t, d in zip(texts, decoded, strict=True)}
    return [chance[a] + chance[b] - chance[f"{a} {b}"] for a, b in pairs]


def wrapped(model: Translatotron | None, columns: Sequence[Sequence[str]], pack: Language) -> list[bool]:
    """For columns of lines that the layout takes for texts of their own whether they are one text in a narrow column.

    A menu's entries and labels start with capitals. Small letters that start more than half of the lines say that
    words go on, or every fourth where there are marks of a sentence, too. If a sign has but one such line, or none but a
    sentence's end in its last line, the text decoder has its say. Without one for their language (`pack`) they stay apart.
    """
    sure: set[int] = set()
    asked: dict[int, tuple[tuple[str, str], float]] = {}
    for i, lines in enumerate(columns):
        low = _small_starts(lines)
        marks = _has_marks(lines, pack)
        many = (4 if marks else 2) * len(low) >= len(lines) - marks
        if many and (len(low) > 1 or (marks and len(lines) > SIGN_LINES)):
            sure.add(i)
        elif many and low:
            asked[i] = (_last_sentence(lines[low[0] - 1], pack), _first_sentence(lines[low[0]], pack)), MARGIN
        elif last := last_pair(lines, pack):
            asked[i] = last, 0.0
    one: set[int] = set()
    if model:
        gains = _gains(model, [pair for pair, _ in asked.values()])
        one = {i for (i, (_, most)), gain in zip(asked.items(), gains, strict=True) if gain < most}
    return [i in sure | one for i in range(len(columns))]


def _small_starts(lines: Sequence[str]) -> list[int]:
    """The lines, by number, that go on with a small letter; none if the first one has one, too."""
    if lines[0][:1].islower():
        return []
    return [
        number
        for number, (before, line) in enumerate(pairwise(lines), 1)
        if line[:1].islower() and (before[-1:].isalnum() or before[-1:] in ",-")
    ]


def _has_marks(lines: Sequence[str], pack: Language) -> bool:
    marks = [line[: m.end()] for line in lines for m in _SENTENCE_MARK.finditer(line)]
    return any(not abbreviated(text, pack) for text in marks)


def last_pair(lines: Sequence[str], pack: Language) -> tuple[str, str] | None:
    """The last of two or three such lines and what stands before it, if only the last has the mark of a sentence's end."""
    *_, before, last = lines
    if len(lines) > SIGN_LINES or not _STOP.search(last) or not before[-1:].isalnum():
        return None
    return _last_sentence(before, pack), _first_sentence(last, pack)


def numbered(texts: Sequence[str], pack: Language) -> dict[int, int]:
    """Of a page's texts the items of a numbered list, and where what they say begins after the number.

    "1. Adresse" beside "2. Bestellung" is one; "1. Klasse" beside "2. Klasse", or alone, is not, nor is a date.
    """
    items = {i: m for i, text in enumerate(texts) if (m := _NUMBERED.match(text))}
    if months := pack.dates.months:
        items = {i: m for i, m in items.items() if not re.match(months, m["word"])}
    numbers: dict[int, set[str]] = {}
    for m in items.values():
        numbers.setdefault(int(m["number"]), set()).add(m["word"])

    def counted(m: re.Match[str]) -> bool:
        near = numbers.get(int(m["number"]) - 1, set()) | numbers.get(int(m["number"]) + 1, set())
        return bool(near) and m["word"] not in near

    return {i: m.start("word") for i, m in items.items() if counted(m)}


def after_ellipsis(lines: Sequence[str]) -> set[int]:
    """The lines (by number) that begin with a capital under "Save as …": entries of a menu."""
    return {
        number
        for number, (before, line) in enumerate(pairwise(lines), 1)
        if _MORE.search(before) and line[:1].isupper()
    }


def named_values(lines: Sequence[str]) -> set[int]:
    """The lines (by number) that begin with a name and a colon, if several do: "Date: June 3", "Number: 17"."""
    named = {number for number, line in enumerate(lines) if _NAMED.match(line)}
    return named - {0} if len(named) > 1 else set()


def names_and_addresses(lines: Sequence[str], pack: Language) -> set[int]:
    """The lines (by number) that are a name or an address, and those that follow them."""
    known = {number for number, line in enumerate(lines) if is_name(line, pack) or is_address(line, pack)}
    return {number for number in known | {number + 1 for number in known} if 0 < number < len(lines)}


def line_pairs(lines: Sequence[str], pack: Language) -> dict[int, tuple[str, str]]:
    """Of a paragraph's lines those (by number) that may begin a text of their own, each with what stands before it.

    They start with a capital or a figure, and nothing before them says that a sentence ends or goes on there. A full stop at
    their end does: who writes one sentence with it does not write the one before without.
    """
    if len(lines) > MOST_LINES:
        return {}
    pairs = {}
    for number, (before, line) in enumerate(pairwise(lines), 1):
        tail, head = _last_sentence(before, pack), _first_sentence(line, pack)
        begins = head[:1].isupper() or head[:1].isdigit()
        unfinished = found(pack.sentences.unfinished, tail)
        open_ended = tail[-1:].isalnum() and not unfinished and head[-1:] not in ".!?"
        if begins and open_ended and max(len(tail), len(head)) <= LONGEST:
            pairs[number] = (tail, head)
    return pairs


def capital_starts(lines: Sequence[str], pack: Language) -> set[int]:
    """The lines (by number) that begin a text of their own, without a text model that knows their language.

    They start with a capital, and no line goes on with a small letter: the next entry of a menu, not a name in a sentence.
    Where all nouns have capitals nothing is known.
    """
    if pack.inflection.capital_nouns or any(line[:1].islower() for line in lines[1:]):
        return set()
    return {number for number, (_, head) in line_pairs(lines, pack).items() if head[:1].isupper()}


def pause_pairs(text: str, pack: Language) -> dict[tuple[int, ...], tuple[str, str]]:
    """The dashes and wide gaps in a line that may stand between two texts, with what stands on their sides.

    Keys are where to cut: before a dash and after it, so that it stays.
    """
    pauses = list(_PAUSE.finditer(text))
    starts = [0, *(m.end() for m in pauses)]
    pairs: dict[tuple[int, ...], tuple[str, str]] = {}
    for start, pause in zip(starts, pauses, strict=False):
        before, head = text[start : pause.end()].strip(), _first_sentence(text[pause.end() :], pack)
        if min(len(before), len(head)) > 3:
            mark = pause.group().strip()
            pairs[(pause.start() + 1, pause.end()) if mark else (pause.end(),)] = (before, head)
    return pairs


def _first_sentence(text: str, pack: Language) -> str:
    return text[: next(iter(sentence_ends(text, pack)), None)].strip()


def _last_sentence(text: str, pack: Language) -> str:
    return text[([0, *sentence_ends(text, pack)])[-1] :].strip()
