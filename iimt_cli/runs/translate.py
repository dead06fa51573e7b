"""A run of `iimt translate` as a function. It may be interrupted, resumed, and shared by several processes."""

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from iimt_cli import __version__
from iimt_cli.errors import UsageError
from iimt_cli.language.glossary import Glossary
from iimt_cli.loading import import_soon, loading
from iimt_cli.runs.binding import Binder
from iimt_cli.runs.choice import Choice, choose
from iimt_cli.runs.documents import (
    Document,
    PageJob,
    Settings,
    find_documents,
    finished_pages,
    lacks_pages,
)
from iimt_cli.runs.files import Job, check_place, plan
from iimt_cli.runs.groups import in_order, look_round
from iimt_cli.runs.interrupt import Interrupts
from iimt_cli.runs.manifest import Manifest, Past
from iimt_cli.runs.output import Outcome, Sidecar, Writer
from iimt_cli.runs.pipeline import translate_files
from iimt_cli.runs.ranks import ALONE, Ranks, from_environment, use_own_gpu
from iimt_cli.runs.report import check_report, write_page
from iimt_cli.runs.streams import Streams
from iimt_cli.runs.texts import GivenTexts
from iimt_cli.systems import kind_of
from iimt_cli.translation import BEAM
from iimt_cli.translation.marian import Marian
from iimt_cli.tuning import share_threads, tune
from iimt_cli.weights import fingerprint, sha256
from iimt_cli.writing import at_home

if TYPE_CHECKING:
    from iimt_cli.translation.base import Translator
    from iimt_cli.translation.result import Options


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The options of a run. The defaults are those of the command line."""

    weights: str | Path | None = None  # as `weights.find_weights` takes it
    source: str | None = None  # language code; it must be that of the weights, or of the other text model
    target: str | None = None
    text_model: str | None = (
        None  # a Marian model in place of the weights' own text model, as `Marian` takes it
    )
    translator: str | None = None  # or a command in its place, as `Command` takes it
    device: str = "auto"
    whole: bool = False  # each picture is one line of text
    raw: bool = False  # for whole-picture systems: the output is all that the model draws
    json: bool = False  # a sidecar beside each picture
    overwrite: bool = False
    beam: int = BEAM
    min_confidence: float | None = None  # None: the default of the system
    glossary: Sequence[Path] = ()
    numbers: Literal["keep", "localise"] = "keep"
    dpi: int | None = None  # px per inch of PDF pages; None: 200, and for scans their own
    batch: int | None = None  # strips at once; None: as many as the free memory allows
    threads: int | None = None  # CPU threads; None: one for each core
    on_error: Literal["skip", "stop"] = "skip"
    # a sidecar, a folder of them, a table or XLIFF, whose texts are drawn instead of translations
    texts: Path | None = None
    suffix: str | None = None  # suffix of all outputs, such as ".png"; None: as their inputs
    # path of a page that shows all pictures, before and after; it needs the sidecars
    html: Path | None = None
    # input and output are the clipboard; there are no other inputs or outputs
    clipboard: bool = False


@dataclass(frozen=True)
class RunSummary:
    """The result of a run, or of the part of it that fell to this process (`ranks`).

    `stopped`: why pictures were left: "interrupted", "full" (disk), "failure" (the first, with `on_error` "stop"), or "".
    """

    pictures: int  # of all processes
    outcomes: tuple[Outcome, ...]
    seconds: float
    stopped: Literal["", "interrupted", "full", "failure"] = ""
    ranks: Ranks = ALONE
    signal_code: int = 0  # the exit code after an interrupt, as shells expect it
    pages: int = 0  # of the documents among them that this process had to translate
    pages_done: int = 0

    @property
    def counts(self) -> Counter[str]:
        """How many outcomes there are of each kind: translated, kept, skipped, failed."""
        return Counter(outcome.kind for outcome in self.outcomes)

    @property
    def exit_code(self) -> int:
        """0 if all is done, 1 if something failed, or the code of the interrupt."""
        if self.stopped == "interrupted":
            return self.signal_code
        return 1 if any(one.kind == "failed" or one.failed_pages for one in self.outcomes) else 0


class Watcher:
    """Hears how a run goes on. Subclasses show it; this one does nothing."""

    def begin(self, pictures: int, done: int) -> None:
        """The run begins. pictures: pictures and pages of documents; done: those of them that were finished before."""

    def started(self, path: Path) -> None:
        """A picture is being read; for a page of a document `path` is "PATH: page NUMBER"."""

    def finished(self, outcome: Outcome, others: int) -> None:
        """A picture or page of this process is done. others: pictures and documents that other processes have finished."""


def run(
    inputs: Sequence[str], output: str, options: RunOptions = RunOptions(), watcher: Watcher | None = None
) -> RunSummary:
    """Translates the pictures and documents that `inputs` name (`files.plan`) into the file or folder `output`.

    `-` is standard input or output. With `options.clipboard`, there are no inputs, and `output` is empty.

    Outputs that exist are skipped, so that an interrupted run goes on; `overwrite` makes them again. With `texts`, outputs
    that are older than their texts are made again. Ctrl-C and SIGTERM end the run between two pictures. A picture that fails
    is an outcome, not an exception. Raises UsageError and other IimtErrors, before anything is written, if it is impossible.
    """
    if options.html is not None:
        options = replace(options, json=True, html=at_home(options.html))
    with Streams() as streams:
        if options.clipboard:
            _check_clipboard(inputs, output, options)
            named, place = [streams.take_clipboard()], streams.give_clipboard()
        else:
            named = [streams.take(name) for name in inputs]
            place = streams.give(output, named, options.suffix, sidecar=options.json)
        summary = _run(named, place, options, watcher, streams.names)
        return replace(summary, outcomes=streams.deliver(summary.outcomes))


def _run(
    inputs: Sequence[str],
    output: str,
    options: RunOptions,
    watcher: Watcher | None,
    names: Mapping[Path, str],
) -> RunSummary:
    """`run` for files only, without pipes. names: the names of some inputs in messages."""
    ranks = from_environment()
    jobs = in_order(plan(inputs, output, in_place=options.overwrite, suffix=options.suffix))
    jobs = [replace(job, name=names.get(job.input, "")) for job in jobs]
    place = at_home(output)
    check_place(place)
    if options.html is not None:
        check_report(options.html, jobs, ranks)
    _prepare(options.threads, ranks)
    wanted = options.overwrite or options.texts is not None or len(look_round(jobs)) < len(jobs)
    weights = choose(options, lambda: import_soon("torch") if wanted else None)
    asked = _asked(options, weights)
    terms = _glossary(options, weights)
    settings, manifest = _settings(options, weights, asked), None
    if jobs[0].output != place:
        manifest = Manifest(place, settings, ranks)
    past = manifest.past() if manifest else Past()
    finished = _finished(jobs, options.overwrite, settings, manifest, past)
    texts, checksum = None, lambda _: ""
    if options.texts is not None:
        texts = GivenTexts.find(options.texts, jobs, place if manifest else None)
        finished, checksum = {job for job in finished if not texts.is_newer(job)}, texts.checksum
    work = Settings(settings, options.batch or past.batch)
    todo = _Todo(jobs, finished, *find_documents(jobs, finished, options.dpi, ranks, work, checksum))

    def load() -> tuple["Translator", "Options"]:
        # Importing torch takes seconds, so it is imported only if there is a picture to translate.
        with loading():
            # finished pictures count, too: the number of threads changes the order of sums, and so the bytes of outputs
            if len(jobs) > 1 or len(todo.pages) > 1:
                share_threads()
            translator = kind_of(weights.preset).load_translator(weights.folder, options.device)
        if isinstance(weights.text_model, Marian) and texts is None:
            weights.text_model.load()
        # A resumed run takes the batch size from before, however much memory is free now.
        known = work.batch or (texts.batch([*todo.pictures, *todo.pages]) if texts else None)
        work.batch = known or translator.fitting_batch(options.beam)
        worded: dict[str, Any] = {}
        if weights.text_model is not None:
            worded = {"text_model": weights.text_model, **asdict(weights.languages)}
        return translator, replace(translator.defaults, **asked, **worded, batch=work.batch, glossary=terms)

    facts = _sidecar(weights)
    writer = Writer(facts if options.json else None, manifest)
    if texts is not None:
        # a sidecar beside its picture tells what is drawn there now: the next correction begins with that
        is_own = texts.is_own
        writer = replace(writer, own=lambda job: facts if is_own(job) else None, check=texts.check_unchanged)
    summary = _translate(todo, load, writer, ranks, options.on_error, watcher or Watcher(), texts)
    if options.html is not None and not summary.stopped:
        pair, root = (weights.languages.source, weights.languages.target), place if manifest else None
        write_page(options.html, jobs, summary.outcomes, root, pair, options.dpi)
    return summary


class _Todo:
    """The work of a run. jobs: pictures and documents; pages: those of the documents that are not finished."""

    def __init__(
        self, jobs: Sequence[Job], finished: Set[Job], pictures: Sequence[Job], documents: Sequence[Document]
    ) -> None:
        self.jobs, self.finished, self.pictures, self.documents = jobs, finished, pictures, documents
        refused = {one for one in documents if one.work in one.settings.refused}
        self.pages = [page for one in documents if one not in refused for page in one.pages()]
        self.pages_done = finished_pages(self.pages, look_round(self.pages))


def _translate(
    todo: _Todo,
    load: Callable[[], tuple["Translator", "Options"]],
    writer: Writer,
    ranks: Ranks,
    on_error: Literal["skip", "stop"],
    watcher: Watcher,
    texts: GivenTexts | None = None,
) -> RunSummary:
    """Translates the pictures and pages that are not finished, and ends the manifest."""
    manifest = writer.manifest
    skipped = [Outcome(job, "skipped") for job in todo.jobs if job in todo.finished]
    outcomes = list(skipped) if ranks.rank == 0 else []
    binder = Binder(todo.documents, todo.pages_done, writer, on_error == "stop", texts)
    pages_done = len(todo.pages_done)
    interrupts, interrupted, start = Interrupts(), False, time.monotonic()
    watcher.begin(len(todo.jobs) - len(todo.documents) + len(todo.pages), len(skipped) + pages_done)
    with interrupts:
        try:
            outcomes += binder.complete()
            steps = [*todo.pictures, *todo.pages] if not _why_stopped(outcomes, on_error) else []
            for outcome in translate_files(
                steps, load, finished={*todo.finished, *todo.pages_done}, writer=writer, ranks=ranks,
                stop=on_error == "stop", allowed=interrupts.allowed, started=watcher.started,
                texts=texts,
            ):  # fmt: skip
                pages_done += isinstance(outcome.job, PageJob) and outcome.kind != "failed"
                told = binder.take(outcome)
                outcomes += told
                others = len(manifest.news()) if manifest and ranks.world > 1 and ranks.rank == 0 else 0
                watcher.finished(outcome, others)
                if told != [outcome] and _why_stopped(told, on_error):  # a document could not be written
                    break
        except KeyboardInterrupt:
            interrupted = True
        finally:
            for document in todo.documents:
                document.release()
    stopped = "interrupted" if interrupted else _why_stopped(outcomes, on_error)
    summary = RunSummary(
        len(todo.jobs), tuple(outcomes), time.monotonic() - start, stopped, ranks, interrupts.exit_code,
        len(todo.pages), pages_done,
    )  # fmt: skip
    if manifest:
        if not stopped:
            manifest.end(summary.counts)
        manifest.close()
    return summary


def _why_stopped(outcomes: Sequence[Outcome], on_error: str) -> Literal["", "full", "failure"]:
    if any(outcome.fatal for outcome in outcomes):
        return "full"
    if on_error == "stop" and any(outcome.kind == "failed" for outcome in outcomes):
        return "failure"
    return ""


def _check_clipboard(inputs: Sequence[str], output: str, options: RunOptions) -> None:
    """Raises UsageError if the options do not go with the clipboard."""
    if inputs or output:
        raise UsageError(
            "--clipboard: takes the picture from there and puts the result there; leave INPUTS and -o out"
        )
    if options.html is not None or options.json:
        name = "--json" if options.html is None else "--html"
        raise UsageError(f"--clipboard: has no place for a sidecar; leave {name} out")
    if options.suffix:
        raise UsageError("--clipboard: takes PNG; leave --format out")


def _asked(options: RunOptions, weights: Choice) -> dict[str, Any]:
    """The options for the translator; the manifest records them, too. Raises UsageError if this system has no such option."""
    name = weights.folder.name
    if weights.preset.whole_pictures:
        if options.glossary:
            raise UsageError(f"--glossary is for weights that draw strips; {name} draws whole pictures")
        asked: dict[str, Any] = {"beam": options.beam, "raw": options.raw}
    else:
        if options.raw:
            raise UsageError(f"--raw is for weights that draw whole pictures; {name} draws strips of text")
        asked = {"beam": options.beam, "whole": options.whole, "numbers": options.numbers}
    if options.min_confidence is not None:
        asked["min_confidence"] = options.min_confidence
    return asked


def _glossary(options: RunOptions, weights: Choice) -> Glossary | None:
    if not options.glossary:
        return None
    inflection = weights.languages.packs.source.inflection
    return Glossary.load(options.glossary, inflection, weights.preset.characters)


def _settings(options: RunOptions, weights: Choice, asked: dict[str, Any]) -> dict[str, Any]:
    """All settings that decide how outputs look."""
    languages, model = weights.languages, weights.text_model
    asked = asked | ({} if options.dpi is None else {"dpi": options.dpi})
    if isinstance(model, Marian):
        asked |= {"text_model": model.name, "text_model_fingerprint": fingerprint(model.folder)}
    elif model is not None:
        asked |= {"translator": model.name}
    settings = {
        "iimt": __version__, "weights": weights.folder.name, "fingerprint": fingerprint(weights.folder),
        "source": languages.source, "target": languages.target,
        "options": {**asked, "json": options.json, "overwrite": options.overwrite},
    }  # fmt: skip
    if options.texts is not None:
        settings["texts"] = options.texts.as_posix()
    return settings | ({"glossary": [sha256(path) for path in options.glossary]} if options.glossary else {})


def _sidecar(weights: Choice) -> Sidecar:
    languages = weights.languages
    return Sidecar(languages.source, languages.target, weights.folder.name, __version__)


def _finished(
    jobs: Sequence[Job], overwrite: bool, settings: Mapping[str, Any], manifest: Manifest | None, past: Past
) -> set[Job]:
    """The jobs that need not be done again: those whose output exists.

    With `overwrite`, only those that this same run wrote before it was interrupted.
    """
    there = {job for job in look_round(jobs) if not lacks_pages(job, settings)}
    if not overwrite:
        return there
    if manifest is None or past.complete:
        return set()
    # a run that was killed may have written the line of a picture that still has its old contents
    sums = {job: past.finished.get(manifest.relative(job.output)) for job in there}
    return {job for job, wanted in sums.items() if wanted and wanted == sha256(job.output)}


def _prepare(threads: int | None, ranks: Ranks) -> None:
    """Sets the environment that torch and the line detector read when they start."""
    tune()
    if threads is not None:
        os.environ["OMP_NUM_THREADS"] = str(threads)
    if ranks.world > 1:
        use_own_gpu()
