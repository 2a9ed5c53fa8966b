"""The connectors against the real Request Tracker and Redmine of `make test-desks`."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from deflect_api.connectors import contract
from deflect_api.errors import UnknownOutcome
from soak.desks.rigs import RedmineRig, RtRig, redmine_connector, rt_connector


@pytest.fixture(params=["rt", "redmine"])
def rig(request: pytest.FixtureRequest) -> Iterator[contract.Rig]:
    made = RtRig(rt_connector()) if request.param == "rt" else RedmineRig(redmine_connector())
    yield made
    made.agent.close()
    made.desk.close()


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
def test_the_contract(rig: contract.Rig, check: Callable[[contract.Rig], None]) -> None:
    check(rig)


def test_of_those_that_were_made_at_once_one_stays_open(rig: contract.Rig) -> None:
    reference = rig.fresh_reference()

    def create(_: int) -> None:
        with suppress(UnknownOutcome):  # Redmine on SQLite answers 500 to some of those that come together
            rig.desk.create(contract.a_request(reference))

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(create, range(4)))
    create(4)  # so that there are at least two at Redmine, which has no claim of its own
    create(5)
    winner = rig.desk.find(reference)
    assert [ticket.id for ticket in rig.held(reference) if ticket.status != "closed"] == [winner]
