"""Whether what must be copied is copied: 500 sentences of our own with numbers, times, codes, addresses, names of files.

    python recipes/protected_spans.py weights/de-en [--count 500] [--pictures 40] [--save seen/]

Each sentence is a frame with a made-up span of one of ten kinds. Counted are the translations that have the span (times as
"14:30"), those that would stay German, and those that changed it: there must be none. With `--pictures` so many go through the
whole picture path, and an OCR engine reads what was drawn; `--save` keeps those that it reads otherwise, each below its
source.
"""

import argparse
import re
from collections import Counter
from pathlib import Path

import numpy as np

from iimt_cli import Translator, load
from iimt_cli.language import language
from iimt_cli.language.protected import protected

FRAMES = {
    "price": [
        "Der Eintritt kostet {}.",
        "Sie sparen heute {} beim Kauf.",
        "Bitte überweisen Sie {} bis Freitag.",
        "Angebot: {}",
    ],
    "number": [
        "Es kamen {} Besucher.",
        "Die Anlage hat {} Plätze.",
        "Bestellen Sie mindestens {} Stück.",
        "Ihre Wartenummer: {}",
    ],
    "time": [
        "Der Zug fährt um {} Uhr ab.",
        "Wir öffnen um {} Uhr.",
        "Einlass ab {} Uhr",
        "Um {} Uhr beginnt die Sitzung im Saal.",
    ],
    "date": [
        "Gültig bis {}",
        "Am {} bleibt das Büro geschlossen.",
        "Die Frist endet am {}.",
        "Ausgestellt am {} in Hof",
    ],
    "code": [
        "Ihre Kundennummer lautet {}.",
        "Artikel {} ist ausverkauft.",
        "Bitte geben Sie den Code {} ein.",
        "Gleis und Wagen: {}",
    ],
    "mailbox": [
        "Schreiben Sie uns an {}.",
        "Kontakt: {}",
        "Fragen beantwortet Ihnen gern {}.",
        "Senden Sie Fotos an {} oder per Post.",
    ],
    "web": [
        "Mehr dazu finden Sie auf {}.",
        "Jetzt anmelden: {}",
        "Unter {} können Sie Karten kaufen.",
        "Besuchen Sie {} für Neuigkeiten.",
    ],
    "telephone": [
        "Rufen Sie uns an: {}",
        "Notruf {} rund um die Uhr",
        "Unter {} erreichen Sie die Praxis.",
        "Tel. {}, werktags",
    ],
    "share": [
        "Die Miete stieg um {}.",
        "{} Rabatt auf alle Schuhe",
        "Nur {} der Befragten stimmten zu.",
        "Luftfeuchtigkeit: {}",
    ],
    "file": [
        "Öffnen Sie die Datei {}.",
        "{} wurde nicht gefunden.",
        "Bitte drucken Sie {} aus.",
        "Gespeichert als {}",
    ],
}


def span(kind: str, rng: np.random.Generator) -> str:
    """A span of a kind, as German writes it."""
    n = [int(x) for x in rng.integers(0, 100, 4)]
    letters = "".join(chr(65 + int(x)) for x in rng.integers(0, 26, 3))
    word = "".join(rng.choice(list("bdfgklmnprst")) + rng.choice(list("aeiou")) for _ in range(3))
    return {
        "price": [f"{n[0]},{n[1]:02d} €", f"{1 + n[0] % 9}.{100 + n[1]},{n[2]:02d} €", f"{n[0] + 1} €"],
        "number": [f"{2 + n[0]}", f"{1 + n[0] % 20}.{100 + n[1]}", f"{n[0] + 200}"],
        "time": [f"{n[0] % 24}.{n[1] % 60:02d}", f"{n[0] % 24:02d}:{n[1] % 60:02d}", f"{n[0] % 24}"],
        "date": [f"{1 + n[0] % 28:02d}.{1 + n[1] % 12:02d}.20{n[2]:02d}", f"{1 + n[0] % 28}.{1 + n[1] % 12}."],
        "code": [f"{letters[0]}{n[0]}-{n[1]}", f"{letters}{n[0]}{n[1]:02d}", f"{letters[:2]}-{100 + n[2]}"],
        "mailbox": [f"{word}@{word}-{letters.lower()}.de", f"info@{word}.com"],
        "web": [f"www.{word}-{letters.lower()}.de", f"{word}.org/{letters.lower()}"],
        "telephone": [f"0{30 + n[0]} / {100000 + 77 * n[1]}", f"+49 {30 + n[0]} {1000 + n[1]}-{n[2]}"],
        "share": [f"{n[0]},{n[1] % 10} %", f"{n[0]} %"],
        "file": [f"{word}.pdf", f"{word}_{n[0]}.jpg", f"{word}-{letters.lower()}.txt"],
    }[kind][int(rng.integers(0, 2))]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--pictures", type=int, default=0)
    parser.add_argument("--save", type=Path, help="folder for the pictures that are read otherwise")
    options = parser.parse_args()
    rng = np.random.default_rng(5)
    kinds = list(FRAMES)
    rows = []
    for i in range(options.count):
        kind = kinds[i % len(kinds)]
        rows.append((kind, FRAMES[kind][int(rng.integers(4))].format(span(kind, rng))))
    translator = load(options.weights)
    pack = language(translator.preset.languages.source)
    said = translator.translate_texts([text for _, text in rows])
    outcomes: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    for (kind, text), one in zip(rows, said, strict=True):
        kept = all(part.fill in one.target for part in protected(text, pack))
        outcome = "left alone" if one.reason else "copied" if kept else "changed"
        outcomes[kind][outcome] += 1
        if outcome == "changed":
            print(f"{text} | {one.target}")
    for kind, counts in outcomes.items():
        print(f"{kind:10}", dict(counts))
    print("all       ", dict(sum(outcomes.values(), Counter())))
    if options.pictures:
        pictures(translator, [text for _, text in rows[: options.pictures]], options.save)


def pictures(translator: Translator, texts: list[str], save: Path | None) -> None:
    """The same through pictures: dark letters on paper, the result read by an OCR engine."""
    from PIL import Image, ImageDraw

    from iimt_cli.data.fonts import choose_faces, find_fonts, load_font
    from iimt_cli.evaluation.ocr import joined, ocr_engine

    font = load_font(choose_faces(find_fonts(prefer=["DejaVu Sans Book"]), ["DejaVu Sans Book"])[0], 30)
    pack, engine = language(translator.preset.languages.source), ocr_engine("rapidocr", ["en", "de"])
    counts: Counter[str] = Counter()
    for number, text in enumerate(texts):
        picture = Image.new("RGB", (60 + int(font.getlength(text) * 1.5), 90), (246, 240, 222))
        ImageDraw.Draw(picture).text((30, 25), text, fill=(20, 40, 90), font=font)
        [result] = translator.translate([np.asarray(picture)])
        read = re.sub(r"\s", "", joined(engine.read(result.pixels)))
        if not any(block.action == "translated" for block in result.blocks):
            counts["left alone"] += 1
            continue
        same = all(re.sub(r"\s", "", part.fill) in read for part in protected(text, pack))
        counts["copied" if same else "read otherwise"] += 1
        if not same:
            print(f"{number}: {text} | {' '.join(b.target for b in result.blocks)} | {read}", flush=True)
        if not same and save is not None:
            save.mkdir(parents=True, exist_ok=True)
            both = np.concatenate([np.asarray(picture), result.pixels])
            Image.fromarray(both).save(save / f"{number:03}.png")
    print("pictures  ", dict(counts))


if __name__ == "__main__":
    main()
