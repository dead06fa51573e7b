"""The report as one HTML page that needs nothing else: thumbnails, charts, script and style are inside.

It stays usable with a thousand pictures: rows are built while one scrolls, and the more pictures, the smaller the thumbnails.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from html import escape
from importlib import resources
from typing import Any

import numpy as np
from PIL import Image

from iimt_cli.errors import IimtError
from iimt_cli.evaluation.ocr import cores
from iimt_cli.evaluation.report import METRICS, Group, Metric, Report, rows, shown
from iimt_cli.evaluation.scoring import load_pixels

LABELS = {"output": "Output", "baseline": "Baseline", "floor": "Source copied", "ceiling": "OCR ceiling"}
CHARTS = (("bleu", "kind"), ("structure_bleu", "kind"), ("ssim", "kind"), ("bleu", "length"))
EDGES = ((200, 640), (500, 520), (10**9, 400))  # (pictures, at most; px of a thumbnail's longest side)


def page(report: Report, title: str = "") -> str:
    """The page as one string: `report.html` with its @MARKS@ filled."""
    edge = next(edge for limit, edge in EDGES if len(report.items) <= limit)
    with ThreadPoolExecutor(cores()) as pool:
        pictures = list(pool.map(partial(_pictures, edge=edge), report.items))
    data = [row | thumbs for row, thumbs in zip(rows(report), pictures, strict=True)]
    metrics = [m for m in METRICS if any(row.get(m.key) is not None for row in data)]
    columns = [[m.key, m.label, m.digits, m.higher_is_better] for m in metrics]
    parts = {
        "TITLE": escape(title or f"{len(report.items)} translated pictures"),
        "SUMMARY": _summary(report),
        "NOTES": _notes(report),
        "BASELINE": "" if "baseline" in report.systems else "hidden",
        "CHARTS": "".join(filter(None, (_chart(report, metric, by) for metric, by in CHARTS))),
        # "<" could end the script element, and a text may well contain it
        "DATA": json.dumps({"metrics": columns, "rows": data}, ensure_ascii=False).replace("<", "\\u003c"),
    }
    template = (resources.files("iimt_cli.evaluation") / "report.html").read_text(encoding="utf-8")
    return re.sub(r"@([A-Z]+)@", lambda mark: parts[mark[1]], template)  # one pass: texts may hold marks


def thumbnail(pixels: np.ndarray, edge: int) -> str:
    """A data URI (WebP) of a picture, uint8 RGB [H, W, 3], with no side longer than `edge` px."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=72, method=2)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()


def _pictures(item: Any, edge: int) -> dict[str, Any]:
    """Thumbnails of one item, all in the shape of the reference so that the slider's two pictures cover."""
    reference = load_pixels(item.reference)
    height, width = reference.shape[:2]
    found: dict[str, Any] = {
        "width": width,
        "height": height,
        "reference_picture": thumbnail(reference, edge),
    }
    for key in ("source", "output"):
        path = getattr(item, key)
        try:
            found[f"{key}_picture"] = thumbnail(load_pixels(path), edge) if path else ""
        except IimtError:
            found[f"{key}_picture"] = ""
    return found


def _summary(report: Report) -> str:
    names = [name for name in LABELS if name in report.systems]
    head = "".join(f"<th>{LABELS[name]}" for name in names) + ("<th>p" if report.p_values else "")
    body = []
    for metric in METRICS:
        if metric.key not in report.totals["output"]:
            continue
        cells = "".join(f"<td>{shown(report.totals[n].get(metric.key), metric)}" for n in names)
        if report.p_values:
            p = report.p_values.get(metric.key)
            cells += "<td>" + ("–" if p is None else f"{p:.3f}")
        body.append(f"<tr><th>{metric.label} {'↑' if metric.higher_is_better else '↓'}{cells}")
    return f"<table class=summary><thead><tr><th>{head}</thead><tbody>{''.join(body)}</tbody></table>"


def _notes(report: Report) -> str:
    lines = [f"OCR: {report.engine}"]
    lines += [f"{key}: {value}" for key, value in report.signatures.items()]
    if not report.texts_known:
        lines.append("Reference texts: what the OCR engine read in the reference pictures.")
    for key, value in report.model.items():
        lines.append(f"{key.replace('_', ' ')}: {f'{value:,.4g}' if isinstance(value, float) else value}")
    if report.problems:
        lines.append(f"{len(report.problems)} of {len(report.items)} outputs counted as empty.")
    if report.extra:
        lines.append(f"{len(report.extra)} outputs have no reference and were not scored.")
    return "".join(f"<li>{escape(line)}" for line in lines)


def _chart(report: Report, key: str, by: str) -> str:
    metric = next(m for m in METRICS if m.key == key)
    title = f"{metric.label} by {'background' if by == 'kind' else 'length of the text'}"
    return bars(metric, title, report.groups[by]) if report.groups[by] else ""


def bars(metric: Metric, title: str, found: Sequence[Group]) -> str:
    """An SVG chart: bars for output and baseline, ticks at the copied source and at the OCR ceiling."""
    top = 1.0 if metric.key == "ssim" else 100.0
    systems = [name for name in ("output", "baseline") if name in found[0].totals]
    left, width, bar = 130, 300, 14
    step = bar * len(systems) + 14
    height = 24 + step * len(found) + 22
    shapes = []
    for tick in range(0, 101, 25):
        x = left + width * tick / 100
        shapes.append(f'<path class=grid d="M{x:.1f} 20V{height - 20}"/>')
        shapes.append(f'<text class=tick x="{x:.1f}" y="{height - 6}">{tick * top / 100:g}</text>')
    for row, group in enumerate(found):
        totals = group.totals
        y = 26 + row * step
        middle = y + bar * len(systems) / 2 + 4
        shapes.append(
            f'<text class=label x="{left - 8}" y="{middle:.1f}">{escape(group.label)} ({group.pictures})</text>'
        )
        for i, name in enumerate(systems):
            value = totals[name].get(metric.key, 0.0)
            length = width * min(1.0, max(0.0, value / top))
            at = y + i * bar
            shapes.append(f'<rect class={name} x="{left}" y="{at}" width="{length:.1f}" height="{bar - 2}"/>')
            text = f"{value:.{metric.digits}f}"
            shapes.append(f'<text class=value x="{left + width + 50}" y="{at + bar - 3}">{text}</text>')
        for bracket in ("floor", "ceiling"):
            if metric.key in totals.get(bracket, {}):
                value = totals[bracket][metric.key]
                x = left + width * min(1.0, max(0.0, value / top))
                tip = f"<title>{LABELS[bracket]}: {value:.{metric.digits}f}</title>"
                end = y + bar * len(systems)
                shapes.append(f'<path class={bracket} d="M{x:.1f} {y - 3}V{end + 1}">{tip}</path>')
    size = f'viewBox="0 0 {left + width + 60} {height}"'
    drawing = f'<svg {size} role="img">{"".join(shapes)}</svg>'
    return f"<figure><figcaption>{escape(title)}</figcaption>{drawing}</figure>"
