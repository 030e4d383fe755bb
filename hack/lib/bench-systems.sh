# Sourced by hack/bench: dr and a store for the systems that are benchmarked beside PostgreSQL.
# shellcheck shell=bash disable=SC2154

# NAME…: starts these services beside the store, and dr with the store "primary" in the namespace bench, unless they run.
start_systems() {
  "$root/hack/services" start --dir "$work/services" s3 "$@" >"$work/services.log" 2>&1 \
    || { cat "$work/services.log"; die "the services did not start"; }
  # shellcheck disable=SC1091
  . "$work/services/services.env"
  s3() { aws --endpoint-url "$S3_ENDPOINT" "$@" --no-progress --only-show-errors; }
  [ -z "$dr_pid" ] || return 0
  "$dr" standalone --state "$work/state" >"$work/dr.log" 2>&1 &
  dr_pid=$!
  export KUBECONFIG=$work/state/kubeconfig
  for _ in $(seq 300); do
    kill -0 $dr_pid 2>/dev/null || die "dr ended"
    [ -f "$KUBECONFIG" ] && kubectl get --raw /readyz >/dev/null 2>&1 && break
    sleep 0.1
  done
  kubectl create namespace bench >/dev/null
  make_bench_secret s3 --from-literal=accessKeyID="$AWS_ACCESS_KEY_ID" --from-literal=secretAccessKey="$AWS_SECRET_ACCESS_KEY"
  make_bench_secret s3-ca --from-file=ca.crt="$S3_CA"
  age-keygen -o "$work/identity.txt" 2>/dev/null
  kubectl apply -f - >/dev/null <<YAML
apiVersion: dr.hotswap.io/v1alpha1
kind: BackupStore
metadata: {name: primary, namespace: bench}
spec:
  s3: {endpoint: "$S3_ENDPOINT", bucket: $S3_BUCKET, prefix: bench, region: us-east-1, pathStyle: true,
       credentialsSecret: {name: s3}, caSecret: {name: s3-ca}}
  encryption: {recipients: [$(age-keygen -y "$work/identity.txt")]}
YAML
}

make_bench_secret() { kubectl -n bench create secret generic "$@" >/dev/null; }

# POLICY SOURCE: one backup of a policy, awaited by a watch.
system_trigger=0
system_backs_up() {
  system_trigger=$((system_trigger + 1))
  kubectl apply -f - >/dev/null <<YAML
apiVersion: dr.hotswap.io/v1alpha1
kind: BackupPolicy
metadata: {name: $1, namespace: bench}
spec:
  source: {$2}
  storeRef: {name: primary}
  trigger: "s$system_trigger"
YAML
  local name='' phase
  until [ -n "$name" ]; do
    name=$(kubectl -n bench get backups -o "jsonpath={.items[?(@.spec.trigger==\"s$system_trigger\")].metadata.name}")
  done
  while read -r phase; do
    [ "$phase" != Failed ] || { kubectl -n bench describe "backup/$name"; die "the backup $name failed"; }
    [ "$phase" != Complete ] || return 0
  done < <(exec kubectl -n bench get "backup/$name" --watch -o 'jsonpath={.status.phase}{"\n"}' 2>/dev/null)
  die "the watch of the backup $name ended"
}

# Bytes of all objects below a prefix of the bucket.
bucket_bytes() { aws --endpoint-url "$S3_ENDPOINT" s3 ls --recursive "s3://$S3_BUCKET/$1" | awk '{ n += $3 } END { print n + 0 }'; }

# NAME CHANGE OURS PEER PREFIX: from the second backup on, by turns; CHANGE makes what there is to back up.
compare_backups() {
  local ours=() peer=() name=$1 before after peer_bytes=0
  "$2"; "$3"; "$4"
  before=$(bucket_bytes "bench/data/bench/$5")
  for _ in $(seq "$runs"); do
    "$2"
    timed "$4"; peer+=("$took"); say "  runbook's backup $(seconds "$took") s"
    peer_bytes=$((peer_bytes + $(stat -c %s "$work/$name.tar.gz")))
    timed "$3"; ours+=("$took"); say "  dr's backup      $(seconds "$took") s"
  done
  after=$(bucket_bytes "bench/data/bench/$5")
  result "$name" "$(seconds "$(median "${ours[@]}")")" "$(seconds "$(median "${peer[@]}")")" s \
    storedBytes "$(((after - before) / runs))" peerStoredBytes "$((peer_bytes / runs))" \
    storedRatio "$(awk -v a="$((after - before))" -v b="$peer_bytes" 'BEGIN { printf "%.3f", a / b }')"
}
