#!/usr/bin/env bash
# Installs what building and testing Ringside needs, on Debian 12. Does nothing, in well under a second, when all of it
# is there. Called by scripts/run and scripts/test; needs root or sudo only when something is missing.
set -euo pipefail

# `a|b`: the same package under two names; the first one that the package lists know is taken.
packages=(
  cmake ninja-build ccache g++ pkg-config binutils python3
  libfmt-dev libcapstone-dev libbenchmark-dev
  qt6-base-dev 'qt6-svg-dev|libqt6svg6-dev' qt6-l10n-tools qt6-tools-dev qt6-tools-dev-tools qt6-qpa-plugins
  libgl1-mesa-dev fontconfig
  musl-tools busybox-static
  clang-format strace xvfb xauth
)

names=()
for package in "${packages[@]}"; do
  IFS='|' read -ra alternatives <<<"$package"
  names+=("${alternatives[@]}")
done
# dpkg-query fails when it does not know one of the names; the ones it knows are listed all the same.
installed=" $( (dpkg-query -W -f='${db:Status-Status}:${Package}\n' "${names[@]}" 2>/dev/null || true) |
  sed -n 's/^installed://p' | tr '\n' ' ') "

missing=()
for package in "${packages[@]}"; do
  IFS='|' read -ra alternatives <<<"$package"
  found=
  for name in "${alternatives[@]}"; do [[ $installed == *" $name "* ]] && found=1; done
  [[ $found ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "scripts/setup.sh: these packages are missing, and neither root nor sudo is here to install them: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing: ${missing[*]}" >&2
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -q)
"${apt[@]}" update >&2
wanted=()
for package in "${missing[@]}"; do
  IFS='|' read -ra alternatives <<<"$package"
  chosen=${alternatives[0]}
  for name in "${alternatives[@]}"; do
    if apt-cache show "$name" >/dev/null 2>&1; then chosen=$name; break; fi
  done
  wanted+=("$chosen")
done
"${apt[@]}" install -y --no-install-recommends "${wanted[@]}" >&2 </dev/null
