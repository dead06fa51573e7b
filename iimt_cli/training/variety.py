"""What pictures show and corpora lack: labels side by side, several sentences, other names, a reader's mistakes."""

import itertools
import re
from collections.abc import Mapping, Sequence

import numpy as np

from iimt_cli.data.corpora import Pair, PairSampler
from iimt_cli.data.text import lower_case
from iimt_cli.language.alphabet import CAPITAL, SMALL
from iimt_cli.language.base import Language, Syllables
from iimt_cli.language.protected import PLACEHOLDER

TOWNS = 0.3  # share of the made-up names that are those of towns
LINED_UP = [", ", ", ", ", ", " / ", ": ", " - ", " · ", " & "]  # separators between labels, one at random
_NAME = re.compile(rf"\b[{CAPITAL}][{SMALL}]{{2,}}\b")
_NOUN = re.compile(rf"(?<=[a-z] )[{CAPITAL}][{SMALL}]{{3,8}}\b")
_WORD = re.compile(rf"\b[{CAPITAL}{SMALL}]{{4,8}}\b")


def vary(
    pair: Pair,
    sampler: PairSampler,
    rng: np.random.Generator,
    pack: Language,
    variety: float = 1.0,
    longest: int = 250,
) -> Pair:
    """The pair changed towards what pictures show: several sentences, small letters only, or text that is translated already.

    Small letters also teach text in capitals, which is translated in small letters: see `Translatotron.say`.
    """
    if rng.random() < 0.08 * variety:
        pair = rename(pair, sampler, rng, pack.syllables)
    chance = rng.random() / max(variety, 1e-9)
    if chance < 0.05:
        return Pair(lower_case(pair.source), pair.target)
    if chance < 0.065:
        return Pair(pair.source.title(), pair.target.title())
    if chance < 0.1:
        return Pair(pair.target, pair.target)
    if chance < 0.18:
        return follow(pair, sampler.draw(rng, int(rng.integers(1, 3))), longest)
    if is_label(pair) and rng.random() < 0.25 * variety:
        return line_up(pair, sampler.draw(rng, 8), rng)
    if chance < 0.19:
        same = number_line(rng)
        return Pair(same, same)
    if chance < 0.34 and pair.source[-1] in ".!" and pair.target[-1] in ".!":
        return Pair(pair.source[:-1], pair.target[:-1])  # signs and buttons have no full stop
    return pair


def rename(pair: Pair, sampler: PairSampler, rng: np.random.Generator, syllables: Syllables) -> Pair:
    """Replaces a name that both sides share by another one, half of the time with a surname, to teach copying of names.

    Half of the surnames, and parts of towns, are capitalised words of other texts, which would be translated if they were
    not names.
    """
    shared = set(_NAME.findall(pair.source)) & set(re.findall(r"\b\w+\b", pair.target))
    if not shared:
        return pair
    old = sorted(shared)[int(rng.integers(len(shared)))]
    new = made_up_name(rng, syllables)
    if rng.random() < TOWNS and syllables.towns and (words := _WORD.findall(sampler.draw(rng, 1)[0].source)):
        new = words[0].capitalize() + syllables.towns[int(rng.integers(len(syllables.towns)))]
    elif rng.random() < 0.5:
        nouns = _NOUN.findall(sampler.draw(rng, 1)[0].source)
        surname = nouns[0] if nouns and rng.random() < 0.5 else made_up_name(rng, syllables)
        new = f"{old if rng.random() < 0.5 else new} {surname}"
    return Pair(*(re.sub(rf"\b{old}\b", new, side) for side in (pair.source, pair.target)))


def made_up_name(rng: np.random.Generator, syllables: Syllables) -> str:
    """Two or three syllables, with a capital, that sound like a name but are not one."""
    starts, vowels, ends = list(syllables.starts), list(syllables.vowels), list(syllables.ends)
    middle = "".join(rng.choice(starts) + rng.choice(vowels) for _ in range(int(rng.integers(1, 3))))
    return (middle + rng.choice(list(syllables.middles)) + rng.choice(ends)).capitalize()


def follow(pair: Pair, others: Sequence[Pair], longest: int) -> Pair:
    """`pair` with as many of the `others` behind it as fit: it must end a sentence, and have `longest` characters at most."""
    for other in others:
        ends = pair.source[-1] in ".!?" and pair.target[-1] in ".!?"
        if ends and len(pair.source) + len(other.source) < longest:
            pair = Pair(f"{pair.source} {other.source}", f"{pair.target} {other.target}")
    return pair


def is_label(pair: Pair) -> bool:
    """Whether a pair is a word or a few, as dictionaries, tables and menus have them."""
    return all(len(side.split()) < 4 and not re.search(r"[\W\d_]", side.replace(" ", "")) for side in pair)


def line_up(pair: Pair, others: Sequence[Pair], rng: np.random.Generator) -> Pair:
    """A label with one or two of the `others` beside it, so that a word is known whatever stands beside it."""
    mark = LINED_UP[int(rng.integers(len(LINED_UP)))]
    labels = [pair, *filter(is_label, others)][: int(rng.integers(2, 4))]
    return Pair(*(mark.join(sides) for sides in zip(*labels, strict=True)))


def number_line(rng: np.random.Generator) -> str:
    """Something that must stay as it is: a price, a time, a date, a code."""
    n = [int(x) for x in rng.integers(0, 100, size=4)]
    forms = (
        f"{n[0]}.{n[1]:02d} €",
        f"{n[0] % 24}:{n[1] % 60:02d}",
        f"{n[0]}",
        f"{n[0] * 100 + n[1]}",
        f"A{n[0]}-{n[1]}",
        f"{1 + n[0] % 28}.{1 + n[1] % 12}.{2000 + n[2]}",
        f"{n[0]} %",
        f"+49 {n[0]} {n[1]}{n[2]}{n[3]}",
        f"v{n[0] % 9}.{n[1]}",
    )
    return forms[int(rng.integers(len(forms)))]


def disturb(
    text: str, rng: np.random.Generator, share: float, lookalikes: Mapping[str, str], rate: float = 0.03
) -> str:
    """Puts a reader's mistakes into a `share` of the texts. `lookalikes`: characters → those that it takes them for.

    In half of these texts one or two letters are mistaken everywhere, as in an unknown face. In the others characters are
    dropped, doubled or confused at `rate`.
    """
    if rng.random() >= share:
        return text
    parts = PLACEHOLDER.split(text)  # a reader cannot mistake placeholders
    if len(parts) > 1:
        noisy = [disturb(part, rng, 1.0, lookalikes, rate) if part.strip() else part for part in parts[::2]]
        return "".join(a + b for a, b in itertools.zip_longest(noisy, parts[1::2], fillvalue=""))
    known = sorted(set(text) & lookalikes.keys())
    if known and rng.random() < 0.5:
        for letter in rng.choice(known, size=min(len(known), int(rng.integers(1, 3))), replace=False):
            looks = _lookalike(letter, rng, lookalikes)
            text = "".join(looks if c == letter and rng.random() < 0.7 else c for c in text)
        return text if text.strip() else letter
    out = []
    for c in text:
        chance = rng.random() / rate
        if chance < 0.25:
            continue
        if chance < 0.85:
            c = _lookalike(c, rng, lookalikes)
        elif chance < 1.0:
            c += c
        out.append(c)
    return "".join(out) if "".join(out).strip() else text


def _lookalike(char: str, rng: np.random.Generator, lookalikes: Mapping[str, str]) -> str:
    options = lookalikes.get(char) or [char, ""]
    return options[int(rng.integers(len(options)))]
