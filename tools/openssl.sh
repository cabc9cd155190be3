# shellcheck shell=bash
# Sourced by build.sh: what the library's own OpenSSL is built with, and the system's program of that name, which the DTLS of
# the Rust crates is tested against.

missing_openssl_tools() { # program…
  local name
  for name in "$@"; do command -v "$name" >/dev/null || echo "$name"; done
}

install_openssl_tools() {
  if command -v apt-get >/dev/null; then
    as_root apt-get install -qq -y gcc libc6-dev make perl openssl || {
      as_root apt-get update -qq && as_root apt-get install -qq -y gcc libc6-dev make perl openssl
    }
  elif command -v dnf >/dev/null; then
    as_root dnf install -y gcc make perl openssl
  elif command -v pacman >/dev/null; then
    as_root pacman -S --noconfirm --needed gcc make perl openssl
  elif command -v zypper >/dev/null; then
    as_root zypper --non-interactive install gcc make perl openssl
  elif command -v apk >/dev/null; then
    as_root apk add gcc musl-dev make perl openssl
  else
    return 1
  fi
}

# Installs the named programs if one of them is missing.
need_openssl_tools() { # program…
  [[ -z $(missing_openssl_tools "$@") ]] && return
  echo "installing what OpenSSL is built and tested with: $(missing_openssl_tools "$@" | paste -sd ' ' -)"
  install_openssl_tools || true
  [[ -z $(missing_openssl_tools "$@") ]] && return
  echo "missing: $(missing_openssl_tools "$@" | paste -sd ' ' -); install them, then run again" >&2
  return 1
}
