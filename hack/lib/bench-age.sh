# Sourced by hack/bench: encryption and decryption of one file in memory, nothing written.
# shellcheck shell=bash disable=SC2154
shm=$work; [ -w /dev/shm ] && { shm=$(mktemp -d /dev/shm/dr-bench.XXXXXX); }
age_bytes=$((1 << 30))
say "age: $((age_bytes >> 20)) MiB, $runs runs"
openssl enc -aes-128-ctr -nosalt -pass pass:bench -in /dev/zero 2>/dev/null | head -c $age_bytes >"$shm/plain" || true
age-keygen -o "$shm/identity.txt" 2>/dev/null
age_recipient=$(age-keygen -y "$shm/identity.txt")
age -r "$age_recipient" <"$shm/plain" >"$shm/sealed"

peer_encrypts() { age -r "$age_recipient" <"$shm/plain" >/dev/null; }
dr_encrypts() { "$dr" debug-age encrypt -r "$age_recipient" <"$shm/plain" >/dev/null; }
peer_decrypts() { age -d -i "$shm/identity.txt" <"$shm/sealed" >/dev/null; }
dr_decrypts() { "$dr" debug-age decrypt -i "$shm/identity.txt" <"$shm/sealed" >/dev/null; }

for direction in encrypts decrypts; do
  ours=() peer=()
  for _ in $(seq "$runs"); do
    timed "peer_$direction"; peer+=("$took")
    timed "dr_$direction"; ours+=("$took")
  done
  # The goal is a speed: how many times age's own.
  mbs() { awk -v ms="$1" -v bytes=$age_bytes 'BEGIN { printf "%.0f", bytes / ms / 1000 }'; }
  result age "$(mbs "$(median "${ours[@]}")")" "$(mbs "$(median "${peer[@]}")")" MB/s direction "${direction%s}"
done
rm -rf "$shm/plain" "$shm/sealed" "$shm/identity.txt"; [ "$shm" = "$work" ] || rmdir "$shm"
