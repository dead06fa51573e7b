"""A Marian model of the Hugging Face hub as a text model. torch and transformers are imported when it is first asked."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from iimt_cli.errors import IimtError, UsageError
from iimt_cli.language.codes import known_code, three_letters
from iimt_cli.translation import BEAM
from iimt_cli.weights import language_code
from iimt_cli.writing import at_home

BATCH = 32  # texts at once
LONGEST = 400  # pieces of a text: the rest is cut off; the usual models take 512
GROWTH = 2  # a translation has at most GROWTH × the pieces of its source,
MORE = 20  # plus MORE pieces
_NEEDED = ("config.json", "source.spm", "target.spm", "vocab.json")
_LOADED = ("*.json", "*.spm", "*.safetensors")
_HUB_NAME = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
_CODE = re.compile(r">>(\w+)<<")


class Marian:
    """A `TextModel`: a Marian model (`MarianMTModel` of transformers) with safetensors weights. Nothing is unpickled.

    name: a folder, `owner/name` on the Hugging Face hub, or `owner/name@revision`. source, target: ISO 639-1 codes, needed
    where the model does not name its languages, or has several of them.

    Raises IimtError if transformers is not installed, if there is no such model, or if it has no safetensors; UsageError if it
    is for other languages.
    """

    def __init__(
        self, name: str | Path, device: str = "auto", *, source: str = "", target: str = "", beam: int = BEAM
    ) -> None:
        if find_spec("transformers") is None:
            raise IimtError(f"{name}: a Marian model needs transformers: pip install 'iimt[marian]'")
        self.name, self.folder = str(name), _folder(str(name))
        config, tokenizer = (_json(self.folder / file) for file in ("config.json", "tokenizer_config.json"))
        if config.get("model_type") != "marian":
            raise IimtError(f"{name}: is no Marian model ({config.get('model_type', 'unknown')})")
        self.source = self._checked("source", source, tokenizer.get("source_lang"))
        self.target = self._checked("target", target, tokenizer.get("target_lang"))
        self._prefix = self._code_of_target()
        self._device, self._beam = device, beam
        self._loaded: tuple[Any, Any] | None = None

    def __call__(self, texts: Sequence[str], /) -> list[str]:
        """Raises IimtError if the model cannot be loaded."""
        model, tokenizer = self.load()
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        said: dict[int, str] = {}
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            said |= zip(chosen, self._said(model, tokenizer, [texts[n] for n in chosen]), strict=True)
        return [said[n] for n in range(len(texts))]

    def load(self) -> tuple[Any, Any]:
        """(the model on its device, its tokenizer). Raises IimtError if a file is damaged."""
        if self._loaded is None:
            from iimt_cli.model.device import choose_device

            device = choose_device(self._device)
            try:
                with _quiet():
                    from transformers import MarianMTModel, MarianTokenizer

                    tokenizer = MarianTokenizer.from_pretrained(self.folder)
                    model = MarianMTModel.from_pretrained(self.folder, use_safetensors=True)
                if not isinstance(tokenizer, MarianTokenizer):  # some versions tell damage so
                    raise ValueError("the vocabularies are damaged")
            except Exception as error:  # each library beneath has exceptions of its own
                raise IimtError(f"{self.name}: cannot be loaded ({_first_line(error)})") from None
            self._loaded = model.to(device).eval(), tokenizer
        return self._loaded

    def _said(self, model: Any, tokenizer: Any, texts: Sequence[str]) -> list[str]:
        import torch

        with _quiet(), torch.inference_mode():
            given = tokenizer(
                [self._prefix + text for text in texts],
                return_tensors="pt", padding=True, truncation=True, max_length=LONGEST,
            )  # fmt: skip
            most = GROWTH * given["input_ids"].shape[1] + MORE
            found = model.generate(
                **given.to(model.device), num_beams=self._beam, do_sample=False, max_new_tokens=most
            )
            return list(tokenizer.batch_decode(found, skip_special_tokens=True))

    def _checked(self, side: str, asked: str, named: object) -> str:
        """The language of a side: the one that was asked for or, if none was, the one that the model names."""
        own = known_code(named.lower()) if isinstance(named, str) else ""
        wanted = language_code(asked) if asked else own
        wanted = known_code(wanted) or wanted
        if not wanted:
            raise UsageError(f"{self.name}: does not say what its {side} language is: give it (--{side})")
        if own and wanted != own:
            raise UsageError(f"{self.name}: its {side} language is {own}, not {wanted}")
        return wanted

    def _code_of_target(self) -> str:
        """What is written before each text if a model has several target languages, such as >>nld<<; else ""."""
        codes = [m[1] for word in _json(self.folder / "vocab.json") if (m := _CODE.fullmatch(word))]
        if not codes:
            return ""
        wanted = (self.target, three_letters(self.target))
        fitting = min((code for code in codes if code.split("_")[0] in wanted), key=len, default="")
        if not fitting:
            raise UsageError(
                f"{self.name}: translates into {', '.join(sorted(codes))}, not {self.target} (--target)"
            )
        return f">>{fitting}<< "


def _folder(name: str) -> Path:
    """Where the files of a model are. Raises IimtError if they are not all there."""
    folder = at_home(name)
    hub = None if folder.exists() else _HUB_NAME.fullmatch(name)
    if hub:
        folder = _from_hub(hub[1], hub[2])
    elif not folder.is_dir():
        raise IimtError(f"{name}: no such folder, and no OWNER/NAME on the Hugging Face hub")
    missing = next((file for file in _NEEDED if not (folder / file).is_file()), None)
    if missing:
        raise IimtError(f"{name}: no Marian model here ({missing} is missing)")
    if not any(folder.glob("*.safetensors")):
        raise IimtError(
            f"{name}: has no weights as safetensors, and others are not read, as they may run code; "
            "docs/text-models.md tells how to get them"
        )
    return folder


def _from_hub(name: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=list(_LOADED)))
    except Exception as error:  # each HTTP client that the hub may use has exceptions of its own
        cause = _first_line(error)
        raise IimtError(
            f"{name}: no such folder, and not to be had from the Hugging Face hub ({cause})"
        ) from None


def _json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; {} if there is no such file. Raises IimtError if it is damaged."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise IimtError(f"{path}: cannot be read ({_first_line(error)})") from None
    if not isinstance(found, dict):
        raise IimtError(f"{path}: cannot be read (no object)")
    return found


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@contextmanager
def _quiet() -> Iterator[None]:
    """A context without the progress bars, hints and warnings of transformers."""
    import warnings

    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
