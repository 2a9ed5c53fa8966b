"""A short run of the mail fuzz; `python -m bench.mail_fuzz` is the long one."""

from sqlalchemy import select

from deflect_api.delivery import outbox
from deflect_api.intake.inbound import fetching
from deflect_api.store.models import Message
from deflect_api.store.second_line import InboundMail
from tests.second_line import fuzz
from tests.second_line.conftest import Line


def test_whatever_was_typed_a_mail_goes_to_whom_it_should_with_the_headers_it_should_have() -> None:
    figures = fuzz.out(150, seed=7)
    assert figures.tried == 150
    assert figures.refused == 0
    assert figures.changed == []


def test_the_sink_notices_a_header_more() -> None:
    assert fuzz.out(5, seed=7, control=True).changed


def test_whatever_comes_in_is_read_or_said_to_be_unreadable() -> None:
    figures = fuzz.into(1500, seed=7)
    assert figures.failed == []
    assert figures.tried == 1500


def test_no_broken_mail_is_lost_on_its_way_through_the_whole_intake(local_line: Line) -> None:
    local_line.request()
    store = fetching.open_store(local_line.desk.settings, local_line.desk.database, local_line.desk.clock)
    sent = list(dict.fromkeys(fuzz.mails(200, seed=11)))
    for raw in sent:
        store.keep(raw)
        local_line.work()
    with local_line.desk.database.read() as session:
        rows = session.scalars(select(InboundMail).order_by(InboundMail.id)).all()
        assert [store.raw(row) for row in rows] == sent
        assert {row.outcome for row in rows} >= {"ticket", "comment", "bounce", "unreadable"}
        assert "" not in {row.outcome for row in rows}
        taken = session.scalars(select(Message.state).where(Message.kind == fetching.TAKE)).all()
        assert set(taken) == {outbox.DELIVERED}
