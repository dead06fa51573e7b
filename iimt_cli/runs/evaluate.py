"""A run of `iimt evaluate` as a function: pictures, or the text model alone, and the reports of it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory

from sacrebleu.metrics.bleu import BLEU

from iimt_cli.data.corpora import Corpus, load_corpus
from iimt_cli.errors import IimtError
from iimt_cli.evaluation import systems
from iimt_cli.evaluation.html import page
from iimt_cli.evaluation.ocr import ocr_engine
from iimt_cli.evaluation.pairing import pair
from iimt_cli.evaluation.report import Report, as_csv, as_json, as_markdown
from iimt_cli.evaluation.scoring import Progress, evaluate
from iimt_cli.evaluation.structure_bleu import THRESHOLD
from iimt_cli.evaluation.texts import TextReport, score_texts
from iimt_cli.systems import load
from iimt_cli.translation import BEAM
from iimt_cli.translation.result import Options, TextTranslation
from iimt_cli.writing import cannot_write, write_text

LONGEST_TEXT = 2000  # characters: longer texts are left out of the scores of a text model
REPORTS: Mapping[str, Callable[[Report], str]] = {
    "json": as_json,
    "csv": as_csv,
    "html": page,
    "markdown": as_markdown,
}


@dataclass(frozen=True, kw_only=True)
class PictureEvaluation:
    """What to score, against what, and how. With `weights`, `output` is a data set, which is translated first."""

    output: Path
    reference: Path | None = None
    source: Path | None = None
    text: Path | None = None  # reference texts
    baseline: Path | None = None  # outputs of another system
    weights: str | Path | None = None
    system: str = "iimt"  # with weights: one of `evaluation.systems.SYSTEMS`
    save: Path | None = None  # with weights: where the translated pictures are kept
    min_confidence: float | None = None  # with weights; as in `Options`
    device: str = "auto"
    ocr: str = "rapidocr"
    languages: Sequence[str] = ("en", "de")  # for engines with a model per language
    threshold: float = THRESHOLD
    tokenize: str = "13a"
    cache: bool = True
    reports: Mapping[str, Path] = field(
        default_factory=dict
    )  # files to write, by their kind: a key of REPORTS


@dataclass(frozen=True)
class TextEvaluation:
    """The scores of a text model on `corpus`, and its translations in the order of the corpus."""

    corpus: Corpus
    said: list[TextTranslation]
    report: TextReport

    def as_json(self) -> str:
        texts = [
            asdict(one) | {"reference": pair.target}
            for one, pair in zip(self.said, self.corpus.pairs, strict=True)
        ]
        return dumps(asdict(self.report) | {"texts": texts}, ensure_ascii=False, indent=1) + "\n"


def evaluate_pictures(asked: PictureEvaluation, progress: Progress | None = None) -> Report:
    """Scores pictures. Raises IimtError if there is nothing to score, or with a part of it that cannot be read."""
    check_tokenizer(asked.tokenize)
    engine = ocr_engine(asked.ocr, list(asked.languages))
    references = asked.reference or asked.output
    pairing = pair(asked.output if asked.weights is None else None, references, asked.source, asked.text)
    items, model = pairing.items, {}
    with ExitStack() as stack:
        if asked.weights is not None:
            folder = asked.save or Path(stack.enter_context(TemporaryDirectory(prefix="iimt-")))
            done = systems.run(
                asked.system, load(asked.weights, asked.device), items, folder, engine,
                min_confidence=asked.min_confidence, tokenize=asked.tokenize, cached=asked.cache, progress=progress,
            )  # fmt: skip
            items, model = done.items, done.model
        other = None
        if asked.baseline is not None:
            other = [item.output for item in pair(asked.baseline, references).items]
        report = evaluate(
            items, engine,
            baseline=other, extra=pairing.extra, threshold=asked.threshold, tokenize=asked.tokenize,
            cache=asked.cache, progress=progress,
        )  # fmt: skip
        report = replace(report, model=model)
        for kind, path in asked.reports.items():  # now, while the pictures that a page shows are still there
            _write(path, REPORTS[kind](report))
    return report


def evaluate_texts(
    weights: str | Path, pairs: Path, *, beam: int = BEAM, tokenize: str = "13a", device: str = "auto"
) -> TextEvaluation:
    """Scores the text model of `weights` on the parallel text in the file `pairs`, without pictures."""
    check_tokenizer(tokenize)
    translator = load(weights, device)
    preset = translator.preset
    corpus = load_corpus(
        pairs, max_chars=LONGEST_TEXT, languages=preset.languages, alphabet=preset.characters
    )
    said = translator.translate_texts([pair.source for pair in corpus.pairs], Options(beam=beam))
    return TextEvaluation(corpus, said, score_texts(corpus.pairs, said, tokenize=tokenize))


def check_tokenizer(name: str) -> None:
    """Raises IimtError if sacrebleu has no tokenizer of this name."""
    if name not in BLEU.TOKENIZERS:
        raise IimtError(f"unknown tokenizer '{name}': choose {', '.join(sorted(BLEU.TOKENIZERS))}")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from None
    write_text(path, text)
