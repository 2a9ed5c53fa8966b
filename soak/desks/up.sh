#!/bin/sh
# Install and start Request Tracker (8091) and Redmine (8092) on this machine, if they do not answer yet. Needs Debian and root.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
logs=${SOAK_LOGS:-/var/tmp/deflect-desks}
answers() { curl -s -o /dev/null -m 5 "http://127.0.0.1:$1/"; }
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "This needs Debian and root." >&2; exit 1; }
answers 8091 || sh "$here/rt.sh" 8091 "$logs" >"/dev/null" 2>&1
answers 8092 || sh "$here/redmine.sh" 8092 "$logs" >"/dev/null" 2>&1
for port in 8091 8092; do
    tries=0
    until answers "$port"; do
        tries=$((tries + 1))
        [ "$tries" -lt 90 ] || { echo "Nothing answers on port $port; the logs are in $logs." >&2; exit 1; }
        sleep 1
    done
done
