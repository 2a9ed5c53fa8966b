"""Tags: from managed lists, suggested from the request; a rename and a merge keep every ticket and every old word."""

import pytest

from deflect_api.desk import tag_suggestions, tags
from deflect_api.errors import InputError
from deflect_api.store.db import Database
from deflect_api.store.models import Agent, Ticket
from tests.conftest import MONDAY
from tests.intake.made import SUPPORT, agent, submitted

ON = {"support": SUPPORT, "now": MONDAY}
BY = {"by": "bo@desk.example.org", "now": MONDAY}


@pytest.fixture
def made(database: Database) -> tuple[Agent, Ticket]:
    with database.write() as session:
        return agent(session, MONDAY), submitted(session, MONDAY, texts={"hub": "Asia", "partner": "WATER for  all"})


def names(database: Database, kind: str) -> list[str]:
    with database.read() as session:
        return [one.name for one in tags.offered(session, SUPPORT)[kind]]


def on(database: Database, ticket: Ticket) -> dict[str, list[str]]:
    with database.read() as session:
        return tags.on_ticket(session, ticket)


def test_what_support_yml_names_is_there_from_the_start_and_nothing_else(database: Database) -> None:
    assert names(database, "hub") == sorted(SUPPORT.hubs)
    assert names(database, "category") == sorted(SUPPORT.categories)
    assert names(database, "partner") == []


def test_a_tag_that_is_on_no_list_is_refused(database: Database, made: tuple[Agent, Ticket]) -> None:
    with pytest.raises(InputError, match="not on the list"), database.write() as session:
        tags.put(session, made[1], {"category": ["Made up"]}, made[0], **ON)


def test_each_kind_is_set_alone_and_noted(database: Database, made: tuple[Agent, Ticket]) -> None:
    with database.write() as session:
        tags.put(session, made[1], {"hub": ["Asia"], "category": ["Maps and charts", "Speed and errors"]}, made[0], **ON)
        tags.put(session, made[1], {"category": ["Speed and errors"]}, made[0], **ON)
    assert on(database, made[1]) == {"hub": ["Asia"], "partner": [], "category": ["Speed and errors"]}


def test_a_rename_changes_every_ticket_and_the_old_word_leads_on(database: Database, made: tuple[Agent, Ticket]) -> None:
    with database.write() as session:
        tags.put(session, made[1], {"hub": ["Asia"]}, made[0], **ON)
        tags.rename(session, tags.get(session, SUPPORT, "hub", "Asia", MONDAY), "Asia and Pacific", **BY)
    assert on(database, made[1])["hub"] == ["Asia and Pacific"]
    assert "Asia" not in names(database, "hub"), "the name in support.yml does not come back"
    with database.write() as session:
        assert tags.get(session, SUPPORT, "hub", "Asia", MONDAY).name == "Asia and Pacific"
        assert [(one.change, one.before, one.after) for one in tags.changes(session)] == [
            ("renamed", "Asia", "Asia and Pacific"),
            ("added", "", "Asia"),
        ]


def test_a_merge_moves_every_ticket_and_both_words_lead_to_the_one(database: Database, made: tuple[Agent, Ticket]) -> None:
    with database.write() as session:
        first, second, third = (
            tags.add(session, "partner", name, support=SUPPORT, **BY) for name in ("WfA", "Water for All", "W4A")
        )
        other = submitted(session, MONDAY)
        tags.put(session, made[1], {"partner": ["WfA"]}, made[0], **ON)
        tags.put(session, other, {"partner": ["WfA", "Water for All"]}, made[0], **ON)
        tags.merge(session, third, first, **BY)
        tags.merge(session, first, second, **BY)
    assert on(database, made[1])["partner"] == on(database, other)["partner"] == ["Water for All"]
    assert names(database, "partner") == ["Water for All"]
    with database.write() as session:
        assert {tags.get(session, SUPPORT, "partner", name, MONDAY).id for name in ("WfA", "W4A", "Water for All")} == {second.id}


def test_two_tags_of_one_name_are_refused(database: Database) -> None:
    with database.write() as session:
        tags.add(session, "partner", "Green  Coast", support=SUPPORT, **BY)
    for kind, name in (
        ("partner", "Green Coast"),
        ("category", "Maps and charts"),
        ("hub", "Asia"),
        ("partner", " "),
        ("partner", "x" * 121),
    ):
        with pytest.raises(InputError), database.write() as session:
            tags.add(session, kind, name, support=SUPPORT, **BY)


def test_a_merge_into_itself_or_another_list_is_refused(local: Database) -> None:
    with local.write() as session:
        one = tags.get(session, SUPPORT, "hub", "Asia", MONDAY)
        other = tags.get(session, SUPPORT, "category", "Maps and charts", MONDAY)
        for into in (one, other):
            with pytest.raises(InputError):
                tags.merge(session, one, into, **BY)


def test_hub_partner_and_category_are_suggested_from_the_request(database: Database, made: tuple[Agent, Ticket]) -> None:
    with database.write() as session:
        tags.add(session, "partner", "Water for All", support=SUPPORT, **BY)
        words = {"subject": "Export to Excel stops", "happened": "The download ends."}
        ticket = submitted(session, MONDAY, **words, texts={"hub": "Asia", "partner": "WATER for all"})
        found = tag_suggestions.suggest(session, ticket, tags.offered(session, SUPPORT))
    assert found == {"hub": ["Asia"], "partner": ["Water for All"], "category": ["Import and export"]}


def test_a_partner_is_known_by_colleagues_of_the_same_mail_domain_but_not_of_a_public_one(database: Database) -> None:
    with database.write() as session:
        bo = agent(session, MONDAY)
        tags.add(session, "partner", "Coast", support=SUPPORT, **BY)
        for address in ("ada@coast.example.org", "ada@gmail.com"):
            tags.put(session, submitted(session, MONDAY, email=address), {"partner": ["Coast"]}, bo, **ON)
        lists = tags.offered(session, SUPPORT)
        told = {
            address: tag_suggestions.suggest(session, submitted(session, MONDAY, email=address), lists)["partner"]
            for address in ("eve@coast.example.org", "eve@gmail.com", "eve@xcoast.example.org")
        }
    assert told == {"eve@coast.example.org": ["Coast"], "eve@gmail.com": [], "eve@xcoast.example.org": []}
