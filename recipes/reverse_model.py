"""The reverse model of finished weights (English to German for de-en), which the quality estimator reads.

    python recipes/reverse_model.py begin WEIGHTS RUN --data recipes/de-en-mix-end.toml --corpora CORPORA \
        --valid CORPORA/valid.de-en.tsv.gz --hours 1.25
    torchrun --nproc-per-node 2 --no-python iimt train --stage text --out RUN --data RUN/mix.toml --valid RUN/valid.tsv \
        --max-hours 1.25 --resume
    python recipes/reverse_model.py finish RUN WEIGHTS
    python recipes/train_estimator.py WEIGHTS corpora/judged.de-en.tsv.gz
    python recipes/reverse_model.py translate RUN ENGLISH.txt OUT.tsv

`begin` writes the corpora of a mix with their sides exchanged, and a run that starts from the weights of the text model. The
embeddings change places, and all other layers go on from where they are: they learn the other direction in a fraction of
the time (Zoph et al. 2016, arXiv 1604.02201). `finish` puts the trained model beside the weights, in 8 bits. `translate`
writes parallel text out of lines of English: back-translation (Sennrich et al. 2016, arXiv 1511.06709).
"""

import argparse
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from text_weights import text_weights

from iimt_cli.config import Preset, load_preset
from iimt_cli.data.corpora import load_corpora
from iimt_cli.data.formats import text_lines
from iimt_cli.data.text import clean
from iimt_cli.model.checkpoint import fill, save_in_bytes, save_tensors
from iimt_cli.model.decoding import translate_sentences
from iimt_cli.model.text import TextTranslator
from iimt_cli.model.vocabulary import Vocabulary
from iimt_cli.weights import REVERSE

EMBEDDINGS = ("text_encoder.embedding.weight", "text_decoder.embedding.weight")
COPYING = "text_decoder.copying."  # of hints: the reverse model has no lexicon
LEARNING_RATE, WARMUP = 1.5e-3, 150
LINES = 2000  # that are translated before they are written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    beginning = commands.add_parser("begin")
    beginning.add_argument("weights", type=Path)
    beginning.add_argument("run", type=Path)
    beginning.add_argument("--data", required=True, action="append")
    beginning.add_argument("--corpora", type=Path)
    beginning.add_argument("--valid", required=True)
    beginning.add_argument("--hours", type=float, required=True)
    finishing = commands.add_parser("finish")
    finishing.add_argument("run", type=Path)
    finishing.add_argument("weights", type=Path)
    translating = commands.add_parser("translate")
    for name in ("run", "english", "out"):
        translating.add_argument(name, type=Path)
    options = parser.parse_args()
    if options.command == "begin":
        begin(options)
    elif options.command == "finish":
        save_in_bytes(options.weights / REVERSE, loaded(options.run)[0])
    else:
        translate(options.run, options.english, options.out)


def begin(options: argparse.Namespace) -> None:
    weights, run = options.weights, options.run
    preset = load_preset(weights / "preset.toml")
    (run / "text").mkdir(parents=True)
    shutil.copyfile(weights / "source.spm", run / "target.spm")
    shutil.copyfile(weights / "target.spm", run / "source.spm")
    text = (weights / "preset.toml").read_text(encoding="utf-8")
    (run / "preset.toml").write_text(reversed_preset(text, preset, options.hours), encoding="utf-8")
    mix = ["[corpora]"]
    for number, corpus in enumerate(load_corpora(options.data, options.corpora, preset.languages)):
        name = f"{number:02d}.tsv"
        lines = "".join(f"{pair.target}\t{pair.source}\n" for pair in corpus.pairs)
        (run / name).write_text(lines, encoding="utf-8")
        mix.append(f'"{name}" = {corpus.weight}')
    (run / "mix.toml").write_text("\n".join(mix) + "\n", encoding="utf-8")
    held_out = load_corpora([options.valid], None, preset.languages)[0].pairs
    (run / "valid.tsv").write_text("".join(f"{p.target}\t{p.source}\n" for p in held_out), encoding="utf-8")
    tensors = {name: tensor for name, tensor in text_weights(weights).items() if COPYING not in name}
    ours, theirs = EMBEDDINGS
    tensors[ours], tensors[theirs] = tensors[theirs], tensors[ours].clone()
    state = {"step": 0, "seconds": 0.0, "patience": [-float("inf"), 0]}
    named = {f"model.{name}": tensor for name, tensor in tensors.items()}
    save_tensors(run / "text" / "checkpoint.safetensors", named, {"state": json.dumps(state)})


def reversed_preset(text: str, preset: Preset, hours: float) -> str:
    """The TOML of a preset with its languages and vocabulary sizes exchanged, for a text stage of some hours."""
    source, target = preset.vocabulary.source, preset.vocabulary.target
    text = re.sub(r"(?m)^lexicon = true", "lexicon = false", text, count=1)
    for side, language, size in (
        ("source", preset.languages.target, target),
        ("target", preset.languages.source, source),
    ):
        text = re.sub(rf'(?m)^{side} = "\w+"', f'{side} = "{language}"', text, count=1)
        text = re.sub(rf"(?m)^{side} = \d+", f"{side} = {size}", text, count=1)
    head, mark, rest = text.partition("[training.text]")
    for key, value in (("lr", LEARNING_RATE), ("warmup", WARMUP), ("hours", hours)):
        rest = re.sub(rf"(?m)^{key} = \S+", f"{key} = {value}", rest, count=1)
    return head + mark + rest


def loaded(run: Path) -> tuple[TextTranslator, Vocabulary, Vocabulary, Preset]:
    """The model of a run, finished or not, with its vocabularies and preset."""
    preset = load_preset(run / "preset.toml")
    source, target = Vocabulary.load(run / "source.spm"), Vocabulary.load(run / "target.spm")
    model = TextTranslator(
        len(source), len(target), preset.text_encoder, preset.text_decoder, preset.image_encoder.dim
    )
    fill(model, text_weights(run), str(run))
    return model.eval(), source, target, preset


def translate(run: Path, english: Path, out: Path) -> None:
    """German TAB English for each line of English; texts that lose a number are left out."""
    model, source, target, preset = loaded(run)
    with out.open("w", encoding="utf-8") as file:
        for lines in _groups([clean(line) for line in text_lines(english)]):
            said = translate_sentences(model, source, target, lines, packs=preset.languages.packs)
            file.writelines(
                f"{one.text}\t{line}\n" for line, one in zip(lines, said, strict=True) if one.text
            )


def _groups(lines: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(lines), LINES):
        yield lines[start : start + LINES]


if __name__ == "__main__":
    main()
