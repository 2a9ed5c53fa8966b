"""Texts that help to answer: questions for what is missing, canned replies, scrubbed drafts and gaps."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from deflect_api import build
from deflect_api.desk import article_draft, asking, canned, noted_gaps
from deflect_api.desk.scrubbing import scrub
from deflect_api.intake import tickets
from deflect_api.store.db import Database
from deflect_api.store.models import Ticket
from search import Article
from search.frontmatter import split
from tests.conftest import MONDAY, ROOT
from tests.intake.made import SUPPORT, agent, submitted

PRIVATE = (
    "Hello Ada Lovelace,\nI am Ada, reach me at ada.l@example.org or +254 712 345 678. "
    "My phone 356938035643809 is DISTRICT-7. Our Water for All team waits. password: sunshine9"
)


@pytest.fixture
def ticket(local: Database) -> Ticket:
    with local.write() as session:
        return submitted(
            session, MONDAY, email="ada.l@example.org", subject='The "Export" of Ada stops', happened=PRIVATE, type="bug",
            texts={"name": "Ada Lovelace", "partner": "Water for All"}, context={"device_id": "DISTRICT-7"},
        )  # fmt: skip


def test_nothing_that_names_or_reaches_a_person_is_left_in_a_scrubbed_text(ticket: Ticket) -> None:
    clean = scrub.of_ticket(PRIVATE, ticket)
    for private in ("Ada", "Lovelace", "ada.l", "example.org", "712", "356938", "DISTRICT", "Water for All", "sunshine9"):
        assert private not in clean, clean
    assert "waits" in clean


@pytest.mark.parametrize(
    "text", ["Version 2.10.2 of 2026-11-25", "The form 237070018x", "at 90 percent, error 500", "care.akvoflow.org"]
)
def test_what_is_no_persons_stays(text: str) -> None:
    assert scrub.scrub({"text": text}, scrub.Known()).texts["text"] == text


def test_a_draft_is_an_article_in_the_writers_shape_without_greeting_and_name(local: Database, ticket: Ticket) -> None:
    with local.write() as session:
        bo = agent(session, MONDAY)
        one = session.get_one(Ticket, ticket.id)
        tickets.reply(
            session,
            one,
            bo,
            "Hello Ada,\r\n\r\n1. Choose a shorter period.\r\n2. Export <again>.\r\n\r\nBo",
            public=True,
            now=MONDAY,
        )
        tickets.reply(session, one, bo, "A private remark", public=False, now=MONDAY)
        text = article_draft.draft(one, one.comments, people=["Bo"], today=date(2026, 11, 25))
    meta, body = split(text)
    assert meta["title"] == 'The "Export" of [person 1] stops'
    assert (meta["type"], meta["reviewed"]) == ("troubleshooting", date(2026, 11, 25))
    assert "1. Choose a shorter period.\n2. Export &lt;again>." in body
    for absent in ("Hello", "Bo\n", "private remark", "Ada"):
        assert absent not in body
    assert article_draft.file_name(ticket) == "the-export-of-person-1-stops.md"


def test_a_subject_cannot_break_out_of_the_front_matter(local: Database) -> None:
    with local.write() as session:
        evil = submitted(session, MONDAY, subject='x"\n---\ntitle: y', happened="---\n<script>{{ evil }}")
        text = article_draft.draft(evil, [], people=[], today=date(2026, 11, 25))
    meta, body = split(text)
    assert meta["title"] == 'x" title: y'
    assert yaml.safe_load(text.split("---\n")[1])["type"] == "how-to"
    assert "<script>" not in body
    assert "{{" not in body


def test_a_gap_is_scrubbed_and_listed_with_its_product(local: Database, ticket: Ticket) -> None:
    with local.write() as session:
        bo = agent(session, MONDAY)
        noted_gaps.note(session, session.get_one(Ticket, ticket.id), "How Ada Lovelace can export photos", bo, MONDAY)
        (gap,) = noted_gaps.since(session, MONDAY)
    assert (gap.text, gap.product, gap.noted_by) == ("How [person 1] can export photos", "flow", bo.email)


def test_what_is_missing_is_asked_for_in_one_letter(ticket: Ticket) -> None:
    missing = asking.missing(ticket, SUPPORT, has_files=False)
    assert {"doing", "expected", "steps", "files"} <= {part.key for part in missing}
    assert "files" not in {part.key for part in asking.missing(ticket, SUPPORT, has_files=True)}
    letter = asking.text(missing, ticket)
    assert letter.startswith("Hello Ada Lovelace,\n\n")
    assert all(f"* {part.question}" in letter for part in missing)


def test_canned_replies_come_by_product_in_the_requesters_language_and_in_english_otherwise(
    tmp_path: Path, ticket: Ticket
) -> None:
    for place, title in {
        "any/en/a": "A",
        "any/fr/a": "A en français",
        "flow/en/b": "B",
        "rsr/en/c": "C",
        "any/es/d": "D",
    }.items():
        path = tmp_path / f"{place}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\ntitle: {title}\n---\nHello {{name}}, it is {{reference}}. {{unknown}}", encoding="utf-8")
    assert [one.title for one in canned.fitting(tmp_path, ticket)] == ["B", "A"]
    ticket.language = "fr-SN"
    assert [one.title for one in canned.fitting(tmp_path, ticket)] == ["B", "A en français"]
    filled = canned.filled(canned.fitting(tmp_path, ticket)[0], {"name": "", "reference": "1001"})
    assert filled == "Hello, it is 1001. {unknown}"
    assert canned.fitting(tmp_path / "nowhere", ticket) == []


def test_every_canned_reply_of_ours_can_be_read_and_names_a_product() -> None:
    every = canned.every(ROOT / "replies")
    assert len(every) >= 5
    assert {one.product for one in every} <= {*SUPPORT.products, canned.ANY}
    assert all(one.text and one.title for one in every)


def test_front_matter_marks_a_known_issue() -> None:
    def article(url: str, **meta: object) -> Article:
        return Article(path=url, url=url, title="T", product="flow", description="", language="en", breadcrumb="", keywords=(),
                       questions=(), meta=meta, sections=())  # fmt: skip

    found = build.known_issues(
        [article("flow/a/"), article("flow/b/", known_issue="open"), article("flow/c/", known_issue="fixed")]
    )
    assert found == [
        {"article": "flow/b/", "title": "T", "product": "flow", "state": "open"},
        {"article": "flow/c/", "title": "T", "product": "flow", "state": "fixed"},
    ]
