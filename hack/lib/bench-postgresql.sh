# Sourced by hack/bench: the backup and the recovery that a user gets, through kubectl, beside the runbook's commands.
# shellcheck shell=bash disable=SC2154
say "starting PostgreSQL, SeaweedFS and dr"
"$root/hack/services" start --dir "$work/services" postgres s3 >"$work/services.log" 2>&1 \
  || { cat "$work/services.log"; die "the services did not start"; }
# shellcheck disable=SC1091
. "$work/services/services.env"
"$dr" standalone --state "$work/state" >"$work/dr.log" 2>&1 &
dr_pid=$!
export KUBECONFIG=$work/state/kubeconfig
for _ in $(seq 300); do
  kill -0 $dr_pid 2>/dev/null || die "dr ended"
  [ -f "$KUBECONFIG" ] && kubectl get --raw /readyz >/dev/null 2>&1 && break
  sleep 0.1
done

say "filling the database ($rows audit log rows)"
PGDATABASE=postgres psql -X -q -c 'create database hotswap'
export PGDATABASE=hotswap
fill_database "$rows" >/dev/null
psql -X -q -c 'vacuum analyze' -c checkpoint
database_bytes=$(psql -X -A -t -c 'select pg_database_size(current_database())')
say "the database has $((database_bytes / 1000000)) MB"

kubectl create namespace bench >/dev/null
make_secret() { kubectl -n bench create secret generic "$@" >/dev/null; }
make_secret s3 --from-literal=accessKeyID="$AWS_ACCESS_KEY_ID" \
  --from-literal=secretAccessKey="$AWS_SECRET_ACCESS_KEY"
make_secret s3-ca --from-file=ca.crt="$S3_CA"
make_secret db --from-literal=password="$PGPASSWORD"
make_secret db-ca --from-file=ca.crt="$PGSSLROOTCERT"
age-keygen -o "$work/identity.txt" 2>/dev/null
make_secret dr-identity --from-file=identity="$work/identity.txt"

apply_policy() { # TRIGGER
  kubectl apply -f - <<YAML
apiVersion: dr.hotswap.io/v1alpha1
kind: BackupStore
metadata: {name: primary, namespace: bench}
spec:
  s3: {endpoint: "$S3_ENDPOINT", bucket: $S3_BUCKET, prefix: bench, region: us-east-1, pathStyle: true,
       credentialsSecret: {name: s3}, caSecret: {name: s3-ca}}
  encryption: {recipients: [$(age-keygen -y "$work/identity.txt")], identitySecret: {name: dr-identity}}
---
apiVersion: dr.hotswap.io/v1alpha1
kind: BackupPolicy
metadata: {name: db, namespace: bench}
spec:
  source:
    postgresql: {host: $PGHOST, port: $PGPORT, database: hotswap, user: $PGUSER, passwordSecret: {name: db},
                 sslMode: verify-full, caSecret: {name: db-ca}}
  storeRef: {name: primary}
  trigger: "$1"
YAML
}

# Waits until a JSONPath of an object has one of these values; another of those is a failure. A watch, not a poll: a
# kubectl every moment would take a good part of a processor from what is measured.
await_value() { # OBJECT PATH GOOD BAD
  local value
  while read -r value; do
    [[ " $3 " == *" ${value:-none} "* ]] && return 0
    [[ " $4 " == *" ${value:-none} "* ]] && { kubectl -n bench describe "$1"; die "$1 is $value"; }
  done < <(exec kubectl -n bench get "$1" --watch -o "jsonpath=$2{\"\n\"}" 2>/dev/null)
  die "the watch of $1 ended"
}

trigger=0
dr_backs_up() {
  trigger=$((trigger + 1))
  apply_policy "t$trigger" >/dev/null
  local name=
  until [ -n "$name" ]; do
    name=$(kubectl -n bench get backups -o "jsonpath={.items[?(@.spec.trigger==\"t$trigger\")].metadata.name}")
  done
  await_value "backup/$name" '{.status.phase}' Complete Failed
}

s3() { aws --endpoint-url "$S3_ENDPOINT" "$@" --no-progress --only-show-errors; }
runbook_backs_up() {
  pg_dump -Fc hotswap >"$work/hotswap.dump"
  s3 s3 cp "$work/hotswap.dump" "s3://$S3_BUCKET/postgresql/hotswap.dump"
}
floor_dumps() { pg_dump -Fc -Z0 hotswap >/dev/null; }

# The largest resident memory since the last call, in bytes, of dr itself.
reset_peak() { echo 5 >/proc/$dr_pid/clear_refs 2>/dev/null || true; }
peak() { awk '/^VmHWM/ { print $2 * 1024 }' /proc/$dr_pid/status; }

settle() { psql -X -q -c checkpoint; sync; }

ours=() peer=() floor=()
reset_peak
backup_runs=1; { wanted backup || wanted backup-floor; } && backup_runs=$runs
for _ in $(seq "$backup_runs"); do
  settle; timed runbook_backs_up; peer+=("$took"); say "  runbook's backup $(seconds "$took") s"
  settle; timed dr_backs_up; ours+=("$took"); say "  dr's backup      $(seconds "$took") s"
  settle; timed floor_dumps; floor+=("$took"); say "  pg_dump -Z0      $(seconds "$took") s"
done
backup_peak=$(peak)
runbook_bytes=$(stat -c %s "$work/hotswap.dump")
stored=$(kubectl -n bench get backups -o 'jsonpath={.items[0].status.artifact.bytes}')
wanted backup && result backup "$(seconds "$(median "${ours[@]}")")" "$(seconds "$(median "${peer[@]}")")" s \
  databaseBytes "$database_bytes" storedBytes "$stored" peerStoredBytes "$runbook_bytes" drPeakMemoryBytes "$backup_peak"
wanted backup-floor && result backup-floor "$(seconds "$(median "${ours[@]}")")" "$(seconds "$(median "${floor[@]}")")" s
rm -f "$work/hotswap.dump"

attempt=0
dr_recovers() { # VERIFY
  attempt=$((attempt + 1))
  kubectl apply -f - >/dev/null <<YAML
apiVersion: dr.hotswap.io/v1alpha1
kind: RecoveryPlan
metadata: {name: p$attempt, namespace: bench}
spec:
  storeRef: {name: primary}
  phases:
  - name: restore-database
    steps:
    - {name: restore, deadline: 1h, restorePostgreSQL: {policy: db, to: Latest, strategy: Swap, verify: $1}}
  execute: {token: t$attempt}
YAML
  await_value "recoveryplan/p$attempt" '{.status.state}' Succeeded "Failed Paused Aborted AlreadyExecuted"
}
runbook_restores() {
  s3 s3 cp "s3://$S3_BUCKET/postgresql/hotswap.dump" "$work/hotswap-latest.dump"
  PGDATABASE=postgres psql -X -q -c 'create database hotswap_runbook'
  pg_restore -d hotswap_runbook <"$work/hotswap-latest.dump"
}
drop_what_was_made() {
  rm -f "$work/hotswap-latest.dump"
  local name
  for name in $(PGDATABASE=postgres psql -X -A -t -c "select datname from pg_database where datname like 'hotswap\_%'"); do
    # The damaged database is kept closed to logins.
    PGDATABASE=postgres psql -X -q -c "drop database \"$name\" with (force)"
  done
}

for row in restore:Counts restore-proven:Rows; do
  wanted "${row%:*}" || continue
  ours=() peer=()
  reset_peak
  for _ in $(seq "$runs"); do
    settle; timed runbook_restores; peer+=("$took"); say "  runbook's restore         $(seconds "$took") s"
    drop_what_was_made
    settle; timed dr_recovers "${row#*:}"; ours+=("$took"); say "  dr's restore with ${row#*:}   $(seconds "$took") s"
    drop_what_was_made
  done
  result "${row%:*}" "$(seconds "$(median "${ours[@]}")")" "$(seconds "$(median "${peer[@]}")")" s \
    databaseBytes "$database_bytes" drPeakMemoryBytes "$(peak)"
done
