"""The files of one request: sent in pieces over a line that may break, and downloaded, never shown in place.

Whoever has the request's secret link may do this, and signed-in agents may download.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api import i18n
from deflect_api.errors import InputError, NotFound
from deflect_api.i18n import said
from deflect_api.intake import tickets
from deflect_api.intake.files import attachments, examination, file_names, filetypes
from deflect_api.store.models import Ticket
from deflect_api.store.uploads import KEPT, RECEIVING, Upload
from deflect_api.web import answers, schemas
from deflect_api.web.parts import parts
from deflect_api.web.requests import attached
from deflect_api.web.requests.status import opened

routes = Blueprint("files", __name__)
downloads = Blueprint("downloads", __name__)
ADDRESS = "/requests/<reference>/<secret>/files"
MOST_PIECE = 512 * 1024
DOWNLOAD = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@routes.post(ADDRESS)
def announce(reference: str, secret: str) -> ResponseReturnValue:
    given = schemas.read(schemas.FileIn, request.get_data())
    coming = attachments.Announced(given.id, given.name, given.size)
    with parts().database.write() as session:
        ticket = opened(tickets.get(session, reference, lock=True), secret)
        is_new = session.get(Upload, given.id) is None
        row = attachments.announce(session, ticket, coming, limits=parts().storage.limits, now=parts().clock())
    return _told(_finished_if_whole(row), 201 if is_new else 200)


@routes.put(f"{ADDRESS}/<upload_id>")
def piece(reference: str, secret: str, upload_id: str) -> ResponseReturnValue:
    request.max_content_length = MOST_PIECE
    offset, data = _offset(), request.get_data()
    with parts().database.read() as session:
        row = _found(session, upload_id, (reference, secret))
        if row.state == RECEIVING:
            attachments.check_open(session.get_one(Ticket, row.ticket_id))
    if row.state != RECEIVING:
        return _told(row)
    there = min(row.received, parts().storage.shelf.arrived(row.stored_as))  # a disk put back from a backup has less
    if offset + len(data) > row.size:
        raise _wrong(said("The pieces are more than the size that was told. Start again with a new id."))
    if offset != there:
        return _elsewhere(_advanced(row, there) or row)
    parts().storage.shelf.append(row.stored_as, offset, data)
    after = _advanced(row, offset + len(data))
    if after:
        return _told(_finished_if_whole(after))
    now = _state_now(reference, secret, upload_id)
    if now.stored_as != row.stored_as:  # it was finished meanwhile, and this piece has made its draft anew
        parts().storage.shelf.drop(row.stored_as)
    return _elsewhere(now)


@routes.get(f"{ADDRESS}/<upload_id>/state")
def state(reference: str, secret: str, upload_id: str) -> ResponseReturnValue:
    return _told(_state_now(reference, secret, upload_id))


@routes.delete(f"{ADDRESS}/<upload_id>")
def remove(reference: str, secret: str, upload_id: str) -> ResponseReturnValue:
    with parts().database.write() as session:
        ticket = opened(tickets.get(session, reference, lock=True), secret)
        name = attachments.remove(session, ticket, upload_id, now=parts().clock())
    parts().storage.shelf.drop(name)
    return Response(status=204)


@downloads.get(f"{ADDRESS}/<upload_id>")
def download(reference: str, secret: str, upload_id: str) -> ResponseReturnValue:
    with parts().database.read() as session:
        row = _found(session, upload_id, (reference, secret))
    return _sent(row)


@downloads.get("/desk/tickets/<reference>/files/<upload_id>")
def download_at_desk(reference: str, upload_id: str) -> ResponseReturnValue:
    with parts().database.read() as session:
        row = attachments.find(session, tickets.get(session, reference), upload_id)
    return _sent(row)


def _found(session: Session, upload_id: str, link: tuple[str, str]) -> Upload:
    reference, secret = link
    return attachments.find(session, opened(tickets.get(session, reference), secret), upload_id)


def _state_now(reference: str, secret: str, upload_id: str) -> Upload:
    with parts().database.read() as session:
        return _found(session, upload_id, (reference, secret))


def _advanced(row: Upload, after: int) -> Upload | None:
    """Note how much is there; None when another piece came first."""
    with parts().database.write() as session:
        return attachments.advance(session, row, after)


def _finished_if_whole(row: Upload) -> Upload:
    """Examine a file once all of it is there. What was checked is a copy that no late piece can change."""
    if row.state != RECEIVING or row.received < row.size:
        return row
    shelf, name = parts().storage.shelf, row.stored_as
    with shelf.snapshot(name, row.size) as file:
        if file.size < row.size:
            return _advanced(row, file.size) or row
        outcome = examination.examine(parts().storage, row.name, file)
    done = attached.finish(row, outcome)
    shelf.drop(name)
    if done is None:
        raise NotFound(said("This file was removed meanwhile."))
    return done


def _told(row: Upload, status: int = 200, **more: Any) -> Response:
    response = jsonify(**attached.described(row), **more)
    response.status_code = status
    return response


def _elsewhere(row: Upload) -> Response:
    """Say from where to go on."""
    told = i18n.say(
        i18n.saidn(
            "%(num)s byte of this file is here. Go on from there.",
            "%(num)s bytes of this file are here. Go on from there.",
            row.received,
        ),
        answers.language(),
    )
    return _told(row, 409, error="offset", detail=told, fields={"offset": told})


def _offset() -> int:
    given = request.args.get("offset", "")
    if not (given.isascii() and given.isdigit() and len(given) <= 12):
        told = said("Say where the piece belongs: ?offset=0 for the first.")
        raise InputError(told, {"offset": said("Write a whole number from 0.")})
    return int(given)


def _wrong(told: str) -> InputError:
    return InputError(told, {"offset": told})


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(filetypes.PIECE):
            yield piece


def _sent(row: Upload) -> Response:
    """Answer with a kept file, to be saved and never to be shown in place. Raises NotFound for any other."""
    if row.state != KEPT:
        why = filetypes.why(row.reason) or said("It has not arrived whole yet.")
        raise NotFound(said("This file cannot be opened. %(why)s", why=why))
    try:
        file = parts().storage.shelf.open(row.stored_as)
    except FileNotFoundError:
        raise NotFound(said("This file is not on the disk any more. Ask for it again.")) from None
    response = Response(_pieces(file), mimetype=row.media_type)
    response.call_on_close(file.close)
    response.content_length = row.size
    response.headers.update({**DOWNLOAD, "Content-Disposition": file_names.disposition(row.name)})
    return response
