#!/usr/bin/env bash
# tap | target, as a Singer runner does it: from the last line of state that the target wrote.
# Usage: singer.sh PYTHON PEERS RECORDS FOLDER
set -euo pipefail
python=$1 peers=$2 records=$3 folder=$4
touch "$folder/states.jsonl"
tail -n 1 "$folder/states.jsonl" >"$folder/state.json"
"$python" "$peers/singer_tap.py" --records "$records" --state "$folder/state.json" |
  "$python" "$peers/singer_target.py" --config "$folder/config.json" >>"$folder/states.jsonl"
tail -n 1 "$folder/states.jsonl"
