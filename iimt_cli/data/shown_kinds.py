"""Kinds of made-up pages of short texts: slides, posters, maps, programs, websites, instructions, invoices."""

from __future__ import annotations

import re
from dataclasses import replace

import cv2

from iimt_cli.data.render import Style, measure
from iimt_cli.data.sheet import Align, FullError, Sheet, Type, broken, heading_type, list_items


def slide(s: Sheet) -> None:
    s.size = s.count(18, 30)
    s.em = float(s.size)
    margin = s.between(30, 90)
    wide = s.width - 2 * margin
    y = s.put(s.title(), margin, s.between(20, 60), wide, heading_type(s)) + s.em * s.between(0.3, 1)
    if s.maybe(0.4):
        y = s.put(s.title(), margin, y, wide, Type(s.size, ink=s.pale)) + s.em
    columns = s.count(1, 3)
    each, top = (wide - (columns - 1) * s.em * 2) / columns, y + s.em
    for n in range(columns):
        x, y = margin + n * (each + s.em * 2), top
        try:
            if s.maybe(0.5):
                y = s.put(s.label(), x, y, each, Type(s.size, bold=True)) + s.em * 0.5
            if s.maybe(0.25):
                y = s.put(s.figure(), x, y, each, Type(s.size * 2, bold=True, ink=s.accent)) + s.em * 0.1
                y = s.put(s.label(), x, y, each, Type(max(s.size - 4, 12))) + s.em
            else:
                list_items(s, x, y, each, s.body(justified=False), 2, 7)
        except FullError:
            continue
    s.put(
        f"{s.label(20)} | {s.count(1, 60)}",
        margin,
        s.height - 2.5 * s.em,
        wide,
        Type(max(s.size // 2, 10), align="right"),
    )


def chat(s: Sheet) -> None:
    y, pad = s.between(15, 50), s.em * s.between(0.4, 0.9)
    small = Type(max(int(s.size * 0.7), 10), ink=s.pale, most=1)
    pitch = s.between(1.1, 1.45)
    y = s.put(s.someone(), pad * 2, y, s.width * 0.6, Type(int(s.size * 1.2), bold=True)) + s.em
    while True:
        wide = s.em * s.between(8, 26)
        x = pad * 2 if s.maybe(0.5) else s.width - wide - 3 * pad
        text = s.label() if s.maybe(0.25) else s.prose(1, 2)
        rows = broken(text, Style(s.faces[0], s.size, 0), wide, Type(s.size))
        named = s.maybe(0.4)
        tall = (len(rows) * pitch + 0.4 + 1.2 * named) * s.em + 2 * pad + small.size * 1.5
        if y + tall > s.height:
            raise FullError
        s.box(x - pad, y, wide + 2 * pad, tall)
        inner = y + pad
        if named:
            inner = (
                s.put(s.someone(), x, inner, wide, Type(s.size, bold=True, ink=s.accent, most=1))
                + s.em * 0.05
            )
        inner = s.put(text, x, inner, wide, Type(s.size, pitch=pitch))
        s.put(
            f"{s.count(6, 23):02d}:{s.count(0, 59):02d}",
            x,
            y + tall - small.size * 1.6,
            wide,
            replace(small, align="right"),
        )
        y += tall + s.em * s.between(0.3, 1)


def app(s: Sheet) -> None:
    """Settings or messages: a title with a paler line under it, and the next one."""
    margin, y = s.between(10, 60), s.between(10, 30)
    wide = min(s.width - 2 * margin, s.em * s.between(18, 36))
    y = s.put(s.label(), margin, y, wide, Type(int(s.size * 1.4), bold=True)) + s.em
    under = Type(max(int(s.size * s.between(0.75, 1.0)), 10), ink=s.pale, pitch=s.between(1.1, 1.35), most=4)
    title = Type(s.size, bold=s.maybe(0.4), most=2)
    near, far = s.em * s.between(-0.1, 0.35), s.em * s.between(0.35, 1.5)
    if s.maybe(0.3):  # both in one type
        under = replace(title, bold=False, ink=s.pale if s.maybe(0.5) else None, most=4)
    has, long, boxed, values = s.between(0.3, 1), s.maybe(0.6), s.maybe(0.4), s.maybe(0.3)
    while True:
        top = y
        if values:
            s.put(s.figure(), margin + wide * 0.75, y, wide * 0.25, replace(title, align="right", most=1))
        y = s.put(s.label(), margin, y, wide * (0.7 if values else 1), title)
        if s.maybe(has):
            y = s.put(
                s.prose(1, 2) if long and s.maybe(0.7) else s.label() if s.maybe(0.5) else s.label().lower(),
                margin,
                y + near,
                wide * (0.7 if values else 1),
                under,
            )
        if boxed:
            s.rule(margin, y + far / 2, wide)
        y += far
        if s.maybe(0.1):
            y = s.put(s.label(), margin, y, wide, Type(s.size, ink=s.accent, bold=True)) + far
        assert y > top


def webpage(s: Sheet) -> None:
    margin, y = s.between(15, 60), s.between(10, 25)
    x = margin
    for _ in range(s.count(3, 6)):
        text = s.label(16)
        long = measure(text, Style(s.faces[0], s.size, 0))
        if x + long > s.width - margin:
            break
        s.put(text, x, y, long + 4, Type(s.size, most=1))
        x += long + s.em * s.between(1.6, 3)
    y += s.em * 3
    wide = s.width - 2 * margin
    y = s.put(s.title(), margin, y, wide, heading_type(s)) + s.em * s.between(0.4, 1)
    y = s.run(margin, y, wide * s.between(0.5, 1), 1, 2, s.body(justified=False), s.em)
    while True:
        cards = s.count(2, 4)
        each, ends = (wide - (cards - 1) * s.em * 1.5) / cards, []
        center: Align = "center" if s.maybe(0.3) else "left"
        title, small = (
            Type(s.size, bold=True, align=center),
            Type(max(s.size - s.count(0, 4), 10), align=center, pitch=s.between(1.1, 1.5)),
        )
        near = s.em * s.between(0.05, 0.5)
        for n in range(cards):
            left = margin + n * (each + s.em * 1.5)
            end = s.put(s.title(), left, y, each, title) + near
            end = s.put(s.prose(1, 2) if s.maybe(0.7) else s.label(), left, end, each, small)
            if s.maybe(0.4):
                end = s.put(
                    s.label(16), left, end + near + s.em * 0.2, each, replace(small, bold=True, ink=s.accent)
                )
            ends.append(end)
        y = max(ends) + s.em * 1.5


def poster(s: Sheet) -> None:
    y = s.between(20, 90)
    align: Align = "center" if s.maybe(0.65) else "left"
    margin = s.between(20, 100)
    while True:
        size = int(s.size * s.between(1.0, 3.2))
        kind = Type(
            size,
            bold=s.maybe(0.5),
            align=align,
            pitch=s.between(1.0, 1.35),
            tracking=size * 0.08 if s.maybe(0.15) else 0.0,
        )
        kind = replace(kind, ink=s.accent if s.maybe(0.3) else None)
        text = (s.label(), s.title(), s.sentence(120), s.figure())[s.count(0, 3)]
        if s.maybe(0.2):
            text = text.upper().replace("ẞ", "SS")
        y = s.put(text, margin, y, s.width - 2 * margin, kind) + size * s.between(0.15, 1.5)


def steps(s: Sheet) -> None:
    """Instructions: a number or an icon, and beside it what to do."""
    margin = s.between(20, 80)
    y = s.put(s.title(), margin, s.between(15, 50), s.width - 2 * margin, heading_type(s)) + s.em
    wide, inset = min(s.width - 2 * margin, s.em * s.between(16, 40)), s.em * s.between(1.8, 3.5)
    number = 0
    body, apart, round_ = s.body(justified=False), s.em * s.between(0.3, 1.5), s.maybe(0.5)
    while True:
        number += 1
        big = Type(int(s.size * s.between(1.0, 1.6)), bold=True, most=1)
        if round_:
            radius = int(s.em)
            cv2.circle(s.rgb, (int(margin + s.em * 0.6), int(y + s.em * 0.7)), radius, s.pale, 1, cv2.LINE_AA)
        s.put(f"{number}", margin + s.em * 0.3, y, inset, big)
        if s.maybe(0.3):
            y = s.put(s.label(), margin + inset, y, wide - inset, replace(body, bold=True)) + s.em * 0.2
        y = max(s.put(s.prose(1, 2), margin + inset, y, wide - inset, body), y + big.size * 1.4) + apart


def dialog(s: Sheet) -> None:
    """Windows with a title, a question and buttons; menus of commands."""
    y = s.between(10, 40)
    while True:
        wide = s.em * s.between(16, 34)
        x = s.between(5, max(s.width - wide - 5, 6))
        if s.maybe(0.5):
            tall = s.em * s.between(8, 13)
            if y + tall > s.height:
                raise FullError
            s.box(x, y, wide, tall)
            inner = s.put(
                s.label(), x + s.em, y + s.em * 0.6, wide - 2 * s.em, Type(s.size, bold=s.maybe(0.7), most=1)
            )
            inner += s.em * s.between(0.3, 1)
            s.put(
                s.prose(1, 2),
                x + s.em,
                inner,
                wide - 2 * s.em,
                Type(s.size, pitch=s.between(1.1, 1.4), most=3),
            )
            for n in range(s.count(1, 3)):
                s.put(
                    s.label(12),
                    x + wide * n / 3,
                    y + tall - s.em * 1.8,
                    wide / 3,
                    Type(s.size, align="center", most=1),
                )
            y += tall + s.em
        else:
            step, number = s.em * s.between(1.2, 2.3), s.count(3, 9)
            words = s.maybe(0.4)
            s.box(x, y, wide, step * number + s.em)
            keys = s.maybe(0.4)
            for n in range(number):
                text = s.label(14 if words else int(wide / s.em * (1.0 if keys else 1.6))) + (
                    "…" if s.maybe(0.15) else ""
                )
                s.put(text, x + s.em, y + s.em / 2 + n * step, wide - s.em, Type(s.size, most=1))
                if keys and s.maybe(0.5):
                    key = ("Strg", "Ctrl", "Alt")[s.count(0, 2)] + "+" + chr(s.count(65, 90))
                    s.put(
                        key,
                        x + s.em,
                        y + s.em / 2 + n * step,
                        wide - 2 * s.em,
                        Type(s.size, align="right", ink=s.pale, most=1),
                    )
            y += step * number + 2 * s.em


def tiles(s: Sheet) -> None:
    """Cards beside and under each other with a few short texts each: days, offers, figures."""
    margin, gap = s.between(10, 50), s.em * s.between(0.5, 1.5)
    y = s.put(s.title(), margin, s.between(10, 40), s.width - 2 * margin, heading_type(s)) + s.em
    across = s.count(2, 6)
    each, boxed = (s.width - 2 * margin - (across - 1) * gap) / across, s.maybe(0.7)
    align: Align = "center" if s.maybe(0.6) else "left"
    while True:
        parts = [(s.count(0, 4), s.count(0, 3)) for _ in range(s.count(2, 4))]
        steps = [s.em * s.between(0.0, 0.6) for _ in parts]
        kinds = [
            Type(
                int(s.size * (1, 1, 0.8, 1.5)[look]),
                bold=s.maybe(0.3),
                align=align,
                ink=s.pale if s.maybe(0.25) else None,
                pitch=1.15,
            )
            for _, look in parts
        ]
        ends, top, marked = [], y + s.em * 0.6, len(s.lines)
        for n in range(across):
            x, at = margin + n * (each + gap) + s.em * 0.5, top
            for (what, _), step, kind in zip(parts, steps, kinds, strict=True):
                fitting = int(each / s.em * 1.7)  # characters in one line
                text = (
                    s.label(min(14, fitting)),
                    s.label(30 if s.maybe(0.3) else fitting).lower(),
                    s.label(30 if s.maybe(0.5) else fitting),
                    s.figure(),
                    f"{s.count(-9, 35)}° / {s.count(-9, 35)}°",
                )[what]
                at = s.put(text, x, at, each - s.em, replace(kind, most=1 if what > 2 else 3)) + step
            ends.append(at)
        if boxed:
            for n in range(across):
                corner = int(margin + n * (each + gap)), int(y)
                cv2.rectangle(s.rgb, corner, (int(corner[0] + each), int(max(ends) + s.em * 0.4)), s.pale, 1)
        assert len(s.lines) > marked
        y = max(ends) + gap + s.em * 0.4


def links(s: Sheet) -> None:
    """Columns of short entries, as at the foot of a website and in menus; some have a title."""
    y = s.between(15, 50)
    while True:
        number, margin = s.count(1, 4), s.between(15, 60)
        each, step = (s.width - 2 * margin) / number, s.em * s.between(1.2, 2.6)
        align: Align = "center" if s.maybe(0.2) else "left"
        titled, longest, ends = s.maybe(0.5), (11, 16, 24)[s.count(0, 2)], [y]
        for n in range(number):
            x, at = margin + n * each, y
            if titled:
                s.put(s.label(16), x, at, each - s.em, Type(s.size, bold=True, align=align, most=1))
                at += step * s.between(1, 1.3)
            for _ in range(s.count(2, 8)):
                s.put(s.label(longest), x, at, each - s.em, Type(s.size, align=align, most=1))
                at += step
            ends.append(at)
        y = max(ends) + step * s.between(0.3, 1.5)


def street_map(s: Sheet) -> None:
    """Labels here and there, narrow ones over two or three lines."""
    taken: list[tuple[float, float, float, float]] = []
    for _ in range(s.count(15, 45)):
        size = int(s.size * s.between(0.8, 1.3))
        kind = Type(
            size, align="center" if s.maybe(0.7) else "left", pitch=s.between(1.05, 1.25), bold=s.maybe(0.2)
        )
        wide, text = size * s.between(4, 10), s.label(36) if s.maybe(0.7) else s.title()
        rows = broken(text, Style(s.faces[kind.bold], size, 0), wide, kind)
        x, y = s.between(5, s.width - wide - 5), s.between(5, s.height - 60)
        box = (x - size, y - size * 0.8, x + wide + size, y + len(rows) * size * 1.3 + size * 0.8)
        if (
            all(box[2] < o[0] or o[2] < box[0] or box[3] < o[1] or o[3] < box[1] for o in taken)
            and box[3] < s.height
        ):
            taken.append(box)
            s.put(text, x, y, wide, kind)


def invoice(s: Sheet) -> None:
    """Columns of lines that are a text each: letterheads, dates, terms, banks at the foot."""
    margin = s.between(25, 70)
    wide, step = s.width - 2 * margin, s.em * s.between(1.15, 1.6)

    def fact() -> str:
        kinds = (
            f"{s.label(18)}: {s.figure()}", f"{s.label(18)}: {s.label(22)}", s.label(34),
            f"{s.label(18)} {s.count(1, 99)}, {s.count(10000, 99999)} {s.someone()}",
            f"Tel. {s.count(100, 9999)} {s.count(10000, 999999)}", s.someone(), f"{s.figure()} {s.label(18).lower()}",
            re.sub(r"[.!?]$", "", s.sentence(60)),
        )  # fmt: skip
        return kinds[s.count(0, len(kinds) - 1)]

    def column(x: float, y: float, room: float, kind: Type, low: int = 2, high: int = 6) -> float:
        first = s.maybe(0.4)
        for n in range(s.count(low, high)):
            s.put(fact(), x, y, room, replace(kind, bold=kind.bold or (n == 0 and first), most=1))
            y += max(step * kind.size / s.size, 1.1 * kind.size)
        return y

    aligns: tuple[Align, ...] = ("left", "right", "center")
    y = s.between(15, 50)
    left = column(margin, y, wide * 0.45, Type(s.size, align="left"))
    right = column(margin + wide * 0.52, y, wide * 0.48, Type(s.size, align=aligns[s.count(0, 2)]))
    y = max(left, right) + step
    while True:
        what = s.count(0, 3)
        if what == 0:
            y = column(margin, y, wide, Type(s.size, align=aligns[s.count(0, 2)]), 2, 7) + step
        elif what == 1:
            y = s.run(margin, y, wide, 1, 2, s.body(), s.em * s.between(0.3, 1))
        elif what == 2:
            y = s.put(s.title(), margin, y, wide, Type(s.size, bold=True)) + s.em * s.between(0.1, 0.8)
        else:
            number, small = (
                s.count(2, 4),
                Type(max(s.size - s.count(0, 5), 10), ink=s.pale if s.maybe(0.4) else None),
            )
            y = (
                max(column(margin + wide * n / number, y, wide / number - s.em, small) for n in range(number))
                + step
            )
