#!/bin/sh
# Install Debian's Redmine 5 on SQLite, seed it, and run it on 127.0.0.1:$1. Needs root. Safe to repeat.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
port=$1
logs=$2
mkdir -p "$logs"
export BUNDLER_VERSION=2.3.15 REDMINE_INSTANCE=default RAILS_ENV=production
if ! dpkg -s redmine redmine-sqlite puma >/dev/null 2>&1; then
    debconf-set-selections <<SELECTIONS
redmine redmine/instances/default/dbconfig-install boolean true
redmine redmine/instances/default/database-type select sqlite3
SELECTIONS
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redmine redmine-sqlite puma \
        >"$logs/redmine-install.log" 2>&1
fi
cd /usr/share/redmine
if [ ! -e /var/lib/redmine/default/soak-seeded ]; then
    setpriv --reuid=www-data --regid=www-data --init-groups bundle exec rails runner - <"$here/redmine-seed.rb" >"$logs/redmine-seed.log" 2>&1
    touch /var/lib/redmine/default/soak-seeded
fi
setsid setpriv --reuid=www-data --regid=www-data --init-groups \
    puma -e production -b "tcp://127.0.0.1:$port" -w 0 -t 1:4 config.ru >"$logs/redmine.log" 2>&1 </dev/null &
echo $! >"$logs/redmine.pid"
