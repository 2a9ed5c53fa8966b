"""One contract, every help desk connector: against stand-ins here, against the real ones by `make test-desks`."""

from collections.abc import Callable
from typing import Any

import pytest

from deflect_api.connectors import contract
from tests.connectors.standins.redmine import RedmineRig
from tests.connectors.standins.rt import RtRig
from tests.connectors.standins.simple import EmailRig, NotebookRig, ReamazeRig, WebhookRig
from tests.connectors.standins.zendesk import ZendeskRig

RIGS: dict[str, Callable[[], Any]] = {
    "email": EmailRig,
    "notebook": NotebookRig,
    "reamaze": ReamazeRig,
    "redmine": RedmineRig,
    "rt": RtRig,
    "webhook": WebhookRig,
    "zendesk": ZendeskRig,
}


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Any:
    return RIGS[request.param]()


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
def test_the_contract(rig: contract.Rig, check: Callable[[contract.Rig], None]) -> None:
    check(rig)
