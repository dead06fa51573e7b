"""Draws a small picture of each kind that is hard to redraw, translates them, and puts before and after on one sheet.

    python recipes/cases.py docs/cases.png

The pictures are drawn here, in Roboto (`pip install font-roboto`) and in the serif face of DejaVu, if this machine has it.
Everything is translated, however sure the words are: the sheet is about the page.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from font_roboto import Roboto
from PIL import Image, ImageDraw, ImageFilter, ImageFont

import iimt_cli

FOLDER = Path(Roboto).parent
SERIF = "DejaVuSerif.ttf"
MARKED = "marked"  # on yellow
LABEL, GAP, WIDTH = 20, 10, 460  # px on the sheet: height of a label, between pictures, width of a picture


def face(size: float, style: str = "Regular") -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FOLDER / f"Roboto-{style}.ttf", size)


def serif(size: float) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(SERIF, size)
    except OSError:
        return face(size)


def canvas(height: int, colour: str = "white", width: int = WIDTH) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (width, height), colour)
    return image, ImageDraw.Draw(image)


def glow() -> Image.Image:
    """Letters with a soft light round them, on a dark ground."""
    image, draw = canvas(110, "#101528")
    for y in range(110):
        draw.line([(0, y), (WIDTH, y)], (16 + y // 6, 20 + y // 8, 40 + y // 3))
    light = Image.new("L", image.size)
    ImageDraw.Draw(light).text((230, 58), "Heute Abend Musik", 255, face(38, "Bold"), anchor="mm")
    image.paste("#ff9a3c", mask=light.filter(ImageFilter.GaussianBlur(7)).point(lambda v: min(255, 2 * v)))
    image.paste("#fff4dc", mask=light)
    return image


def shadow() -> Image.Image:
    """Letters with a soft shadow beside them."""
    image, _ = canvas(110, "#7db8d8")
    dark = Image.new("L", image.size)
    ImageDraw.Draw(dark).text((234, 62), "Frisches Obst", 255, face(44, "Bold"), anchor="mm")
    image.paste("#1c3340", mask=dark.filter(ImageFilter.GaussianBlur(3)))
    ImageDraw.Draw(image).text((230, 58), "Frisches Obst", "white", face(44, "Bold"), anchor="mm")
    return image


def drop_cap() -> Image.Image:
    """A paragraph whose first letter is three lines high."""
    image, draw = canvas(150, "#fbf6ea")
    draw.text((22, 102), "E", "#8c1d18", serif(104), anchor="ls")
    for i, (x, text) in enumerate(
        [
            (104, "in alter Mann ging jeden Tag"),
            (104, "in den Wald. Dort sammelte er"),
            (104, "Holz für den langen Winter."),
            (22, "Seine Tochter wartete zu Hause."),
        ]
    ):
        draw.text((x, 44 + 29 * i), text, "#222222", serif(20), anchor="ls")
    return image


def outlined(draw: ImageDraw.ImageDraw, lines: dict[int, str], fill: str, size: int) -> None:
    """Draws centred lines with a dark edge; `lines`: the texts by their baselines, px."""
    font = face(size, "Medium")
    for y, text in lines.items():
        draw.text((WIDTH / 2, y), text, fill, font, anchor="ms", stroke_width=2, stroke_fill="black")


def subtitle() -> Image.Image:
    """Two centred lines of white letters with a dark edge, over a picture."""
    image, draw = canvas(170)
    for y in range(170):
        draw.line([(0, y), (WIDTH, y)], (150 - y // 2, 140 - y // 3, 110 + y // 4))
    draw.ellipse([40, 20, 150, 130], fill="#d9c27a")
    draw.rectangle([290, 50, 420, 170], fill="#57433a")
    outlined(draw, {120: "Warum hast du mir nicht", 148: "die Wahrheit gesagt?"}, "white", 25)
    return image


def dialogue() -> Image.Image:
    """Two centred lines with a dash before each, as subtitles show two speakers."""
    image, draw = canvas(110)
    for y in range(110):
        draw.line([(0, y), (WIDTH, y)], (70 + y // 3, 80, 110 - y // 3))
    outlined(draw, {50: "- Wo warst du gestern?", 84: "- Bei meiner Schwester in Hamburg."}, "#ffe97a", 24)
    return image


def marked_lines() -> Image.Image:
    """Lines that were gone over with a marker pen."""
    image, draw = canvas(120)
    font = face(22)
    for y, text in ((44, "Bitte unbedingt beachten!"), (94, "Geschwindigkeitsbegrenzung")):
        draw.rectangle([18, y - 19, 22 + font.getlength(text), y + 6], fill="#ffe94d")
        draw.text((20, y), text, "black", font, anchor="ls")
    return image


def stripes() -> Image.Image:
    """Letters on stripes."""
    image, draw = canvas(90, "#eef3fb")
    for y in range(0, 90, 12):
        draw.rectangle([0, y, WIDTH, y + 5], fill="#c9d8f2")
    draw.text((24, 58), "Geschwindigkeitsbegrenzung", "#20304f", face(30, "Bold"), anchor="ls")
    return image


def dots() -> Image.Image:
    """Letters on sparse dots."""
    image, draw = canvas(90, "#f7ecd9")
    for y in range(6, 96, 14):
        for x in range(6, WIDTH, 14):
            draw.ellipse([x - 2, y - 2, x + 2, y + 2], fill="#d8b98a")
    draw.text((24, 58), "Haushaltswarengeschäft", "#5a2d0c", face(32, "Bold"), anchor="ls")
    return image


def inverted() -> Image.Image:
    """A line over two halves, blue on white and white on blue."""
    image, draw = canvas(80)
    draw.rectangle([0, 0, WIDTH // 2, 80], fill="#0a4a8f")
    letters = Image.new("L", image.size)
    ImageDraw.Draw(letters).text(
        (WIDTH // 2, 52), "Bitte hier warten und läuten", 255, face(32, "Bold"), anchor="ms"
    )
    other = Image.new("RGB", image.size, "#0a4a8f")
    other.paste("white", (0, 0, WIDTH // 2, 80))
    image.paste(other, mask=letters)
    return image


def words_that_differ() -> Image.Image:
    """A coloured word, a slanted one, a bold one, and a marked one."""
    image, draw = canvas(150)
    lines: list[list[tuple[str, str, str]]] = [
        [
            ("Das Fenster ist ", "Regular", "black"),
            ("rot", "Regular", "#d01818"),
            (" und die Tür ", "Regular", "black"),
            ("grün", "Regular", "#118033"),
            (".", "Regular", "black"),
        ],
        [
            ("Ich habe ", "Regular", "black"),
            ("niemals", "Italic", "black"),
            (" davon gesprochen.", "Regular", "black"),
        ],
        [
            ("Der Eintritt ist ", "Regular", "black"),
            ("kostenlos", "Bold", "black"),
            (" für Kinder.", "Regular", "black"),
        ],
        [
            ("Wir haben am ", "Regular", "black"),
            ("Sonntag", MARKED, "black"),
            (" geschlossen.", "Regular", "black"),
        ],
    ]
    for i, line in enumerate(lines):
        x, y = 20.0, 34 + 34 * i
        for text, style, colour in line:
            font = face(22, "Regular" if style == MARKED else style)
            if style == MARKED:
                draw.rectangle([x - 3, y - 21, x + font.getlength(text) + 3, y + 6], fill="#ffe94d")
            draw.text((x, y), text, colour, font, anchor="ls")
            x += font.getlength(text)
    return image


def bullets() -> Image.Image:
    """A heading and a list."""
    image, draw = canvas(150)
    draw.text((20, 36), "Was wir brauchen", "black", face(24, "Bold"), anchor="ls")
    for i, text in enumerate(
        ("frisches Brot und Butter", "eine Flasche Wasser", "warme Kleidung für die Nacht")
    ):
        y = 70 + 30 * i
        draw.ellipse([24, y - 10, 31, y - 3], fill="black")
        draw.text((44, y), text, "black", face(20), anchor="ls")
    return image


def upside_down() -> Image.Image:
    """A sign that lies on its head."""
    image, draw = canvas(80, "#f4d35e")
    draw.text((WIDTH // 2, 50), "Diese Seite nach oben", "#222222", face(34, "Bold"), anchor="ms")
    return image.rotate(180)


def capitals() -> Image.Image:
    """The same words in small letters and in capitals."""
    image, draw = canvas(120)
    for i, text in enumerate(("Öffnungszeiten", "ÖFFNUNGSZEITEN", "Rauchen verboten", "RAUCHEN VERBOTEN")):
        draw.text((20 + 225 * (i // 2), 40 + 44 * (i % 2)), text, "black", face(20, "Medium"), anchor="ls")
    return image


def ladder() -> Image.Image:
    """One word in several sizes."""
    image, draw = canvas(300)
    y = 18.0
    for size in (18, 30, 52, 120):
        y += size * 0.98
        draw.text((16, y), "Herbst", "#203040", face(size, "Medium"), anchor="ls")
    return image


def notices() -> Image.Image:
    """Two notices, one under the other."""
    image, draw = canvas(120, "#f2f2f2")
    for y, text in ((44, "Hunde an der Leine führen."), (92, "Kein Trinkwasser.")):
        draw.text((WIDTH // 2, y), text, "black", face(24, "Medium"), anchor="ms")
    return image


def divided_words() -> Image.Image:
    """Words divided at the end of a line."""
    image, draw = canvas(150)
    for i, text in enumerate(
        ("Die Stadtverwal-", "tung hat die Bürger-", "meisterin mit einer Mehr-", "heit gewählt.")
    ):
        draw.text((20, 36 + 30 * i), text, "black", serif(21), anchor="ls")
    return image


def exclamation() -> Image.Image:
    """Marks behind words."""
    image, draw = canvas(80, "#c8102e")
    draw.text((WIDTH // 2, 52), "Vorsicht! Nicht öffnen!", "white", face(36, "Black"), anchor="ms")
    return image


def face_in_line() -> Image.Image:
    """A smiling face within a line."""
    image, draw = canvas(80)
    font = face(26)
    x = 20 + font.getlength("Vielen Dank ")
    draw.text((20, 48), "Vielen Dank", "black", font, anchor="ls")
    draw.ellipse([x, 25, x + 26, 51], fill="#ffd23f", outline="#b8860b")
    for eye in (8, 18):
        draw.ellipse([x + eye - 2, 33, x + eye + 2, 38], fill="#5a3d00")
    draw.arc([x + 6, 32, x + 20, 46], 20, 160, fill="#5a3d00", width=2)
    draw.text((x + 36, 48), "bis nächste Woche", "black", font, anchor="ls")
    return image


KINDS: tuple[Callable[[], Image.Image], ...] = (
    glow,
    shadow,
    drop_cap,
    subtitle,
    dialogue,
    stripes,
    dots,
    inverted,
    words_that_differ,
    marked_lines,
    bullets,
    upside_down,
    capitals,
    ladder,
    notices,
    divided_words,
    exclamation,
    face_in_line,
)


def sheet(names: Sequence[str], before: Path, after: Path) -> Image.Image:
    """Rows of two pictures, before and after, under their names."""
    font = face(13)
    rows = []
    for name in names:
        old, new = (Image.open(folder / f"{name}.png").convert("RGB") for folder in (before, after))
        row = Image.new("RGB", (2 * WIDTH + GAP, old.height + LABEL), "#d8d8d8")
        ImageDraw.Draw(row).text((4, 3), name.replace("_", " "), "#404040", font)
        row.paste(old, (0, LABEL))
        row.paste(new, (WIDTH + GAP, LABEL))
        rows.append(row)
    whole = Image.new("RGB", (2 * WIDTH + GAP, sum(row.height for row in rows)))
    y = 0
    for row in rows:
        whole.paste(row, (0, y))
        y += row.height
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sheet", type=Path, help="the PNG that is written")
    out: Path = parser.parse_args().sheet
    translator = iimt_cli.load()
    with TemporaryDirectory() as folder:
        before, after = Path(folder, "before"), Path(folder, "after")
        before.mkdir()
        after.mkdir()
        for kind in KINDS:
            kind().save(before / f"{kind.__name__}.png")
        pictures = [iimt_cli.read_picture(before / f"{kind.__name__}.png") for kind in KINDS]
        done = translator.translate(pictures, iimt_cli.Options(min_confidence=0))
        for kind, translation in zip(KINDS, done, strict=True):
            Image.fromarray(translation.pixels).save(after / f"{kind.__name__}.png")
        sheet([kind.__name__ for kind in KINDS], before, after).save(out, optimize=True)
    print(f"{out}: {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
