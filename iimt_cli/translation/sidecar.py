"""The JSON sidecar of a picture ↔ its `Texts`; that of a document → those of its pages.

docs/sidecar.md tells what each key means.

Unknown keys are kept, so that another program may leave notes in a sidecar.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from iimt_cli.data.text import is_utf8
from iimt_cli.errors import IimtError
from iimt_cli.language.lexicon import Hint
from iimt_cli.translation.result import Block, Box, Draft, DraftPiece, Texts
from iimt_cli.writing import write_text

# of the form of sidecars; before it, `version` was that of iimt, and a block had neither id nor draft
VERSION = 2
LARGEST = 1 << 28  # bytes of a sidecar, at most; that of a newspaper page has a thousandth of it
FARTHEST = 1e6  # px: no picture is so wide

_TOP = ("version", "width", "height", "sha256", "options", "found", "drawn", "blocks")
_DOCUMENT = ("version", "pages")
_ACTIONS: tuple[Literal["translated", "kept"], ...] = ("translated", "kept")


def read_texts(path: str | Path) -> Texts:
    """Reads a sidecar. Raises IimtError, one line with the file and the cause, if it is not a sidecar."""
    path = Path(path)
    data = _read(path)
    try:
        return _texts(data, str(path))
    except _Wrong as wrong:
        raise IimtError(f"{path}: is no sidecar ({wrong})") from None


@dataclass(frozen=True)
class DocumentTexts:
    """The sidecar of a document.

    pages: by number, from 1, the texts of a page, or why it has none. rows: the same as it stands in the sidecar. more: all
    else that the sidecar says of the document.
    """

    pages: Mapping[int, Texts | str]
    rows: Mapping[int, Mapping[str, Any]]
    more: Mapping[str, Any]

    @property
    def languages(self) -> dict[str, str]:
        """`source` and `target`, if another text model worded it than that of the weights."""
        options = (page.options for page in self.pages.values() if isinstance(page, Texts))
        found = next((some for some in options if some.get("source")), {})
        return {name: found[name] for name in ("source", "target") if name in found}


def read_pages(path: Path) -> DocumentTexts:
    """Reads the sidecar of a document. Raises as `read_texts`."""
    data = _read(path)
    try:
        return _document(_object(data), str(path))
    except _Wrong as wrong:
        raise IimtError(f"{path}: is no sidecar of a document ({wrong})") from None


def read_any(path: Path) -> Texts | DocumentTexts:
    """Reads the sidecar of a picture or of a document. Raises as `read_texts`."""
    data = _read(path)
    try:
        of_document = isinstance(data, dict) and "pages" in data
        return _document(data, str(path)) if of_document else _texts(data, str(path))
    except _Wrong as wrong:
        raise IimtError(f"{path}: is no sidecar ({wrong})") from None


def _read(path: Path) -> Any:
    """The JSON of a sidecar. Raises IimtError if it cannot be read."""
    try:
        if path.stat().st_size > LARGEST:
            raise IimtError(f"{path}: is too large for a sidecar")
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise IimtError(f"{path}: no such file") from None
    except OSError as error:
        raise IimtError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise IimtError(f"{path}: is no sidecar (not UTF-8)") from None
    except json.JSONDecodeError as error:
        raise IimtError(f"{path}: is no sidecar (line {error.lineno}: {error.msg})") from None
    except (ValueError, RecursionError):
        raise IimtError(f"{path}: is no sidecar (no JSON)") from None


def write_texts(texts: Texts, path: str | Path) -> None:
    """Writes a sidecar, whole or not at all. Raises IimtError if the file cannot be written."""
    write_text(Path(path), sidecar_text(texts))


def sidecar_text(texts: Texts, facts: Mapping[str, Any] | None = None) -> str:
    """The JSON of a sidecar, a line per fact and per block. `facts` stand at the top and replace facts of the same name."""
    top = {"version": VERSION, **texts.more, **(facts or {}), **texts_row(texts)}
    blocks = top.pop("blocks")
    lines = [f"{json_text(name)}: {json_text(value)}," for name, value in top.items()]
    rows = ",".join(f"\n  {json_text(block)}" for block in blocks)
    return "{\n " + "\n ".join(lines) + f'\n "blocks": [{rows}]\n}}\n'


def texts_row(texts: Texts) -> dict[str, Any]:
    """The keys of a sidecar for the texts of a picture, or of a page of a document."""
    known = {"found": texts.found, "drawn": dict(texts.drawn) or None}
    known = {name: value for name, value in known.items() if value is not None}
    return {
        "width": texts.width, "height": texts.height, "sha256": texts.sha256, "options": dict(texts.options),
        **known, "blocks": [_row(block) for block in texts.blocks],
    }  # fmt: skip


def _row(block: Block) -> dict[str, Any]:
    row = {"id": block.id, **asdict(block)}
    more, draft, layout = row.pop("more"), row.pop("draft"), row.pop("layout")
    if draft is not None:
        draft["pieces"] = [_without_usual(piece) for piece in draft["pieces"]]
        row["draft"] = draft
    if layout is not None:
        row["layout"] = layout
    return row | {name: value for name, value in more.items() if name not in row}


def _without_usual(piece: dict[str, Any]) -> dict[str, Any]:
    """A piece of a draft without the keys that have their usual values."""
    usual = {"target": None, "wording": piece["target"] or "", "drawn": False, "reason": "", "hints": None}
    return {name: value for name, value in piece.items() if name not in usual or value != usual[name]}


def json_text(value: Any) -> str:
    """JSON on one line. Bytes of file names that are not UTF-8 become \\udc.., as JSON writes them."""
    text = json.dumps(value, ensure_ascii=False, default=float)
    return text.encode("utf-8", "backslashreplace").decode()


class _Wrong(Exception):
    """The mistake in a sidecar, as the end of a message."""


def _document(data: dict[str, Any], name: str) -> DocumentTexts:
    _check_version(data)
    pages: dict[int, Texts | str] = {}
    rows: dict[int, Mapping[str, Any]] = {}
    for place, row in enumerate(map(_object, _get(data, "pages", _list)), 1):
        number = _get(row, "page", _whole, place)
        if number in rows:
            raise _Wrong(f"page {number} is there twice")
        rows[number] = row
        try:
            failed = _get(row, "failed", _text, None)
            pages[number] = _texts({**row, "version": VERSION}, name) if failed is None else failed
        except _Wrong as wrong:
            raise _Wrong(f"page {number}: {wrong}") from None
    return DocumentTexts(pages, rows, {key: value for key, value in data.items() if key not in _DOCUMENT})


def _check_version(data: Mapping[str, Any]) -> None:
    version = data.get("version")
    if isinstance(version, int) and version > VERSION:
        raise _Wrong(f"it is of version {version}, which this iimt does not know")


def _texts(data: Any, name: str) -> Texts:
    if not isinstance(data, dict):
        raise _Wrong("it holds no object")
    if "pages" in data:
        raise IimtError(f"{name}: is the sidecar of a document, not of a picture")
    _check_version(data)
    rows = _get(data, "blocks", _list)
    blocks = [_block(row, number) for number, row in enumerate(rows, 1)]
    if twice := {block.id for block in blocks if sum(other.id == block.id for other in blocks) > 1}:
        raise _Wrong(f"two blocks have the id {min(twice)}")
    return Texts(
        blocks,
        _get(data, "width", _whole),
        _get(data, "height", _whole),
        _get(data, "sha256", _text, ""),
        _options(_get(data, "options", _object, {})),
        {key: value for key, value in data.items() if key not in _TOP},
        name,
        _get(data, "found", _boxes, None),
        _get(data, "drawn", _object, {}),
    )


def _options(given: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(given.get("whole", False), bool):
        raise _Wrong("'whole' is neither true nor false")
    if given.get("numbers", "keep") not in ("keep", "localise"):
        raise _Wrong("'numbers' is neither keep nor localise")
    if not all(isinstance(given.get(name, ""), str) for name in ("text_model", "source", "target")):
        raise _Wrong("'text_model', 'source' or 'target' is no text")
    if _get(given, "batch", _whole, 1) < 1:
        raise _Wrong("'batch' is no number from 1 on")
    return given


def _block(row: Any, number: int) -> Block:
    try:
        row = _object(row)
        known: dict[str, Any] = {
            "polygon": _get(row, "polygon", _points, []),
            "lines": _get(row, "lines", _lines),
            "source": _get(row, "source", _text, ""),
            "target": _get(row, "target", _text, ""),
            "confidence": _get(row, "confidence", _number, 0.0),
            "action": _get(row, "action", _action, "kept"),
            "reason": _get(row, "reason", _text, ""),
            "terms": [_term(term) for term in _get(row, "terms", _list, [])],
            "id": _get(row, "id", _whole, number),
            "keep": _get(row, "keep", _yes_or_no, False),
            "draft": _get(row, "draft", _draft, None),
            "layout": _get(row, "layout", _object, None),
        }
        return Block(**known, more={key: value for key, value in row.items() if key not in known})
    except _Wrong as wrong:
        raise _Wrong(f"block {number}: {wrong}") from None


def _draft(value: Any) -> Draft | None:
    if value is None:
        return None
    row = _object(value)
    pieces = []
    for piece in map(_object, _get(row, "pieces", _list)):
        target = _get(piece, "target", _text, None)
        pieces.append(
            DraftPiece(
                _get(piece, "source", _text),
                target,
                _get(piece, "wording", _text, target or ""),
                _get(piece, "drawn", _yes_or_no, False),
                _get(piece, "reason", _text, ""),
                _get(piece, "hints", _hints, None),
            )
        )
    return Draft(_get(row, "target", _text), _get(row, "reason", _text), tuple(pieces))


_NEEDED = object()


def _get(row: Mapping[str, Any], name: str, kind: Callable[[Any], Any], otherwise: Any = _NEEDED) -> Any:
    if name not in row:
        if otherwise is _NEEDED:
            raise _Wrong(f"there is no '{name}'")
        return otherwise
    try:
        return kind(row[name])
    except _Wrong as wrong:
        raise _Wrong(f"'{name}': {wrong}" if kind is _draft else f"'{name}' {wrong}") from None


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong("is no object")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Wrong("is no list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("is no text")
    if not is_utf8(value):
        raise _Wrong("has half a character")
    return value


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("is neither true nor false")
    return value


def _number(value: Any) -> float:
    try:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise _Wrong("is no number")
    except OverflowError:
        raise _Wrong("is no number") from None
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Wrong("is no whole number")
    return value


def _action(value: Any) -> Literal["translated", "kept"]:
    if value not in _ACTIONS:
        raise _Wrong("is neither translated nor kept")
    return "translated" if value == "translated" else "kept"


def _points(value: Any) -> list[list[float]]:
    points = [[float(_number(x)) for x in _list(point)] for point in _list(value)]
    if any(len(point) != 2 for point in points):
        raise _Wrong("has a point that is not x and y")
    return points


def _lines(value: Any) -> list[list[list[float]]]:
    lines = [_points(line) for line in _list(value)]
    if any(len(line) != 4 for line in lines):
        raise _Wrong("has a line that has not four corners")
    return lines


def _boxes(value: Any) -> tuple[Box, ...]:
    boxes = tuple(tuple((x, y) for x, y in line) for line in _lines(value))
    for box in boxes:
        if any(abs(x) > FARTHEST for corner in box for x in corner):
            raise _Wrong("has a line that is in no picture")
        if not sum(x * v - u * y for (x, y), (u, v) in pairwise([*box, box[0]])):
            raise _Wrong("has a line without an area")
    return boxes


def _hints(value: Any) -> tuple[Hint, ...]:
    rows = [_object(row) for row in _list(value)]
    return tuple(
        Hint(
            _get(row, "end", _whole),
            _get(row, "word", _text),
            tuple(_text(meaning) for meaning in _get(row, "meanings", _list)),
        )
        for row in rows
    )


def _term(value: Any) -> dict[str, str]:
    row = _object(value)
    return {"source": _get(row, "source", _text), "target": _get(row, "target", _text)}
