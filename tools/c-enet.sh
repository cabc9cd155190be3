# shellcheck shell=bash
# Sourced by build.sh: the system's C ENet and a C compiler, which the interoperability tests of the Rust crates run against.

has_c_enet() {
  printf '#include <enet/enet.h>\nint main(void) { return enet_initialize(); }\n' |
    "${CC:-cc}" -x c - -lenet -o /dev/null 2>/dev/null
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "installing needs root, and there is no sudo; as root, run:  $*" >&2
    return 1
  fi
}

install_c_enet() {
  if command -v apt-get >/dev/null; then
    as_root apt-get install -qq -y libenet-dev gcc libc6-dev || {
      as_root apt-get update -qq && as_root apt-get install -qq -y libenet-dev gcc libc6-dev
    }
  elif command -v dnf >/dev/null; then
    as_root dnf install -y enet-devel gcc
  elif command -v pacman >/dev/null; then
    as_root pacman -S --noconfirm --needed enet gcc
  elif command -v zypper >/dev/null; then
    as_root zypper --non-interactive install enet-devel gcc
  elif command -v apk >/dev/null; then
    as_root apk add enet-dev gcc musl-dev
  elif command -v brew >/dev/null; then
    brew install enet
  else
    return 1
  fi
}

need_c_enet() {
  has_c_enet && return
  echo "installing C ENet and a C compiler, which the interoperability tests need"
  install_c_enet || true
  has_c_enet && return
  echo "the tests need C ENet (header and library) and a C compiler; install them (Debian: libenet-dev and gcc), then run again" >&2
  return 1
}
