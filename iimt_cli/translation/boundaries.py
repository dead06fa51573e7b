"""Where one text of a line ends and the next begins: at dots, bars and numbers, and at pauses if the text decoder says so.

In a list of mails, for example, a dash stands between a subject and the first words of the mail. Translated as one text both
come out wrong.
"""

import re
from collections.abc import Sequence
from itertools import chain

import torch

from iimt_cli.language.alphabet import CAPITAL
from iimt_cli.language.base import Language
from iimt_cli.language.numbers import begins_with_ordinal
from iimt_cli.language.protected import mask
from iimt_cli.language.sentences import sentence_ends
from iimt_cli.model.decoding import decode_text
from iimt_cli.model.text import pad
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.model.vocabulary import PAD

# Nats by which two texts must be likelier translated one by one than as one. With it 1 in 33 of 400 held-out sentences, cut
# before a capital, is taken for two texts, and two in three of 400 true pairs are found (text model of run 20).
MARGIN = 0.4
# Nats by which two lines that the layout leaves in doubt must be likelier translated as one. On 102 pictures with it 19 pairs
# that are one text are found, and 3 that are two are joined (text model of run 20).
ONE = 0.5
# A pause between two texts: a dash, or a wide gap, since the small dot in it is often not read at all.
_PAUSE = re.compile(rf"(?<=\w)(?: [-–—~] (?=[\"„»]?[{CAPITAL}])| {{2,}}(?=\w))")
# A dot or a bar between two texts. A faint dot may be read as +, a bar as I; a space beside a dot may not be read at all.
# An angle or arrow ("Home › Garden", the way to a page) is read as one of several signs, or two of them. In a sentence none of
# these stands between two spaces and before a capital.
_DOT = re.compile(
    rf"(?<=\S)(?: [·•] ?|[·•] | [|+] )(?=\S)|(?<=\w) (?:I|[]\[(){{}}<>»/\\]{{1,2}}) (?=[{CAPITAL}])|(?<=\w)> (?=[{CAPITAL}])"
)
_NUMBERED = re.compile(rf"(?P<number>\d{{1,2}})\. ?(?P<word>[{CAPITAL}]\w+)")


def dots(text: str) -> list[int]:
    """The characters at which to cut a text: before and behind each sign between texts ("2 hours · easy" is two)."""
    return [place for m in _DOT.finditer(text) for place in (m.start() + (m.group()[0] == " "), m.end())]


def apart(model: Translatotron | None, pairs: Sequence[tuple[str, str]]) -> list[bool]:
    """For each pair of neighbouring texts whether they are two texts: both alone are likelier translated than both as one.

    Without a text model for the language they are taken for one.
    """
    return (
        [False] * len(pairs) if model is None else [nats > MARGIN for nats in _likelier_apart(model, pairs)]
    )


def together(model: Translatotron | None, pairs: Sequence[tuple[str, str]]) -> list[bool]:
    """For each pair of lines whether they are one text: both as one are likelier translated than both alone.

    Without a text model for the language they are taken for two. So are two texts that the translation memory knows, unless it
    knows both as one.
    """
    if model is None:
        return [False] * len(pairs)
    pack = model.packs.source
    whole = {text for text in dict.fromkeys(chain(*pairs)) if model.known(text, mask(text, pack))}
    asked = [
        (a, b)
        for a, b in pairs
        if not whole.issuperset((a, b)) or model.known(f"{a} {b}", mask(f"{a} {b}", pack))
    ]
    one = {pair for pair, nats in zip(asked, _likelier_apart(model, asked), strict=True) if nats < -ONE}
    return [pair in one for pair in pairs]


@torch.inference_mode()
def _likelier_apart(model: Translatotron, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """Nats by which the two texts of each pair are likelier translated one by one than as one."""
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


def numbered(texts: Sequence[str], pack: Language) -> dict[int, int]:
    """The texts of a page that are items of a numbered list: their number here → the character behind the item's number.

    "1. Adresse" is an item if the page has "2. Bestellung", too. "1. Paar" beside "2. Paar", or alone, is not, and neither is
    a date nor a figure that counts ("2. Stock").
    """
    items = {
        i: m
        for i, text in enumerate(texts)
        if (m := _NUMBERED.match(text)) and not begins_with_ordinal(text, pack)
    }
    numbers: dict[int, set[str]] = {}
    for m in items.values():
        numbers.setdefault(int(m["number"]), set()).add(m["word"])

    def counted(m: re.Match[str]) -> bool:
        near = numbers.get(int(m["number"]) - 1, set()) | numbers.get(int(m["number"]) + 1, set())
        return bool(near) and m["word"] not in near

    return {i: m.start("word") for i, m in items.items() if counted(m)}


def pause_pairs(text: str, pack: Language) -> dict[tuple[int, ...], tuple[str, str]]:
    """The pauses of a line: the characters at which to cut → the words on both sides, for `apart` to judge.

    A dash is cut off on both sides, so that it stays in the picture.
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
