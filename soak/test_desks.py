"""The connectors against the real Request Tracker and Redmine of `make test-desks`."""

from collections.abc import Callable, Iterator

import pytest

from deflect_api.connectors import contract
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
