# Sourced by hack/bench: the backup of a Prometheus server, beside a snapshot that is packed and copied.
# shellcheck shell=bash disable=SC2154
say "prometheus: making a week of samples"
mkdir -p "$work/services/prometheus"
python3 - >"$work/samples.txt" <<'PY'
import random, time
end = int(time.time()) // 7200 * 7200 - 6 * 3600
print("# TYPE bench gauge")
for series in range(200):
    value = random.random()
    for instant in range(end - 7 * 86400, end, 60):
        value += random.random() - 0.5
        print(f'bench{{series="{series}"}} {value:.6f} {instant}')
print("# EOF")
PY
promtool tsdb create-blocks-from --max-block-duration=24h openmetrics "$work/samples.txt" "$work/services/prometheus" >/dev/null
rm -f "$work/samples.txt"
start_systems prometheus
make_bench_secret prometheus-ca --from-file=ca.crt="$PROMETHEUS_CA"
dr_backs_up_prometheus() {
  system_backs_up prometheus "prometheus: {url: \"$PROMETHEUS_URL\", dataDirectory: \"$PROMETHEUS_DATA\", caSecret: {name: prometheus-ca}}"
}
runbook_backs_up_prometheus() {
  local snapshot
  snapshot=$(curl -sf --cacert "$PROMETHEUS_CA" -X POST "$PROMETHEUS_URL/api/v1/admin/tsdb/snapshot" | jq -r .data.name)
  tar czf "$work/prometheus.tar.gz" -C "$PROMETHEUS_DATA/snapshots" "$snapshot"
  s3 s3 cp "$work/prometheus.tar.gz" "s3://$S3_BUCKET/prometheus/snapshot.tar.gz"
  rm -rf "${PROMETHEUS_DATA:?}/snapshots/$snapshot"
}
# The server scrapes itself every second: there is always something new.
nothing_else() { :; }
compare_backups prometheus nothing_else dr_backs_up_prometheus runbook_backs_up_prometheus prometheus
