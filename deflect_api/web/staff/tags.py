"""The managed lists: hubs, partners, categories. Adding, renaming and merging keep history."""

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api.desk import tags
from deflect_api.errors import InputError
from deflect_api.store.desk import KINDS, Tag
from deflect_api.web import desk
from deflect_api.web import schemas as common
from deflect_api.web.parts import parts
from deflect_api.web.staff import entry, schemas

ADDRESS = "/desk/tags"


@entry.pages.get("/tags")
def tag_lists() -> ResponseReturnValue:
    entry.require_agent()
    return _page()


@entry.pages.post("/tags")
def add_tag() -> ResponseReturnValue:
    return _done(_add)


@entry.pages.post("/tags/rename")
def rename_tag() -> ResponseReturnValue:
    return _done(_rename)


@entry.pages.post("/tags/merge")
def merge_tag() -> ResponseReturnValue:
    return _done(_merge)


@entry.api.get("/tags")
def tags_listed() -> ResponseReturnValue:
    entry.require_agent()
    return _told()


@entry.api.post("/tags")
def tag_added() -> ResponseReturnValue:
    return _called(_add)


@entry.api.post("/tags/rename")
def tag_renamed() -> ResponseReturnValue:
    return _called(_rename)


@entry.api.post("/tags/merge")
def tag_merged() -> ResponseReturnValue:
    return _called(_merge)


Step = Callable[[Session, dict[str, Any]], object]


def _add(session: Session, sent: dict[str, Any]) -> None:
    given, support = common.read(schemas.TagIn, sent), parts().settings.support
    by, now = entry.require_agent().email, parts().clock()
    tags.add(session, given.kind, given.name, by=by, now=now, words=given.words, support=support)


def _rename(session: Session, sent: dict[str, Any]) -> None:
    given, by = common.read(schemas.RenameIn, sent), entry.require_agent().email
    words = given.words if "words" in given.model_fields_set else None
    tags.rename(session, _tag(session, given.kind, given.name), given.to, by=by, now=parts().clock(), words=words)


def _merge(session: Session, sent: dict[str, Any]) -> None:
    given, by = common.read(schemas.MergeIn, sent), entry.require_agent().email
    one, into = _tag(session, given.kind, given.name), _tag(session, given.kind, given.into)
    tags.merge(session, one, into, by=by, now=parts().clock())


def _tag(session: Session, kind: str, name: str) -> Tag:
    return tags.get(session, parts().settings.support, kind, name, parts().clock())


def _done(step: Step) -> ResponseReturnValue:
    entry.require_agent()
    sent = entry.fields()
    try:
        with parts().database.write() as session:
            step(session, sent)
    except InputError as error:
        return _page(422, typed=sent, error=error.detail)
    return desk.go(ADDRESS)


def _called(step: Step) -> ResponseReturnValue:
    entry.require_agent()
    with parts().database.write() as session:
        step(session, entry.fields())
    return _told()


def _told() -> Response:
    with parts().database.read() as session:
        lists = tags.offered(session, parts().settings.support)
    return jsonify({kind: [{"name": one.name, "words": list(one.words)} for one in lists[kind]] for kind in KINDS})


def _page(status: int = 200, **values: Any) -> Response:
    with parts().database.read() as session:
        lists = tags.offered(session, parts().settings.support)
        changes = tags.changes(session)
    return entry.show("tags.html", status, lists=lists, changes=changes, kinds=KINDS, **{"typed": {}, "error": "", **values})
