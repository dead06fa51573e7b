"""Writes the tables and answers of docs/research.md from the results of `ablations.py`, which are in docs/research.jsonl.

Between `<!-- results: QUESTION -->` and `<!-- end -->` everything is written anew; what stands elsewhere is for people. An
answer says no more than the intervals do.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from ablations import BASELINE, ROWS, Row

from iimt_cli.writing import write_text

PAGE = Path(__file__).parents[1] / "docs" / "research.md"
NOT_YET = "Not measured yet."
# Student's t, two-sided 95 %, by the number of seeds. With two it is 12.7: no claim.
T = {3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365}
BLOCK = re.compile(r"(<!-- results: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
Result = dict[str, Any]
SHEET, ZOOM = 3, 2  # pictures of the test set that are shown, and how many times their size
LABEL, GAP = 150, 8  # px: for the name of a row, and between pictures


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval; `over` says over what: seeds (t), or the pictures of too few seeds (bootstrap)."""

    mean: float
    low: float
    high: float
    over: str

    def shown(self, digits: int = 1) -> str:
        mark = "" if self.over == "seeds" else "*"
        return f"{self.mean:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f}){mark}"


def results_of(page: Path) -> Path:
    """The file with a line for each finished run, beside the page."""
    return page.with_suffix(".jsonl")


def results(page: Path = PAGE) -> list[Result]:
    """The finished runs that are of the rows as they are today; of several of one run the last."""
    path, rows = results_of(page), {row.name: row for row in ROWS}
    found: dict[tuple[str, int], Result] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            result = json.loads(line)
            row = rows.get(result["row"])
            if row and result["folder"] == row.folder(row.last, result["seed"]):
                found[row.name, result["seed"]] = result
        except (ValueError, KeyError, TypeError):
            continue  # cut short when the process was killed
    return list(found.values())


def write_report(page: Path = PAGE) -> None:
    """Fills the blocks of `page` from the results beside it, and draws its pictures there."""
    found = results(page)
    text = page.read_text(encoding="utf-8")
    write_text(page, BLOCK.sub(lambda m: m[1] + block(m[2], found, page.parent) + m[3], text))


def block(question: str, found: Sequence[Result], pictures: Path) -> str:
    """What stands below the heading of a question: the answer, a table, and a plot where there is one."""
    if question == "unlike":
        return _unlike(found)
    if question == "varied":
        return _varied(found)
    rows = [row for row in ROWS if row.question == question]
    tokenizers = question == "tokenizer"
    reference = next(r for r in ROWS if r.question == "tokenizer") if tokenizers else BASELINE
    if question not in ("base", "tokenizer"):
        rows = [BASELINE, *rows]
    known = [row for row in rows if row is not reference or row.question == question]
    if not any(_of(row, found) for row in known):
        return f"**{NOT_YET}**\n\n"
    parts = [f"**{answer(rows, reference, found)}**\n\n", table(rows, reference, found)]
    if question == "gate" and (gates := [r["gates"] for r in _of(BASELINE, found) if "gates" in r]):
        parts.append(_gates(gates, pictures))
    if tokenizers:
        parts.append(_unlike_tokenizers(rows, found))
    if question == "size":
        parts.append(_size(found))
    return "".join(parts)


def answer(rows: Sequence[Row], reference: Row, found: Sequence[Result]) -> str:
    """One sentence: the reference's score, and for each other row how far it is from it, if three seeds tell."""
    known = interval(_of(reference, found), "bleu")
    said = [f"`{reference.name}` has an OCR-BLEU of {known.shown()}"] if known else []
    unsure = []
    for row in rows:
        if row is reference or not _of(row, found):
            continue
        apart = difference(_of(row, found), _of(reference, found), "bleu")
        if apart is None:
            unsure.append(f"`{row.name}`")
        elif apart.low > 0 or apart.high < 0:
            said.append(f"`{row.name}` is {'better' if apart.low > 0 else 'worse'} by {_size_of(apart)}")
        else:
            said.append(f"`{row.name}` is not told apart from it ({apart.shown()})")
    if unsure:
        said.append(f"of {', '.join(unsure)} there are not three seeds yet, so no difference is claimed")
    return "; ".join(said) + "."


def table(rows: Sequence[Row], reference: Row, found: Sequence[Result]) -> str:
    """A row for each experiment that has a result."""
    head = [
        "experiment",
        "OCR-BLEU",
        f"against `{reference.name}`",
        "CER, %",
        "BLEU of the text",
        "Structure-BLEU",
        "SSIM",
    ]
    head += ["wrong words, %", "L1", "parameters, M", "CPU hours a run", "seeds", "made by"]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        there = _of(row, found)
        if not there:
            continue
        apart = difference(there, _of(reference, found), "bleu") if row is not reference else None
        cells = [row.says, _cell(there, "bleu"), apart.shown() if apart else "–", _cell(there, "cer")]
        cells += [_cell(there, "bleu_text"), _cell(there, "structure_bleu"), _cell(there, "ssim", 3)]
        cells += [_cell(there, "wrong_words"), _cell(there, "l1", 4)]
        cells += [f"{there[0]['parameters'] / 1e6:.2f}", f"{mean(r['cpu_hours'] for r in there):.2f}"]
        lines.append([*cells, ", ".join(str(r["seed"]) for r in there), f"`--row {row.name}`"])
    return _markdown(lines)


def interval(there: Sequence[Result], metric: str, part: str = "scores") -> Interval | None:
    """Of a metric that has an interval of its own in each run. None if no run has it."""
    found = [r[part][metric] for r in there if metric in r.get(part, {})]
    if not found:
        return None
    if len(found) in T:
        return _t([value for value, _, _ in found])
    return Interval(*(mean(column) for column in zip(*found, strict=True)), "pictures")


def difference(there: Sequence[Result], reference: Sequence[Result], metric: str) -> Interval | None:
    """How much more a row has than the reference with the same seeds; None with fewer than three seeds."""
    base = {r["seed"]: r["scores"].get(metric) for r in reference}
    pairs = [(r["scores"].get(metric), base.get(r["seed"])) for r in there]
    apart = [mine[0] - theirs[0] for mine, theirs in pairs if mine and theirs]
    return _t(apart) if len(apart) in T else None


def _t(values: Sequence[float]) -> Interval:
    middle, half = mean(values), T[len(values)] * stdev(values) / sqrt(len(values))
    return Interval(middle, middle - half, middle + half, "seeds")


def _of(row: Row, found: Sequence[Result]) -> list[Result]:
    return sorted((r for r in found if r["row"] == row.name), key=lambda r: r["seed"])


def _cell(there: Sequence[Result], metric: str, digits: int = 1) -> str:
    known = interval(there, metric)
    return known.shown(digits) if known else "–"


def _size_of(apart: Interval) -> str:
    low, high = sorted((abs(apart.low), abs(apart.high)))
    return f"{abs(apart.mean):.1f} ({low:.1f} to {high:.1f})"


def _unlike(found: Sequence[Result]) -> str:
    """The base system on pictures like nothing in training, what breaks most first."""
    there = [r for r in _of(BASELINE, found) if "unlike" in r]
    if not there:
        return f"**{NOT_YET}**\n\n"
    sets = {name: [{"scores": r["unlike"][name]} for r in there] for name in there[0]["unlike"]}
    scored = {"as in training": there, **sets}
    shown = {name: interval(some, "bleu") for name, some in scored.items()}
    order = sorted((name for name in sets if shown[name]), key=lambda name: shown[name].mean)  # type: ignore[union-attr]
    first, last = order[0], order[-1]
    said = (
        f"Trained on black on white in one face, `base` has an OCR-BLEU of {shown['as in training'].shown()}; "  # type: ignore[union-attr]
        f"least is left on “{first}” ({shown[first].shown()}), most on “{last}” ({shown[last].shown()})."  # type: ignore[union-attr]
    )
    lines = [
        ["pictures", "OCR-BLEU", "CER, %", "BLEU of the text", "SSIM", "OCR-BLEU of the true pictures"],
        ["---"] * 6,
    ]
    for name in ("as in training", *order):
        some = scored[name]
        cells = [
            name,
            _cell(some, "bleu"),
            _cell(some, "cer"),
            _cell(some, "bleu_text"),
            _cell(some, "ssim", 3),
        ]
        lines.append([*cells, f"{mean(r['scores']['ceiling'] for r in some):.1f}"])
    return f"**{said}**\n\n" + _markdown(lines) + "Made by `--row base`.\n\n"


def _varied(found: Sequence[Result]) -> str:
    """The base and the system trained on varied pictures, on each kind of pictures: those in its training first."""
    from ablations_measure import UNLIKE, VARIED_SEES

    row = next(r for r in ROWS if r.question == "varied")
    base, varied = ([r for r in _of(one, found) if "unlike" in r] for one in (BASELINE, row))
    if not base or not varied:
        return f"**{NOT_YET}**\n\n"
    lines = [
        ["pictures", "in its training", "OCR-BLEU of `base`", f"OCR-BLEU of `{row.name}`", "against `base`"]
    ]
    lines.append(["---"] * 5)
    clear: dict[bool, list[str]] = {True: [], False: []}
    known = [name for name in (*VARIED_SEES, *UNLIKE) if all(name in r["unlike"] for r in (*base, *varied))]
    for name in ("black on white, one face", *dict.fromkeys(known)):
        seen = name in VARIED_SEES or name not in UNLIKE
        both = [
            [{**r, "scores": r["unlike"].get(name, r["scores"])} for r in some] for some in (base, varied)
        ]
        apart = difference(both[1], both[0], "bleu")
        if apart and (apart.low > 0 or apart.high < 0):
            clear[seen].append(f"“{name}” {apart.shown()}")
        cells = [_cell(some, "bleu") for some in both]
        lines.append([name, "yes" if seen else "no", *cells, apart.shown() if apart else "–"])
    if len(varied) not in T:
        said = f"Of `{row.name}` there are not three seeds yet, so no difference is claimed."
    else:
        kinds = [(True, "Of kinds that it has seen"), (False, "of kinds that it has not")]
        told = [
            f"{start}, these are told apart from `base`: {', '.join(clear[k]) or 'none'}"
            for k, start in kinds
        ]
        said = "; ".join(told) + "."
    return f"**{said}**\n\n" + _markdown(lines) + f"Made by `--row {row.name}`.\n\n"


def _unlike_tokenizers(rows: Sequence[Row], found: Sequence[Result]) -> str:
    """OCR-BLEU and CER of reconstructions of faces, sizes and colours that the tokenizer was not trained on."""
    known = [(row, [r for r in _of(row, found) if "unlike" in r]) for row in rows]
    known = [(row, there) for row, there in known if there]
    if not known:
        return ""
    names = list(known[0][1][0]["unlike"])
    lines = [["CER, %, of pictures unlike those of training", *names], ["---"] * (len(names) + 1)]
    for row, there in known:
        cells = [_cell([{"scores": r["unlike"][name]} for r in there], "cer") for name in names]
        lines.append([row.says, *cells])
    return _markdown(lines)


def _size(found: Sequence[Result]) -> str:
    """The share of the base's parameters in the cascade's, and what its reading and wording alone would be."""
    there, cascade = _of(BASELINE, found), [r for r in found if r["row"] == "cascade"]
    text = interval(there, "bleu_text")
    if not there or not text:
        return ""
    whole, part = there[0]["parameters"] / 1e6, there[0]["text_parameters"] / 1e6
    share = f", {100 * whole * 1e6 / cascade[0]['parameters']:.0f} % of the cascade's" if cascade else ""
    return (
        f"The whole system has {whole:.2f} M parameters{share}. Its image encoder and text decoder alone, {part:.2f} M, whose "
        f"text a font could set, have a BLEU of {text.shown()}.\n\n"
    )


def _gates(gates: Sequence[Sequence[Result]], pictures: Path) -> str:
    """A table by layer, and a plot by layer and column, of the mean gate."""
    lines = [["layer", "patches with text", "patches without"], ["---"] * 3]
    for i, layers in enumerate(zip(*gates, strict=True), 1):
        cells = []
        for key in ("text", "background"):
            values = [layer[key] for layer in layers]
            spread = (
                _t(values).shown(3)
                if len(values) in T
                else f"{mean(values):.3f} (one run each of {len(values)})"
            )
            cells.append(spread)
        lines.append([str(i), *cells])
    _plot_gates(gates, pictures / "research-gate.png")
    return (
        "Mean gate of `base` on the test pictures: 1 is all text, 0 all picture.\n\n"
        + _markdown(lines)
        + "![Mean gate by layer and column](research-gate.png)\n\n"
    )


def _plot_gates(gates: Sequence[Sequence[Result]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 3))
    for i, layers in enumerate(zip(*gates, strict=True), 1):
        columns = [mean(values) for values in zip(*(layer["columns"] for layer in layers), strict=True)]
        axis.plot(columns, label=f"layer {i}")
    axis.set_xlabel("column of image tokens")
    axis.set_ylabel("mean gate (1: text)")
    axis.legend()
    axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    plt.close(figure)


def write_sheet(out: Path, page: Path = PAGE) -> None:
    """Draws `research-pictures.png`: test pictures, and what the first run of each system in the folder `out` made of them."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(size=15)
    test = out / "data" / "test"
    folders = [("source", test / "source"), ("the true picture", test / "target")]
    for row in ROWS:
        drawn = out / "stages" / row.folder(row.last, 1) / "drawn-test"
        if row.last == "joint" and drawn.is_dir():
            folders.append((row.name, drawn))
    names = sorted(path.name for path in (test / "source").glob("*.png"))[:SHEET]
    width, height = (ZOOM * size for size in Image.open(test / "source" / names[0]).size)
    sheet = Image.new("RGB", (LABEL + SHEET * (width + GAP), len(folders) * (height + GAP)), "white")
    pen = ImageDraw.Draw(sheet)
    for n, (label, folder) in enumerate(folders):
        y = n * (height + GAP)
        pen.text((0, y + 6), label, fill="black", font=font)
        for k, name in enumerate(names):
            picture = (
                Image.open(folder / name).convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
            )
            sheet.paste(picture, (LABEL + k * (width + GAP), y))
    sheet.quantize(64).save(page.with_name("research-pictures.png"), optimize=True)


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"
