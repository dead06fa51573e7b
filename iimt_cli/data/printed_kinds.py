"""Kinds of made-up pages that are printed: letters, newspapers, forms, menus, receipts, signs."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from iimt_cli.data.fonts import font_at
from iimt_cli.data.render import Style
from iimt_cli.data.sheet import Align, FullError, Sheet, Type, broken, heading_type, list_items


def article(s: Sheet) -> None:
    margin, body = s.between(25, 80), s.body()
    center: Align = "center" if s.maybe(0.3) else "left"
    y = s.put(
        s.title(), margin, s.between(15, 50), s.width - 2 * margin, heading_type(s, center)
    ) + s.em * s.between(0.4, 1.5)
    if s.maybe(0.4):
        y = s.put(s.label(), margin, y, s.width - 2 * margin, Type(s.size, ink=s.pale, align=center)) + s.em
    indented = s.maybe(0.3)
    apart = 0.0 if indented else s.em * s.between(0.35, 1.3)
    if indented:
        body = replace(body, indent=s.em * s.between(0.9, 2.2))
        apart = body.pitch * s.em - sum(font_at(s.faces[0], s.size).extent())
    columns = s.count(1, 3 if s.width > 900 else 2)
    gutter = s.em * s.between(1.2, 3)
    wide, top = (s.width - 2 * margin - (columns - 1) * gutter) / columns, y
    for column in range(columns):
        x, y = margin + column * (wide + gutter), top
        try:
            while True:
                y = s.run(x, y, wide, 1, 3, body, apart)
                if s.maybe(0.5):
                    y = s.put(
                        s.label(),
                        x,
                        y + s.em * s.between(0, 0.8),
                        wide,
                        Type(s.count(s.size, s.size + 5), bold=True),
                    )
                    y += s.em * s.between(0.1, 0.7)
        except FullError:
            continue


def letter(s: Sheet) -> None:
    margin, body = s.between(40, 90), s.body(justified=s.maybe(0.2))
    wide = s.width - 2 * margin
    y = s.between(20, 60)
    plain = Type(s.size, pitch=body.pitch)
    step = s.em * body.pitch
    for n in range(s.count(1, 3)):
        s.put(
            s.label(), margin, y + n * step, wide * 0.6, replace(plain, bold=n == 0 and s.maybe(0.6), most=1)
        )
    y += step * 4
    right: Align = "right" if s.maybe(0.5) else "left"
    for n in range(s.count(3, 5)):  # an address
        text = (
            s.someone()
            if n == 0
            else f"{s.label(20)} {s.count(1, 99)}"
            if n == 1
            else f"{s.count(10000, 99999)} {s.someone()}"
            if n == 2
            else s.label(25)
        )
        s.put(text, margin, y + n * step, wide * 0.5, replace(plain, most=1))
    if s.maybe(0.6):
        for n in range(s.count(1, 4)):
            s.put(
                f"{s.label(14)}: {s.figure()}",
                margin + wide * 0.62,
                y + n * step,
                wide * 0.38,
                replace(plain, align=right, most=1),
            )
    y += step * 5 + s.em
    y = s.put(s.title(), margin, y, wide, replace(plain, bold=s.maybe(0.7))) + step * s.between(0.1, 1)
    y = s.put(f"{s.label(25)},", margin, y, wide, replace(plain, most=1)) + step * s.between(0.15, 0.8)
    apart = s.em * s.between(0.4, 1.1)
    y = s.run(margin, y, wide, 1, 4, body, apart)
    if s.maybe(0.4):
        y = s.put(re.sub(r"[.!?]$", ":", s.sentence(80)), margin, y, wide, body) + s.em * s.between(0.1, 0.5)
        y = list_items(s, margin, y, wide, body) + apart
        y = s.run(margin, y, wide, 1, 2, body, apart)
    y = s.put(s.label(25), margin, y, wide, plain) + s.em * s.between(0.1, 2)
    s.put(s.someone(), margin, y, wide, plain)
    if s.maybe(0.5):
        s.put(s.sentence(120), margin, s.height - 4 * s.em, wide, Type(max(s.size - 4, 10), align="center"))


def bullet_list(s: Sheet) -> None:
    margin, body = s.between(30, 120), s.body()
    wide = min(s.width - 2 * margin, s.em * s.between(14, 50))
    y = s.put(s.title(), margin, s.between(15, 50), s.width - 2 * margin, heading_type(s)) + s.em * s.between(
        0.4, 1.5
    )
    while True:
        if s.maybe(0.5):
            y = s.put(s.prose(1, 2), margin, y, wide, body) + s.em * s.between(0.2, 0.9)
        elif s.maybe(0.5):
            y = (
                s.put(s.label() + (":" if s.maybe(0.5) else ""), margin, y, wide, replace(body, bold=True))
                + s.em * 0.4
            )
        y = list_items(s, margin, y, wide, body, 3, 9) + s.em * s.between(0.6, 1.6)


def newspaper(s: Sheet) -> None:
    margin = s.between(15, 40)
    wide = s.width - 2 * margin
    y = s.put(s.title(), margin, s.between(10, 30), wide, heading_type(s)) + s.em * 0.5
    if s.maybe(0.6):
        y = s.put(s.sentence(), margin, y, wide, Type(s.size + 2, bold=s.maybe(0.5))) + s.em * 0.8
    s.size = s.count(12, 18)
    s.em = float(s.size)
    columns, gutter = s.count(2, 4), s.em * s.between(1.0, 2.2)
    each, top = (wide - (columns - 1) * gutter) / columns, y
    body = Type(s.size, justified=s.maybe(0.8), hyphenated=s.maybe(0.8), pitch=s.between(1.1, 1.35))
    line = body.pitch * s.em - sum(font_at(s.faces[0], s.size).extent())
    indent = s.em * s.between(0.8, 1.5) if s.maybe(0.6) else 0.0
    for column in range(columns):
        x, y = margin + column * (each + gutter), top
        try:
            first = True
            while True:
                y = s.put(s.prose(1, 5), x, y, each, replace(body, indent=0.0 if first else indent))
                y += line + (0 if indent else s.em * s.between(0.0, 0.5))
                first = False
                if s.maybe(0.2):
                    y = (
                        s.put(s.label(), x, y + s.em * s.between(0.2, 0.8), each, Type(s.size, bold=True))
                        + line
                        + s.em * s.between(0, 0.3)
                    )
                    first = True
        except FullError:
            continue


def package(s: Sheet) -> None:
    """A label of food or medicine: names, small print, a table of values."""
    margin = s.between(20, 80)
    wide = min(s.width - 2 * margin, s.em * s.between(16, 34))
    y = (
        s.put(
            s.title(), margin, s.between(15, 40), wide, heading_type(s, "center" if s.maybe(0.4) else "left")
        )
        + s.em * 0.3
    )
    y = s.put(s.label(), margin, y, wide, Type(s.size)) + s.em
    while True:
        what = s.count(0, 2)
        apart = s.em * s.between(0.2, 1.0)
        if what == 0:
            words = ", ".join(s.label(18) for _ in range(s.count(5, 14)))
            y = s.put(f"{s.label(16)}: {words}.", margin, y, wide, s.body(size=max(s.size - 3, 10))) + apart
        elif what == 1:
            if s.maybe(0.7):
                y = s.put(s.label(), margin, y, wide, Type(s.size, bold=True)) + s.em * s.between(0.05, 0.4)
            y = s.put(s.prose(1, 3), margin, y, wide, s.body(size=max(s.size - s.count(0, 4), 10))) + apart
        else:
            step = s.em * s.between(1.15, 1.7)
            for _ in range(s.count(3, 8)):
                s.put(s.label(24), margin, y, wide * 0.65, Type(s.size, most=1))
                s.put(s.figure(), margin + wide * 0.65, y, wide * 0.35, Type(s.size, align="right", most=1))
                y += step
            y += apart


def form(s: Sheet) -> None:
    margin = s.between(20, 80)
    wide, y = s.width - 2 * margin, s.between(15, 50)
    y = s.put(s.title(), margin, y, wide, heading_type(s)) + s.em * s.between(0.5, 1.2)
    if s.maybe(0.6):
        y = s.put(s.prose(1, 3), margin, y, wide, s.body()) + s.em
    small = Type(max(int(s.size * s.between(0.75, 1)), 10), ink=s.pale if s.maybe(0.4) else None, most=2)
    filled, style, step = s.maybe(0.6), s.count(0, 2), s.em * s.between(1.5, 2.6)
    star = " *" if s.maybe(0.3) else ""
    while True:
        fields = s.count(1, 3)
        each = wide / fields
        if style == 0:  # the name stands over its field
            for n in range(fields):
                x = margin + n * each
                s.put(s.label(int(each / s.em * 1.5)) + star, x, y, each - s.em, small)
                s.box(x, y + step * 0.8, each - s.em, s.em * 1.8)
                if filled:
                    s.put(
                        s.figure() if s.maybe(0.4) else s.label(20),
                        x + 8,
                        y + step * 0.8 + s.em * 0.3,
                        each - s.em - 16,
                        Type(s.size, most=1),
                    )
            y += step * 0.8 + s.em * s.between(2.2, 3)
        elif style == 1:  # before its value
            s.put(s.label(18) + ":", margin, y, wide * 0.35, Type(s.size, bold=s.maybe(0.4), most=1))
            s.put(
                s.figure() if s.maybe(0.5) else s.label(),
                margin + wide * 0.38,
                y,
                wide * 0.6,
                Type(s.size, most=1),
            )
            y += step
        else:  # beside a check box
            s.dot(margin + s.em * 0.5, y + s.em * 0.6)
            y = s.put(
                s.sentence(110) if s.maybe(0.5) else s.label(),
                margin + s.em * 1.5,
                y,
                wide - s.em * 2,
                s.body(justified=False),
            ) + s.em * s.between(0.2, 0.9)
        if s.maybe(0.15):
            y = s.put(s.label(), margin, y + s.em * 0.5, wide, Type(s.size, bold=True)) + s.em * 0.6


def table(s: Sheet) -> None:
    """Rows of cells, some of which hold texts of several lines."""
    margin = s.between(20, 80)
    wide, y = s.width - 2 * margin, s.between(15, 50)
    y = s.put(s.title(), margin, y, wide, heading_type(s)) + s.em
    columns, ruled, wrapped = s.count(2, 5), s.maybe(0.5), s.maybe(0.5)
    shares = s.rng.uniform(0.6, 1.6, columns)
    shares[0] *= 1.5
    edges = np.concatenate([[0], np.cumsum(shares / shares.sum())]) * wide + margin
    numeric = [False, *(s.maybe(0.5) for _ in range(columns - 1))]
    pad = s.em * s.between(0.02, 0.9)
    right: Align = "right" if s.maybe(0.6) else "left"
    for row in range(s.count(3, 14)):
        ends = []
        for n in range(columns):
            room = edges[n + 1] - edges[n] - s.em
            long = int(room / s.em * 1.6)
            text = s.label(long) if row == 0 or not numeric[n] else s.figure()
            if row and wrapped and not numeric[n] and s.maybe(0.5):
                text = s.sentence(long * 3) if s.maybe(0.5) else s.title()
            kind = Type(
                s.size, bold=row == 0, align=right if numeric[n] else "left", pitch=s.between(1.1, 1.2)
            )
            ends.append(s.put(text, edges[n], y + pad, room, kind))
        y = max(ends) + pad
        if ruled:
            s.rule(margin, y, wide)
    y += s.em
    s.put(s.prose(1, 3), margin, y, wide, s.body(size=max(s.size - 3, 10)))


def receipt(s: Sheet) -> None:
    wide = s.em * s.between(18, 26)
    x, step = s.between(10, max(s.width - wide - 10, 20)), s.em * s.between(1.2, 1.6)
    y = s.between(15, 60)
    plain = Type(s.size, most=1)
    for n in range(s.count(2, 5)):
        text = (
            s.someone(),
            f"{s.label(20)} {s.count(1, 90)}",
            f"{s.count(10000, 99999)} {s.someone()}",
            f"Tel. {s.count(10000, 9999999)}",
            s.label(20),
        )[n]
        s.put(text, x, y, wide, replace(plain, align="center", bold=n == 0))
        y += step
    y += step * 0.6
    while y < s.height * 0.7:
        s.put(s.label(22) if s.maybe(0.8) else f"{s.count(2, 9)} x {s.price()}", x, y, wide * 0.7, plain)
        s.put(s.price(), x + wide * 0.7, y, wide * 0.3, replace(plain, align="right"))
        y += step
    s.rule(x, y, wide)
    for _ in range(s.count(1, 3)):
        y += step * 0.5
        s.put(s.label(16), x, y, wide * 0.6, replace(plain, bold=True))
        s.put(s.price(), x + wide * 0.6, y, wide * 0.4, replace(plain, align="right", bold=True))
        y += step
    y += step * 0.5
    s.put(s.prose(1, 2), x, y, wide, Type(s.size, align="center", pitch=step / s.em))


def menu(s: Sheet) -> None:
    """Dishes with prices; under some what they are made of."""
    margin = s.between(30, 140)
    center: Align = "center" if s.maybe(0.3) else "left"
    y = s.put(
        s.title(), margin, s.between(15, 50), s.width - 2 * margin, heading_type(s, "center")
    ) + s.em * s.between(0.4, 1.5)
    columns = 1 if center == "center" or s.width < 800 else s.count(1, 2)
    wide, top = (s.width - 2 * margin - (columns - 1) * 40) / columns, y
    smaller = Type(
        max(int(s.size * s.between(0.7, 1.0)), 10),
        ink=s.pale if s.maybe(0.5) else None,
        align=center,
        pitch=s.between(1.1, 1.4),
    )
    dish = Type(s.size, bold=s.maybe(0.5), align=center, most=2)
    near, far, described = s.em * s.between(0.0, 0.3), s.em * s.between(0.05, 1.4), s.between(0.0, 1)
    for column in range(columns):
        x, y = margin + column * (wide + 40), top
        try:
            while True:
                y = (
                    s.put(
                        s.label(), x, y, wide, Type(int(s.size * 1.3), bold=True, align=center, ink=s.accent)
                    )
                    + far
                )
                for _ in range(s.count(2, 6)):
                    if center == "left":
                        s.put(
                            s.price(), x + wide * 0.85, y, wide * 0.15, replace(dish, align="right", most=1)
                        )
                    y = s.put(
                        s.label() if s.maybe(0.6) else s.title(),
                        x,
                        y,
                        wide * 0.75 if center == "left" else wide,
                        dish,
                    )
                    if s.maybe(described):
                        text = (
                            s.sentence(90)
                            if s.maybe(0.4)
                            else s.label()
                            if s.maybe(0.3)
                            else s.label().lower()
                        )
                        y = s.put(
                            re.sub(r"\.$", "", text),
                            x,
                            y + near,
                            wide * 0.75 if center == "left" else wide,
                            smaller,
                        )
                    if center == "center":
                        y = s.put(s.price(), x, y + near, wide, dish)
                    y += far
        except FullError:
            continue


def notices(s: Sheet) -> None:
    """Signs: short sentences under each other, centred or flush left, each a text of its own."""
    y = s.between(15, 50)
    while True:
        wide = s.width * s.between(0.4, 0.9)
        x, size = s.between(10, s.width - wide - 5), int(s.size * s.between(1.0, 2.2))
        align: Align = "center" if s.maybe(0.6) else "left"
        framed, top, pad = s.maybe(0.6), y, size * s.between(0.5, 1.2)
        kind = Type(size, bold=s.maybe(0.5), align=align, pitch=s.between(1.05, 1.5))
        texts = [s.title() if s.maybe(0.4) else s.sentence(110) for _ in range(s.count(1, 4))]
        apart = size * s.between(0.35, 1.2)
        tall = pad
        probe = Style(s.faces[kind.bold], size, 0)
        for text in texts:
            tall += len(broken(text, probe, wide - 2 * pad, kind)) * size * 1.5 + apart
        if framed and top + tall < s.height:
            s.box(x, top, wide, tall)
        y += pad
        for n, text in enumerate(texts):
            y = s.put(text, x + pad, y, wide - 2 * pad, kind) + apart
            if n == 0 and s.maybe(0.3):
                kind = replace(kind, size=max(int(size * 0.7), 11), bold=False)
        y = max(y + pad, top + tall * framed) + size * s.between(0.5, 1.5)
