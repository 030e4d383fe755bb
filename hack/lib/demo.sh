# Sourced by hack/demo: what every scenario needs. `die` is in common.sh.
# shellcheck shell=bash disable=SC2154
show() { printf '\n$ %s\n' "$*"; "$@"; echo; }

make_secret() { kubectl -n hotswap create secret generic "$@" >/dev/null; }

# The demo deletes the namespace hotswap and makes it anew. One that is not the demo's own is never touched.
check_namespace() {
  local found
  found=$(kubectl get namespace hotswap --ignore-not-found -o 'jsonpath={.metadata.name}/{.metadata.labels.dr\.hotswap\.io/demo}') \
    || die "the namespaces of this cluster cannot be read"
  case $found in
    '' | hotswap/true) ;;
    *) die "this cluster has a namespace hotswap that the demo did not make, and the demo would delete it with all that is in it:
  use another cluster, or, if nothing in it is needed, allow it: kubectl label namespace hotswap dr.hotswap.io/demo=true" ;;
  esac
}

# A fresh namespace hotswap with the Secrets of the store and the database.
make_namespace() {
  check_namespace
  kubectl delete namespace hotswap --ignore-not-found >/dev/null
  kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Namespace
metadata: {name: hotswap, labels: {dr.hotswap.io/demo: "true"}}
YAML
  make_secret s3 --from-literal=accessKeyID="$AWS_ACCESS_KEY_ID" --from-literal=secretAccessKey="$AWS_SECRET_ACCESS_KEY"
  make_secret s3-ca --from-file=ca.crt="$S3_CA"
  make_secret db --from-literal=password="$PGPASSWORD"
  make_secret db-ca --from-file=ca.crt="$PGSSLROOTCERT"
  age-keygen -o "$work/identity.txt" 2>/dev/null
  RECIPIENT=$(age-keygen -y "$work/identity.txt")
  make_secret dr-identity --from-file=identity="$work/identity.txt"
}

# Writes a folder of examples to $work/manifests, with @NAME@ replaced by the variable NAME.
write_manifests() {
  mkdir -p "$work/manifests"
  local file text name
  for file in "$1"/*.yaml; do
    text=$(cat "$file")
    while [[ $text =~ @([A-Z0-9_]+)@ ]]; do
      name=${BASH_REMATCH[1]}
      text=${text//"@$name@"/"${!name}"}
    done
    printf '%s\n' "$text" >"$work/manifests/$(basename "$file")"
  done
}
