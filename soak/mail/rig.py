"""Starts Postfix (submission with STARTTLS, delivery by LMTP) and Dovecot (IMAP, sign-ins) with configurations of their own.

Needs root and Debian. Mails for unknown people are taken and come back as bounces; mails for other domains go nowhere.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deflect_api.config.second_line import Inbound
from deflect_api.config.support import Mail
from tests.postgres import free_port

PACKAGES = ("postfix", "dovecot-imapd", "dovecot-lmtpd")
PEOPLE = ("support", "ada")
PASSWORD = "soak-mail-password"
DOMAIN = "example.org"


@dataclass(frozen=True)
class Rig:
    folder: Path
    submission: int
    imap: int
    imaps: int

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    def mail(self, person: str = "support") -> Mail:
        """The settings by which a person sends."""
        return Mail(
            transport="smtp", host="localhost", port=self.submission, starttls=True, username=f"{person}@{DOMAIN}",
            password=PASSWORD, sender=f"{person}@{DOMAIN}", ca_file=str(self.certificate),
        )  # fmt: skip

    def inbound(self, person: str = "support", security: str = "starttls", **more: object) -> Inbound:
        """The settings by which a person's mailbox is read."""
        port = self.imap if security == "starttls" else self.imaps
        return Inbound(
            host="localhost", port=port, security=security, username=f"{person}@{DOMAIN}", password=PASSWORD,
            ca_file=str(self.certificate), **more,
        )  # type: ignore[arg-type]  # fmt: skip


def install() -> None:
    """Install Debian's packages, once."""
    if all(shutil.which(name, path="/usr/sbin:/usr/bin") for name in ("postfix", "dovecot")):
        return
    choice = "postfix postfix/main_mailer_type select No configuration\n"
    subprocess.run(["debconf-set-selections"], input=choice, text=True, check=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def running() -> Iterator[Rig]:
    install()
    folder = Path(tempfile.mkdtemp(prefix="deflect-mail-"))
    folder.chmod(0o755)
    rig = Rig(folder, free_port(), free_port(), free_port())
    _certificate(rig)
    _dovecot(rig)
    _postfix(rig)
    log = (folder / "start.log").open("wb")  # a pipe would be kept open by the daemons
    subprocess.run(["dovecot", "-c", folder / "dovecot.conf"], check=True, stdout=log, stderr=log)
    subprocess.run(["postfix", "-c", folder / "postfix", "start"], check=True, stdout=log, stderr=log)
    try:
        for port in (rig.submission, rig.imap, rig.imaps):
            _wait_for(port)
        yield rig
    finally:
        subprocess.run(["postfix", "-c", folder / "postfix", "stop"], check=False, stdout=log, stderr=log)
        subprocess.run(["doveadm", "-c", folder / "dovecot.conf", "stop"], check=False, stdout=log, stderr=log)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _certificate(rig: Rig) -> None:
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost", "-keyout", rig.folder / "key.pem", "-out", rig.certificate,
        ],
        check=True, capture_output=True,
    )  # fmt: skip


def _dovecot(rig: Rig) -> None:
    mail = rig.folder / "mail"
    mail.mkdir()
    shutil.chown(mail, "nobody", "nogroup")
    lines = [f"{person}@{DOMAIN}:{{PLAIN}}{PASSWORD}" for person in PEOPLE]
    (rig.folder / "passwd").write_text("\n".join(lines) + "\n")
    (rig.folder / "dovecot.conf").write_text(f"""
protocols = imap lmtp
listen = 127.0.0.1, ::1
base_dir = {rig.folder}/run
log_path = {rig.folder}/dovecot.log
ssl = required
ssl_cert = <{rig.certificate}
ssl_key = <{rig.folder}/key.pem
auth_mechanisms = plain login
mail_location = maildir:~/Maildir
recipient_delimiter = +
passdb {{
  driver = passwd-file
  args = username_format=%u {rig.folder}/passwd
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={mail}/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {rig.imap}
  }}
  inet_listener imaps {{
    port = {rig.imaps}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener {rig.folder}/lmtp {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener {rig.folder}/auth {{
    mode = 0666
  }}
}}
""")


MASTER = """
127.0.0.1:{port} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


def _postfix(rig: Rig) -> None:
    folder = rig.folder / "postfix"
    for part in (folder, rig.folder / "spool", rig.folder / "data"):
        part.mkdir()
    shutil.chown(rig.folder / "data", "postfix")
    (folder / "master.cf").write_text(MASTER.format(port=rig.submission))
    (folder / "main.cf").write_text(f"""
compatibility_level = 3.6
queue_directory = {rig.folder}/spool
data_directory = {rig.folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {rig.folder}/postfix.log
maillog_file_prefixes = {rig.folder}
myhostname = mx.{DOMAIN}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = {DOMAIN}
virtual_transport = lmtp:unix:{rig.folder}/lmtp
recipient_delimiter = +
default_transport = error:nothing leaves this machine
smtpd_reject_unlisted_recipient = no
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_sasl_type = dovecot
smtpd_sasl_path = {rig.folder}/auth
smtpd_tls_cert_file = {rig.certificate}
smtpd_tls_key_file = {rig.folder}/key.pem
message_size_limit = 60000000
""")


def _wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < end, f"nothing listens on {port}"
            time.sleep(0.05)
