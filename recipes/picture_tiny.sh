#!/usr/bin/env bash
# `picture-tiny` learns 64 pairs of pictures by heart: every module, stage and loss of the paper at once, on two CPU
# cores in less than 40 minutes. The last line of the output is what an OCR engine reads in the redrawn pictures.
#
#     recipes/picture_tiny.sh OUT [PROCESSES]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?a folder for the pictures and the run}
processes=${2:-2}

iimt synthesize-data "$out/pairs" --preset picture-tiny --data "$here/picture_tiny.tsv" -n 64 --seed 1 \
    --background white
torchrun --standalone --nproc-per-node "$processes" -m iimt_cli train --preset picture-tiny \
    --data "$out/pairs" --out "$out/run" --threads 1
iimt translate "$out/pairs/source" -o "$out/drawn" --weights "$out/run" --raw --json
iimt evaluate "$out/drawn" "$out/pairs"
