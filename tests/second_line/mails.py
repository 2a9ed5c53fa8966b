"""Mails as people and machines send them, for tests."""

from email.message import EmailMessage
from typing import Any

from deflect_api.store.models import Ticket


def mail(text: str = "It is version 2.9.14.", **headers: Any) -> EmailMessage:
    made = EmailMessage()
    whole = {
        "From": "Ada <ada@example.org>",
        "To": "support@example.org",
        "Subject": "Re: [1001] Reply to your request",
        "Message-ID": f"<{abs(hash((text, tuple(sorted(map(str, headers.items()))))))}@mail.example.org>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for name, value in whole.items():
        if value is not None:
            made[name] = value
    made.set_content(text)
    return made


def bounce(ticket: Ticket, address: str = "ada@example.org", action: str = "failed", domain: str = "example.org") -> bytes:
    """A report as Postfix writes one."""
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: support@example.org
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <2026.{action}@mx.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.org.
<{address}>: host mail.example.org said: 550 5.1.1 no such user

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--B
Content-Type: message/rfc822

From: Akvo support <support@{domain}>
To: {address}
Message-ID: <{ticket.id}.received@{domain}>
Subject: [{ticket.id}] We have your request

Hello

--B--
""".replace("\n", "\r\n").encode()
