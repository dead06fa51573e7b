"""Whether a glossary is obeyed: 50 terms of our own in 150 sentences, and 50 sentences beside them that must not change.

    python recipes/glossary.py weights/de-en [--pictures 10] [--save seen/]

`glossary.tsv` beside this file has a term, its target and a sentence a line: sentences as signs, shops, forms and letters have
them, terms in their inflected forms. Counted are the translations, of whatever confidence, that say the target where the
sentence has the term, and the other sentences that a glossary changes. With `--pictures` the sentences stand on so many
pages of two columns, which are translated with and without the glossary; of a page's other sentences the pixels are
compared, too.
"""

import argparse
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from iimt_cli import Options, Translation, Translator, load
from iimt_cli.data.fonts import choose_faces, find_fonts, load_font
from iimt_cli.data.text import edit_distance
from iimt_cli.language import language
from iimt_cli.language.glossary import Glossary, Term
from iimt_cli.translation.result import Block

FONT, SIZE = "DejaVu Sans Book", 24
LINE, COLUMN, EDGE = 76, 1100, 40  # px


@dataclass(frozen=True)
class Sentence:
    """A sentence, and the target that its translation must say, or "" if no glossary concerns it."""

    text: str
    wanted: str = ""


def load_sentences() -> tuple[list[Term], list[Sentence]]:
    """The terms, and the sentences with what they must say. A term that is kept must be said as the sentence has it."""
    lines = Path(__file__).with_suffix(".tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    terms = list(dict.fromkeys(Term(term, target) for term, target, _ in rows if term))
    return terms, [
        Sentence(text, target or (term and next(word for word in text.split() if term in word)))
        for term, target, text in rows
    ]


def says(text: str, wanted: str) -> bool:
    """Whether a text says it, in whatever capitals."""
    return wanted.casefold() in text.casefold()


def texts(translator: Translator, sentences: list[Sentence], glossary: Glossary) -> None:
    """The text model alone."""
    rows = [one.text for one in sentences]
    options = Options(min_confidence=0)
    with_terms = translator.translate_texts(rows, replace(options, glossary=glossary))
    without = translator.translate_texts(rows, options)
    obeyed = changed = 0
    for sentence, told, plain in zip(sentences, with_terms, without, strict=True):
        if sentence.wanted and says(told.target, sentence.wanted):
            obeyed += 1
        elif sentence.wanted or told.target != plain.target:
            changed += not sentence.wanted
            print(f"{sentence.text} | {told.target} | without: {plain.target} | {told.reason}")
    there = sum(bool(one.wanted) for one in sentences)
    print(
        f"texts: obeyed in {obeyed} of {there}, {changed} of {len(rows) - there} others changed", flush=True
    )


def page(sentences: list[Sentence], font: ImageFont.FreeTypeFont) -> np.ndarray:
    """Sentences in two columns, black on paper, uint8 (H, W, 3)."""
    rows = -(-len(sentences) // 2)
    picture = Image.new("RGB", (2 * COLUMN, 2 * EDGE + rows * LINE), (250, 246, 236))
    pen = ImageDraw.Draw(picture)
    for n, one in enumerate(sentences):
        pen.text((EDGE + n // rows * COLUMN, EDGE + n % rows * LINE), one.text, fill=(30, 30, 30), font=font)
    return np.asarray(picture)


def block_of(sentence: Sentence, result: Translation) -> Block:
    """The block of a page that has a sentence, or reads most like it."""
    return min(
        result.blocks,
        key=lambda block: (sentence.text not in block.source, edit_distance(block.source, sentence.text)),
    )


def difference(block: Block, one: np.ndarray, other: np.ndarray) -> int:
    """How much two pictures differ at most where a block stands, of 255."""
    corners = np.array(block.polygon)
    (x0, y0), (x1, y1) = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int)
    here = slice(max(0, y0), y1), slice(max(0, x0), x1)
    return int(np.abs(one[here].astype(int) - other[here]).max())


def pictures(
    translator: Translator, sentences: list[Sentence], glossary: Glossary, count: int, save: Path | None
) -> None:
    """The whole way through pictures, drawn whatever the confidence is."""
    font = load_font(choose_faces(find_fonts(prefer=[FONT]), [FONT])[0], SIZE)
    options = Options(min_confidence=0)
    found = {"obeyed": 0, "disobeyed": 0, "left alone": 0, "others the same": 0, "others changed": 0}
    differences = []
    for number in range(count):
        some = sentences[number::count]
        source = page(some, font)
        told = translator.translate(source, replace(options, glossary=glossary))
        plain = translator.translate(source, options)
        for sentence in some:
            block, before = block_of(sentence, told), block_of(sentence, plain)
            drawn = block.action == "translated"
            if sentence.wanted:
                what = "obeyed" if says(block.target, sentence.wanted) else "disobeyed"
                what = what if drawn or sentence.wanted in sentence.text else "left alone"
            else:
                what = "others the same" if block.target == before.target else "others changed"
                differences.append(difference(block, told.pixels, plain.pixels))
            found[what] += 1
            if what in ("disobeyed", "left alone", "others changed"):
                print(f"{number}: {what}: {sentence.text} | {block.source} | {block.target} | {block.reason}")
        if save is not None:
            save.mkdir(parents=True, exist_ok=True)
            Image.fromarray(told.pixels).save(save / f"{number}.png")
    print(f"pictures: {found}; pixels of the others differ by {dict(Counter(differences))} of 255")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--pictures", type=int, default=0)
    parser.add_argument("--save", type=Path, help="folder for the translated pages")
    options = parser.parse_args()
    translator = load(options.weights)
    terms, sentences = load_sentences()
    glossary = Glossary(terms, language(translator.preset.languages.source).inflection)
    texts(translator, sentences, glossary)
    if options.pictures:
        pictures(translator, sentences, glossary, options.pictures, options.save)


if __name__ == "__main__":
    main()
