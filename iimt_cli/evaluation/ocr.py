"""Reading engines behind one small interface, and a cache of what they read.

The text metrics score what an OCR engine reads in the output picture. They depend on the engine, so it is chosen by name,
and `Engine.version` is printed with every score.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from iimt_cli.errors import IimtError
from iimt_cli.writing import write_text

ENGINES = ("rapidocr", "tesserocr", "easyocr")

INSTALL = {
    "rapidocr": "pip install rapidocr onnxruntime",
    "tesserocr": (
        "pip install tesserocr, apt-get install tesseract-ocr-eng tesseract-ocr-deu, "
        "and set TESSDATA_PREFIX to the folder of the .traineddata files"
    ),
    "easyocr": "pip install easyocr (it downloads its weights at the first use)",
}

TESSERACT_CODES = {"en": "eng", "de": "deu", "fr": "fra", "es": "spa", "it": "ita", "nl": "nld", "pt": "por"}


@dataclass(frozen=True, eq=False)
class TextBox:
    """One line of text as an engine read it.

    quad: float32 [4, 2], x and y in pixels: top left, top right, bottom right, bottom left of the *text*.
    score: the engine's own confidence, 0 to 1.
    """

    quad: np.ndarray
    text: str
    score: float


class Engine(Protocol):
    name: str
    version: (
        str  # names all that changes what is read: package, models, settings. In the cache key and the report
    )

    def read(self, picture: np.ndarray) -> list[TextBox]:
        """All lines of text in `picture` (uint8 RGB [H, W, 3]), in reading order."""
        ...

    def read_lines(self, strips: Sequence[np.ndarray]) -> list[str]:
        """The recogniser alone, on pictures (uint8 RGB) that each hold one line of text."""
        ...


def ocr_engine(name: str = "rapidocr", languages: Sequence[str] = ("en", "de")) -> Engine:
    """The engine called `name`. `languages` (ISO 639-1) are for engines that have a model for each language.

    Raises IimtError for an unknown name, and for a missing package with the command that installs it.
    """
    if name not in ENGINES:
        raise IimtError(f"unknown OCR engine '{name}': choose {', '.join(ENGINES)}")
    try:
        if name == "rapidocr":
            return RapidOcr()
        return TesserOcr(languages) if name == "tesserocr" else EasyOcr(languages)
    except ImportError as error:
        raise IimtError(f"OCR engine '{name}' is not installed ({error}): {INSTALL[name]}") from error


class RapidOcr:
    """PP-OCR detector and recogniser on ONNX Runtime; the wheel carries its models, so it works offline.

    A session has one thread and may be called from several threads. `read_pictures` reads several pictures at once, which
    uses the cores better than several threads for one small picture.
    """

    name = "rapidocr"
    LONGEST_SIDE = (
        1920  # px: larger pictures are scaled down; smaller ones are not scaled up, which cut words apart
    )

    def __init__(self) -> None:
        # The package is imported when something is read that is not in the cache: importing takes a second.
        spec = importlib.util.find_spec("rapidocr")
        if spec is None or spec.origin is None:
            raise ImportError("No module named 'rapidocr'")
        config = (Path(spec.origin).parent / "config.yaml").read_text("utf-8")
        recogniser = config[config.index("\nRec:") :]
        family = [re.search(rf'{key}: "?([\w-]+)', recogniser) for key in ("ocr_version", "model_type")]
        model = " ".join(found[1] for found in family if found)
        self.version = f"rapidocr {metadata.version('rapidocr')} ({model}, side<={self.LONGEST_SIDE})"
        self._lock = threading.Lock()
        self._loaded: Any = None

    @property
    def _ocr(self) -> Any:
        with self._lock:
            if self._loaded is None:
                self._loaded = importlib.import_module("rapidocr").RapidOCR(
                    params={
                        "Global.log_level": "error",
                        "Global.use_cls": False,
                        "Det.limit_type": "max",
                        "Det.limit_side_len": self.LONGEST_SIDE,
                        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                    }
                )
        return self._loaded

    def read(self, picture: np.ndarray) -> list[TextBox]:
        found: Any = self._ocr(_bgr(picture), use_cls=False)
        if getattr(found, "txts", None) is None or found.boxes is None:
            return []
        return _boxes(zip(found.boxes, found.txts, found.scores, strict=True))

    def read_lines(self, strips: Sequence[np.ndarray]) -> list[str]:
        # Strips of similar shape go together: the recogniser pads a batch to its widest strip.
        filled = (i for i, strip in enumerate(strips) if strip.size)
        order = sorted(filled, key=lambda i: strips[i].shape[1] / strips[i].shape[0])
        chunks = [order[i : i + 24] for i in range(0, len(order), 24)]
        texts = [""] * len(strips)

        def recognise(chunk: list[int]) -> None:
            read = self._ocr.recognize_txt([_bgr(strips[i]) for i in chunk]).txts or ()
            for i, text in zip(chunk, read, strict=False):
                texts[i] = clean(text)

        with ThreadPoolExecutor(cores()) as pool:
            list(pool.map(recognise, chunks))
        return texts


class TesserOcr:
    """Tesseract's LSTM models through `tesserocr`."""

    name = "tesserocr"

    def __init__(self, languages: Sequence[str]) -> None:
        self._module = importlib.import_module("tesserocr")
        folder, installed = self._module.get_languages()
        codes = [TESSERACT_CODES.get(code, code) for code in languages]
        usable = [code for code in codes if code in installed]
        if not usable:
            missing = ", ".join(codes)
            raise IimtError(f"tesserocr has no data for {missing} in '{folder}': {INSTALL['tesserocr']}")
        self._language = "+".join(usable)
        self.version = f"tesserocr {metadata.version('tesserocr')} ({self._language})"

    def read(self, picture: np.ndarray) -> list[TextBox]:
        return reading_order(self._read(picture, self._module.PSM.AUTO))

    def read_lines(self, strips: Sequence[np.ndarray]) -> list[str]:
        line = self._module.PSM.SINGLE_LINE
        return [joined(self._read(strip, line)) if strip.size else "" for strip in strips]

    def _read(self, picture: np.ndarray, mode: Any) -> list[TextBox]:
        from PIL import Image

        level = self._module.RIL.TEXTLINE
        boxes = []
        with self._module.PyTessBaseAPI(lang=self._language, psm=mode) as api:
            api.SetImage(Image.fromarray(picture))
            api.Recognize()
            lines = api.GetIterator()
            for line in self._module.iterate_level(lines, level) if lines is not None else ():
                bounds = line.BoundingBox(level)
                text = clean(line.GetUTF8Text(level)) if bounds else ""
                if text:
                    boxes.append(TextBox(rectangle(*bounds), text, line.Confidence(level) / 100))
        return boxes


class EasyOcr:
    """The engine that the Translatotron-V paper scored with (section 4.1)."""

    name = "easyocr"

    def __init__(self, languages: Sequence[str]) -> None:
        module = importlib.import_module("easyocr")
        try:
            self._reader = module.Reader(list(languages), verbose=False)
        except Exception as error:  # urllib, zipfile and others raise their own errors if its download fails
            raise IimtError(f"easyocr could not load its weights: {error}") from error
        self._lock = threading.Lock()  # one picture at a time: all threads share its torch modules
        self.version = f"easyocr {metadata.version('easyocr')} ({'+'.join(languages)})"

    def read(self, picture: np.ndarray) -> list[TextBox]:
        with self._lock:
            found = self._reader.readtext(picture)
        return _boxes(found)

    def read_lines(self, strips: Sequence[np.ndarray]) -> list[str]:
        return [self._line(strip) if strip.size else "" for strip in strips]

    def _line(self, strip: np.ndarray) -> str:
        height, width = strip.shape[:2]
        with self._lock:
            found = self._reader.recognize(
                np.ascontiguousarray(strip.mean(axis=2).astype(np.uint8)),
                horizontal_list=[[0, width, 0, height]],
                free_list=[],
            )
        return clean(" ".join(text for _, text, _ in found))


def read_pictures(
    engine: Engine,
    pictures: Iterable[np.ndarray | Callable[[], np.ndarray]],
    *,
    cache: bool = True,
    progress: Callable[[], None] | None = None,
) -> list[list[TextBox]]:
    """What `engine` reads in each picture. A picture may be a function that loads it, so that not all need fit in memory.

    Uses all cores. With `cache`, readings are kept as JSON in `cache_dir()` and used again for the same pixels and version.
    """

    def read(picture: np.ndarray | Callable[[], np.ndarray]) -> list[TextBox]:
        pixels = picture() if callable(picture) else picture
        boxes = read_cached(engine, pixels) if cache else engine.read(pixels)
        if progress:
            progress()
        return boxes

    with ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(read, pictures))


def read_cached(engine: Engine, picture: np.ndarray) -> list[TextBox]:
    """`engine.read(picture)`, or what the same engine read before in the same pixels."""
    key = picture_key(picture, engine.version)
    path = cache_dir() / engine.name / key[:2] / f"{key}.json"
    try:
        rows = json.loads(path.read_text("utf-8"))
        return [TextBox(np.array(row["quad"], np.float32), row["text"], row["score"]) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not read yet, or a damaged file
    boxes = engine.read(picture)
    rows = [{"quad": box.quad.tolist(), "text": box.text, "score": round(box.score, 4)} for box in boxes]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(rows, ensure_ascii=False))
    except (OSError, IimtError):
        pass  # the cache cannot be written: the picture is read again next time
    return boxes


def picture_key(picture: np.ndarray, version: str) -> str:
    """sha256 over the pixels, their shape and the engine's version."""
    digest = hashlib.sha256(f"{version} {picture.shape} {picture.dtype}".encode())
    digest.update(np.ascontiguousarray(picture).data)
    return digest.hexdigest()


def cache_dir() -> Path:
    """`$XDG_CACHE_HOME/iimt/ocr`, by default under `~/.cache`."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "iimt" / "ocr"


def cores() -> int:
    """Threads to read with: OMP_NUM_THREADS where it is set, else the cores this process may use."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def reading_order(boxes: Sequence[TextBox]) -> list[TextBox]:
    """Lines from top to bottom, boxes of one line from left to right.

    Two boxes share a line if they overlap vertically by more than half the height of the less tall one. That works for small
    type and for headings, as a threshold in px would not.
    """
    lines: list[tuple[float, float, list[TextBox]]] = []
    for box in sorted(boxes, key=lambda box: float(box.quad[:, 1].mean())):
        top, bottom = float(box.quad[:, 1].min()), float(box.quad[:, 1].max())
        if lines:
            line_top, line_bottom, members = lines[-1]
            overlap = min(bottom, line_bottom) - max(top, line_top)
            if overlap > 0.5 * min(bottom - top, line_bottom - line_top):
                members.append(box)
                continue
        lines.append((top, bottom, [box]))
    return [box for *_, line in lines for box in sorted(line, key=lambda box: float(box.quad[:, 0].min()))]


def joined(boxes: Sequence[TextBox]) -> str:
    """The text of a picture as the metrics take it: its boxes in reading order, one blank between them."""
    return " ".join(box.text for box in boxes)


def rectangle(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """An upright rectangle as a quad, float32 [4, 2]."""
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def clean(text: str) -> str:
    """`text` on one line with single spaces. Full-width characters, which CJK recognisers write, become ASCII."""
    ascii_forms = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in text)
    return " ".join(ascii_forms.split())


def _boxes(found: Iterable[tuple[Any, str, float]]) -> list[TextBox]:
    """(quad, text, score) of an engine as boxes in reading order; those without text are left out."""
    rows = [(quad, clean(text), score) for quad, text, score in found]
    return reading_order([TextBox(np.asarray(q, np.float32), t, float(s)) for q, t, s in rows if t])


def _bgr(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(picture[..., ::-1])
