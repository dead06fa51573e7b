"""Scores that the stages for whole pictures share: what an OCR engine reads, and pairs for the sample sheet."""

from collections.abc import Sequence

import numpy as np
import sacrebleu

from iimt_cli.data.text import clean
from iimt_cli.training.scoring import character_error_rate


def picture_scores(
    drawn: Sequence[np.ndarray], gold: Sequence[np.ndarray], texts: Sequence[str]
) -> dict[str, float]:
    """BLEU and CER of what the OCR engine reads in drawn pictures, and its BLEU in the true ones (`ceiling_ocr_bleu`).

    Pictures are uint8 (H, W, 3). If all texts are empty, what the engine reads in the true pictures is the reference.
    """
    from iimt_cli.evaluation.ocr import joined, ocr_engine

    engine = ocr_engine("rapidocr")
    read = [clean(joined(engine.read(picture))) for picture in drawn]
    ceiling = [clean(joined(engine.read(picture))) for picture in gold]
    references = [clean(t) for t in texts] if any(texts) else ceiling
    return {
        "ocr_bleu": sacrebleu.corpus_bleu(read, [references]).score,
        "ocr_cer": character_error_rate(read, references),
        "ceiling_ocr_bleu": sacrebleu.corpus_bleu(ceiling, [references]).score,
    }


def picture_sheet(
    before: Sequence[np.ndarray], after: Sequence[np.ndarray], captions: Sequence[str] = (), most: int = 8
) -> list[tuple[str, np.ndarray]]:
    """The first few pairs of pictures, side by side."""
    rows = []
    for i, (a, b) in enumerate(zip(before[:most], after, strict=False)):
        gap = np.full((len(a), 4, 3), 255, np.uint8)
        rows.append((captions[i] if captions else "", np.concatenate([a, gap, b], axis=1)))
    return rows
