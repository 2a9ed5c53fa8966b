#!/bin/sh
# What the suite needs beside Python: a Chromium, and a PostgreSQL server. On Debian, and allowed to, it installs them.
set -eu

missing=""
browser=""
for name in chromium-headless-shell chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && browser="$name"
done
[ -n "$browser" ] || missing="chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing="$missing postgresql"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing$(printf ' %s' $missing) (once)..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null
    # The same browser without windows, where there is a package of it: smaller, and a third faster.
    apt-cache show chromium-headless-shell >/dev/null 2>&1 && missing=$(echo "$missing" | sed 's/^chromium/chromium-headless-shell/')
    # shellcheck disable=SC2086 # a list of words
    apt-get install -y -qq --no-install-recommends $missing fonts-dejavu-core >/dev/null
    exit 0
fi
echo "The tests need$(printf ' %s' $missing). Install with:" >&2
echo "    sudo apt-get install --no-install-recommends $missing" >&2
echo "(on another system: its own packages of the same names), then run make test again." >&2
exit 1
