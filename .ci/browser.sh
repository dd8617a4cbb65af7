#!/bin/sh
# Find or install a browser for the tests: an installed Chromium first, then the system's
# package manager, then Playwright's own. $1 is the environment's bin folder. Debian's
# chromium-headless-shell is the same engine without a window, and a third cheaper to run.
set -eu

for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null; then
        exit 0
    fi
done

root=
if [ "$(id -u)" != 0 ] && sudo -n true 2>/dev/null; then
    root="sudo -n"
fi
if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || [ -n "$root" ]; }; then
    echo "Installing chromium for the browser tests" >&2
    $root apt-get update -qq || true
    for package in chromium-headless-shell chromium; do
        if $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends $package >/dev/null && command -v $package >/dev/null; then
            exit 0
        fi
    done
fi

echo "Installing Playwright's own Chromium for the browser tests" >&2
"$1/playwright" install chromium
