#!/bin/sh
# Install Debian's Request Tracker 5 on SQLite, seed it, and run it on 127.0.0.1:$1. Needs root. Safe to repeat.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
port=$1
logs=$2
mkdir -p "$logs"
if ! dpkg -s request-tracker5 rt5-db-sqlite rt5-standalone >/dev/null 2>&1; then
    debconf-set-selections <<SELECTIONS
request-tracker5 request-tracker5/rtname string desk.example.org
request-tracker5 request-tracker5/organization string example.org
request-tracker5 request-tracker5/correspondaddress string support@example.org
request-tracker5 request-tracker5/commentaddress string support-comment@example.org
request-tracker5 request-tracker5/webbaseurl string http://127.0.0.1:$port
request-tracker5 request-tracker5/webpath string
request-tracker5 request-tracker5/handle-siteconfig-permissions boolean true
request-tracker5 request-tracker5/initial-root-password password soak-root-password
request-tracker5 request-tracker5/initial-root-password-confirm password soak-root-password
request-tracker5 request-tracker5/dbconfig-install boolean true
request-tracker5 request-tracker5/database-type select sqlite3
SELECTIONS
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        request-tracker5 rt5-db-sqlite rt5-standalone >"$logs/rt-install.log" 2>&1
fi
config=/etc/request-tracker5
cat >"$config/RT_SiteConfig.d/90-soak.pm" <<CONFIG
Set(\$WebDomain, '127.0.0.1');
Set(\$WebPort, $port);
Set(\$WebPath, '');
Set(\$MailCommand, 'testfile');
Set(\$MaxAttachmentSize, 20_000_000);
Set(\$BcryptCost, 4);
1;
CONFIG
sed -i 's#"/rt"#""#' "$config/RT_SiteConfig.d/50-debconf.pm" 2>/dev/null || true
chgrp -R www-data "$config/RT_SiteConfig.pm" "$config/RT_SiteConfig.d"
chmod -R g+rX "$config/RT_SiteConfig.pm" "$config/RT_SiteConfig.d"
if [ ! -e /var/lib/request-tracker5/soak-seeded ]; then
    setpriv --reuid=www-data --regid=www-data --init-groups \
        /usr/sbin/rt-setup-database-5 --action insert --datafile "$here/rt-seed.pl" --skip-create >"$logs/rt-seed.log" 2>&1
    touch /var/lib/request-tracker5/soak-seeded
fi
setsid setpriv --reuid=www-data --regid=www-data --init-groups \
    /usr/share/request-tracker5/libexec/rt-server --server Starlet --host 127.0.0.1 --port "$port" --max-workers 2 \
    >"$logs/rt.log" 2>&1 </dev/null &
echo $! >"$logs/rt.pid"
