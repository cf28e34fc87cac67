# What the scripts share; sourced from the root of the repository.
# shellcheck shell=bash

export UV_NO_PROGRESS="${UV_NO_PROGRESS:-$([ -t 2 ] || echo 1)}"
[ -n "$UV_NO_PROGRESS" ] || unset UV_NO_PROGRESS

step() { printf '==> %s\n' "$*" >&2; }

fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
  exit 1
}

# Whether $1 is an interpreter that can be started and that cajajejo supports.
is_supported() {
  "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' >/dev/null 2>&1
}

# Prints an interpreter of version $1 (such as 3.12): one on PATH, or one that pyenv has but has not selected.
python_of_version() {
  local candidate
  for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python; do
    if is_supported "$candidate" && "$candidate" -c "import sys; sys.exit(sys.version_info[:2] != (${1/./, }))"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

free_gib_here() { df -Pk . | awk 'NR == 2 { print int($4 / 1048576) }'; }

# Prints the path of uv: the one on PATH, else one of our own, installed with the interpreter $1.
find_uv() {
  local python=$1 tools=.cache/tools
  if command -v uv; then return; fi
  if "$tools/bin/uv" --version >/dev/null 2>&1; then
    printf '%s\n' "$PWD/$tools/bin/uv"
    return
  fi
  step "installing uv (the package installer) into $tools"
  rm -rf "$tools"
  if "$python" -m pip --version >/dev/null 2>&1; then
    PIP_REQUIRE_VIRTUALENV=0 PIP_USER=0 PIP_ROOT_USER_ACTION=ignore "$python" -m pip install --quiet \
      --disable-pip-version-check --no-input --target "$tools" uv >&2 || fail_without_uv "$python"
  else # for an interpreter that has the venv module, but no pip of its own
    { "$python" -m venv "$tools" && "$tools/bin/python" -m pip install --quiet --disable-pip-version-check uv; } >&2 ||
      fail_without_uv "$python"
  fi
  printf '%s\n' "$PWD/$tools/bin/uv"
}

fail_without_uv() {
  rm -rf .cache/tools
  fail "uv could not be installed with $1; the message is above." \
    "If it speaks of pip, venv or ensurepip: install them (Debian, Ubuntu: apt install python3-pip python3-venv)," \
    "or install uv itself by any way you like; the one on PATH is used." \
    "If it speaks of a connection or a timeout: this step needs a Python package index."
}
