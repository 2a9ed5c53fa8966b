"""Files as pages and answers show them, and files that come with a form. A refused file never stops its request."""

import logging
import secrets
from collections.abc import Iterable
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from deflect_api import i18n
from deflect_api.errors import InputError, Unavailable
from deflect_api.intake import tickets
from deflect_api.intake.files import attachments, examination, filetypes
from deflect_api.intake.files.examination import Outcome
from deflect_api.store.models import Ticket
from deflect_api.store.shelf import Snapshot
from deflect_api.store.uploads import RECEIVING, REFUSED, Upload
from deflect_api.web import answers
from deflect_api.web.parts import parts

log = logging.getLogger("deflect.web")
FIELD = "files"
MOST_NAMED = 10  # files beyond what is taken that are still told by name


def described(upload: Upload, language: str = "") -> dict[str, Any]:
    """Say what is known of a file, with its reason in words."""
    told: dict[str, Any] = {name: getattr(upload, name) for name in ("id", "name", "size", "received", "state")}
    return {**told, "reason": i18n.say(filetypes.why(upload.reason), language or answers.language())}


def listed(uploads: Iterable[Upload], language: str = "") -> list[dict[str, Any]]:
    """Say what is known of those that have arrived."""
    return [described(upload, language) for upload in uploads if upload.state != RECEIVING]


def take(key: str) -> None:
    """Take the files of this form in, for the request that its idempotency key will make. Raises Unavailable."""
    draft = draft_of(key)
    for sent in _sent()[: parts().settings.support.files.most + MOST_NAMED]:
        file = Snapshot(sent.stream)  # type: ignore[arg-type] # a real file, in memory while it is small
        coming = attachments.Announced(secrets.token_urlsafe(16), sent.filename or "", file.size)
        with parts().database.write() as session:
            row = attachments.announce_draft(session, draft, coming, limits=parts().storage.limits, now=parts().clock())
        if row.state == RECEIVING:
            finish(row, _examined(row, file))


def take_early(values: dict[str, str]) -> bool:
    """Take in what came with a form that may come again with errors; True when a file's "remove" was pressed."""
    if _sent() and not values.get("idempotency_key"):
        values["idempotency_key"] = secrets.token_urlsafe(24)
    key, removed = values.get("idempotency_key", ""), values.pop("remove_file", "")
    take(key)
    if removed:
        forget(key, removed)
    return bool(removed)


def of_ticket(ticket: Ticket) -> list[dict[str, Any]]:
    with parts().database.read() as session:
        return listed(attachments.of_ticket(session, ticket))


def kept(key: str) -> list[dict[str, Any]]:
    """List the files that came with earlier pages of this form."""
    if not key:
        return []
    try:
        with parts().database.read() as session:
            return listed(attachments.of_draft(session, draft_of(key)))
    except Unavailable:  # the form is shown all the same; the files stay with its key
        return []


def forget(key: str, upload_id: str = "") -> None:
    """Drop one file that came with this form, or all of them."""
    with parts().database.write() as session:
        waiting = [upload_id] if upload_id else [row.id for row in attachments.of_draft(session, draft_of(key))]
        names = [attachments.remove_from_draft(session, draft_of(key), each) for each in waiting]
    for name in names:
        parts().storage.shelf.drop(name)


def finish(row: Upload, outcome: Outcome) -> Upload | None:
    """Record what became of a whole file, and drop what no row names; None when it was removed meanwhile."""
    with parts().database.write() as session:
        done = attachments.record(session, row, outcome, limits=parts().storage.limits, now=parts().clock())
    if outcome.stored_as and (done is None or done.stored_as != outcome.stored_as):
        parts().storage.shelf.drop(outcome.stored_as)
    log.info("event=file state=%s reason=%s bytes=%d", outcome.state, outcome.reason.partition(" ")[0] or "-", row.size)
    return done


def draft_of(key: str) -> str:
    return tickets.Key(key, "").key_hash


def check_fields() -> None:
    """Raise InputError when files came under another name than `files`."""
    wrong = [name for name in request.files if name != FIELD]
    if wrong:
        told = i18n.said("Send files in the field `%(field)s`.", field=FIELD)
        raise InputError(told, dict.fromkeys(wrong, told))


def _examined(row: Upload, file: Snapshot) -> Outcome:
    """A full disk costs the file, not the request: the words still have a chance."""
    try:
        return examination.examine(parts().storage, row.name, file)
    except Unavailable:
        return Outcome(REFUSED, "no_room")


def _sent() -> list[FileStorage]:
    """List the files of this form. A choice left open comes as a file without name and content."""
    found = request.files.getlist(FIELD) if request.mimetype == "multipart/form-data" else []
    return [sent for sent in found if sent.filename or sent.stream.seek(0, 2)]
