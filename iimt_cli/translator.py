"""The public API: `Translator.load(folder).translate(pictures)`.

>>> from iimt_cli.page import read_picture, write_picture
>>> translator = Translator.load(Path("weights/de-en"))
>>> picture = read_picture("sign.png")
>>> [result] = translator.translate([picture])
>>> write_picture(picture, result.pixels, "sign-en.png")
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from iimt_cli.config import Preset, load_preset
from iimt_cli.data.text import clean, edit_distance
from iimt_cli.errors import IimtError
from iimt_cli.model.decoding import translate_sentences
from iimt_cli.model.image_encoder import Reading, read_best_path
from iimt_cli.model.separator import Separator as SeparatorNetwork
from iimt_cli.model.strips import stack
from iimt_cli.model.translatotron import DrawnStrip, TranslatedStrip, Translatotron, draw
from iimt_cli.model.vocabulary import Vocabulary
from iimt_cli.page import Page, Picture, join, pieces, read_page
from iimt_cli.page.find import Line, find_lines
from iimt_cli.page.paragraphs import Paragraph, word_gaps
from iimt_cli.rails import after_translation, before_translation
from iimt_cli.training.checkpoint import load_part, load_system

_SENTENCE_END = re.compile(r"(?<=[.!?…:])[\"“”»)]* (?=[\"„»(]*[A-ZÄÖÜ0-9])")
_ABBREVIATION = re.compile(r"\b(?:[A-Za-zÄÖÜäöü]|Dr|Nr|St|Str|ca|bzw|usw|Tel|Mio|Prof|vgl|\d+)\.$")
_CLAUSE_END = re.compile(r"(?<=[,;–—]) ")


LEGIBLE = 0.65  # mean probability per character below which a reading is noise, not text


@dataclass(frozen=True)
class Options:
    """How to translate. `min_confidence` and `max_mismatch` are shares, 0..1."""

    beam: int = 1
    min_confidence: float = 0.3
    max_mismatch: float = 0.2  # how far the reading of a drawn strip may differ from the text, per character
    whole: bool = False
    batch: int = 32


@dataclass(frozen=True)
class Block:
    """One paragraph: where it stands, what it says, what became of it."""

    polygon: list[list[float]]
    lines: list[list[list[float]]]
    source: str
    target: str
    confidence: float
    action: Literal["translated", "kept"]
    reason: str


@dataclass(frozen=True)
class Translation:
    """`pixels` uint8 (H, W, 3 or 4) for `page.write_picture`; one block per paragraph."""

    pixels: np.ndarray
    blocks: list[Block]


@dataclass
class Piece:
    """A part of a paragraph that is translated on its own, usually one sentence."""

    ink: np.ndarray
    result: TranslatedStrip | None = None
    reason: str = ""
    harmless: bool = False  # kept as it is, but need not keep its neighbours from being translated
    confidence: float = 0.0


@dataclass
class Job:
    """A picture on its way through `Translator.open`, `translate_jobs` and `close`."""

    page: Page
    pieces: list[list[Piece]] = field(default_factory=list)  # per paragraph


class Translator:
    """A trained system on a device."""

    def __init__(
        self, preset: Preset, model: Translatotron, separator: SeparatorNetwork, device: torch.device
    ) -> None:
        self.preset, self.device = preset, device
        self.model, self.separator = model.to(device).eval(), separator.to(device).eval()

    @classmethod
    def load(cls, folder: Path, device: str = "auto") -> "Translator":
        """Raises IimtError if a part is missing or damaged, belongs to another preset, or the device is not there."""
        folder = Path(folder)
        if not (folder / "preset.toml").is_file():
            raise IimtError(f"{folder}: no weights here (preset.toml is missing)")
        preset = load_preset(folder / "preset.toml")
        source, target = Vocabulary.load(folder / "source.spm"), Vocabulary.load(folder / "target.spm")
        where = choose_device(device)
        model, separator = Translatotron(preset, source, target), SeparatorNetwork(preset.separator)
        load_system(folder, model)
        load_part(folder / "separator.safetensors", separator)
        return cls(preset, model, separator, where)

    @cached_property
    def parameters(self) -> dict[str, int]:
        """Parameters per module."""
        modules = dict(self.model.named_children()) | {"separator": self.separator}
        return {name: sum(p.numel() for p in module.parameters()) for name, module in modules.items()}

    @torch.inference_mode()
    def translate_text(self, sentences: Sequence[str], beam: int = 1) -> list[str]:
        """The text pivot alone: sentences in, sentences out."""
        return translate_sentences(
            self.model, self.model.source, self.model.target, [clean(s) for s in sentences], beam
        )

    @torch.inference_mode()
    def separate(self, strips: list[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
        """`page.Separator`: uint8 (32, W, 3) strips → (ink, erase), float32 (32, W) each."""
        results: list[tuple[np.ndarray, np.ndarray] | None] = [None] * len(strips)
        for chosen in _by_width([s.shape[1] for s in strips], 16):
            width = -(-max(strips[i].shape[1] for i in chosen) // 8) * 8
            rgb = np.stack(
                [
                    np.pad(strips[i], ((0, 0), (0, width - strips[i].shape[1]), (0, 0)), mode="edge")
                    for i in chosen
                ]
            )
            masks = (
                self.separator(torch.from_numpy(rgb).to(self.device).permute(0, 3, 1, 2).float() / 255)
                .sigmoid()
                .cpu()
                .numpy()
            )
            for i, (ink, erase) in zip(chosen, masks, strict=True):
                results[i] = (ink[:, : strips[i].shape[1]], erase[:, : strips[i].shape[1]])
        return [r for r in results if r is not None]

    @torch.inference_mode()
    def read(self, inks: Sequence[np.ndarray], batch: int = 32) -> list[Reading]:
        """The OCR head on ink strips, float32 (32, W)."""
        readings: list[Reading | None] = [None] * len(inks)
        patch = self.preset.canvas.patch
        padded = [_to_patches(ink, patch) for ink in inks]
        for chosen in _by_width([p.shape[1] for p in padded], batch):
            strips = stack([padded[i] for i in chosen], patch).to(self.device)
            _, _, mask, logits = self.model.image_encoder.read(strips.ink, strips.mask)
            for i, reading in zip(chosen, read_best_path(logits, mask), strict=True):
                readings[i] = reading
        return [r for r in readings if r is not None]

    def translate(
        self, pictures: Sequence[Picture | np.ndarray], options: Options = Options()
    ) -> list[Translation]:
        """Translates the text in pictures (or uint8 RGB arrays). Strips of all pictures share batches.

        The result of a picture does not depend on the others. Pixels outside text that was replaced are identical.
        """
        jobs = [self.open(p if isinstance(p, Picture) else Picture(p), options) for p in pictures]
        self.translate_jobs(jobs, options)
        return [self.close(job) for job in jobs]

    def reconstruct(self, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Pictures whose ink went through the image tokenizer and back: the ceiling that it sets."""
        patch = self.preset.canvas.patch
        results = []
        for rgb in pictures:
            page = read_page(Picture(rgb), self.separate)
            drawn = {}
            for i, strip in enumerate(page.strips):
                batch = stack([_to_patches(strip.ink, patch)], patch).to(self.device)
                with torch.inference_mode():
                    ink = (
                        self.model.image_tokenizer.decode(self.model.image_tokenizer.encode(batch.ink))[0]
                        .cpu()
                        .numpy()
                    )
                drawn[i] = (ink, list(strip.lines))
            results.append(page.draw(drawn)[0])
        return results

    def open(self, picture: Picture, options: Options = Options()) -> Job:
        """First step: find the lines, separate their ink, read once to see where sentences end.

        `open`, `translate_jobs` and `close` may run in different threads at the same time, on different jobs.
        """
        page = read_page(picture, self.separate, _whole_picture if options.whole else find_lines)
        lines = [line for paragraph in page.paragraphs for line in paragraph.lines]
        readings = iter(self.read([line.ink for line in lines], options.batch))
        texts = {i: [next(readings).text for _ in p.lines] for i, p in enumerate(page.paragraphs)}
        page = page.split({i: t for i, t in texts.items() if len(t) > 1})
        strips = page.strips
        whole = self.read([s.ink for s in strips], options.batch)
        limit = self.preset.canvas.max_width - self.preset.canvas.patch
        return Job(
            page, [[Piece(ink) for ink in _cut(s.ink, r, limit)] for s, r in zip(strips, whole, strict=True)]
        )

    def translate_jobs(self, jobs: Sequence[Job], options: Options = Options()) -> None:
        """Second step: every piece of every job is translated and drawn, in batches over all of them."""
        todo = [piece for job in jobs for part in job.pieces for piece in part]
        for chosen, ink, mask in self._batches(todo, options.batch):
            for piece, result in zip(chosen, self.model.translate(ink, mask, options.beam), strict=True):
                piece.result = result
        for piece in todo:
            _judge(piece, options)
        self._check_drawings([p for p in todo if not p.reason], options)

    def _check_drawings(self, drawn: list[Piece], options: Options) -> None:
        """Second rail: a drawn strip must say what the text decoder said.

        Where it does not, it is drawn again without the decoder's states, and left alone if that does not help.
        """
        wrong = self._illegible(drawn, options)
        self._redraw([piece for piece, _ in wrong], options)
        for piece, read in self._illegible([piece for piece, _ in wrong], options):
            piece.reason = f"could not be drawn legibly (reads as {read!r})"

    def _illegible(self, drawn: list[Piece], options: Options) -> list[tuple[Piece, str]]:
        """The pieces whose drawing does not read as their text, and what it reads as."""
        results = [p.result for p in drawn if p.result is not None]
        readings = self.read([r.drawn.ink for r in results if r.drawn is not None], options.batch)
        return [
            (piece, reading.text)
            for piece, result, reading in zip(drawn, results, readings, strict=True)
            if _mismatch(reading.text, result.target) > options.max_mismatch
        ]

    @torch.inference_mode()
    def _redraw(self, todo: list[Piece], options: Options) -> None:
        for chosen, ink, mask in self._batches(todo, options.batch):
            encoded = self.model.image_encoder(ink, mask)
            results = [p.result for p in chosen if p.result is not None]
            texts = [r.target for r in results]
            decoder, tokenizer = self.model.image_decoder, self.model.image_tokenizer
            strips = draw(decoder, tokenizer, texts, None, encoded.visual, encoded.mask)
            for piece, result, strip in zip(chosen, results, strips, strict=True):
                piece.result = replace(result, drawn=strip)

    def _batches(self, todo: list[Piece], size: int) -> Iterator[tuple[list[Piece], Tensor, Tensor]]:
        """Pieces of similar width with their padded ink (B, H, W) and column mask (B, N)."""
        patch = self.preset.canvas.patch
        padded = [_to_patches(piece.ink, patch) for piece in todo]
        for chosen in _by_width([p.shape[1] for p in padded], size):
            strips = stack([padded[i] for i in chosen], patch).to(self.device)
            yield [todo[i] for i in chosen], strips.ink, strips.mask

    def close(self, job: Job) -> Translation:
        """Third step: the new words set into the picture."""
        reasons = [_paragraph_reason(parts) for parts in job.pieces]
        drawn = {i: join([_words(p) for p in parts]) for i, parts in enumerate(job.pieces) if not reasons[i]}
        pixels, flows = job.page.draw(drawn)
        squeezed = [i for i, flow in flows.items() if not flow.readable]
        if squeezed:
            for i in squeezed:
                reasons[i] = "the translation is too long for its place"
            pixels, _ = job.page.draw({i: d for i, d in drawn.items() if i not in squeezed})
        blocks = [_block(*block) for block in zip(job.page.paragraphs, job.pieces, reasons, strict=True)]
        return Translation(pixels, blocks)


def choose_device(name: str) -> torch.device:
    """`auto` is CUDA, else Apple's MPS, else the CPU. Raises IimtError if the named device is not there."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(d for d in ("cuda", "mps", "cpu") if there[d])
    if name not in there:
        raise IimtError(f"unknown device '{name}' (choose auto, cpu, cuda or mps)")
    if not there[name]:
        raise IimtError(f"device '{name}' is not available on this machine")
    return torch.device(name)


def _by_width(widths: Sequence[int], batch: int) -> list[list[int]]:
    """Indices in batches of similar width; wide strips come in smaller batches, so that memory stays bounded."""
    order = sorted(range(len(widths)), key=lambda i: widths[i])
    groups: list[list[int]] = []
    for i in order:
        room = max(1, min(batch, batch * 1024 // max(1, widths[i])))
        if groups and len(groups[-1]) < room:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _to_patches(ink: np.ndarray, patch: int) -> np.ndarray:
    """Pads a strip on the right to whole patches."""
    return np.pad(ink, ((0, 0), (0, -ink.shape[1] % patch))).astype(np.float32)


def _whole_picture(rgb: np.ndarray) -> list[Line]:
    height, width = rgb.shape[:2]
    corners = [[0, 0], [width, 0], [width, height], [0, height]]
    return [Line(np.array(corners, np.float32), 1.0)]


def _cut(ink: np.ndarray, reading: Reading, limit: int) -> list[np.ndarray]:
    """Sentences apart; what is still too long for the networks at clauses, then at word gaps."""
    ends = [
        m.end()
        for m in _SENTENCE_END.finditer(reading.text)
        if not _ABBREVIATION.search(reading.text[: m.start()])
    ]
    clauses = [m.end() for m in _CLAUSE_END.finditer(reading.text)]
    gaps = [(a + b) // 2 for a, b in word_gaps(ink, 0.16)]
    near = (min(gaps, key=lambda g: abs(g - x)) for x in map(reading.boundary, ends) if gaps)
    cuts = sorted({0, ink.shape[1], *near})
    places = [reading.boundary(i) for i in clauses]
    return [
        ink[:, a + left : a + right]
        for a, b in pairwise(cuts)
        for left, right in pieces(ink[:, a:b], limit, clauses=[x - a for x in places if a < x < b])
    ]


def _judge(piece: Piece, options: Options) -> None:
    assert piece.result is not None
    result = piece.result
    read, said = math.exp(result.reading_score), math.exp(result.target_score)
    piece.confidence = min(read, said)
    least = options.min_confidence
    judgement = before_translation(result.source, read, max(least, LEGIBLE))
    if not judgement.keep:
        judgement = after_translation(result.source, result.target, said, least)
    piece.reason, piece.harmless = judgement.reason, judgement.harmless


def _paragraph_reason(parts: Sequence[Piece]) -> str:
    """A paragraph is translated whole or not at all: no line is left half translated.

    Numbers, names and addresses between translated sentences stay as they are and go along.
    """
    if not parts:
        return "nothing could be read"
    serious = [p.reason for p in parts if p.reason and not p.harmless]
    if serious or all(p.reason for p in parts):
        return (serious or [p.reason for p in parts])[0]
    return ""


def _words(piece: Piece) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """New ink and the columns of each word; a kept piece is its own ink."""
    assert piece.result is not None
    if piece.reason or piece.result.drawn is None:
        filled = np.flatnonzero(piece.ink.max(0) > 0.25)
        if not len(filled):
            return piece.ink, []
        gaps = word_gaps(piece.ink)
        starts, stops = [int(filled[0]), *(b for _, b in gaps)], [*(a for a, _ in gaps), int(filled[-1]) + 1]
        return piece.ink, list(zip(starts, stops, strict=True))
    strip: DrawnStrip = piece.result.drawn
    spans = [m.span() for m in re.finditer(r"\S+", piece.result.target)]
    return strip.ink, [(math.floor(strip.edges[a]), math.ceil(strip.edges[b])) for a, b in spans]


def _mismatch(read: str, wanted: str) -> float:
    a, b = read.replace(" ", ""), wanted.replace(" ", "")
    return edit_distance(a, b) / max(1, len(b))


def _block(paragraph: Paragraph, parts: Sequence[Piece], reason: str) -> Block:
    results = [p.result for p in parts if p.result is not None]
    quads = np.stack([line.quad for line in paragraph.lines])
    low, high = quads.min((0, 1)), quads.max((0, 1))
    box = [[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]]
    polygon = quads[0].tolist() if len(quads) == 1 else [[float(x), float(y)] for x, y in box]
    return Block(
        polygon=_rounded(polygon),
        lines=[_rounded(quad.tolist()) for quad in quads],
        source=" ".join(r.source for r in results).strip(),
        target=""
        if reason
        else " ".join(p.result.source if p.reason else p.result.target for p in parts if p.result).strip(),
        confidence=round(min((p.confidence for p in parts), default=0.0), 4),
        action="kept" if reason else "translated",
        reason=reason,
    )


def _rounded(points: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[round(float(x), 1), round(float(y), 1)] for x, y in points]
