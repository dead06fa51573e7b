#!/usr/bin/env bash
# The table in docs/evaluation.md: our weights, the cascade of our own parts, the copied source and the OCR ceiling on
# 200 rendered lines of text for each kind of background, in fonts and on photos that no training has seen.
#
#     recipes/evaluate_weights.sh WEIGHTS TEXT PHOTOS OUT
#
# TEXT is held-out parallel text (any form that `iimt train --data` takes), PHOTOS a folder of photos kept from training.
set -euo pipefail
weights=${1:?weights} text=${2:?parallel text} photos=${3:?a folder of photos} out=${4:?a folder for the results}
held_out="Lato,EB Garamond,Cantarell,Comfortaa,Liberation Serif,Tinos"

for kind in plain gradient texture photo; do
    iimt synthesize-data "$out/data/$kind" --data "$text" --count 200 --background "$kind" --seed 31 \
        --min-chars 6 --max-chars 60 --held-out-fonts "$held_out" --only-held-out --photos "$photos"
done
iimt evaluate --weights "$weights" "$out/data" --system cascade --save "$out/cascade" --json "$out/cascade.json"
# The cascade draws every text, so ours does, too.
iimt evaluate --weights "$weights" "$out/data" --min-confidence 0 --save "$out/ours" --baseline "$out/cascade" \
    --json "$out/ours.json" --html "$out/report.html" --markdown "$out/table.md"
