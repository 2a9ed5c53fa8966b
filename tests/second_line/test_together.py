"""The second line beside the rest of the desk: what an agent may see, evaluation, answers, follow-ups, one person's data."""

import io
import json
import zipfile
from datetime import timedelta

from sqlalchemy import func, select

from deflect_api.desk.second_line import issue_updates
from deflect_api.intake import follow_ups
from deflect_api.intake.inbound import fetching
from deflect_api.intake.personal_data import privacy, privacy_export, privacy_files, privacy_retention
from deflect_api.store.desk import Relation
from deflect_api.store.models import Message, Table, Ticket
from deflect_api.store.second_line import Escalation, InboundMail, Issue, Task
from tests.second_line.conftest import Line
from tests.second_line.mails import bounce, mail
from tests.web import staff

WORDS = "quokkaword"


def keep(line: Line, what: bytes) -> int:
    number = fetching.open_store(line.desk.settings, line.desk.database, line.desk.clock).keep(what)
    line.work()
    return number


def hang_on_one_issue(line: Line, *numbers: str) -> None:
    """Let requests hang on an issue of which something was told."""
    now = line.desk.clock()
    with line.desk.database.write() as session:
        issue = Issue(
            repository="akvo/akvo-flow", number=7, url="https://github.com/akvo/akvo-flow/issues/7", title="x", labels=[]
        )
        session.add(issue)
        session.flush()
        for number in numbers:
            session.add(
                Escalation(
                    ticket_id=int(number), issue_id=issue.id, marker=number, repository=issue.repository, labels=[], by="", at=now
                )
            )
            words = f"draft for {number} {WORDS}"
            session.add(
                Task(ticket_id=int(number), issue_id=issue.id, source="closed", kind=issue_updates.FIXED, draft=words, at=now)
            )


def states(line: Line) -> list[str]:
    with line.desk.database.read() as session:
        return list(session.scalars(select(Task.state).order_by(Task.ticket_id)))


def test_a_limited_agent_sees_and_sends_only_what_is_theirs(local_line: Line) -> None:
    desk = local_line.desk
    flow, rsr, other = local_line.request(), local_line.request(product="rsr"), local_line.request(email="bo@example.org")
    hang_on_one_issue(local_line, flow, rsr, other)
    mails = [keep(local_line, mail("of rsr", Subject=f"[{rsr}] more").as_bytes()), keep(local_line, b"\xff")]
    staff.add(desk, "flow@desk.example.org", products=("flow",))
    theirs = staff.sign_in(desk, "flow@desk.example.org", desk.app.test_client())
    page = theirs.get("/desk/tasks").text
    assert f"draft for {flow}" in page
    assert f"draft for {rsr}" not in page
    assert "1 other request" in page
    assert "2 other requests" in local_line.agent.get("/desk/tasks").text
    assert [theirs.get(f"/desk/mail/{number}").status_code for number in mails] == [404, 404]
    assert [local_line.agent.get(f"/desk/mail/{number}").status_code for number in mails] == [200, 200]
    assert "[1002] more" not in theirs.get("/desk/mail").text
    assert "[1002] more" in local_line.agent.get("/desk/mail").text
    assert staff.post(theirs, "/desk/tasks/2", body="hello", step="send").status_code == 404
    assert staff.post(theirs, "/desk/tasks/1", body="hello", step="send", all="on").status_code == 303
    assert states(local_line) == ["sent", "waits", "sent"]


def test_an_update_takes_the_request_and_solving_tells_duplicates(local_line: Line) -> None:
    first, twin = local_line.request(), local_line.request(email="bo@example.org")
    staff.post(local_line.agent, f"/desk/tickets/{twin}/duplicate", original=first)
    hang_on_one_issue(local_line, first)
    local_line.agent.post("/desk/tasks/1", data=local_line.form(step="send", body="It is mended.", solve="on"))
    with local_line.desk.database.read() as session:
        assert session.get_one(Ticket, int(first)).assignee is not None
        assert [comment.body for comment in session.get_one(Ticket, int(twin)).comments] == ["It is mended."]


def test_an_update_to_a_request_that_waits_for_its_requester_runs_its_clock_on(local_line: Line) -> None:
    number = local_line.request()
    staff.post(local_line.agent, f"/desk/tickets/{number}/reply", body="Which version?", kind="reply", status="pending")
    hang_on_one_issue(local_line, number)
    form = local_line.form(step="send", body="It is mended.", solve="on")
    assert local_line.agent.post("/desk/tasks/1", data=form).status_code == 303
    with local_line.desk.database.read() as session:
        assert session.get_one(Ticket, int(number)).status == "solved"


def test_with_a_repository_the_button_leads_to_the_review_and_without_one_it_notes_why(local_line: Line) -> None:
    flow, rsr = local_line.request(), local_line.request(product="rsr")
    assert f'href="/desk/tickets/{flow}/second-line"' in local_line.agent.get(f"/desk/tickets/{flow}").text
    page = local_line.agent.get(f"/desk/tickets/{rsr}").text
    assert "second-line" not in page
    assert f'action="/desk/tickets/{rsr}/escalate"' in page
    assert staff.post(local_line.agent, f"/desk/tickets/{rsr}/escalate", why="Look at the log").status_code == 303


def test_evaluating_it_as_urgent_tells_whoever_is_in_line_once(local_line: Line) -> None:
    number = local_line.request()
    given = {
        "product": "flow", "type": "bug", "severity": "critical", "affected": "everyone", "needed_by": "today", "priority": "",
        "reason": "",
    }  # fmt: skip
    for _ in range(2):
        assert staff.post(local_line.agent, f"/desk/tickets/{number}/evaluate", **given).status_code == 303
        local_line.work()
    assert [post["channel"] for post in local_line.slack.posts] == ["C-FLOW"]


def test_a_late_answer_by_mail_becomes_a_request_that_follows(local_line: Line) -> None:
    number = local_line.request(product="flow", language="fr")
    staff.post(local_line.agent, f"/desk/tickets/{number}/status", status="solved")
    local_line.desk.clock.forward(seconds=(follow_ups.REOPENS + timedelta(days=1)).total_seconds())
    keep(local_line, mail("It came back").as_bytes())
    with local_line.desk.database.read() as session:
        assert session.get_one(Ticket, int(number)).status == "solved"
        new = session.get_one(Ticket, int(number) + 1)
        assert (new.happened, new.product, new.language, new.searched) == ("It came back", "flow", "fr", "no")
        assert session.get_one(Relation, (new.id, follow_ups.FOLLOWS)).other_id == int(number)


def test_an_answer_by_mail_makes_a_reply_due_and_is_found_by_its_words(local_line: Line) -> None:
    number = local_line.request()
    staff.post(local_line.agent, f"/desk/tickets/{number}/reply", body="Try this.", kind="reply", status="pending")
    keep(local_line, mail(f"It says {WORDS}").as_bytes())
    with local_line.desk.database.read() as session:
        ticket = session.get_one(Ticket, int(number))
        assert (ticket.status, ticket.awaiting) == ("open", True)
    assert "survey is not on the phone" in staff.post(local_line.agent, "/desk/search", words=WORDS).text


def test_the_mail_that_asks_is_in_the_requesters_language_and_says_where_to_answer(local_line: Line) -> None:
    number = local_line.request(language="fr", name="Ada", happened="It fails")
    assert staff.post(local_line.agent, f"/desk/tickets/{number}/ask").status_code == 303
    with local_line.desk.database.read() as session:
        body = session.get_one(Ticket, int(number)).comments[0].body
        owed = session.scalars(select(Message).where(Message.kind == "mail").order_by(Message.id.desc())).first()
    assert body.startswith("Bonjour Ada,\n\n")
    assert owed is not None
    assert owed.payload["template"] == "asked"


def everything(line: Line) -> str:
    with line.desk.database.read() as session:
        rows = [str(tuple(row)) for table in Table.metadata.sorted_tables for row in session.execute(select(table))]
    files = [path.read_bytes().decode("latin-1") for path in line.desk.settings.home.rglob("*") if path.is_file()]
    return "\n".join(rows + files).lower()


def test_what_came_by_mail_and_went_to_developers_is_exported_and_erased_with_the_person(line: Line) -> None:
    number = line.request(email="zoe@example.org")
    line.work()
    keep(line, mail(WORDS, From="Zoe <ZOE@example.org>", Subject=f"[{number}] {WORDS}").as_bytes())
    keep(line, mail(f"about nothing {WORDS}", From="zoe@example.org", Subject="out", Auto_Submitted="auto-replied").as_bytes())
    away = {"Auto_Submitted": "auto-replied", "In_Reply_To": f"<{number}.received@example.org>"}
    keep(line, mail(f"I am away {WORDS}", From="zoe@example.org", Subject="Out of office", **away).as_bytes())
    with line.desk.database.read() as session:
        keep(line, bounce(session.get_one(Ticket, int(number)), "zoe@example.org"))
    hang_on_one_issue(line, number)
    shelves = privacy_files.shelves_of(line.desk.settings)
    with line.desk.database.read() as session:
        found = privacy_export.gather(session, "zoe@example.org")
    counted = privacy_export.count(found)
    assert {name: counted[name] for name in ("inbound_mail", "escalation", "task", "bounce")} == {
        "inbound_mail": 4, "escalation": 1, "task": 1, "bounce": 1,
    }  # fmt: skip
    whole = io.BytesIO()
    privacy_export.write(whole, found, shelves, line.desk.settings.mail_folder)
    assert WORDS.encode() in zipfile.ZipFile(whole).read(f"letters/{found['inbound_mail'][0]['id']}.eml")
    assert json.loads(zipfile.ZipFile(whole).read("person.json"))["missing"] == []
    assert WORDS in everything(line)
    with line.desk.database.write() as session:
        privacy.erase(session, "zoe@example.org", secret=line.desk.settings.secret, desk="builtin", now=line.desk.clock())
    line.work()
    left = everything(line)
    assert WORDS not in left
    assert "zoe@example.org" not in left
    assert f"draft for {number}" not in left


def test_old_mails_that_were_dealt_with_go_and_their_words_stay_on_the_request(local_line: Line) -> None:
    number = local_line.request()
    keep(local_line, mail(WORDS).as_bytes())
    with local_line.desk.database.write() as session:
        privacy_retention.owe(session, local_line.desk.clock())
    local_line.desk.clock.forward(days=366)
    local_line.work()
    with local_line.desk.database.read() as session:
        assert session.scalar(select(func.count(InboundMail.id))) == 0
        assert [comment.body for comment in session.get_one(Ticket, int(number)).comments] == [WORDS]
    assert not list((local_line.desk.settings.letters_folder / "kept").iterdir())
