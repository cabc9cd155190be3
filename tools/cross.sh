# shellcheck shell=bash
# Sourced by build.sh: what a library for another platform is built with. The host's own Rust and compilers are used where
# they know the platform; on Debian the rest is fetched from the machine's package mirror into a private folder, without root.

cross_root=${ENET_CROSS_ROOT:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/enet-server-cross}
# The libraries for Linux run where this glibc or a newer one is. The suite is the one that has it.
oldest_glibc=2.31
compiler_suite=bullseye
mingw_suite=bookworm
rust_suite=${GODOT_DEBIAN_SUITE:-forky}
cargo_options=() # for a platform whose standard library is compiled along

# Sets the environment so that `cargo build --target` works. Call it in a subshell: what it exports is for one platform.
need_target() { # target
  case $1 in
    *-apple-*)
      [[ $(host_platform) == macos ]] || { echo "a library for macOS is built on a Mac" >&2; return 1; }
      need_std "$1"
      ;;
    *-android) need_ndk "$1" && need_std "$1" ;;
    *-windows-gnu) need_compiler "$1" x86_64-w64-mingw32 && need_std "$1" ;;
    *-windows-*) need_std "$1" ;;
    aarch64-*-linux-gnu) need_compiler "$1" aarch64-linux-gnu && need_std "$1" ;;
    x86_64-*-linux-gnu) need_compiler "$1" x86_64-linux-gnu && need_std "$1" ;;
  esac
}

# Runs cargo for another platform.
cargo_for() ( # target, cargo command, arguments…
  target=$1 command=$2
  shift 2
  need_target "$target" || exit 1
  "$cargo" "$command" --target "$target" ${cargo_options[@]+"${cargo_options[@]}"} "$@"
)

# Tells cargo and the C code of the crates which compiler is for a target.
set_compiler() { # target, compiler, archiver
  local name=${1//-/_}
  export "CC_$name=$2" "AR_$name=$3"
  name=$(tr '[:lower:]' '[:upper:]' <<<"$name")
  export "CARGO_TARGET_${name}_LINKER=$2"
}

# A compiler on PATH will do, except that one with a newer libc makes libraries which older systems do not load.
need_compiler() { # target, prefix
  if ! command -v "$2-gcc" >/dev/null || { [[ $1 == *-linux-gnu ]] && ! has_old_glibc; }; then
    local part=compilers
    [[ $1 == *-linux-gnu ]] || part=mingw
    fetch_part "$part" "fill_$part" || { echo "$2-gcc is missing; install it (Debian: gcc-${2//_/-}), then try again" >&2; return 1; }
    export PATH=$cross_root/$part/wrappers:$PATH
  fi
  set_compiler "$1" "$2-gcc" "$2-ar"
}

has_old_glibc() {
  local version
  version=$(getconf GNU_LIBC_VERSION 2>/dev/null) || return 1
  [[ $(printf '%s\n' "${version#* }" "$oldest_glibc" | sort -V | tail -n 1) == "$oldest_glibc" ]]
}

need_ndk() { # target
  local ndk=${ANDROID_NDK_ROOT:-${ANDROID_NDK_HOME:-${ANDROID_NDK_LATEST_HOME:-}}} bin
  [[ -n $ndk ]] || { echo "ANDROID_NDK_ROOT has to name an Android NDK" >&2; return 1; }
  bin=$(echo "$ndk"/toolchains/llvm/prebuilt/*/bin)
  export ANDROID_NDK_ROOT=$ndk PATH=$bin:$PATH
  # Android 15 refuses libraries that are laid out for smaller pages
  export CARGO_TARGET_AARCH64_LINUX_ANDROID_RUSTFLAGS="-C link-arg=-Wl,-z,max-page-size=16384"
  set_compiler "$1" "$bin/${1}24-clang" "$bin/llvm-ar"
}

# Rust's standard library for the target: the host's, one from rustup, or Debian's together with Debian's compiler.
need_std() { # target
  has_std "$1" && return
  if command -v rustup >/dev/null && rustup target add "$1" >/dev/null 2>&1 && has_std "$1"; then return; fi
  fetch_part rust fill_rust || { echo "there is no Rust standard library for $1; install it (rustup target add $1), then try again" >&2; return 1; }
  cargo=$cross_root/rust/usr/bin/cargo
  export RUSTC=$cross_root/rust/usr/bin/rustc
  has_std "$1" && return
  # Debian has it for its own platforms; for others it is compiled along, which stable compilers do when they are told to
  export RUSTC_BOOTSTRAP=1
  cargo_options=(-Zbuild-std=std,panic_unwind)
}

has_std() { # target
  local folder
  folder=$("${RUSTC:-rustc}" --print target-libdir --target "$1" 2>/dev/null) && compgen -G "$folder/libstd-*.rlib" >/dev/null
}

# Unpacks packages of a suite, and what they need, into a new folder.
unpack_packages() { # suite, folder, package…
  local suite=$1 to=$2 mirror deb
  shift 2
  mirror=$(debian_mirror) || return 1
  download_packages "$mirror" "$suite" "$to/.apt" "$@" || return 1
  for deb in "$to"/.apt/cache/archives/*.deb; do dpkg-deb -x "$deb" "$to"; done
  rm -rf "$to/.apt"
}

# Makes a part in a folder beside its place and moves it there when it is whole.
fetch_part() { # name, function that fills a folder
  local work
  [[ -d $cross_root/$1 ]] && return
  mkdir -p "$cross_root"
  work=$(mktemp -d "$cross_root/$1.XXXXXX")
  echo "fetching $1 into $cross_root (once only)" >&2
  if ! "$2" "$work"; then rm -rf "$work"; return 1; fi
  mv -T "$work" "$cross_root/$1" 2>/dev/null || { rm -rf "$work"; [[ -d $cross_root/$1 ]]; }
}

fill_compilers() { # folder
  unpack_packages "$compiler_suite" "$1" gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross || return 1
  make_links_relative "$1"
  # linker scripts with paths from the root of a system that has the packages installed
  sed -i 's|/usr/aarch64-linux-gnu/lib/||g' "$1/usr/aarch64-linux-gnu/lib/libc.so"
  make_wrappers "$1" "$cross_root/compilers" x86_64-linux-gnu aarch64-linux-gnu
}

# Of a newer suite, because older linkers do not know all that today's compilers write for Windows.
fill_mingw() { # folder
  unpack_packages "$mingw_suite" "$1" gcc-mingw-w64-x86-64-posix && make_wrappers "$1" "$cross_root/mingw" x86_64-w64-mingw32
}

make_links_relative() { # folder
  local link target
  find "$1" -type l -lname '/*' | while IFS= read -r link; do
    target=$(readlink "$link")
    [[ -e $1$target ]] && ln -sfr "$1$target" "$link"
  done
  return 0
}

# One script for each tool, which finds the tools beside it and the compilers' libraries, but not the libc that came along.
make_wrappers() { # folder, where it is going to be, prefix…
  local from=$1 to=$2 prefix tool file sysroot
  shift 2
  mkdir -p "$from/wrappers" "$from/own-libraries"
  cp -a "$from"/usr/lib/x86_64-linux-gnu/lib{isl,mpc,mpfr,gmp,bfd,opcodes,ctf,ctf-nobfd}[-.]*so* "$from/own-libraries/" 2>/dev/null || true
  for prefix in "$@"; do
    for tool in gcc ar as ld nm ranlib strip objcopy dlltool windres; do
      file=$prefix-$tool sysroot=
      [[ $file == x86_64-w64-mingw32-gcc ]] && file=$file-posix
      [[ $file == x86_64-linux-gnu-gcc ]] && sysroot="--sysroot=$to"
      [[ -e $from/usr/bin/$file ]] || continue
      # shellcheck disable=SC2016 # for the script to expand
      printf '#!/bin/sh\nLD_LIBRARY_PATH=%s PATH=%s:$PATH exec %s %s "$@"\n' \
        "$to/own-libraries" "$to/usr/bin" "$to/usr/bin/$file" "$sysroot" >"$from/wrappers/$prefix-$tool"
      chmod 755 "$from/wrappers/$prefix-$tool"
    done
  done
}

fill_rust() { # folder
  local foreign=arm64 library
  unpack_packages "$rust_suite" "$1" rustc cargo rust-src libstd-rust-dev:arm64 patchelf || return 1
  local libraries=$1/usr/lib/x86_64-linux-gnu
  local patchelf=("$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$1/usr/bin/patchelf" --force-rpath
    --set-rpath "$cross_root/rust/usr/lib/x86_64-linux-gnu")
  "${patchelf[@]}" --set-interpreter "$cross_root/rust/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$1"/usr/bin/{rustc,cargo}
  # libraries that carry a search path of their own would look in the host's folders
  for library in "$libraries"/libLLVM.so.* "$libraries"/librustc_driver-*.so; do "${patchelf[@]}" "$(readlink -f "$library")"; done
}

# The newest version of glibc that a library asks for.
newest_glibc_of() { # library
  LC_ALL=C readelf --version-info "$1" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1
}

runs_on_old_linux() { # library
  local newest
  newest=$(newest_glibc_of "$1") && [[ -n $newest ]] || return 1
  echo "$1 asks for $newest; $oldest_glibc is the oldest that is promised"
  [[ $(printf '%s\n' "${newest#GLIBC_}" "$oldest_glibc" | sort -V | tail -n 1) == "$oldest_glibc" ]]
}
