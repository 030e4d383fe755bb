# Sourced by hack/demo: every system of the runbook is backed up, and every backup is restored elsewhere to prove it.
# shellcheck shell=bash disable=SC2154
examples=$root/manifests/examples/hotswap
policies=(database-nightly database vault code metrics configuration)

say "filling the systems: PostgreSQL, OpenBao, a git repository, Prometheus"
PGDATABASE=postgres psql -X -q -v ON_ERROR_STOP=1 -c 'drop database if exists hotswap' -c 'create database hotswap'
PGDATABASE=hotswap fill_database "$rows" >/dev/null
openssl rand -base64 64 | bao kv put secret/hotswap/jwt-signing-key value=- >/dev/null
openssl rand -base64 24 | bao kv put secret/hotswap/db-password value=- >/dev/null
bao kv put secret/hotswap/canary value=tweet >/dev/null
repository=$GIT_SERVER_FOLDER/hotswap-distributed.git
git init -q --bare --initial-branch=main "$repository"
git -C "$repository" config http.receivepack true
git init -q --initial-branch=main "$work/code"
mkdir "$work/code/k8s"
printf 'replicas: 3\n' >"$work/code/k8s/deployment.yaml"
git -C "$work/code" add .
git -C "$work/code" -c user.name=demo -c user.email=demo@example.com commit -q -m 'The service'
git -C "$work/code" tag v1.0.0
git -C "$work/code" push -q "$repository" main v1.0.0

make_namespace
bao token create -policy=root -period=24h -format=json | jq -j .auth.client_token >"$work/token"
make_secret vault-token --from-file=token="$work/token"
make_secret vault-ca --from-file=ca.crt="$BAO_CACERT"
for key in 0 1 2; do jq -j ".unseal_keys_b64[$key]" "$OPENBAO_KEYS" >"$work/key-$key"; done
make_secret vault-unseal --from-file="$work/key-0" --from-file="$work/key-1" --from-file="$work/key-2"
make_secret git --from-literal=username="$GIT_SERVER_USER" --from-literal=password="$GIT_SERVER_PASSWORD"
make_secret git-ca --from-file=ca.crt="$GIT_SERVER_CA"
make_secret prometheus-ca --from-file=ca.crt="$PROMETHEUS_CA"
rm -f "$work/token" "$work"/key-[0-2]
kubectl -n hotswap create configmap hotswap-settings --from-literal=environment=Production >/dev/null
write_manifests "$examples"

# Samples of the last seconds are not compared: the server still writes them.
for _ in $(seq 120); do
  curl -sf --cacert "$PROMETHEUS_CA" "$PROMETHEUS_URL/api/v1/query" --data-urlencode 'query=up offset 20s' | jq -e '.data.result[0]' >/dev/null && break
  sleep 0.5
done

start=$(date +%s%N)
say "protecting them"
show kubectl apply -f "$work/manifests/"
kubectl -n hotswap wait --for=condition=Ready backupstore/primary --timeout=60s >/dev/null

say "taking the first backups, without waiting for their slots"
for policy in "${policies[@]}"; do "$dr" backup -n hotswap "$policy" >/dev/null; done
for policy in "${policies[@]}"; do
  for _ in $(seq 600); do
    backup=$(kubectl -n hotswap get backups -o jsonpath="{.items[?(@.spec.policyRef.name==\"$policy\")].metadata.name}")
    [ -n "$backup" ] && break
    sleep 0.1
  done
done
kubectl -n hotswap wait --for=condition=Complete backups --all --timeout=600s >/dev/null \
  || { show kubectl -n hotswap get backups -o wide; kubectl -n hotswap describe backuppolicies; die "a backup did not come to its end"; }
show kubectl -n hotswap get backups

say "proving them: each is restored elsewhere and compared"
for policy in "${policies[@]}"; do "$dr" verify -n hotswap "$policy" --wait || die "the backup of $policy is not proven"; done
kubectl -n hotswap wait --for=condition=Verified backuppolicies --all --timeout=60s >/dev/null
show kubectl -n hotswap get backuppolicies
seconds=$((($(date +%s%N) - start) / 1000000))

say "the runbook's objectives, and what was measured"
echo
# Seconds of 15m or 1h.
seconds_of() { case $1 in *m) echo $((${1%m} * 60)) ;; *h) echo $((${1%h} * 3600)) ;; *) die "$1 is no duration" ;; esac; }
late=()
lines=('COMPONENT|PRIORITY|POLICY|SCHEDULE|RPO NOW/WANTED|RTO WANTED|RESTORED IN|PROVEN BY')
row() { # COMPONENT PRIORITY POLICY RTO
  local backup took names
  backup=$(kubectl -n hotswap get backuppolicy "$3" -o 'jsonpath={.status.lastBackup}')
  took=$(kubectl -n hotswap get backuppolicy "$3" -o 'jsonpath={.status.lastVerificationSeconds}')
  names=$(kubectl -n hotswap get backup "$backup" -o 'jsonpath={.status.verification.checks[*].name}')
  [ -n "$took" ] && [ "$took" -le "$(seconds_of "$4")" ] || late+=("$1: restored in ${took:-?}s, wanted $4")
  lines+=("$(kubectl -n hotswap get backuppolicy "$3" \
    -o "jsonpath=$1|$2|$3|{.spec.schedule.cron}|{.status.rpo}|$4|${took}s|$(wc -w <<<"$names") checks")")
}
# It keeps nothing: its images and its Deployment are what the row Configuration brings back.
lines+=('API Service|P0|-|-|0, stateless|15m|-|-')
row 'PostgreSQL Database' P0 database 1h
row 'PostgreSQL, 30 days' P0 database-nightly 1h
row 'Vault Secrets' P0 vault 30m
row 'Prometheus Metrics' P1 metrics 30m
row 'Configuration (Git)' P1 code 15m
row 'Configuration' P1 configuration 15m
printf '%s\n' "${lines[@]}" | column -t -s '|'
echo
[ ${#late[@]} = 0 ] || die "a recovery time objective was missed: ${late[*]}"

checks=0
for policy in "${policies[@]}"; do
  for condition in Ready Verified ObjectiveMet; do
    status=$(kubectl -n hotswap get backuppolicy "$policy" -o "jsonpath={.status.conditions[?(@.type==\"$condition\")].status}")
    [ "$status" = True ] || { kubectl -n hotswap describe backuppolicy "$policy"; die "$policy is not $condition"; }
    checks=$((checks + 1))
  done
done
printf 'PASS protect-everything recovered in %d.%03ds, objective 2h, %d checks\n' $((seconds / 1000)) $((seconds % 1000)) "$checks"
