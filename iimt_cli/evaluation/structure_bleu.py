"""Structure-BLEU: is the right text in the right place? (Translatotron-V, arXiv 2407.02894, section 4.1)

Each text box of the reference picture is paired with the output's box of the highest IoU if that is above 0.5, else with
the empty string. The score is corpus BLEU over these pairs. A good translation in the wrong place therefore scores nothing.
As in the paper, additional boxes of the output do not lower the score.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from iimt_cli.evaluation.bleu import Score, bleu
from iimt_cli.evaluation.ocr import TextBox

THRESHOLD = 0.5  # IoU, as in the paper


def structure_bleu(
    outputs: Sequence[Sequence[TextBox]],
    references: Sequence[Sequence[TextBox]],
    *,
    threshold: float = THRESHOLD,
    samples: int = 0,
    tokenize: str = "13a",
) -> Score:
    """Structure-BLEU of a corpus, 0 to 100: one list of boxes per picture, both in the reference's pixels."""
    pairs = [
        pair
        for output, reference in zip(outputs, references, strict=True)
        for pair in matched_texts(output, reference, threshold)
    ]
    return bleu([a for a, _ in pairs], [b for _, b in pairs], samples=samples, tokenize=tokenize)


def matched_texts(
    output: Sequence[TextBox], reference: Sequence[TextBox], threshold: float = THRESHOLD
) -> list[tuple[str, str]]:
    """(text that the output has there, text of the reference) for each box of the reference."""
    pairs = []
    for box in reference:
        overlaps = [iou(box.quad, other.quad) for other in output]
        best = int(np.argmax(overlaps)) if overlaps else -1
        pairs.append((output[best].text if overlaps and overlaps[best] > threshold else "", box.text))
    return pairs


def iou(left: np.ndarray, right: np.ndarray) -> float:
    """Intersection over union of two convex quads [4, 2]; 0 where one has no area."""
    a, b = (cv2.convexHull(np.asarray(quad, np.float32)) for quad in (left, right))
    area_a, area_b = float(cv2.contourArea(a)), float(cv2.contourArea(b))
    if not area_a or not area_b:
        return 0.0
    shared, _ = cv2.intersectConvexConvex(a, b)
    return float(shared) / (area_a + area_b - float(shared))


def scaled(boxes: Sequence[TextBox], size: tuple[int, int], target: tuple[int, int]) -> list[TextBox]:
    """`boxes` of a picture of `size` (height, width) in the pixels of one of size `target`."""
    factor = np.array([target[1] / size[1], target[0] / size[0]], np.float32)
    return [TextBox(box.quad * factor, box.text, box.score) for box in boxes]
