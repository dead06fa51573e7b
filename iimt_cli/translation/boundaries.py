"""Where one text ends and the next begins within a line: dots, bars, numbers, and pauses, of which the text decoder judges.

A mail's subject is followed by a dash and by its first words. Translated together they come out wrong, or not at all.
"""

import re
from collections.abc import Sequence

import torch

from iimt_cli.language.alphabet import CAPITAL
from iimt_cli.language.base import Language
from iimt_cli.language.sentences import sentence_ends
from iimt_cli.model.decoding import decode_text
from iimt_cli.model.text import pad
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.model.vocabulary import PAD

# Log-probability. Of 400 held-out sentences, cut before a capital, 1 in 33 is above; of 400 pairs of texts two in three.
# Measured with the text model of run 20.
MARGIN = 0.4
# A dot between two texts is small, and often not seen at all: then a wide gap is.
_PAUSE = re.compile(rf"(?<=\w)(?: [-–—~] (?=[\"„»]?[{CAPITAL}])| {{2,}}(?=\w))")
# A faint dot may be read as a cross, a bar as an I; beside a dot a space may be too narrow to be seen.
_DOT = re.compile(rf"(?<=\S)(?: [·•] ?|[·•] | [|+] )(?=\S)|(?<=\w) I (?=[{CAPITAL}])")
_NUMBERED = re.compile(rf"(?P<number>\d{{1,2}})\. ?(?P<word>[{CAPITAL}]\w+)")


def dots(text: str) -> list[int]:
    """Before and after each dot or bar that stands between texts: "2 hours · easy" is never one."""
    return [place for m in _DOT.finditer(text) for place in (m.start() + (m.group()[0] == " "), m.end())]


@torch.inference_mode()
def apart(model: Translatotron | None, pairs: Sequence[tuple[str, str]]) -> list[bool]:
    """For texts that follow each other whether they are two: likelier translated one by one than as one.

    Without a text model that knows the language they are taken for one.
    """
    if not pairs or model is None:
        return [False] * len(pairs)
    texts = list(dict.fromkeys(text for a, b in pairs for text in (a, b, f"{a} {b}")))
    device = model.text_decoder.embedding.weight.device
    pieces = pad([model.told(text) for text in texts]).to(device)
    context = model.text_encoder(pieces, model.text_decoder.embedding.weight)
    hints = model.text_encoder.hints(pieces)
    decoded = decode_text(
        model.text_decoder, context, pieces != PAD, once=model.target.words.to(device), hints=hints
    )
    chance = {t: d.score * (len(d.pieces) + 1) for t, d in zip(texts, decoded, strict=True)}
    return [chance[a] + chance[b] - chance[f"{a} {b}"] > MARGIN for a, b in pairs]


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
