"""Draws the example pictures and `references.tsv`. Every sentence, drawing and landscape here is our own.

    python examples/make_examples.py                          the German pictures that lie here
    python examples/make_examples.py --language en --out DIR  the same pictures in English, to score against

The same fonts give the same pictures; where a font is missing, the next one in its list is taken.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from iimt_cli.data.fonts import FontFace, find_fonts, load_font

HERE = Path(__file__).parent
Drawing = Callable[[ImageDraw.ImageDraw, int], object]
SCALE = 3  # shapes are drawn this much larger and then reduced, so that their edges are smooth

PLAIN = ("Open Sans", "Noto Sans", "DejaVu Sans")
MODERN = ("Inter", "Roboto", "Noto Sans", "DejaVu Sans")
ROUND = ("Cabin", "Quicksand", "Open Sans", "DejaVu Sans")
BOOK = ("Linux Libertine O", "Gentium", "Noto Serif", "DejaVu Serif")
DISPLAY = ("Caladea", "Noto Serif", "DejaVu Serif")
POSTER = ("Lato", "Open Sans", "Noto Sans", "DejaVu Sans")


@lru_cache
def _faces() -> dict[str, dict[str, FontFace]]:
    faces: dict[str, dict[str, FontFace]] = {}
    for face in find_fonts():
        faces.setdefault(face.family, {})[face.style] = face
    return faces


def font(families: Sequence[str], size: float, style: str = "Regular") -> ImageFont.FreeTypeFont:
    """The first family that this machine has, in the wanted style or the plainest that it has."""
    family = next((_faces()[name] for name in families if name in _faces()), None)
    if family is None:
        family = next(iter(_faces().values()))
    face = family.get(style) or family.get("Regular") or family.get("Book") or next(iter(family.values()))
    return load_font(face, size)


@dataclass(frozen=True)
class Phrase:
    """One block of text: what the picture says, and what it should say in English."""

    german: str
    english: str


@dataclass
class Sheet:
    """A picture in the making: shapes first, then text on top at its true size; keeps what was written."""

    picture: Image.Image
    language: str
    phrases: list[Phrase] = field(default_factory=list)

    @classmethod
    def plain(cls, width: int, height: int, colour: str, language: str) -> Sheet:
        return cls(Image.new("RGB", (width, height), colour), language)

    def shape(self, draw: Drawing, blur: float = 0, opacity: float = 1) -> None:
        """Puts smooth shapes on the picture; `draw` gets a pen and the factor to multiply every length by."""
        width, height = self.picture.size
        layer = Image.new("RGBA", (width * SCALE, height * SCALE), (0, 0, 0, 0))
        draw(ImageDraw.Draw(layer), SCALE)
        layer = layer.resize((width, height), Image.Resampling.BOX)
        if blur:
            layer = layer.filter(ImageFilter.GaussianBlur(blur))
        if opacity < 1:
            layer.putalpha(layer.getchannel("A").point(lambda value: round(value * opacity)))
        self.picture = Image.alpha_composite(self.picture.convert("RGBA"), layer).convert("RGB")

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, radius: float = 0, line: str = "",
        line_width: float = 1, shadow: float = 0,
    ) -> None:  # fmt: skip
        """A rectangle, with round corners, an outline and a soft shadow where asked for."""

        def rectangle(top: float, fill: str, outline: str = "") -> Drawing:
            return lambda pen, s: pen.rounded_rectangle(
                (x * s, top * s, (x + width) * s - 1, (top + height) * s - 1),
                radius * s, fill, outline or None, round(line_width * s) if outline else 0,
            )  # fmt: skip

        if shadow:
            self.shape(rectangle(y + shadow / 2, "#000000"), blur=shadow, opacity=0.3)
        self.shape(rectangle(y, colour, line))

    def write(
        self, x: float, y: float, phrase: Phrase | str, face: ImageFont.FreeTypeFont, colour: str,
        anchor: str = "ls", rim: str = "", rim_width: int = 0,
    ) -> None:  # fmt: skip
        """One line at its baseline. A plain string is the same in both languages (a number, a name)."""
        phrase = self._keep(phrase)
        ImageDraw.Draw(self.picture).text(
            (x, y), self._said(phrase), colour, face, anchor, stroke_width=rim_width, stroke_fill=rim or None
        )

    def write_wrapped(
        self, x: float, y: float, width: float, phrase: Phrase, face: ImageFont.FreeTypeFont, colour: str,
        leading: float,
    ) -> float:  # fmt: skip
        """A paragraph in lines of at most `width` px; returns the baseline after its last line."""
        self._keep(phrase)
        line = ""
        for word in self._said(phrase).split(" "):
            longer = f"{line} {word}".strip()
            if line and face.getlength(longer) > width:
                ImageDraw.Draw(self.picture).text((x, y), line, colour, face, "ls")
                line, y = word, y + leading
            else:
                line = longer
        ImageDraw.Draw(self.picture).text((x, y), line, colour, face, "ls")
        return y + leading

    def length(self, phrase: Phrase | str, face: ImageFont.FreeTypeFont) -> float:
        return face.getlength(self._said(phrase if isinstance(phrase, Phrase) else Phrase(phrase, phrase)))

    def _keep(self, phrase: Phrase | str) -> Phrase:
        kept = phrase if isinstance(phrase, Phrase) else Phrase(phrase, phrase)
        self.phrases.append(kept)
        return kept

    def _said(self, phrase: Phrase) -> str:
        return phrase.english if self.language == "en" else phrase.german


def sign(language: str) -> Sheet:
    """An enamel sign on a plastered wall: a shop's opening hours."""
    rng = np.random.default_rng(11)
    wall = _light(_cloud(600, 840, 240, rng, finest=30), "#cdb99f", "#dccbb4")
    sheet = Sheet(Image.fromarray(wall), language)
    sheet.box(90, 96, 660, 452, "#1f4d3f", radius=26, shadow=16)
    sheet.box(104, 110, 632, 424, "#1f4d3f", radius=18, line="#efe6cf", line_width=3)
    for x in (230, 610):
        sheet.shape(lambda pen, s, x=x: pen.line([(x * s, 103 * s), (420 * s, 34 * s)], "#4a4038", 3 * s))
        sheet.shape(lambda pen, s, x=x: pen.ellipse(((x - 6) * s, 97 * s, (x + 6) * s, 109 * s), "#c8b98f"))
    sheet.shape(lambda pen, s: pen.ellipse((412 * s, 26 * s, 428 * s, 42 * s), "#3a332d"))
    cream, gold = "#f5eedb", "#e7cf8d"
    sheet.write(420, 188, Phrase("Herzlich willkommen!", "Welcome!"), font(DISPLAY, 54, "Bold"), cream, "ms")
    sheet.write(420, 246, Phrase("Unsere Öffnungszeiten", "Our opening hours"), font(DISPLAY, 34), gold, "ms")
    sheet.shape(lambda pen, s: pen.line([(300 * s, 270 * s), (540 * s, 270 * s)], gold, 2 * s))
    rows = (
        (Phrase("Montag bis Freitag", "Monday to Friday"), Phrase("9 bis 18 Uhr", "9 am to 6 pm")),
        (Phrase("Samstag", "Saturday"), Phrase("10 bis 14 Uhr", "10 am to 2 pm")),
        (Phrase("Sonntag", "Sunday"), Phrase("geschlossen", "closed")),
    )
    for i, (day, hours) in enumerate(rows):
        sheet.write(160, 326 + 50 * i, day, font(DISPLAY, 34), cream)
        sheet.write(680, 326 + 50 * i, hours, font(DISPLAY, 34), cream, "rs")
    door = Phrase("Bitte die Tür schließen.", "Please close the door.")
    sheet.write(420, 504, door, font(DISPLAY, 32, "Italic"), gold, "ms")
    return sheet


def menu(language: str) -> Sheet:
    """A restaurant's menu on yellowed paper."""
    rng = np.random.default_rng(12)
    paper = _light(_cloud(1040, 760, 220, rng) * 0.8 + _cloud(1040, 760, 3, rng) * 0.2, "#efe4cb", "#faf3e1")
    sheet = Sheet(Image.fromarray(paper), language)
    red, ink = "#8c2f2b", "#2e2621"
    sheet.shape(lambda pen, s: pen.rectangle((26 * s, 26 * s, 734 * s, 1014 * s), None, red, 4 * s))
    sheet.shape(lambda pen, s: pen.rectangle((36 * s, 36 * s, 724 * s, 1004 * s), None, red, 1 * s))
    sheet.write(380, 122, Phrase("Speisekarte", "Menu"), font(BOOK, 68, "Bold"), red, "ms")
    _ornament(sheet, 380, 158, red)
    sections = (
        (Phrase("Suppen und Salate", "Soups and salads"), (
            (Phrase("Suppe mit Tomaten", "Soup with tomatoes"), "5,50 €"),
            (Phrase("Grüner Salat mit Käse", "Green salad with cheese"), "6,80 €"),
        )),
        (Phrase("Hauptgerichte", "Main courses"), (
            (Phrase("Fisch mit Reis und Gemüse", "Fish with rice and vegetables"), "16,90 €"),
            (Phrase("Huhn mit Kartoffeln", "Chicken with potatoes"), "14,20 €"),
            (Phrase("Nudeln mit Pilzen", "Noodles with mushrooms"), "11,50 €"),
        )),
        (Phrase("Kuchen und Getränke", "Cakes and drinks"), (
            (Phrase("Warmer Apfelkuchen", "Warm apple pie"), "4,20 €"),
            (Phrase("Eine Tasse Kaffee", "A cup of coffee"), "2,90 €"),
            (Phrase("Ein Glas Rotwein", "A glass of red wine"), "5,00 €"),
        )),
    )  # fmt: skip
    y = 228.0
    for title, dishes in sections:
        sheet.write(90, y, title, font(BOOK, 38, "Italic"), red)
        y += 50
        for dish, price in dishes:
            sheet.write(90, y, dish, font(BOOK, 31), ink)
            sheet.write(670, y, price, font(BOOK, 31), ink, "rs")
            y += 47
        y += 46
    _ornament(sheet, 380, 902, red)
    note = Phrase("Heute gibt es frischen Fisch.", "We have fresh fish today.")
    sheet.write(380, 956, note, font(BOOK, 32, "Italic"), ink, "ms")
    return sheet


def dialog(language: str) -> Sheet:
    """A program asks whether to save."""
    y, x = np.mgrid[0:440, 0:760]
    sheet = Sheet(Image.fromarray(_light(x / 1270 + y / 1100, "#3d6f99", "#7fa9c4")), language)
    ink = "#1f2328"
    sheet.box(60, 50, 640, 336, "#f7f8fa", radius=12, shadow=22)
    sheet.box(60, 50, 640, 46, "#e4e7eb", radius=12)
    sheet.box(60, 74, 640, 22, "#e4e7eb")
    sheet.shape(lambda pen, s: pen.line([(60 * s, 96 * s), (700 * s, 96 * s)], "#cfd4da", s))
    for i, colour in enumerate(("#9aa3ad", "#9aa3ad", "#d9534f")):
        x = 622 + 26 * i
        sheet.shape(lambda pen, s, x=x, c=colour: pen.ellipse(((x - 7) * s, 66 * s, (x + 7) * s, 80 * s), c))
    sheet.write(84, 80, Phrase("Änderungen speichern", "Save changes"), font(MODERN, 19, "Medium"), ink)
    sheet.shape(
        lambda pen, s: pen.polygon([(124 * s, 130 * s), (164 * s, 200 * s), (84 * s, 200 * s)], "#f0b429")
    )
    sheet.shape(lambda pen, s: pen.rounded_rectangle((121 * s, 152 * s, 127 * s, 178 * s), 3 * s, "#4a3600"))
    sheet.shape(lambda pen, s: pen.ellipse((120 * s, 184 * s, 128 * s, 192 * s), "#4a3600"))
    question = Phrase("Möchten Sie die Datei speichern?", "Do you want to save the file?")
    sheet.write(190, 154, question, font(MODERN, 25, "Semi Bold"), ink)
    warning = Phrase("Sonst gehen alle Änderungen verloren.", "Otherwise all changes will be lost.")
    sheet.write(190, 192, warning, font(MODERN, 20), "#3c434b")
    sheet.box(190, 230, 22, 22, "#2f6fd6", radius=5)
    tick = (195, 241, 200, 246, 208, 236)
    sheet.shape(lambda pen, s: pen.line([c * s for c in tick], "#ffffff", 3 * s, "curve"))
    never = Phrase("Diese Frage nicht mehr stellen", "Do not ask this question again")
    sheet.write(224, 248, never, font(MODERN, 20), ink)
    buttons = (
        (Phrase("Nicht speichern", "Do not save"), "#ffffff", ink, 84, 190),
        (Phrase("Abbrechen", "Cancel"), "#ffffff", ink, 376, 140),
        (Phrase("Speichern", "Save"), "#2f6fd6", "#ffffff", 534, 140),
    )
    for label, colour, text, x, width in buttons:
        sheet.box(x, 312, width, 48, colour, radius=8, line="#b9c0c8" if text == ink else "#2458ad")
        sheet.write(x + width / 2, 343, label, font(MODERN, 20, "Medium"), text, "ms")
    return sheet


def slide(language: str) -> Sheet:
    """A slide of a talk: a title, five points, a chart without words."""
    sheet = Sheet.plain(1200, 675, "#ffffff", language)
    blue, ink = "#16324f", "#22303c"
    sheet.box(0, 0, 1200, 132, blue)
    sheet.box(0, 132, 1200, 7, "#e76f51")
    title = Phrase("Unser Plan für das nächste Jahr", "Our plan for next year")
    sheet.write(64, 86, title, font(PLAIN, 50, "Bold"), "#ffffff")
    points = (
        Phrase("Wir öffnen zwei neue Geschäfte.", "We are opening two new shops."),
        Phrase("Wir suchen fünf junge Leute.", "We are looking for five young people."),
        Phrase("Alle lernen zusammen Englisch.", "Everybody learns English together."),
        Phrase("Wir brauchen weniger Papier.", "We need less paper."),
        Phrase("Unsere Kunden müssen nicht warten.", "Our customers do not have to wait."),
    )
    for i, point in enumerate(points):
        y = 222 + 76 * i
        sheet.shape(lambda pen, s, y=y: pen.ellipse((70 * s, (y - 18) * s, 84 * s, (y - 4) * s), "#e76f51"))
        sheet.write(106, y, point, font(PLAIN, 34), ink)
    bars = (120, 165, 150, 225, 290)
    for i, height in enumerate(bars):
        colour = "#e76f51" if i == len(bars) - 1 else "#a9bccd"
        sheet.box(800 + 66 * i, 530 - height, 44, height, colour, radius=4)
    sheet.shape(lambda pen, s: pen.line([(784 * s, 531 * s), (1130 * s, 531 * s)], "#6b7c8c", 2 * s))
    sheet.box(0, 626, 1200, 49, "#eef2f5")
    sheet.write(64, 659, Phrase("Treffen im Januar", "Meeting in January"), font(PLAIN, 23), "#5b6a78")
    sheet.write(1136, 659, Phrase("Seite 4", "Page 4"), font(PLAIN, 23), "#5b6a78", "rs")
    return sheet


def poster(language: str) -> Sheet:
    """A summer fair's poster on a landscape that is computed here."""
    sheet = Sheet(Image.fromarray(_landscape(800, 1100, np.random.default_rng(14))), language)
    rim = "#1d2b3a"
    title = Phrase("Sommerfest am See", "Summer fair at the lake")
    sheet.write(400, 136, title, font(POSTER, 66, "Black"), "#fff6dd", "ms", rim, 4)
    day = Phrase("Samstag, der 12. Juli", "Saturday, July 12")
    sheet.write(400, 206, day, font(POSTER, 44, "Bold"), "#ffe08a", "ms", rim, 3)
    food = Phrase("Musik, Spiele und gutes Essen", "Music, games and good food")
    sheet.write(400, 870, food, font(POSTER, 46, "Bold"), "#ffffff", "ms", rim, 3)
    welcome = Phrase("Wir freuen uns auf euch alle!", "We look forward to seeing you all!")
    sheet.write(400, 934, welcome, font(POSTER, 40, "Bold"), "#ffffff", "ms", rim, 3)
    sheet.box(210, 984, 380, 68, "#c8452e", radius=34, shadow=8)
    sheet.write(
        400,
        1030,
        Phrase("Der Eintritt ist frei.", "Admission is free."),
        font(POSTER, 34, "Bold"),
        "#ffffff",
        "ms",
    )
    return sheet


def letter(language: str) -> Sheet:
    """A typed letter of two paragraphs whose sentences run over the ends of lines."""
    rng = np.random.default_rng(15)
    paper = _light(_cloud(1000, 860, 400, rng, finest=200), "#f3f1ea", "#fdfcf8")
    sheet = Sheet(Image.fromarray(paper), language)
    face, ink = font(BOOK, 29), "#26262b"
    sheet.write(750, 130, Phrase("Berlin, den 3. Mai", "Berlin, May 3"), face, ink, "rs")
    sheet.write(110, 226, Phrase("Liebe Anna,", "Dear Anna,"), face, ink)
    first = Phrase(
        "vielen Dank für deinen langen Brief. Ich habe mich sehr darüber gefreut. Es geht mir wieder gut, und"
        " ich gehe jeden Tag im Park spazieren. Meine neue Wohnung ist klein, aber sie hat einen schönen"
        " Balkon.",
        "thank you very much for your long letter. I was very happy about it. I am well again, and I go for a"
        " walk in the park every day. My new apartment is small, but it has a beautiful balcony.",
    )
    second = Phrase(
        "Hast du im Sommer Zeit? Ich möchte mit dir ans Meer fahren. Wir können bei meiner Schwester wohnen."
        " Sie hat ein großes Haus in der Nähe vom Strand. Bitte schreib mir bald.",
        "Do you have time in the summer? I would like to go to the sea with you. We can stay with my sister."
        " She has a big house near the beach. Please write to me soon.",
    )
    y = sheet.write_wrapped(110, 296, 640, first, face, ink, 46)
    y = sheet.write_wrapped(110, y + 26, 640, second, face, ink, 46)
    sheet.write(110, y + 36, Phrase("Viele Grüße", "Best wishes"), face, ink)
    sheet.write(110, y + 100, "Thomas", font(BOOK, 40, "Italic"), "#2b4a8b")
    return sheet


def chat(language: str) -> Sheet:
    """A conversation on a telephone with a dark theme."""
    sheet = Sheet.plain(640, 900, "#12161c", language)
    sheet.box(0, 0, 640, 92, "#1c232c")
    sheet.shape(lambda pen, s: pen.ellipse((28 * s, 20 * s, 80 * s, 72 * s), "#c65b7c"))
    sheet.shape(lambda pen, s: pen.ellipse((45 * s, 30 * s, 63 * s, 48 * s), "#f4d9e1"))
    sheet.shape(lambda pen, s: pen.pieslice((36 * s, 48 * s, 72 * s, 88 * s), 180, 360, "#f4d9e1"))
    sheet.write(100, 56, Phrase("Meine Familie", "My family"), font(MODERN, 27, "Semi Bold"), "#f2f5f8")
    talk = (
        (False, Phrase("Wann kommst du nach Hause?", "When are you coming home?"), "17:42"),
        (True, Phrase("Ich bin in einer Stunde da.", "I will be there in an hour."), "17:44"),
        (False, Phrase("Wir haben keine Milch mehr.", "We are out of milk."), "17:45"),
        (False, Phrase("Kannst du bitte einkaufen gehen?", "Can you please go shopping?"), "17:45"),
        (True, Phrase("Ja, das mache ich gern.", "Yes, I am happy to do that."), "17:51"),
        (True, Phrase("Brauchen wir auch Brot?", "Do we need bread too?"), "17:52"),
        (False, Phrase("Nein, danke. Bis später!", "No, thanks. See you later!"), "17:53"),
    )
    y = 122
    for mine, phrase, time in talk:
        width = sheet.length(phrase, font(MODERN, 25)) + 48 + 62
        x = 640 - 28 - width if mine else 28
        sheet.box(x, y, width, 68, "#1d5c4d" if mine else "#27303b", radius=22)
        sheet.write(x + 24, y + 43, phrase, font(MODERN, 25), "#eef2f6")
        sheet.write(x + width - 20, y + 50, time, font(MODERN, 16), "#9db3ad" if mine else "#8b98a6", "rs")
        y += 96
    sheet.box(28, 816, 584, 60, "#1c232c", radius=30)
    sheet.write(56, 855, Phrase("Schreib eine Nachricht", "Write a message"), font(MODERN, 24), "#8b98a6")
    return sheet


PICTURES: dict[str, Callable[[str], Sheet]] = {
    "sign.png": sign,
    "menu.jpg": menu,
    "dialog.png": dialog,
    "slide.png": slide,
    "poster.jpg": poster,
    "letter.png": letter,
    "chat-dark.png": chat,
}


def _ornament(sheet: Sheet, x: float, y: float, colour: str) -> None:
    sheet.shape(lambda pen, s: pen.line([((x - 150) * s, y * s), ((x + 150) * s, y * s)], colour, 2 * s))
    sheet.shape(
        lambda pen, s: pen.polygon(
            [((x - 10) * s, y * s), (x * s, (y - 10) * s), ((x + 10) * s, y * s), (x * s, (y + 10) * s)],
            colour,
        )
    )


def _landscape(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """Evening sky with a sun and clouds, five ranges of hills, a lake that mirrors them: uint8 [h, w, 3]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    horizon = int(height * 0.62)
    sky = _mix(y / horizon, "#2f5f95", "#8fb2cf", "#f6cf9a", "#f3a467")
    distance = np.hypot(x - width * 0.66, (y - height * 0.43))
    sky = _over(sky, np.clip(1.3 - distance / 330, 0, 1)[..., None] ** 2 * 0.75, "#ffe7b0")
    sky = _over(sky, np.clip(47 - distance, 0, 1)[..., None], "#fff3cf")
    clouds = _cloud(height, width, 170, rng, stretch=4)
    thickness = np.clip((clouds - 0.55) * 3, 0, 1) * np.clip(1.1 - y / horizon, 0, 1)
    sky = _over(sky, thickness[..., None] * 0.7, "#fdf0e2")
    for i in range(5):
        ridge = _ridge(width, 260 / (i + 1) ** 0.5, rng) * (90 - 8 * i)
        top = horizon - 130 + 34 * i - ridge
        near = np.clip((y - top[None]) / 1.5, 0, 1)[..., None]
        grain = 1 + (_cloud(height, width, 14, rng) - 0.5)[..., None] * 0.06 * (i + 1)
        sky = sky * (1 - near) + near * _mix(np.full_like(y, i / 4), "#8e93ab", "#5c7188", "#2f4f55") * grain
    rows = np.clip(horizon - (np.arange(height) - horizon) * 1.05, 0, horizon).astype(int)
    wobble = (
        np.sin(y * 0.55 + _cloud(height, width, 40, rng, stretch=6) * 9) * (y - horizon) * 0.035
    ).astype(int)
    mirrored = sky[rows[:, None], np.clip(x.astype(int) + wobble, 0, width - 1)]
    water = _over(mirrored * 0.82, np.float32(0.28), "#1c4663")
    shore = np.clip((y - horizon) / 1.5, 0, 1)[..., None]
    scene = sky * (1 - shore) + water * shore
    reeds = height - 60 - _ridge(width, 140, rng) * 46 - _ridge(width, 5, rng) * 26
    scene = _over(scene, np.clip((y - reeds[None]) / 2, 0, 1)[..., None] * 0.93, "#16291f")
    scene += rng.normal(0, 2.2, (height, width, 1))
    return cv2.GaussianBlur(scene.clip(0, 255).astype(np.uint8), (0, 0), 0.6)


def _cloud(
    height: int, width: int, cell: float, rng: np.random.Generator, stretch: float = 1, finest: float = 2
) -> np.ndarray:
    """Noise of several scales, from `cell` px down to `finest`, float32 [height, width] in 0..1."""
    total = np.zeros((height, width), np.float32)
    weight = 1.0
    while cell >= finest:
        grid = rng.random((int(height / cell * stretch) + 3, int(width / cell) + 3)).astype(np.float32)
        total += weight * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        cell, weight = cell / 2, weight / 2
    return (total - total.min()) / (total.max() - total.min())


def _ridge(width: int, cell: float, rng: np.random.Generator) -> np.ndarray:
    return _cloud(4, width, cell, rng)[1]


def _light(amount: np.ndarray, dark: str, bright: str) -> np.ndarray:
    return _mix(amount, dark, bright).clip(0, 255).astype(np.uint8)


def _mix(amount: np.ndarray, *colours: str) -> np.ndarray:
    """Evenly spaced colours along `amount` (0..1), float32 [..., 3]."""
    stops = np.linspace(0, 1, len(colours))
    values = np.array([_rgb(colour) for colour in colours])
    return np.stack([np.interp(amount, stops, values[:, i]) for i in range(3)], -1).astype(np.float32)


def _over(below: np.ndarray, alpha: np.ndarray | np.float32, colour: str) -> np.ndarray:
    return below * (1 - alpha) + np.array(_rgb(colour), np.float32) * alpha


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description="Draws the example pictures.")
    made.add_argument("--language", choices=("de", "en"), default="de")
    made.add_argument("--out", type=Path, default=HERE)
    return made


def main() -> None:
    options = parser().parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, make in PICTURES.items():
        sheet = make(options.language)
        sheet.picture.save(options.out / name, quality=82, optimize=True)
        english, german = (
            " ".join(getattr(p, side) for p in sheet.phrases) for side in ("english", "german")
        )
        rows.append(f"{name}\t{english}\t{german}\n")
    if options.language == "de":
        (options.out / "references.tsv").write_text("".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
