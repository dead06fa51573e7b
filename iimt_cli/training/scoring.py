"""Scores that several stages share: what an OCR engine reads on drawn strips, and rows for the sample sheet."""

from collections.abc import Iterable, Sequence

import numpy as np
import sacrebleu

from iimt_cli.data.text import clean, edit_distance


def character_error_rate(outputs: Sequence[str], references: Sequence[str]) -> float:
    """Edits per reference character, in per cent."""
    edits = sum(edit_distance(o, r) for o, r in zip(outputs, references, strict=True))
    return 100 * edits / max(1, sum(map(len, references)))


def ocr_scores(
    drawn: Sequence[np.ndarray], ceiling: Sequence[np.ndarray], texts: Sequence[str]
) -> dict[str, float]:
    """BLEU and CER of what the OCR engine reads in drawn ink and, as `ceiling_…`, in the true ink (H, W; 0..1 or uint8)."""
    from iimt_cli.evaluation.ocr import ocr_engine

    engine = ocr_engine("rapidocr")
    references = [clean(t) for t in texts]
    scores = {}
    for name, strips in (("", drawn), ("ceiling_", ceiling)):
        read = [clean(t) for t in engine.read_lines([as_picture(s) for s in strips])]
        scores[f"{name}ocr_bleu"] = sacrebleu.corpus_bleu(read, [references]).score
        scores[f"{name}ocr_cer"] = character_error_rate(read, references)
    return scores


def as_picture(ink: np.ndarray) -> np.ndarray:
    """Ink (H, W), 0..1 or uint8 → black on white, uint8 (H, W, 3)."""
    coverage = ink if ink.dtype == np.uint8 else (np.clip(ink, 0, 1) * 255).astype(np.uint8)
    return np.repeat(255 - coverage[:, :, None], 3, axis=2)


def sheet_rows(rows: Iterable[tuple]) -> list[tuple[str, np.ndarray]]:
    """(caption, strip, strip, …) → (caption, picture with the strips one below the other)."""
    made = []
    for caption, *strips in rows:
        pictures = [as_picture(s) for s in strips]
        width = max(p.shape[1] for p in pictures)
        padded = [np.pad(p, ((0, 2), (0, width - p.shape[1]), (0, 0)), constant_values=235) for p in pictures]
        made.append((caption, np.concatenate(padded)))
    return made
