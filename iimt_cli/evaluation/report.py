"""What an evaluation found, and how it is written: as JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iimt_cli.evaluation.bleu import Score
from iimt_cli.evaluation.pairing import Item


@dataclass(frozen=True)
class Metric:
    key: str
    label: str
    digits: int
    higher_is_better: bool


METRICS = (
    Metric("bleu", "BLEU", 1, True),
    Metric("chrf", "chrF", 1, True),
    Metric("cer", "CER %", 1, False),
    Metric("structure_bleu", "Structure-BLEU", 1, True),
    Metric("ssim", "SSIM", 3, True),
    Metric("psnr", "PSNR dB", 1, True),
    Metric("background_error", "Background error", 2, False),
    Metric("lpips", "LPIPS", 3, False),
    Metric("comet", "COMET", 3, True),
)


@dataclass(frozen=True)
class PictureScore:
    """One picture of one system. problem: why it counts as empty, or ""; note: a remark for the reader, such as "resized".

    pairs: (text there, text of the reference) per box of the reference. scores: by metric key, None where a
    metric does not apply (no source picture, for example); bleu and chrf here are sentence scores.
    """

    text: str
    edits: int
    pairs: tuple[tuple[str, str], ...]
    scores: dict[str, float | None]
    problem: str = ""
    note: str = ""


@dataclass(frozen=True)
class Group:
    """Some of the pictures; totals: corpus scores by system and metric."""

    label: str
    pictures: int
    totals: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Report:
    """Everything that was found; `systems` and `totals` have the keys output, baseline, ceiling and floor."""

    items: list[Item]
    texts: list[str]  # reference texts, as scored
    systems: dict[str, list[PictureScore]]
    totals: dict[str, dict[str, Score]]
    p_values: dict[str, float]
    engine: str
    signatures: dict[str, str]
    texts_known: bool  # false: the reference texts are what the engine read in the reference pictures
    # By "kind" of background and "length" of text.
    groups: dict[str, list[Group]] = field(default_factory=dict)
    extra: list[Path] = field(default_factory=list)
    # Figures that only a model has, such as the BLEU of its text decoder and its parameters.
    model: dict[str, Any] = field(default_factory=dict)

    @property
    def problems(self) -> dict[str, str]:
        """Pictures that counted as empty, with the reason."""
        scored = zip(self.items, self.systems["output"], strict=True)
        return {item.name: score.problem for item, score in scored if score.problem}


def to_dict(report: Report) -> dict[str, Any]:
    """The report as plain JSON values: totals, groups, model figures, problems and one row per picture."""
    totals = {
        name: {key: _score_dict(score, name) for key, score in scores.items()}
        for name, scores in report.totals.items()
    }
    return {
        "pictures": len(report.items),
        "ocr": report.engine,
        "signatures": report.signatures,
        "reference_texts": "given" if report.texts_known else "read by OCR in the reference pictures",
        "totals": totals,
        "p_values": report.p_values,
        "model": report.model,
        "groups": {
            by: {group.label: {"pictures": group.pictures, **_rounded_all(group.totals)} for group in found}
            for by, found in report.groups.items()
        },
        "problems": report.problems,
        "extra_outputs": [str(path) for path in report.extra],
        "rows": list(rows(report)),
    }


def rows(report: Report) -> Iterable[dict[str, Any]]:
    """One flat row per picture: names, texts and scores of the output and the baseline."""
    for i, item in enumerate(report.items):
        score = report.systems["output"][i]
        row: dict[str, Any] = {
            "name": item.name,
            "kind": item.kind,
            "problem": score.problem,
            "note": score.note,
        }
        row |= {"source_text": item.source_text, "reference_text": report.texts[i], "output_text": score.text}
        row |= {key: _rounded(value) for key, value in score.scores.items()}
        if "baseline" in report.systems:
            other = report.systems["baseline"][i]
            row["baseline_text"] = other.text
            row |= {f"baseline_{key}": _rounded(value) for key, value in other.scores.items()}
        for key in ("output", "reference", "source"):
            path = getattr(item, key)
            row[key] = str(path) if path else None
        yield row


def as_json(report: Report) -> str:
    return json.dumps(to_dict(report), ensure_ascii=False, indent=1) + "\n"


def as_csv(report: Report) -> str:
    table = list(rows(report))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]) if table else ["name"])
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def as_markdown(report: Report) -> str:
    """The totals, and below them BLEU, Structure-BLEU and SSIM per kind of background, as Markdown tables."""
    names = {"output": "output", "baseline": "baseline", "floor": "copied source", "ceiling": "OCR ceiling"}
    names = {key: label for key, label in names.items() if key in report.systems}
    metrics = [metric for metric in METRICS if metric.key in report.totals["output"]]
    lines = ["| | " + " | ".join(names.values()) + " |", "|---|" + "---|" * len(names)]
    for metric in metrics:
        cells = [shown(report.totals[name].get(metric.key), metric) for name in names]
        lines.append(f"| {metric.label} | " + " | ".join(cells) + " |")
    kinds = report.groups["kind"]
    if kinds:
        columns = [
            m for m in metrics if m.key in ("bleu", "chrf", "structure_bleu", "ssim", "background_error")
        ]
        lines += ["", "| background | pictures | system | " + " | ".join(m.label for m in columns) + " |"]
        lines.append("|---|---|---|" + "---|" * len(columns))
        for kind in kinds:
            for name, label in names.items():
                values = kind.totals[name]
                cells = [f"{values[m.key]:.{m.digits}f}" if m.key in values else "" for m in columns]
                lines.append(f"| {kind.label} | {kind.pictures} | {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def shown(score: Score | None, metric: Metric) -> str:
    """A score with its interval if it has one: "31.4 (29.0–33.9)"."""
    if score is None:
        return "–"
    value, low, high = (f"{x:.{metric.digits}f}" for x in (score.value, score.low, score.high))
    return value if low == high else f"{value} ({low}–{high})"


def _score_dict(score: Score, system: str) -> dict[str, float]:
    values = {"value": score.value}
    if system in ("output", "baseline"):
        values |= {"low": score.low, "high": score.high}
    return {key: round(value, 4) for key, value in values.items()}


def _rounded_all(totals: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    return {name: {key: round(value, 4) for key, value in scores.items()} for name, scores in totals.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
