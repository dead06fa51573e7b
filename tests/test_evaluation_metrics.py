from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
import sacrebleu
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from iimt_cli.evaluation import bleu as text
from iimt_cli.evaluation import image_quality as image
from iimt_cli.evaluation.ocr import TextBox, rectangle
from iimt_cli.evaluation.structure_bleu import iou, matched_texts, scaled, structure_bleu

REFERENCES = [
    "The train to Cologne leaves from platform four.",
    "Please close the door.",
    "Nobody was at home.",
]
OUTPUTS = ["The train for Cologne leaves at platform four.", "Please close the door.", ""]


def test_bleu_and_chrf_equal_the_sacrebleu_command(tmp_path):
    for name, lines in (("out", OUTPUTS), ("ref", REFERENCES)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", "utf-8")
    command = [
        sys.executable,
        "-m",
        "sacrebleu",
        tmp_path / "ref",
        "-i",
        tmp_path / "out",
        "-b",
        "-w",
        "2",
        "-m",
    ]
    said = [float(subprocess.check_output([*command, metric])) for metric in ("bleu", "chrf")]
    ours = [text.bleu(OUTPUTS, REFERENCES), text.chrf(OUTPUTS, REFERENCES)]
    assert [round(score.value, 2) for score in ours] == said
    assert ours[0].signature.startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")


def test_the_interval_holds_the_score_and_repeats():
    first, again = (text.bleu(OUTPUTS * 5, REFERENCES * 5, samples=200) for _ in range(2))
    assert first == again
    assert first.low < first.value < first.high
    assert first.value == pytest.approx(text.bleu(OUTPUTS * 5, REFERENCES * 5).value)


def test_significance_tells_a_better_system_from_an_equal_one():
    words = ["red", "blue", "green", "white", "black", "grey", "small", "large", "old", "new"]
    rng = random.Random(4)
    references = [" ".join(rng.choices(words, k=8)) for _ in range(60)]
    good = [r if i % 3 else r.replace("red", "rot") for i, r in enumerate(references)]
    bad = [" ".join(rng.choices(words, k=8)) for _ in references]
    assert max(text.p_values(bad, good, references).values()) < 0.01
    assert min(text.p_values(good, good, references).values()) > 0.9
    assert text.p_value([0.9, 0.8, 0.9] * 20, [0.2, 0.3, 0.1] * 20) < 0.01
    assert text.p_value([0.9, 0.8, 0.9], [0.9, 0.8, 0.9]) > 0.9


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("kitten", "sitting", 3),
        ("Straße", "Strasse", 2),
        ("abcdef", "bcdefa", 2),
    ],
)
def test_edit_distance(left, right, distance):
    assert text.edit_distance(left, right) == text.edit_distance(right, left) == distance


def test_edit_distance_equals_the_textbook():
    rng = random.Random(1)
    for _ in range(30):
        a, b = ("".join(rng.choices("abc", k=rng.randrange(12))) for _ in range(2))
        table = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
        for i, x in enumerate(a, 1):
            for j, y in enumerate(b, 1):
                table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (x != y))
        assert text.edit_distance(a, b) == table[len(a), len(b)]


def test_cer_is_edits_over_reference_characters():
    assert text.cer(["abcd", ""], ["abce", "xy"]) == pytest.approx(100 * 3 / 6)
    assert text.cer([], []) == 0


def test_structure_bleu_by_hand():
    """Three pictures: a perfect one, one shifted by half a line, one with the right text in the wrong box."""
    line = rectangle(10, 10, 210, 50)  # 40 px high
    below = rectangle(10, 60, 210, 100)
    perfect = "one two three four five six"
    shifted = "seven eight nine ten eleven twelve"
    first, second = "the sun is very warm", "a moon was quite cold"
    references = [
        [TextBox(line, perfect, 1)],
        [TextBox(line, shifted, 1)],
        [TextBox(line, first, 1), TextBox(below, second, 1)],
    ]
    outputs = [
        [TextBox(line, perfect, 1)],
        [
            TextBox(line + np.float32([0, 20]), shifted, 1)
        ],  # IoU 20 / 60 = 1/3: not above 0.5, so the empty string
        [TextBox(line, second, 1), TextBox(below, first, 1)],
    ]
    # By hand. Texts taken: the perfect one (6 words), "" and two of 5 words that share no word with their
    # reference. Matches of 1- to 4-grams: 6, 5, 4, 3 of 16, 13, 10, 7. Brevity of 16 words for 22:
    # exp(1 - 22/16).
    precisions = (6 / 16) * (5 / 13) * (4 / 10) * (3 / 7)
    by_hand = 100 * np.exp(1 - 22 / 16) * precisions**0.25
    assert structure_bleu(outputs, references).value == pytest.approx(by_hand)
    assert by_hand == pytest.approx(27.26, abs=0.01)

    # With a lower threshold the shifted line counts: 12 of 22 words, and no brevity penalty any more.
    lenient = (12 / 22) * (10 / 18) * (8 / 14) * (6 / 10)
    assert structure_bleu(outputs, references, threshold=0.3).value == pytest.approx(100 * lenient**0.25)


def test_structure_bleu_of_a_reference_against_itself_is_100():
    boxes = [
        [TextBox(rectangle(0, 40 * i, 200, 40 * i + 30), f"This is line number {i}.", 1) for i in range(3)]
    ]
    assert structure_bleu(boxes, boxes).value == pytest.approx(100)
    assert structure_bleu([[]], boxes).value == 0


def test_the_box_of_the_highest_iou_is_taken():
    reference = [TextBox(rectangle(0, 0, 100, 20), "reference", 1)]
    near, exact = TextBox(rectangle(0, 0, 90, 20), "near", 1), TextBox(rectangle(0, 0, 99, 20), "exact", 1)
    assert matched_texts([near, exact], reference) == [("exact", "reference")]
    half = TextBox(rectangle(0, 0, 50, 20), "half", 1)  # IoU is 0.5 and must be above it
    assert matched_texts([half], reference) == [("", "reference")]


def test_iou_of_quads():
    square = rectangle(0, 0, 10, 10)
    diamond = np.array([[5, 0], [10, 5], [5, 10], [0, 5]], np.float32)
    assert iou(square, square) == pytest.approx(1)
    assert iou(square, diamond) == pytest.approx(0.5)
    assert iou(square, square[::-1]) == pytest.approx(1)  # the order of corners does not matter
    assert iou(square, rectangle(20, 0, 30, 10)) == 0
    assert iou(square, rectangle(3, 3, 3, 3)) == 0
    (double,) = scaled([TextBox(square, "", 1)], (20, 10), (40, 30))
    assert np.array_equal(double.quad, rectangle(0, 0, 30, 20))


def test_ssim_and_psnr_equal_scikit_image():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 256, (2, 24, 60, 3), np.uint8)
    for left, right in ((a, b), (a, a // 2 + 40), (a[:5], b[:5]), (a * 0, b * 0 + 255)):
        window = min(7, len(right))
        known = structural_similarity(right, left, channel_axis=2, win_size=window)
        assert image.ssim(left, right) == pytest.approx(known, abs=1e-10)
    assert image.psnr(a, b) == pytest.approx(peak_signal_noise_ratio(b, a), rel=1e-5)
    assert image.ssim(a, a) == 1 and image.psnr(a, a) == image.PSNR_CEILING
    assert image.ssim(a[:1], a[:1]) == 1 and image.ssim(a[:1], b[:1]) == 0


def test_another_size_is_compared_at_the_reference_size():
    ramp = np.linspace(0, 255, 200, dtype=np.uint8)[None, :, None].repeat(80, 0).repeat(3, 2)
    double = image.at_size(ramp, 160, 400)
    assert image.ssim(double, ramp) > 0.99
    assert image.at_size(ramp, 80, 200) is ramp


def test_background_error_is_outside_of_the_text_only():
    source = np.full((40, 100, 3), 100, np.uint8)
    output = source.copy()
    output[10:20, 10:50] = 0  # the text: may change
    assert image.background_error(output, source, [rectangle(10, 10, 50, 20)]) == 0
    output[30:, :] = 110
    quads = [rectangle(10, 10, 50, 20)]
    outside = ~image.text_mask((40, 100), quads, 0)
    assert image.background_error(output, source, quads, margin=0) == pytest.approx(10 * 1000 / outside.sum())
    assert image.background_error(output, source, [rectangle(0, 0, 100, 40)]) is None


def test_optional_metrics_stay_away_when_not_installed():
    assert image.lpips_metric() is None or callable(image.lpips_metric())
    assert sacrebleu.__version__ in text.bleu(OUTPUTS, REFERENCES).signature
