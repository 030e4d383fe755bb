# Sourced by hack/demo: what every scenario needs.
# shellcheck shell=bash disable=SC2154
show() { printf '\n$ %s\n' "$*"; "$@"; echo; }

make_secret() { kubectl -n hotswap create secret generic "$@" >/dev/null; }

# A fresh namespace hotswap with the Secrets of the store and the database.
make_namespace() {
  kubectl delete namespace hotswap --ignore-not-found >/dev/null
  kubectl create namespace hotswap >/dev/null
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
