# Sourced by hack/demo: scenario 2 of the runbook, from a healthy database to a damaged one and back.
# shellcheck shell=bash disable=SC2154
examples=$root/manifests/examples/database-corruption

say "filling the database hotswap ($rows audit log rows)"
PGDATABASE=postgres psql -X -q -v ON_ERROR_STOP=1 -c 'drop database if exists hotswap' -c 'create database hotswap'
export PGDATABASE=hotswap
fill_database "$rows" >/dev/null
before=$(describe_database)

make_namespace
write_manifests "$examples"

say "protecting it"
show kubectl apply -f "$work/manifests/protect.yaml"
kubectl -n hotswap wait --for=condition=Ready backupstore/primary --timeout=60s >/dev/null
for _ in $(seq 600); do
  [ -n "$(kubectl -n hotswap get backups -o name)" ] && break
  sleep 0.2
done
kubectl -n hotswap wait --for=condition=Complete backups --all --timeout=600s >/dev/null
show kubectl -n hotswap get backupstores,backuppolicies,backups

say "damaging the database as scenario 2 has it"
psql -X -q <<'SQL'
update audit_logs set detail = '{}' where id % 7 = 0;
delete from approval_requests where id % 3 = 0;
drop table deployments cascade;
SQL

say "applying the recovery plan"
start=$(date +%s%N)
show kubectl apply -f "$work/manifests/recover.yaml"
state=
for _ in $(seq 6000); do
  new=$(kubectl -n hotswap get recoveryplan hotswap-db -o 'jsonpath={.status.state} {.status.phase} {.status.progress}')
  [ "$new" = "$state" ] || say "  $new"
  state=$new
  case ${state%% *} in Succeeded | Failed | Aborted | Paused | AlreadyExecuted) break ;; esac
  sleep 0.1
done
seconds=$((($(date +%s%N) - start) / 1000000))
show kubectl -n hotswap get recoveryplans,recoveryruns
[ "${state%% *}" = Succeeded ] || { kubectl -n hotswap describe recoveryruns; die "the recovery ended ${state%% *}"; }

say "checking it without dr"
checks=0
after=$(describe_database)
[ "$before" = "$after" ] || { diff <(printf '%s\n' "$before") <(printf '%s\n' "$after"); die "the rows differ"; }
checks=$((checks + $(printf '%s\n' "$after" | wc -l)))
printf '%s\n' "$after" | sed 's/^/  table, rows, digest: /'
damaged=$(PGDATABASE=postgres psql -X -A -t -c "select datname from pg_database where datname like 'hotswap\_damaged\_%'")
[ -n "$damaged" ] || die "the damaged database was not kept"
say "the damaged database is kept as $damaged"
checks=$((checks + 1))
[ "$(kubectl -n hotswap get deployment hotswap-api -o 'jsonpath={.spec.replicas}')" = 3 ] || die "hotswap-api is not back at 3 replicas"
checks=$((checks + 1))

say "applying the same plan again, as a Git sync would"
kubectl -n hotswap delete recoveryplan hotswap-db >/dev/null
kubectl -n hotswap delete recoveryruns --all >/dev/null
kubectl apply -f "$work/manifests/recover.yaml" >/dev/null
for _ in $(seq 300); do
  state=$(kubectl -n hotswap get recoveryplan hotswap-db -o 'jsonpath={.status.state}')
  [ "$state" = AlreadyExecuted ] && break
  sleep 0.1
done
[ "$state" = AlreadyExecuted ] || die "the plan's state is $state instead of AlreadyExecuted"
show kubectl -n hotswap get recoveryplans
checks=$((checks + 1))

printf 'PASS database-corruption recovered in %d.%03ds, objective 1h, %d checks\n' $((seconds / 1000)) $((seconds % 1000)) "$checks"
