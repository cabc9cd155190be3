# shellcheck shell=bash
# Sourced: packages of any Debian suite, from the mirror that this machine uses, without root and without installing them.

# The mirror that this machine already uses: mirrors differ from place to place, and only this one is known to answer.
debian_mirror() {
  local mirror
  # shellcheck disable=SC2016 # apt expands $(REPO_URI), not the shell
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -E '/debian/?$' | head -n 1 || true)
  [[ -n $mirror ]] || mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 || true)
  [[ -n $mirror ]] && echo "${mirror% }"
}

# Leaves packages, and all that they need, in folder/cache/archives. `foreign` names a second architecture, if one is wanted.
download_packages() { # mirror, suite, folder, package…
  local mirror=$1 suite=$2 dir=$3
  shift 3
  mkdir -p "$dir"/{lists/partial,cache/archives/partial}
  : >"$dir/status" # an empty list of installed packages, so that everything is downloaded
  echo "deb $mirror $suite main" >"$dir/sources.list"
  local apt=(apt-get -o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$dir/lists" -o "Dir::State::status=$dir/status" -o "Dir::Cache=$dir/cache"
    ${foreign:+-o "APT::Architectures::=$(dpkg --print-architecture)" -o "APT::Architectures::=$foreign"}
    -o APT::Install-Recommends=false -o Debug::NoLocking=true -o "APT::Sandbox::User=$(id -un)" -qq -y)
  "${apt[@]}" update >&2 && "${apt[@]}" --download-only install "$@" >&2
}
