"""A lead's pages on privacy: what we hold of one person, to hand over or to erase, and the evidence of what was removed."""

import tempfile

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from deflect_api.desk.people import access, audit
from deflect_api.errors import InputError
from deflect_api.intake.personal_data import privacy, privacy_export, privacy_files
from deflect_api.store.privacy import Removal
from deflect_api.web import desk
from deflect_api.web.accounts import identity
from deflect_api.web.accounts.identity import needs
from deflect_api.web.parts import parts

routes = Blueprint("privacy", __name__, url_prefix="/desk/privacy")
MOST_ROWS = 100
PIECE = 65_536


@routes.get("/")
@needs(access.ADMIN)
def show() -> ResponseReturnValue:
    return _page()


@routes.post("/look")
@needs(access.ADMIN)
def look() -> ResponseReturnValue:
    """Say what there is of a person, before anything is done."""
    try:
        address = privacy.normal(request.form.get("email", ""))
    except InputError as error:
        return _page(422, typed=request.form.get("email", ""), error=error.detail)
    with parts().database.read() as session:
        found = privacy_export.gather(session, address)
        told = privacy.to_tell(session, privacy.tickets_of(session, address), parts().settings.support.desk.connector)
    counts = privacy_export.count(found)
    return desk.page("person_data.html", agent=identity.known(), address=address, counts=counts, told=told, error="")


@routes.post("/export")
@needs(access.ADMIN)
def export() -> ResponseReturnValue:
    settings, address = parts().settings, privacy.normal(request.form.get("email", ""))
    with parts().database.read() as session:
        found = privacy_export.gather(session, address)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed once it is sent
    privacy_export.write(file, found, privacy_files.shelves_of(settings), settings.mail_folder)
    with parts().database.write() as session:
        audit.note(session, identity.by(), audit.EXPORTED, privacy.mark(settings.secret, address))
    size = file.tell()
    file.seek(0)
    response = Response(iter(lambda: file.read(PIECE), b""), mimetype="application/zip")
    response.call_on_close(file.close)
    response.content_length = size
    response.headers["Content-Disposition"] = 'attachment; filename="person.zip"'
    return response


@routes.post("/erase")
@needs(access.ADMIN)
def erase() -> ResponseReturnValue:
    """Erase at once from the tables; the relay then drops files and cleans the database's own files."""
    settings, address = parts().settings, privacy.normal(request.form.get("email", ""))
    shelves = privacy_files.shelves_of(settings)
    try:
        with parts().database.write() as session:
            done = privacy.erase(
                session, address, secret=settings.secret, desk=settings.support.desk.connector, now=parts().clock()
            )
            counts = ", ".join(f"{name} {count}" for name, count in sorted(done.counts.items()))
            audit.note(session, identity.by(), audit.ERASED, privacy.mark(settings.secret, address), counts)
    except InputError as error:
        return _page(422, typed=address, error=error.detail)
    privacy_files.remove(shelves, settings.mail_folder, files=done.files, tickets=done.tickets, address=address)
    parts().wake()
    return desk.page("erased.html", agent=identity.known(), done=done)


def _page(status: int = 200, *, typed: str = "", error: str = "") -> Response:
    with parts().database.read() as session:
        removals = session.scalars(select(Removal).order_by(Removal.id.desc()).limit(MOST_ROWS)).all()
    rules = parts().settings.support.retention.model_dump()
    return desk.page(
        "privacy.html", status, agent=identity.known(), removals=removals, rules=rules, typed=typed, error=error
    )  # fmt: skip
