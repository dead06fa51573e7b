"""What the text model makes of everyday German: labels, signs, goods, forms, news, lines that no training has seen.

    python recipes/everyday.py weights/de-en [--show]

`everyday.tsv` beside this file is ours, German TAB English. BLEU and chrF of the texts alone, with the search that
`iimt translate` uses; no picture is read or drawn. Keep these lines out of all training.
"""

import argparse
from pathlib import Path

import sacrebleu

from iimt_cli import load
from iimt_cli.data.corpora import read_pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--show", action="store_true", help="Every line with what became of it.")
    args = parser.parse_args()
    pairs = list(read_pairs([Path(__file__).with_suffix(".tsv")]))
    said = [one.target for one in load(args.weights).translate_texts([pair.source for pair in pairs])]
    if args.show:
        for pair, text in zip(pairs, said, strict=True):
            print(f"{pair.source} | {text} | {pair.target}")
    references = [[pair.target for pair in pairs]]
    for metric in (sacrebleu.BLEU(), sacrebleu.CHRF()):
        print(f"{metric.corpus_score(said, references)} of {len(pairs)} lines  {metric.get_signature()}")


if __name__ == "__main__":
    main()
