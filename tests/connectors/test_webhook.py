"""The signature is that of Standard Webhooks, byte for byte, and a repeat is known by its id."""

import base64

import httpx2
import pytest

from deflect_api.connectors.contract import a_request
from deflect_api.connectors.webhook import Webhook, sign
from deflect_api.errors import ConfigError
from tests.connectors.standins import answer
from tests.connectors.standins.simple import SECRET, WebhookRig


def test_the_signature_is_that_of_the_published_vector() -> None:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = sign(key, ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"), b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_repeat_carries_the_same_id() -> None:
    rig = WebhookRig()
    rig.desk.create(a_request("77"))
    rig.desk.create(a_request("77"))
    assert list(rig.events) == ["ticket-77"]


def test_the_receiver_may_name_the_ticket() -> None:
    transport = httpx2.MockTransport(lambda _: answer(200, {"id": "T-5"}))
    assert Webhook("https://hooks.example.org/in", SECRET, transport=transport).create(a_request("77")) == "T-5"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "not base64!"])
def test_a_secret_that_is_none_ends_the_start(secret: str) -> None:
    with pytest.raises(ConfigError, match="secret"):
        Webhook("https://hooks.example.org/in", secret)
