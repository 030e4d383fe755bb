# Sourced by hack/bench: a clock, medians and the lines of the result.
# shellcheck shell=bash

# Runs a command and sets `took` to its wall time in milliseconds.
took=0
timed() {
  local start; start=$(date +%s%N)
  "$@"
  took=$((($(date +%s%N) - start) / 1000000))
}

median() { printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# NAME OURS PEER UNIT [KEY VALUE]…: one line of the result. Times come in milliseconds and are told in seconds.
result() {
  local name=$1 ours=$2 peer=$3 unit=$4; shift 4
  jq -cn --arg bench "$name" --argjson ours "$ours" --argjson peer "$peer" --arg unit "$unit" \
    '{bench: $bench, ratio: ($ours / $peer * 1000 | round / 1000), ours: $ours, peer: $peer, unit: $unit}
      + ([range(0; $ARGS.positional | length; 2) as $i
        | {($ARGS.positional[$i]): ($ARGS.positional[$i + 1] | tonumber? // .)}] | add // {})' --args "$@" >&3
}

seconds() { awk -v ms="$1" 'BEGIN { printf "%.2f", ms / 1000 }'; }
